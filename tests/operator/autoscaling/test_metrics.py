"""A real HorizontalPodAutoscaler sizes a cluster by each type of metric."""

import pytest

from tests.operator.autoscaling.metrics_api import MetricsApi
from tests.operator.autoscaling.scaled import TEN_A_NODE, Scaled, external

pytestmark = pytest.mark.slow

CPU = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
}
REQUESTS = {
    "type": "Pods",
    "pods": {
        "metric": {"name": "requests"},
        "target": {"type": "AverageValue", "averageValue": "10"},
    },
}


def test_an_external_metric(tenant: Scaled, metrics: type[MetricsApi]) -> None:
    manifest = tenant.without_a_size()
    tenant.apply(tenant.secret(), tenant.profile(), manifest)
    assert tenant.ready()["status"]["resource"]["desiredCapacity"] == 1
    metrics.external = "40"

    tenant.autoscale(TEN_A_NODE)
    tenant.grows_or_shrinks_to(4)
    tenant.ready()
    tenant.apply(manifest)  # as a GitOps tool does
    manifest["spec"]["resource"]["maxSize"] = 3
    tenant.apply(manifest)
    tenant.grows_or_shrinks_to(3)  # as Git wants no more
    metrics.external = "11"
    tenant.grows_or_shrinks_to(2)

    assert tenant.says("ScalingActive")[1] == "ValidMetricFound"


def test_an_external_metric_that_is_not_an_average_is_one_of_pods(
    tenant: Scaled, metrics: type[MetricsApi]
) -> None:
    tenant.quickstart(desiredCapacity=1)
    metrics.external = "40"

    tenant.autoscale(external(type="Value", value="10"))

    tenant.eventually(
        lambda: "no pods returned by selector" in tenant.says("ScalingActive")[2], "told"
    )
    assert tenant.writes() == 0


def test_the_load_of_pods_on_the_nodes(tenant: Scaled, metrics: type[MetricsApi]) -> None:
    tenant.quickstart(desiredCapacity=1)
    tenant.pod_on_a_node("agent-1")
    metrics.cpu = {"agent-1": "150m"}  # of 100m requested: three times the target of a half

    tenant.autoscale(CPU)

    tenant.grows_or_shrinks_to(3)
    assert "senlin.openstack.org/cluster=web" in metrics.selectors


def test_a_metric_of_the_pods_on_the_nodes(tenant: Scaled, metrics: type[MetricsApi]) -> None:
    tenant.apply(tenant.secret(), tenant.profile(), tenant.without_a_size())
    tenant.ready()
    tenant.pod_on_a_node("agent-1")
    metrics.custom = {"agent-1": "30"}
    metrics.selectors.clear()

    tenant.autoscale(REQUESTS)
    tenant.grows_or_shrinks_to(3)
    tenant.syncs_again()
    assert tenant.scale() == (3, 3)  # the pods of the new nodes have not come yet
    for name in "agent-2", "agent-3":
        tenant.pod_on_a_node(name)
    metrics.custom = dict.fromkeys(("agent-1", "agent-2", "agent-3"), "6")
    tenant.grows_or_shrinks_to(2)

    assert set(metrics.selectors) == {"senlin.openstack.org/cluster=web"}
    assert tenant.writes() == 2


def test_more_pods_than_nodes_count_as_nodes(tenant: Scaled, metrics: type[MetricsApi]) -> None:
    tenant.quickstart(desiredCapacity=1)
    tenant.pod_on_a_node("agent-1")
    tenant.pod_on_a_node("agent-2")
    metrics.custom = {"agent-1": "20", "agent-2": "20"}  # twice the target, on one node

    tenant.autoscale(REQUESTS)

    tenant.grows_or_shrinks_to(4)
