"""Servers that go away under the operator, and replies that get lost."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from tests.operator.world import World, is_ready


@pytest.fixture
def lonely_world(sandbox_of_its_own: Sandbox, tmp_path: Path) -> Iterator[World]:
    """A world in a sandbox that nobody else uses: its faults meet only its own requests."""
    world = World(sandbox_of_its_own, "default", tmp_path / "operator.log")
    world.operator.start()
    yield world
    world.operator.kill()


def test_lost_replies_to_creations_leave_one_of_each(lonely_world: World) -> None:
    world, senlin = lonely_world, lonely_world.sandbox.senlin
    with (
        senlin.fault("lose-reply", method="POST", path="/v1/profiles$", count=1) as profile,
        senlin.fault("lose-reply", method="POST", path="/v1/clusters$", count=1) as cluster,
    ):
        world.apply(world.secret(), world.profile(), world.cluster())
        world.ready(seconds=90)
        assert (profile.hits, cluster.hits) == (1, 1)

    assert len(world.profiles()) == 1
    assert len(world.clusters()) == 1


def outage_of(server: str, world: World) -> None:
    """Kill a server, change the cluster as soon as Kubernetes can take it, start it again."""
    of_the_cloud = server in ("senlin", "keystone")
    world.sandbox.servers[server].stop(signal.SIGKILL)
    if of_the_cloud:
        world.kubectl("scale", "senlincluster/web", "--replicas=4")
    world.sandbox.servers[server].start()
    if not of_the_cloud:
        world.kubectl("scale", "senlincluster/web", "--replicas=4")


def test_every_server_is_restarted_under_it(lonely_world: World) -> None:
    world = lonely_world
    world.quickstart()
    for server in ("senlin", "keystone", "kube-apiserver", "etcd", "kube-controller-manager"):
        outage_of(server, world)
        cluster = world.ready(seconds=90)
        assert cluster["status"]["resource"]["nodes"]["active"] == 4, server
        world.kubectl("scale", "senlincluster/web", "--replicas=3")
        world.ready()
        assert world.operator.running
    assert len(world.clusters()) == 1
    log = world.operator.log.read_text()
    assert "a watch is interrupted" in log
    assert "the watch has resumed" in log
    assert "Request attempt" not in log  # kopf's words for each try


def test_a_project_that_cannot_be_reached_is_told_and_passes(lonely_world: World) -> None:
    world = lonely_world
    world.quickstart()
    faults: tuple[tuple[Any, Any], ...] = (
        ("refuse", {}),
        ("answer", {"status": 500, "body": '{"error": {"message": "boom"}}'}),
        ("answer", {"status": 429, "headers": {"Retry-After": "1"}}),
        ("answer", {"status": 502, "body": "<html>Bad Gateway</html>"}),
    )
    size = 3
    for kind, details in faults:
        size = 7 - size
        with world.sandbox.senlin.fault(kind, **details):
            world.kubectl("scale", "senlincluster/web", f"--replicas={size}")
            told = world.wait(
                "SenlinCluster",
                "web",
                lambda it: it["status"]["observedGeneration"] == it["metadata"]["generation"],
                "told",
            )
            assert not is_ready(told), kind
        world.ready(seconds=90)
    assert len(world.clusters()) == 1


def test_a_change_without_effect_is_told_and_not_hammered(world: World) -> None:
    cluster = world.quickstart()
    cluster_id, action_id = cluster["status"]["id"], cluster["status"]["action"]["id"]
    path = f"/v1/clusters/{cluster_id}$"
    lie = {
        "status": 202,
        "body": json.dumps({"cluster": {"id": cluster_id}}),
        "headers": {"Location": f"/v1/actions/{action_id}", "Content-Type": "application/json"},
    }

    with world.sandbox.senlin.fault("answer", method="PATCH", path=path, **lie) as fault:
        world.edit("SenlinCluster", "web", timeoutSeconds=100)
        ready = world.waits_for("NoEffect")
        assert "timeout 3600 → 100" in ready["message"]
        assert fault.hits <= 3

    world.ready()
    assert world.senlin.get_cluster(cluster_id).timeout == 100
