"""Several operator processes: one acts at a time, and for each namespace the same one."""

import json
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.control import fetch
from senlin_operator.leader import Shard
from tests.operator.process import PROGRAM, Operator
from tests.operator.tenant import TenantWithOperator, ticks

pytestmark = pytest.mark.slow

HANGING = [sys.executable, "-m", "tests.chaos.hanging_operator"]
LEASES = "/apis/coordination.k8s.io/v1/namespaces/{}/leases"


class Replica(Operator):
    """An operator process with a Kubernetes user of its own, by which the audit log knows it."""

    def __init__(
        self, tenant: TenantWithOperator, user: str, log: Path, program: list[str] = PROGRAM
    ) -> None:
        self._tenant = tenant
        self.user = f"{user}.{tenant.namespace}"
        kubeconfig = tenant.sandbox.user_kubeconfig(self.user, ["system:masters"])
        super().__init__(kubeconfig, tenant.namespace, log, program)

    def elect(self, *flags: str) -> None:
        """Start it with leader election."""
        namespace = self._tenant.namespace
        self.start("--leader-election", "true", "--lease-namespace", namespace, *flags)

    def writes(self) -> list[str]:
        """Return what it wrote to Kubernetes, but for leases."""
        entries = self._tenant.sandbox.audit(user=self.user)
        return [
            f"{entry['verb']} {entry['objectRef'].get('resource')}"
            for entry in entries
            if entry["verb"] not in ("get", "list", "watch")
            and entry.get("objectRef", {}).get("resource") != "leases"
        ]

    def requests(self) -> int:
        return len(self._tenant.sandbox.audit(user=self.user))


def leases(tenant: TenantWithOperator) -> dict[str, str]:
    """Return the holder of each lease in the namespace."""
    path = LEASES.format(tenant.namespace)
    listed: dict[str, Any] = json.loads(tenant.sandbox.kubectl("get", "--raw", path))
    return {it["metadata"]["name"]: it["spec"]["holderIdentity"] for it in listed["items"]}


@pytest.fixture
def replicas(idle_tenant: TenantWithOperator, tmp_path: Path) -> Iterator[tuple[Replica, Replica]]:
    pair = (
        Replica(idle_tenant, "first", idle_tenant.operator.log),
        Replica(idle_tenant, "second", tmp_path / "second.log"),
    )
    yield pair
    for replica in pair:
        if replica.running:
            replica.kill()


def lead(tenant: TenantWithOperator, replica: Replica, *flags: str) -> None:
    """Start a replica and wait until it holds a lease."""
    replica.elect(*flags)
    tenant.eventually(lambda: any(leases(tenant).values()), "elected")


def resizes(tenant: TenantWithOperator, cluster_id: str) -> int:
    actions = tenant.senlin.actions(target=cluster_id)
    return sum(action.action == "CLUSTER_RESIZE" for action in actions)


def test_a_standby_does_nothing_and_takes_over_from_a_clean_stop(
    idle_tenant: TenantWithOperator, replicas: tuple[Replica, Replica]
) -> None:
    tenant, (first, second) = idle_tenant, replicas
    lead(tenant, first)
    second.elect()
    tenant.quickstart()
    tenant.eventually(lambda: second.requests() > 5, "the standby asking for the lease")
    assert second.writes() == []

    before = leases(tenant)
    assert first.stop() == 0
    assert "stopping" in first.log.read_text()
    tenant.eventually(lambda: leases(tenant) != before, "let go, not run out", seconds=10)
    tenant.kubectl("scale", "senlincluster/web", "--replicas=4")

    assert tenant.ready()["status"]["resource"]["nodes"]["active"] == 4
    assert second.writes()
    assert second.stop() == 0


def test_a_standby_stops_at_once(
    idle_tenant: TenantWithOperator, replicas: tuple[Replica, Replica]
) -> None:
    first, second = replicas
    lead(idle_tenant, first)
    second.elect()
    idle_tenant.eventually(lambda: second.requests() > 1, "asking for the lease")

    assert second.stop() == 0
    assert second.writes() == []


def test_the_probes_of_a_standby_succeed(
    idle_tenant: TenantWithOperator, replicas: tuple[Replica, Replica]
) -> None:
    """Its probe fails after 30 seconds without a sign of life."""
    first, second = replicas
    lead(idle_tenant, first)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    second.elect("--probe-port", str(port))
    for _ in ticks(35, pause=1):
        assert second.running

    assert fetch("GET", f"http://127.0.0.1:{port}/livez").status_code == 200
    assert fetch("GET", f"http://127.0.0.1:{port}/readyz").status_code == 200


def test_a_killed_leader_is_replaced(
    idle_tenant: TenantWithOperator, replicas: tuple[Replica, Replica]
) -> None:
    tenant, (first, second) = idle_tenant, replicas
    lead(tenant, first)
    second.elect()
    cluster = tenant.quickstart()

    first.kill()
    tenant.kubectl("scale", "senlincluster/web", "--replicas=4")

    assert tenant.ready(seconds=60)["status"]["resource"]["nodes"]["active"] == 4
    assert resizes(tenant, cluster["status"]["id"]) == 1


def test_a_leader_writes_nothing_after_it_was_suspended(
    idle_tenant: TenantWithOperator, replicas: tuple[Replica, Replica]
) -> None:
    tenant, (first, second) = idle_tenant, replicas
    lead(tenant, first)
    cluster = tenant.quickstart()
    second.elect()
    first.pause()
    tenant.kubectl("scale", "senlincluster/web", "--replicas=4")
    tenant.ready(seconds=60)
    before = first.writes()

    first.resume()

    assert first.wait(30) == 1
    assert first.writes() == before
    assert resizes(tenant, cluster["status"]["id"]) == 1


def test_a_leader_whose_event_loop_hangs_is_gone_before_its_lease(
    idle_tenant: TenantWithOperator, replicas: tuple[Replica, Replica], tmp_path: Path
) -> None:
    """Its threads would go on, and nobody would end the process."""
    tenant, (_, second) = idle_tenant, replicas
    first = Replica(tenant, "hanging", tmp_path / "hanging.log", HANGING)
    lead(tenant, first)
    cluster = tenant.quickstart()
    before = first.writes()
    hangs_at = time.monotonic()
    first.hang()
    second.elect()
    tenant.kubectl("scale", "senlincluster/web", "--replicas=4")

    assert first.wait(30) == 1
    assert time.monotonic() - hangs_at < 15  # the lease's duration
    assert "the lease has run out and the process hangs" in first.log.read_text()
    assert tenant.ready(seconds=60)["status"]["resource"]["nodes"]["active"] == 4
    assert first.writes() == before
    assert resizes(tenant, cluster["status"]["id"]) == 1


def test_a_leader_that_cannot_renew_ends(
    idle_tenant: TenantWithOperator, replicas: tuple[Replica, Replica]
) -> None:
    tenant, (first, _) = idle_tenant, replicas
    lead(tenant, first)
    path = LEASES.format(tenant.namespace) + "/senlin-operator"
    taken = json.loads(tenant.sandbox.kubectl("get", "--raw", path))
    taken["spec"]["holderIdentity"] = "somebody else"

    tenant.kubectl("replace", "-f", "-", input=json.dumps(taken))

    assert first.wait(30) == 1


def test_shards_part_the_namespaces_and_hand_over_when_their_number_changes(
    idle_tenant: TenantWithOperator, replicas: tuple[Replica, Replica]
) -> None:
    tenant, (first, second) = idle_tenant, replicas
    mine = next(index for index in range(2) if Shard(index, 2).has(tenant.namespace))
    first.elect("--shards", "2", "--shard", str(mine))
    second.elect("--shards", "2", "--shard", str(1 - mine))
    cluster = tenant.quickstart()
    assert second.writes() == []
    held = {f"senlin-operator-{index}-of-2" for index in range(2)}
    assert {name for name, holder in leases(tenant).items() if holder} == held

    second.stop()
    second.elect()  # one of one
    tenant.kubectl("scale", "senlincluster/web", "--replicas=4")
    tenant.ready()
    for _ in ticks(5):
        assert not leases(tenant).get("senlin-operator")  # not beside one of two
    first.stop()

    tenant.kubectl("scale", "senlincluster/web", "--replicas=3")
    assert tenant.ready()["status"]["resource"]["nodes"]["active"] == 3
    assert second.writes()
    assert resizes(tenant, cluster["status"]["id"]) == 2
