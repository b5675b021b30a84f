"""Alertmanager scales a cluster through receivers and scaling policies, and nobody fights it."""

from collections.abc import Iterator

import pytest
import yaml

from sandbox import Sandbox
from sandbox.alertmanager import Alertmanager
from senlin_operator.leader import Shard
from tests.conftest import a_namespace
from tests.operator.tenant import SAMPLES, Document, TenantWithOperator, condition

KINDS = ("policies", "cluster", "receivers")


@pytest.fixture
def tenant(
    sandbox: Sandbox, unserved: Shard, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TenantWithOperator]:
    log = tmp_path_factory.mktemp("alerts") / "operator.log"
    tenant = TenantWithOperator(sandbox, a_namespace(sandbox, unserved), log)
    tenant.operator.start()
    yield tenant
    tenant.operator.kill()


def manifests(tenant: TenantWithOperator) -> list[Document]:
    """Return the sample's manifests, with names of this tenant in Senlin."""
    files = [SAMPLES / "autoscaling-alerts" / f"{it}.yaml" for it in KINDS]
    documents = [document for file in files for document in yaml.safe_load_all(file.read_text())]
    for document in documents:
        resource = document["spec"]["resource"]
        resource["name"] = f"{tenant.namespace}-{document['metadata']['name']}"
        if document["kind"] == "SenlinCluster":
            resource["config"] = {"nodeNameFormat": f"{tenant.namespace}-$8R"}
            resource["metadata"] = {"namespace": tenant.namespace}
        if document["kind"] == "SenlinPolicy":
            resource["properties"]["adjustment"]["cooldown"] = 2  # the sample has minutes
    return documents


def size(tenant: TenantWithOperator) -> int:
    [cluster] = tenant.clusters()
    return len(cluster.node_ids)


def test_alerts_scale_a_cluster(tenant: TenantWithOperator) -> None:
    tenant.apply(tenant.secret(), tenant.profile(), *manifests(tenant))
    tenant.ready("SenlinCluster", "jobs")
    urls = {}
    for alert, receiver in {"QueueLong": "jobs-out", "QueueShort": "jobs-in"}.items():
        tenant.ready("SenlinReceiver", receiver)
        urls[f"alertname={alert}"] = tenant.url(receiver)

    with Alertmanager(tenant.sandbox.directory, urls) as alertmanager:
        alertmanager.fire("QueueLong")
        tenant.eventually(lambda: size(tenant) == 4, "grown to maxSize, by best effort", seconds=90)
        alertmanager.resolve("QueueLong")
        alertmanager.fire("QueueShort")
        tenant.eventually(lambda: size(tenant) == 1, "shrunk to minSize", seconds=120)

    ready = tenant.ready("SenlinCluster", "jobs")
    assert "Drift" not in condition(ready, "Ready")["message"]
    assert all(url not in tenant.log() for url in urls.values())
