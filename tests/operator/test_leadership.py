"""Several operator processes: one acts at a time, and for each namespace the same one."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from senlin_operator.leader import Shard

from sandbox.control import fetch
from tests.operator.world import PROGRAM, Operator, World, ticks

LEASES = "/apis/coordination.k8s.io/v1/namespaces/{}/leases"


class Replica(Operator):
    """An operator process with a Kubernetes user of its own, by which the audit log knows it."""

    def __init__(self, world: World, user: str, log: Path) -> None:
        self._world = world
        self.user = f"{user}.{world.namespace}"
        kubeconfig = world.sandbox.user_kubeconfig(self.user, ["system:masters"])
        super().__init__(kubeconfig, world.namespace, log, PROGRAM)

    def elect(self, *flags: str) -> None:
        """Start it with leader election."""
        namespace = self._world.namespace
        self.start("--leader-election", "true", "--lease-namespace", namespace, *flags)

    def writes(self) -> list[str]:
        """Return what it wrote to Kubernetes, but for leases."""
        entries = self._world.sandbox.audit(user=self.user)
        return [
            f"{entry['verb']} {entry['objectRef'].get('resource')}"
            for entry in entries
            if entry["verb"] not in ("get", "list", "watch")
            and entry.get("objectRef", {}).get("resource") != "leases"
        ]

    def requests(self) -> int:
        return len(self._world.sandbox.audit(user=self.user))


def leases(world: World) -> dict[str, str]:
    """Return the holder of each lease in the namespace."""
    path = LEASES.format(world.namespace)
    listed: dict[str, Any] = json.loads(world.sandbox.kubectl("get", "--raw", path))
    return {it["metadata"]["name"]: it["spec"]["holderIdentity"] for it in listed["items"]}


@pytest.fixture
def replicas(idle_world: World, tmp_path: Path) -> Iterator[tuple[Replica, Replica]]:
    pair = (
        Replica(idle_world, "first", idle_world.operator.log),
        Replica(idle_world, "second", tmp_path / "second.log"),
    )
    yield pair
    for replica in pair:
        if replica.running:
            replica.kill()


def lead(world: World, replica: Replica, *flags: str) -> None:
    """Start a replica and wait until it holds a lease."""
    replica.elect(*flags)
    world.eventually(lambda: any(leases(world).values()), "elected")


def resizes(world: World, cluster_id: str) -> int:
    actions = world.senlin.actions(target=cluster_id)
    return sum(action.action == "CLUSTER_RESIZE" for action in actions)


def test_a_standby_does_nothing_and_takes_over_from_a_clean_stop(
    idle_world: World, replicas: tuple[Replica, Replica]
) -> None:
    world, (first, second) = idle_world, replicas
    lead(world, first)
    second.elect()
    world.quickstart()
    world.eventually(lambda: second.requests() > 5, "the standby asking for the lease")
    assert second.writes() == []

    before = leases(world)
    assert first.stop() == 0
    assert "stopping" in first.log.read_text()
    world.eventually(lambda: leases(world) != before, "let go, not run out", seconds=10)
    world.kubectl("scale", "senlincluster/web", "--replicas=4")

    assert world.ready()["status"]["resource"]["nodes"]["active"] == 4
    assert second.writes()
    assert second.stop() == 0


def test_a_standby_stops_at_once(idle_world: World, replicas: tuple[Replica, Replica]) -> None:
    first, second = replicas
    lead(idle_world, first)
    second.elect()
    idle_world.eventually(lambda: second.requests() > 1, "asking for the lease")

    assert second.stop() == 0
    assert second.writes() == []


def test_a_standby_lives(idle_world: World, replicas: tuple[Replica, Replica]) -> None:
    """Its probe fails after 30 seconds without a sign of life."""
    first, second = replicas
    lead(idle_world, first)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    second.elect("--metrics-port", str(port))
    for _ in ticks(35, pause=1):
        assert second.running

    assert fetch("GET", f"http://127.0.0.1:{port}/livez").status_code == 200
    assert fetch("GET", f"http://127.0.0.1:{port}/readyz").status_code == 200


def test_a_killed_leader_is_replaced(idle_world: World, replicas: tuple[Replica, Replica]) -> None:
    world, (first, second) = idle_world, replicas
    lead(world, first)
    second.elect()
    cluster = world.quickstart()

    first.kill()
    world.kubectl("scale", "senlincluster/web", "--replicas=4")

    assert world.ready(seconds=60)["status"]["resource"]["nodes"]["active"] == 4
    assert resizes(world, cluster["status"]["id"]) == 1


def test_a_paused_leader_writes_nothing_when_it_goes_on(
    idle_world: World, replicas: tuple[Replica, Replica]
) -> None:
    world, (first, second) = idle_world, replicas
    lead(world, first)
    cluster = world.quickstart()
    second.elect()
    first.pause()
    world.kubectl("scale", "senlincluster/web", "--replicas=4")
    world.ready(seconds=60)
    before = first.writes()

    first.resume()

    assert first.wait(30) == 1
    assert first.writes() == before
    assert resizes(world, cluster["status"]["id"]) == 1


def test_a_leader_that_cannot_renew_ends(
    idle_world: World, replicas: tuple[Replica, Replica]
) -> None:
    world, (first, _) = idle_world, replicas
    lead(world, first)
    path = LEASES.format(world.namespace) + "/senlin-operator"
    taken = json.loads(world.sandbox.kubectl("get", "--raw", path))
    taken["spec"]["holderIdentity"] = "somebody else"

    world.kubectl("replace", "-f", "-", input=json.dumps(taken))

    assert first.wait(30) == 1


def test_shards_part_the_namespaces_and_hand_over_when_their_number_changes(
    idle_world: World, replicas: tuple[Replica, Replica]
) -> None:
    world, (first, second) = idle_world, replicas
    mine = next(index for index in range(2) if Shard(index, 2).has(world.namespace))
    first.elect("--shards", "2", "--shard", str(mine))
    second.elect("--shards", "2", "--shard", str(1 - mine))
    cluster = world.quickstart()
    assert second.writes() == []
    held = {f"senlin-operator-{index}-of-2" for index in range(2)}
    assert {name for name, holder in leases(world).items() if holder} == held

    second.stop()
    second.elect()  # one of one
    world.kubectl("scale", "senlincluster/web", "--replicas=4")
    world.ready()
    for _ in ticks(5):
        assert not leases(world).get("senlin-operator")  # not beside one of two
    first.stop()

    world.kubectl("scale", "senlincluster/web", "--replicas=3")
    assert world.ready()["status"]["resource"]["nodes"]["active"] == 3
    assert second.writes()
    assert resizes(world, cluster["status"]["id"]) == 2
