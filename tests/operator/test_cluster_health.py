"""Nodes that stop working, and statuses that Senlin does not leave by itself."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.operator.tenant import Tenant, condition
from tests.operator.test_cluster_policies import listed, policy

CHECKED = {"checkInterval": "5s"}
RECOVERED = {"mode": "Recover", **CHECKED}


def servers(tenant: Tenant) -> set[str]:
    return {server["id"] for server in tenant.sandbox.nova.servers(tenant.nodes_named())}


def steps(tenant: Tenant) -> list[str]:
    return [reason for reason, _ in tenant.events("web")]


def is_healed(tenant: Tenant, lost: set[str]) -> Callable[[], bool]:
    """Return whether there are three servers again, none of which was lost."""
    return lambda: len(servers(tenant)) == 3 and not servers(tenant) & lost


def test_a_lost_server_of_a_cluster_is_recreated(tenant: Tenant) -> None:
    tenant.quickstart(remediation=RECOVERED)
    [victim, *_] = tenant.sandbox.nova.servers(tenant.nodes_named())

    tenant.sandbox.nova.vanish(victim["name"])

    tenant.eventually(is_healed(tenant, {victim["id"]}), "made again")
    cluster = tenant.ready()
    assert cluster["status"]["resource"]["nodes"] == {"total": 3, "active": 3, "unhealthy": 0}
    assert "Recovering" in steps(tenant)


def test_too_many_lost_servers_are_left_to_a_person(tenant: Tenant) -> None:
    tenant.quickstart(remediation={**RECOVERED, "maxUnhealthy": "40%"})
    victims = tenant.sandbox.nova.servers(tenant.nodes_named())[:2]
    for victim in victims:
        tenant.sandbox.nova.vanish(victim["name"])

    held = tenant.waits_for("RemediationHeld")
    assert "2 nodes are unhealthy, and at most 40% are recovered" in held["message"]
    assert "Recovering" not in steps(tenant)

    tenant.edit("SenlinCluster", "web", remediation={**RECOVERED, "maxUnhealthy": 2})
    tenant.ready()
    assert is_healed(tenant, {victim["id"] for victim in victims})()


def test_recovery_is_left_to_a_health_policy(tenant: Tenant) -> None:
    detection = {"detection_modes": [{"type": "NODE_STATUS_POLLING"}], "interval": 600}
    recovery = {"actions": [{"name": "RECREATE"}]}
    tenant.apply(policy("health", "senlin.policy.health", detection=detection, recovery=recovery))
    settled = tenant.quickstart(remediation=RECOVERED, policies=listed("health"))
    assert "remediation is left to policy health" in condition(settled, "Ready")["message"]
    [victim, *_] = tenant.sandbox.nova.servers(tenant.nodes_named())

    tenant.sandbox.nova.vanish(victim["name"])

    degraded = tenant.waits_for("Degraded")
    assert "remediation is left to policy health" in degraded["message"]
    assert "Recovering" not in steps(tenant)


@pytest.mark.slow
def test_a_cluster_stuck_in_a_transient_status_is_recovered(tenant: Tenant) -> None:
    """An update that Senlin breaks off leaves a cluster UPDATING for ever."""
    settled = tenant.quickstart()
    cluster_id = settled["status"]["id"]
    wrong: dict[str, Any] = {"cluster.stop_timeout_before_update": "soon"}
    tenant.senlin.update_cluster(cluster_id, config=wrong)
    tenant.eventually(
        lambda: tenant.senlin.get_cluster(cluster_id).status == "UPDATING", "stuck", seconds=10
    )

    tenant.eventually(
        lambda: tenant.senlin.get_cluster(cluster_id).status == "ACTIVE", "led out", seconds=90
    )
    tenant.ready()
    assert "Checking" in steps(tenant)


def test_a_deletion_can_be_forced(tenant: Tenant) -> None:
    with tenant.sandbox.nova.slow_builds(600, tenant.nodes_named()):
        tenant.apply(tenant.secret(), tenant.profile(), tenant.cluster())
        tenant.waits_for("ActionRunning")
        tenant.delete("senlincluster", "web")
        busy = tenant.waits_for("Busy")
        assert busy["message"]

        tenant.kubectl("annotate", "senlincluster/web", "senlin.openstack.org/force-deletion=true")
        tenant.gone("SenlinCluster", "web")

    assert tenant.clusters() == []
