"""Another operator process takes over, in the middle of everything."""

from typing import Any

import pytest

from tests.operator.tenant import Document, Tenant, TenantWithOperator, condition
from tests.operator.test_cluster_policies import listed, policy

pytestmark = pytest.mark.slow

KINDS = ("SenlinProfile", "SenlinPolicy", "SenlinCluster", "SenlinNode")


@pytest.fixture
def tenant(tenant_with_operator: TenantWithOperator) -> TenantWithOperator:
    """One alone, which can be stopped."""
    return tenant_with_operator


def ids(tenant: Tenant) -> dict[tuple[str, str], Any]:
    """Return the id in Senlin of each object."""
    return {
        (kind, it["metadata"]["name"]): it["status"].get("id")
        for kind in KINDS
        for it in tenant.all_of(kind)
    }


def node(tenant: Tenant, name: str = "single") -> Document:
    resource = {"profileRef": {"name": "web-server"}, "metadata": {"namespace": tenant.namespace}}
    document = tenant.cluster(name)
    return {**document, "kind": "SenlinNode", "spec": {**document["spec"], "resource": resource}}


def imported(tenant: Tenant, id_: str) -> Document:
    document = tenant.profile("imported")
    del document["spec"]["resource"]
    document["spec"] |= {"managementPolicy": "unmanaged", "import": {"id": id_}}
    return document


def test_the_next_operator_takes_over_objects_in_every_state(tenant: TenantWithOperator) -> None:
    settled = tenant.quickstart()
    nova, nodes = tenant.sandbox.nova, tenant.nodes_named()
    tenant.apply(
        imported(tenant, settled["status"]["resource"]["profileID"]),
        node(tenant),
        policy("one", criteria="RANDOM"),
        policy("other", criteria="OLDEST_FIRST"),
        tenant.cluster("stalled", desiredCapacity=1, policies=listed("one", "other")),
        tenant.cluster("going", desiredCapacity=1),
    )
    tenant.ready("SenlinProfile", "imported")
    tenant.ready("SenlinNode", "single")
    tenant.waits_for("PoliciesConflict", name="stalled")
    tenant.ready(name="going")
    building = nova.slow_builds(600, nodes)
    nova.refuse_deletion(nodes, count=1)
    tenant.delete("senlincluster", "going")
    tenant.apply(tenant.cluster("building", desiredCapacity=2))
    tenant.waits_for("ActionRunning", name="building")
    tenant.wait("SenlinCluster", "going", is_being_deleted, "being deleted")
    before = ids(tenant)

    tenant.operator.stop()
    tenant.kubectl("apply", "--server-side", "--force-conflicts", "-f", "crds/")
    tenant.kubectl("scale", "senlincluster/web", "--replicas=2")  # while no operator runs
    tenant.operator.start()
    building.lift()

    tenant.gone("SenlinCluster", "going", seconds=90)
    tenant.ready(name="building", seconds=90)
    assert tenant.ready()["status"]["resource"]["nodes"]["active"] == 2
    del before["SenlinCluster", "going"]
    assert ids(tenant) == before
    assert all(created(tenant, id_) == 1 for (kind, _), id_ in before.items() if kind in KINDS[2:])
    assert condition(tenant.get("SenlinCluster", "stalled") or {}, "Ready")["reason"] == (
        "PoliciesConflict"
    )
    for kind in KINDS:
        for it in tenant.all_of(kind):
            assert it["status"]["observedGeneration"] == it["metadata"]["generation"]


def test_a_request_under_way_at_shutdown_is_completed(tenant: TenantWithOperator) -> None:
    cluster = tenant.quickstart()
    path = f"/v1/clusters/{cluster['status']['id']}/actions"
    slow = tenant.sandbox.senlin.fault("slow", method="POST", path=path, delay=8)
    tenant.kubectl("scale", "senlincluster/web", "--replicas=4")
    tenant.eventually(lambda: slow.hits > 0, "the request under way")

    assert tenant.operator.stop() == 0

    [resize] = tenant.senlin.actions(target=cluster["status"]["id"], action="CLUSTER_RESIZE")
    left = tenant.get("SenlinCluster", "web") or {}
    assert left["status"]["action"]["id"] == resize.id
    assert left["status"]["observedGeneration"] == left["metadata"]["generation"]


def is_being_deleted(document: Document) -> bool:
    return "deletionTimestamp" in document["metadata"]


def created(tenant: Tenant, id_: Any) -> int:
    """Return how many actions have made it."""
    actions = tenant.senlin.actions(target=id_)
    return sum(action.action in ("CLUSTER_CREATE", "NODE_CREATE") for action in actions)
