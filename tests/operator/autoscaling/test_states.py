"""What an autoscaler sees of a cluster that is busy or degraded, and what comes of it."""

import pytest

from tests.operator.autoscaling.metrics_api import MetricsApi
from tests.operator.autoscaling.scaled import TEN_A_NODE, Scaled

pytestmark = pytest.mark.slow


def test_a_busy_cluster_gets_only_the_latest_size_once_the_action_has_ended(
    tenant: Scaled, metrics: type[MetricsApi]
) -> None:
    tenant.apply(tenant.secret(), tenant.profile(), tenant.without_a_size())
    tenant.ready()
    metrics.external = "20"

    with tenant.sandbox.nova.slow_builds(600, tenant.nodes_named()):
        tenant.autoscale(TEN_A_NODE)
        tenant.waits_for("ActionRunning")
        for load, size in ("30", 3), ("40", 4):
            metrics.external = load
            tenant.is_asked_for(size)
        tenant.syncs_again()

        assert tenant.scale() == (4, 1)  # what there was before the action
        assert tenant.autoscaler() == (4, 4)  # to it, current is what it has asked for
        assert len(tenant.nodes()) == 2
        assert tenant.resizes() == [2]

    tenant.grows_or_shrinks_to(4)
    tenant.ready()
    tenant.syncs_again()
    assert tenant.scale() == tenant.autoscaler() == (4, 4)
    assert tenant.resizes() == [2, 4]
    assert tenant.writes() == 3
    assert tenant.drift() == []


def test_a_broken_node_counts_and_is_the_first_to_leave(
    tenant: Scaled, metrics: type[MetricsApi]
) -> None:
    metrics.external = "30"
    cluster = tenant.quickstart(capacityOwner="Autoscaler", desiredCapacity=3)
    tenant.autoscale(TEN_A_NODE)
    tenant.eventually(lambda: tenant.says("ScalingActive")[0] == "True", "at work")
    [victim, *_] = tenant.nodes()

    tenant.sandbox.nova.vanish(victim.name)
    tenant.senlin.check_cluster(cluster["status"]["id"])
    tenant.waits_for("Degraded")
    tenant.syncs_again()
    assert tenant.scale() == tenant.autoscaler() == (3, 3)
    assert (tenant.writes(), tenant.resizes()) == (0, [])

    metrics.external = "40"
    tenant.wait(
        "SenlinCluster",
        "web",
        lambda it: it["status"]["resource"]["nodes"] == {"total": 4, "active": 3, "unhealthy": 1},
        "one node more, and no other in place of the broken one",
    )

    metrics.external = "30"
    tenant.grows_or_shrinks_to(3)
    tenant.ready()
    assert victim.id not in {it.id for it in tenant.nodes()}
    assert tenant.resizes() == [4, 3]
    assert tenant.drift() == []
