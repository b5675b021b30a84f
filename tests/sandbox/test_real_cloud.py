"""The real cloud: Senlin 16 over Nova 29 with its fake driver, and each fault of Nova once."""

import re
import time
from collections.abc import Iterator
from signal import SIGKILL
from typing import Any

import pytest

from openstack_clustering import Connection
from sandbox import Sandbox
from sandbox.errors import SandboxError
from tests.sandbox.api import (
    FAILED_BUILD,
    NETWORKS,
    NO_HOST,
    UNAVAILABLE,
    UNREACHABLE,
    Senlin,
    rebuilt,
    refusal_of,
    unique,
    wait_for,
)
from tests.sandbox.test_start import processes_of

pytestmark = [pytest.mark.real, pytest.mark.thorough]


@pytest.fixture(scope="module")
def real_cloud() -> Iterator[Sandbox]:
    with Sandbox.up(kubernetes=False, cloud="real") as cloud:
        yield cloud


@pytest.fixture
def cloud(real_cloud: Sandbox) -> Iterator[Sandbox]:
    yield real_cloud
    for proxy in real_cloud.proxies.values():
        proxy.lift_all()
        proxy.clear()
    real_cloud.nova.lift()


@pytest.fixture
def senlin(cloud: Sandbox) -> Iterator[Senlin]:
    with Senlin(cloud) as senlin:
        yield senlin


def only_node(senlin: Senlin, cluster_id: str) -> dict[str, Any]:
    [node] = senlin.nodes(cluster_id)
    return node


def test_a_client_creates_a_cluster_of_two(cloud: Sandbox) -> None:
    name = unique("web")
    with Connection("openstack", clouds=cloud.clouds()) as connection:
        properties = {"flavor": "m1.tiny", "image": "cirros", "networks": NETWORKS}
        spec = {"type": "os.nova.server", "version": "1.0", "properties": properties}
        profile = connection.cluster.create_profile(name=name, spec=spec)
        cluster = connection.cluster.create_cluster(
            name=name, profile_id=profile.id, desired_capacity=2, config={"node.name.format": name}
        )
        wait_for(lambda: connection.cluster.get_cluster(cluster.id).status == "ACTIVE")

    servers = cloud.nova.servers(name, metadata={"cluster_id": cluster.id})
    assert [(it["status"], it["flavor"]["name"]) for it in servers] == [("ACTIVE", "m1.tiny")] * 2
    assert all("private" in it["addresses"] for it in servers)


def test_the_proxies_see_what_the_services_ask_each_other(cloud: Sandbox, senlin: Senlin) -> None:
    senlin.active_cluster(unique("web"), 1)

    [created] = cloud.proxies["nova"].requests(method="POST", path="/servers$")
    assert (created.user, created.status) == ("blue-1", 202)
    assert cloud.proxies["placement"].requests(method="GET", path="/allocation_candidates")
    assert cloud.proxies["neutron"].requests(method="POST", path="/ports")


def test_senlin_does_not_say_why_a_build_failed(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    cloud.nova.fail_builds(f"{name}-*", text="The disk is full.")

    cluster_id = senlin.create_cluster(name, 1)

    senlin.wait_until(cluster_id, "WARNING", "ERROR")
    assert re.fullmatch(FAILED_BUILD, only_node(senlin, cluster_id)["status_reason"])


def test_nova_says_why_a_build_failed(cloud: Sandbox) -> None:
    name = unique("web")
    cloud.nova.fail_builds(name, count=1, text="The disk is full.")

    failed, good = cloud.nova.boot(name), cloud.nova.boot(name)

    assert (failed["status"], good["status"]) == ("ERROR", "ACTIVE")
    assert (
        failed["fault"]["message"] == f"Build of instance {failed['id']} aborted: The disk is full."
    )


def test_the_scheduler_finds_no_host(cloud: Sandbox) -> None:
    name = unique("web")
    cloud.nova.no_valid_host(name)

    server = cloud.nova.boot(name)

    assert server["status"] == "ERROR"
    assert server["fault"]["message"] == NO_HOST


def test_a_refused_build_leaves_no_server(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    cloud.nova.fail_builds(metadata={"team": f"{name}s"}, text="Not today.", refuse=True)

    cluster_id = senlin.create_cluster(name, 1, metadata={"team": f"{name}s"})

    senlin.wait_until(cluster_id, "WARNING", "ERROR")
    node = only_node(senlin, cluster_id)
    assert re.fullmatch(refusal_of("Not today."), node["status_reason"])
    assert node["physical_id"] is None
    assert cloud.nova.servers(f"{name}-*") == []


def test_a_quota_is_exhausted(cloud: Sandbox) -> None:
    with Senlin(cloud, "green-1") as green, cloud.real.nova.quota("green", instances=0):
        cluster_id = green.create_cluster(unique("web"), 1)
        green.wait_until(cluster_id, "WARNING", "ERROR")
        reason = only_node(green, cluster_id)["status_reason"]

    text = "Quota exceeded for instances: Requested 1, but already used 0 of 0 instances."
    assert reason.endswith(text)


def test_a_slow_build_is_done_once_its_fault_is_lifted(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    slow = cloud.nova.slow_builds(600, f"{name}-*")
    cluster_id = senlin.create_cluster(name, 1)
    [server] = wait_for(lambda: cloud.nova.servers(f"{name}-*"))
    assert server["status"] == "BUILD"

    slow.lift()

    senlin.wait_until(cluster_id, "ACTIVE")


def test_a_vanished_server_is_noticed_and_replaced(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    cluster_id = senlin.active_cluster(name, 2)

    assert cloud.nova.vanish(f"{name}-1") == 1

    assert senlin.act(cluster_id, "check") == "SUCCEEDED"
    assert sorted(node["status"] for node in senlin.nodes(cluster_id)) == ["ACTIVE", "ERROR"]
    assert senlin.act(cluster_id, "recover", operation="RECREATE") == "SUCCEEDED"
    assert len(cloud.nova.servers(f"{name}-*")) == 2


@pytest.mark.parametrize("status", ["ERROR", "SHUTOFF", "PAUSED"])
def test_a_broken_server_is_noticed(cloud: Sandbox, senlin: Senlin, status: str) -> None:
    name = unique("web")
    cluster_id = senlin.active_cluster(name, 1)

    assert cloud.nova.break_server(f"{name}-*", status=status) == 1

    assert senlin.act(cluster_id, "check") == "SUCCEEDED"
    node = only_node(senlin, cluster_id)
    assert (node["status"], node["status_reason"]) == ("ERROR", "Check: Node is not ACTIVE.")


def test_nova_cannot_give_a_server_every_status(cloud: Sandbox) -> None:
    with pytest.raises(SandboxError, match="the status UNKNOWN"):
        cloud.nova.break_server(status="UNKNOWN")


def test_a_resize_works_unless_nova_refuses_it(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    cluster_id = senlin.active_cluster(name, 1)

    with cloud.nova.refuse_resize(f"{name}-*", text="Too large."):
        assert senlin.update_profile(cluster_id, flavor="m1.small") == "FAILED"
    assert "Too large." in only_node(senlin, cluster_id)["status_reason"]

    assert senlin.update_profile(cluster_id, flavor="m1.medium") == "SUCCEEDED"
    [server] = cloud.nova.servers(f"{name}-*")
    assert (server["flavor"]["name"], server["status"]) == ("m1.medium", "ACTIVE")


def test_a_refused_deletion_keeps_the_server(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    cluster_id = senlin.active_cluster(name, 1)

    with cloud.nova.refuse_deletion(f"{name}-*"):
        assert senlin.delete_cluster(cluster_id) == "FAILED"
    assert len(cloud.nova.servers(f"{name}-*")) == 1

    assert senlin.delete_cluster(cluster_id) == "SUCCEEDED"
    assert cloud.nova.servers(f"{name}-*") == []


def test_nothing_works_while_nova_is_down(cloud: Sandbox, senlin: Senlin) -> None:
    cluster_id = senlin.active_cluster(unique("web"), 1)

    with cloud.nova.down():
        assert senlin.act(cluster_id, "check") == "FAILED"
        assert re.fullmatch(UNREACHABLE, only_node(senlin, cluster_id)["status_reason"])

    assert senlin.act(cluster_id, "check") == "SUCCEEDED"
    assert only_node(senlin, cluster_id)["status"] == "ACTIVE"


def test_nova_answers_with_a_text_while_it_is_down(cloud: Sandbox, senlin: Senlin) -> None:
    cluster_id = senlin.active_cluster(unique("web"), 1)

    with cloud.nova.down(text="Nova is away."):
        assert senlin.act(cluster_id, "check") == "FAILED"

    assert re.fullmatch(UNAVAILABLE, only_node(senlin, cluster_id)["status_reason"])


def test_a_rebuild_fails_unless_senlin_is_repaired(cloud: Sandbox, senlin: Senlin) -> None:
    assert rebuilt(cloud, senlin, operation_params={}) == "FAILED"

    # The second cloud at once, which knows nothing of the first one's servers.
    with Sandbox.up(kubernetes=False, cloud="real", senlin="repaired") as repaired:
        assert repaired.nova.servers() == []
        with Senlin(repaired) as its_senlin:
            assert rebuilt(repaired, its_senlin, operation_params={}) == "SUCCEEDED"

    assert processes_of(repaired.directory) == []
    assert not repaired.directory.exists()


@pytest.mark.parametrize("name", ["keystone", "nova", "neutron", "placement", "glance", "senlin"])
def test_a_killed_service_continues_with_what_it_had(
    cloud: Sandbox, senlin: Senlin, name: str
) -> None:
    cluster_id = senlin.active_cluster(unique("web"), 1)

    cloud.servers[name].restart(SIGKILL)

    assert senlin.act(cluster_id, "check") == "SUCCEEDED"
    assert only_node(senlin, cluster_id)["status"] == "ACTIVE"
    assert senlin.act(cluster_id, "scale_out", count=1) == "SUCCEEDED"
    assert senlin.delete_cluster(cluster_id) == "SUCCEEDED"


def test_a_slow_build_takes_its_time(cloud: Sandbox) -> None:
    name, begin = unique("web"), time.monotonic()

    with cloud.nova.slow_builds(3, name):
        assert cloud.nova.boot(name)["status"] == "ACTIVE"

    assert time.monotonic() - begin > 3


def test_a_server_is_built_in_the_zone_that_it_asks_for(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")

    senlin.active_cluster(name, 2, availability_zone="az2")

    assert {it["availability_zone"] for it in cloud.nova.servers(f"{name}-*")} == {"az2"}


def test_anti_affinity_puts_servers_on_different_hosts(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    # Not a list, which Senlin accepts and hands to Nova, who refuses it.
    group = {"name": name, "policies": "anti-affinity"}
    spec = {
        "type": "senlin.policy.affinity",
        "version": "1.0",
        "properties": {"servergroup": group},
    }
    policy = senlin.call("POST", "/policies", {"policy": {"name": name, "spec": spec}})["policy"]
    cluster_id = senlin.active_cluster(name, 0)
    assert senlin.act(cluster_id, "policy_attach", policy_id=policy["id"]) == "SUCCEEDED"

    assert senlin.act(cluster_id, "scale_out", count=3) == "SUCCEEDED"
    assert senlin.act(cluster_id, "scale_out", count=1) == "FAILED"  # there is no fourth host

    zones = [it["availability_zone"] for it in cloud.nova.servers(f"{name}-*")]
    assert sorted(zones) == ["az1", "az2", "az3"]
    [made] = cloud.nova.server_groups(name)
    assert len(made["members"]) == 3
