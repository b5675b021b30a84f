"""A real HorizontalPodAutoscaler sizes a cluster, by a metric of no pods and by those of pods."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from tests.conftest import a_namespace, started
from tests.operator.metrics_api import MetricsApi, metrics_api
from tests.operator.tenant import Document, TenantWithOperator

pytestmark = pytest.mark.slow

QUEUE = {
    "type": "External",
    "external": {
        "metric": {"name": "queue"},
        "target": {"type": "AverageValue", "averageValue": "10"},
    },
}
CPU = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
}


@pytest.fixture(scope="module")
def cluster_with_metrics() -> Iterator[Sandbox]:
    """A sandbox of these tests alone, as the metrics are for all of Kubernetes."""
    with started() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def metrics(
    cluster_with_metrics: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[type[MetricsApi]]:
    pki = tmp_path_factory.mktemp("pki")
    with metrics_api(cluster_with_metrics, a_namespace(cluster_with_metrics), pki) as api:
        yield api


@pytest.fixture
def tenant(cluster_with_metrics: Sandbox, tmp_path: Path) -> Iterator[TenantWithOperator]:
    namespace = a_namespace(cluster_with_metrics)
    tenant = TenantWithOperator(cluster_with_metrics, namespace, tmp_path / "operator.log")
    tenant.operator.start()
    yield tenant
    tenant.operator.kill()


def autoscaler(metric: Document) -> Document:
    target = {"apiVersion": "senlin.openstack.org/v1alpha1", "kind": "SenlinCluster", "name": "web"}
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 5, "metrics": [metric]}
    header = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}
    return {**header, "metadata": {"name": "web"}, "spec": spec}


def without_a_size(tenant: TenantWithOperator) -> Document:
    """Return a cluster as it is in Git if an autoscaler shall size it."""
    cluster = tenant.cluster(capacityOwner="Autoscaler")
    del cluster["spec"]["resource"]["desiredCapacity"]
    return cluster


def nodes(tenant: TenantWithOperator) -> int:
    return len(tenant.nodes())


def pod_on_a_node(tenant: TenantWithOperator, name: str) -> None:
    """Make a pod as it is once a kubelet runs it; this sandbox has no kubelet."""
    container = {"name": "main", "image": "main", "resources": {"requests": {"cpu": "100m"}}}
    labels = {"senlin.openstack.org/cluster": "web"}
    spec = {"nodeName": "web-1", "containers": [container]}
    pod: Document = {"apiVersion": "v1", "kind": "Pod", "spec": spec}
    tenant.apply(pod | {"metadata": {"name": name, "labels": labels}})
    status: dict[str, Any] = {
        "phase": "Running",
        "startTime": "2026-01-01T00:00:00Z",
        "conditions": [
            {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        ],
    }
    path = f"/api/v1/namespaces/{tenant.namespace}/pods/{name}"
    made = tenant.sandbox.kubernetes.call("GET", path)
    tenant.sandbox.kubernetes.call("PUT", f"{path}/status", made | {"status": status})


def test_an_external_metric(tenant: TenantWithOperator, metrics: type[MetricsApi]) -> None:
    manifest = without_a_size(tenant)
    tenant.apply(tenant.secret(), tenant.profile(), manifest)
    assert tenant.ready()["status"]["resource"]["desiredCapacity"] == 1
    metrics.external = "40"  # of 10 a node

    tenant.apply(autoscaler(QUEUE))
    tenant.eventually(lambda: nodes(tenant) == 4, "four nodes", seconds=90)
    tenant.ready()
    tenant.apply(manifest)  # as a GitOps tool does
    manifest["spec"]["resource"]["maxSize"] = 3
    tenant.apply(manifest)
    tenant.eventually(lambda: nodes(tenant) == 3, "three nodes, as Git wants no more", seconds=90)
    metrics.external = "11"
    tenant.eventually(lambda: nodes(tenant) == 2, "two nodes", seconds=90)

    described = tenant.kubectl("describe", "hpa", "web")
    assert "selector is required" not in described
    assert "ValidMetricFound" in described


def test_the_load_of_pods_on_the_nodes(
    tenant: TenantWithOperator, metrics: type[MetricsApi]
) -> None:
    tenant.quickstart(desiredCapacity=1)
    pod_on_a_node(tenant, "agent-1")
    metrics.cpu = {"agent-1": "150m"}  # of 100m requested: three times the target of a half

    tenant.apply(autoscaler(CPU))

    tenant.eventually(lambda: nodes(tenant) == 3, "three nodes", seconds=90)
    assert "senlin.openstack.org/cluster=web" in metrics.selectors
