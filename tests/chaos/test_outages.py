"""Servers that go away under the operator, and replies that get lost."""

import json
import signal

from sandbox import Sandbox
from tests.operator.world import World, is_ready


def test_a_lost_reply_to_a_creation_leaves_one_cluster(world: World) -> None:
    world.apply(world.secret(), world.profile())
    world.ready("SenlinProfile", "web-server")

    with world.sandbox.senlin.fault("lose-reply", method="POST", path="/v1/clusters$", count=1):
        world.apply(world.cluster())
        world.ready(seconds=60)

    assert len(world.clusters()) == 1


def test_a_lost_reply_to_a_profile_leaves_one_profile(world: World) -> None:
    with world.sandbox.senlin.fault("lose-reply", method="POST", path="/v1/profiles$", count=1):
        world.apply(world.secret(), world.profile())
        world.ready("SenlinProfile", "web-server", seconds=60)

    assert len(world.profiles()) == 1


def outage_of(server: str, sandbox: Sandbox, world: World, *, seconds: float = 3) -> None:
    """Stop a server, change the cluster meanwhile if Kubernetes can take it, start it again."""
    sandbox.servers[server].stop(signal.SIGKILL)
    if server in ("senlin", "keystone"):
        world.kubectl("scale", "senlincluster/web", "--replicas=4")
    world.sandbox.servers[server].start()
    if server not in ("senlin", "keystone"):
        world.kubectl("scale", "senlincluster/web", "--replicas=4")


def test_every_server_is_restarted_under_it(sandbox_of_its_own: Sandbox, tmp_path) -> None:
    sandbox = sandbox_of_its_own
    world = World(sandbox, "default", tmp_path / "operator.log")
    world.operator.start()
    try:
        world.quickstart()
        for server in ("senlin", "keystone", "kube-apiserver", "etcd", "kube-controller-manager"):
            outage_of(server, sandbox, world)
            cluster = world.ready(seconds=90)
            assert cluster["status"]["resource"]["nodes"]["active"] == 4, server
            world.kubectl("scale", "senlincluster/web", "--replicas=3")
            world.ready()
            assert world.operator.running
        assert len(world.clusters()) == 1
    finally:
        world.operator.kill()


def test_the_project_cannot_be_reached_is_told_and_passes(
    sandbox_of_its_own: Sandbox, tmp_path
) -> None:
    sandbox = sandbox_of_its_own
    world = World(sandbox, "default", tmp_path / "operator.log")
    world.operator.start()
    try:
        world.quickstart()
        faults = (
            ("refuse", {}),
            ("answer", {"status": 500, "body": '{"error": {"message": "boom"}}'}),
            ("answer", {"status": 429, "headers": {"Retry-After": "1"}}),
            ("answer", {"status": 502, "body": "<html>Bad Gateway</html>"}),
        )
        size = 3
        for kind, details in faults:
            size = 7 - size
            with sandbox.senlin.fault(kind, **details):
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
    finally:
        world.operator.kill()


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
