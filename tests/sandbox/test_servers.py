"""Each server by itself: what it knows, and where it is found, outlives it."""

from collections.abc import Iterator
from signal import SIGKILL, SIGTERM, Signals

import pytest
import requests

from sandbox import Sandbox
from tests.sandbox.api import Senlin, unique, wait_for

SERVERS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "keystone",
    "senlin",
    "proxy",
)
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture(scope="module")
def own() -> Iterator[Sandbox]:
    with Sandbox.up() as own:
        yield own


@pytest.mark.parametrize("signal", [pytest.param(SIGTERM, marks=pytest.mark.thorough), SIGKILL])
@pytest.mark.parametrize("name", SERVERS)
def test_a_restarted_server_is_where_it_was_with_all_it_had(
    own: Sandbox, name: str, signal: Signals
) -> None:
    kept = unique("kept")
    own.kubernetes.call("POST", CONFIG_MAPS, {"metadata": {"name": kept}})
    with Senlin(own) as senlin:
        cluster_id = senlin.active_cluster(kept, 1)
        before = own.servers[name].pid

        own.servers[name].restart(signal)

        assert own.servers[name].pid not in (None, before)
        assert senlin.cluster(cluster_id)["status"] == "ACTIVE"
        assert senlin.act(cluster_id, "check") == "SUCCEEDED"
    assert len(own.nova.servers(f"{kept}-*")) == 1
    assert own.kubernetes.call("GET", f"{CONFIG_MAPS}/{kept}")["metadata"]["name"] == kept
    own.kubernetes.call("POST", "/api/v1/namespaces", {"metadata": {"name": kept}})
    account = f"/api/v1/namespaces/{kept}/serviceaccounts/default"
    wait_for(lambda: own.kubernetes.exists(account))


def test_a_stopped_server_answers_nobody_and_can_be_started(own: Sandbox) -> None:
    senlin = own.servers["senlin"]

    senlin.stop()

    assert senlin.pid is None
    with pytest.raises(requests.ConnectionError):
        requests.get(own.senlin.url, timeout=5)
    senlin.start()
    assert requests.get(own.senlin.url, timeout=5).status_code == 300


def test_a_paused_server_keeps_its_callers_waiting(own: Sandbox) -> None:
    keystone = own.servers["keystone"]
    keystone.pause()
    try:
        with pytest.raises(requests.Timeout):
            requests.get(own.keystone.url, timeout=0.3)
    finally:
        keystone.resume()

    assert own.token()


def test_an_action_that_a_killed_senlin_was_at_has_failed(own: Sandbox) -> None:
    name = unique("web")
    own.nova.slow_builds(600, f"{name}-*")
    with Senlin(own) as senlin:
        cluster_id = senlin.create_cluster(name, 1)
        wait_for(lambda: own.nova.servers(f"{name}-*"))

        own.servers["senlin"].restart(SIGKILL)

        [action] = senlin.call("GET", f"/actions?target={cluster_id}")["actions"]
        assert action["status"] == "FAILED"
        assert senlin.cluster(cluster_id)["status"] == "CREATING"
