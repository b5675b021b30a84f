"""A node joins clusters, leaves them, and moves: always with the same server."""

from functools import partial
from typing import Any

import pytest

from tests.operator.tenant import Document, Tenant, TenantWithOperator, condition, ticks
from tests.operator.test_node import CLUSTER, NODE, changed, in_cluster, ready, server_of


def cluster_of(tenant: Tenant, name: str = "web") -> Any:
    """Return Senlin's cluster."""
    document = tenant.get(CLUSTER, name)
    assert document
    return tenant.senlin.get_cluster(document["status"]["id"])


def with_clusters(tenant: Tenant, *documents: Document) -> None:
    """Apply Secret, profile, clusters and whatever else; wait until the clusters are Ready."""
    tenant.apply(tenant.secret(), tenant.profile(), *documents)
    for document in documents:
        if document["kind"] == CLUSTER:
            tenant.ready(name=document["metadata"]["name"], seconds=60)


def test_a_node_joins_and_is_counted(tenant: Tenant) -> None:
    with_clusters(tenant, tenant.cluster(desiredCapacity=2))
    tenant.apply(tenant.node(role="primary", **in_cluster("web")))

    node = ready(tenant)

    assert node["status"]["resource"]["clusterID"] == cluster_of(tenant).id
    assert (node["status"]["resource"]["role"], node["status"]["resource"]["index"]) == (
        "primary",
        3,
    )
    cluster = tenant.ready()
    assert cluster["status"]["resource"]["nodes"] == {"total": 2, "active": 2, "unhealthy": 0}
    assert len(tenant.sandbox.nova.servers(tenant.nodes_named())) == 2


@pytest.mark.unforeseen("kubectl deletes one after the other, and the members go first")
def test_cluster_and_members_are_applied_and_deleted_all_at_once(tenant: Tenant) -> None:
    tenant.apply(
        *(tenant.node(f"web-{i}", **in_cluster("web")) for i in (1, 2)),
        tenant.cluster(minSize=2, maxSize=3, desiredCapacity=3),
        tenant.profile(),
        tenant.secret(),
    )
    for name in ("web-1", "web-2"):
        ready(tenant, name, seconds=60)
    cluster = tenant.ready(seconds=60)
    assert cluster["status"]["resource"]["nodes"]["active"] == 3
    assert cluster_of(tenant).min_size == 2

    tenant.delete(
        "senlinprofile/web-server", "senlincluster/web", "senlinnode/web-1", "senlinnode/web-2"
    )

    for kind, name in (
        (NODE, "web-1"),
        (NODE, "web-2"),
        (CLUSTER, "web"),
        ("SenlinProfile", "web-server"),
    ):
        tenant.gone(kind, name, seconds=60)
    assert tenant.nodes() == tenant.clusters() == tenant.profiles() == []
    assert tenant.sandbox.nova.servers(tenant.nodes_named()) == []


def test_a_namespace_with_members_empties(tenant: Tenant) -> None:
    members = [tenant.node(f"web-{i}", **in_cluster("web")) for i in (1, 2)]
    with_clusters(tenant, tenant.cluster(minSize=2, desiredCapacity=2), *members)

    tenant.sandbox.kubectl("delete", "namespace", tenant.namespace, "--wait=false")
    for _ in ticks(90):
        if not tenant.sandbox.kubectl("get", "namespace", tenant.namespace, "--ignore-not-found"):
            break
    else:
        raise AssertionError(tenant.kubectl("get", "senlin,secrets", "-o", "yaml") + tenant.tail())

    assert tenant.nodes() == tenant.clusters() == tenant.profiles() == []


def test_a_node_moves_with_its_server_and_its_role(tenant: Tenant) -> None:
    blue, green = (tenant.cluster(name, minSize=1, desiredCapacity=1) for name in ("blue", "green"))
    green["spec"]["resource"] |= {"desiredCapacity": 2, "maxSize": 2}
    with_clusters(tenant, blue, green)
    tenant.apply(tenant.node(role="primary", **in_cluster("blue")))
    before = ready(tenant)

    after = changed(tenant, **in_cluster("green"))

    assert server_of(after) == server_of(before)
    assert after["status"]["id"] == before["status"]["id"]
    assert after["status"]["resource"]["clusterID"] == cluster_of(tenant, "green").id
    assert after["status"]["resource"]["role"] == "primary"
    for name, size in (("blue", 1), ("green", 2)):
        cluster = tenant.ready(name=name, seconds=60)
        assert cluster["status"]["resource"]["nodes"]["active"] == size


def test_two_nodes_swap_places_in_full_clusters(tenant: Tenant) -> None:
    full = {"minSize": 1, "maxSize": 1, "desiredCapacity": 1}
    nodes = [tenant.node(name, **in_cluster(name)) for name in ("blue", "green")]
    clusters = [tenant.cluster(name, **full) for name in ("blue", "green")]
    with_clusters(tenant, *nodes, *clusters)
    before = {name: server_of(ready(tenant, name)) for name in ("blue", "green")}

    tenant.edit(NODE, "blue", **in_cluster("green"))
    tenant.edit(NODE, "green", **in_cluster("blue"))

    after = {name: ready(tenant, name, seconds=60) for name in ("blue", "green")}
    assert {name: server_of(node) for name, node in after.items()} == before
    for name, other in (("blue", "green"), ("green", "blue")):
        assert after[name]["status"]["resource"]["clusterID"] == cluster_of(tenant, other).id
        tenant.ready(name=name, seconds=60)
        assert cluster_of(tenant, name).min_size == cluster_of(tenant, name).max_size == 1
    assert len(tenant.nodes()) == 2


@pytest.mark.slow
@pytest.mark.thorough
def test_a_move_survives_the_death_of_the_operator(
    tenant_with_operator: TenantWithOperator,
) -> None:
    tenant = tenant_with_operator
    with_clusters(tenant, *(tenant.cluster(name, desiredCapacity=1) for name in ("blue", "green")))
    tenant.apply(tenant.node(**in_cluster("blue")))
    before = ready(tenant)

    tenant.edit(NODE, "web-1", **in_cluster("green"))

    def is_announced(step: str) -> bool:
        return step in [reason for reason, _ in tenant.events("web-1")]

    for step in ("Leaving", "Joining"):
        tenant.eventually(partial(is_announced, step), step)
        tenant.operator.kill()
        tenant.operator.start()

    after = ready(tenant, seconds=60)
    assert server_of(after) == server_of(before)
    assert after["status"]["resource"]["clusterID"] == cluster_of(tenant, "green").id
    assert len([it for it in tenant.nodes() if it.id == before["status"]["id"]]) == 1


def test_a_node_leaves_with_its_server(tenant: Tenant) -> None:
    with_clusters(tenant, tenant.cluster(minSize=1, desiredCapacity=1))
    tenant.apply(tenant.node(role="primary", **in_cluster("web")))
    before = ready(tenant)

    after = changed(tenant, clusterRef=None)

    assert server_of(after) == server_of(before)
    assert "clusterID" not in after["status"]["resource"]
    assert after["status"]["resource"]["role"] == "primary"
    assert tenant.ready(seconds=60)["status"]["resource"]["nodes"]["active"] == 1


def test_a_node_is_not_destroyed_by_a_deletion_policy_when_it_leaves(tenant: Tenant) -> None:
    """Senlin's deletion policy has the last word on what becomes of the server."""
    policy = tenant.policy(
        "grace", type="senlin.policy.deletion", properties={"criteria": "OLDEST_FIRST"}
    )
    listed = {"policyRef": {"name": "grace"}, "enabled": True}
    with_clusters(tenant, policy, tenant.cluster(desiredCapacity=1, policies=[listed]))
    tenant.apply(tenant.node(**in_cluster("web")))
    before = ready(tenant)

    tenant.edit(NODE, "web-1", clusterRef=None)
    told = tenant.waits_for("Unsafe", NODE, "web-1")
    assert f"policy {tenant.namespace}-grace" in told["message"]
    stalled = tenant.get(NODE, "web-1")
    assert stalled
    assert condition(stalled, "Stalled")["status"] == "True"

    tenant.edit(CLUSTER, "web", policies=[listed | {"enabled": False}])
    after = ready(tenant, seconds=90)
    assert server_of(after) == server_of(before)


def test_a_node_can_leave_where_the_deletion_policy_keeps_servers(tenant: Tenant) -> None:
    policy = tenant.policy(
        "gentle", type="senlin.policy.deletion", properties={"destroy_after_deletion": False}
    )
    listed = {"policyRef": {"name": "gentle"}}
    with_clusters(tenant, policy, tenant.cluster(desiredCapacity=1, policies=[listed]))
    tenant.apply(tenant.node(**in_cluster("web")))
    before = ready(tenant)

    assert server_of(changed(tenant, clusterRef=None)) == server_of(before)


def test_a_full_cluster_of_others_is_waited_for(tenant: Tenant) -> None:
    """The operator does not resize an unmanaged cluster."""
    with_clusters(tenant)
    profile = tenant.ready("SenlinProfile", "web-server")["status"]["id"]
    theirs = tenant.senlin.create_cluster(
        name=f"theirs-{tenant.namespace}",
        profile_id=profile,
        max_size=1,
        desired_capacity=1,
        metadata={"namespace": tenant.namespace},
        config={"node.name.format": f"{tenant.namespace}-$8R"},
    )
    theirs = tenant.senlin.wait_for_status(theirs, "ACTIVE", interval=0.2)
    shown = tenant.cluster("shown")
    shown["spec"] |= {"managementPolicy": "unmanaged", "import": {"id": theirs.id}}
    shown["spec"].pop("resource")
    tenant.apply(shown, tenant.node(**in_cluster("shown")))

    told = tenant.waits_for("NoRoom", NODE, "web-1")
    assert told["message"] == f"Cluster {theirs.name} may not have more nodes than 1."

    tenant.senlin.resize_cluster(theirs.id, max_size=2)
    ready(tenant)
    tenant.delete("senlinnode/web-1")
    tenant.gone(NODE, "web-1")
    tenant.senlin.wait_for_delete(tenant.senlin.delete_cluster(theirs.id), interval=0.2)


@pytest.mark.parametrize("size", [1, 3])
def test_scaling_in_spares_declared_nodes(tenant: Tenant, size: int) -> None:
    members = [tenant.node("web-1", tainted=True, **in_cluster("web"))]
    with_clusters(tenant, tenant.cluster(desiredCapacity=2), *members)
    before = ready(tenant)

    for number in (4, size):
        tenant.kubectl("scale", "senlincluster/web", f"--replicas={number}")
        cluster = tenant.ready()
        assert cluster["status"]["resource"]["nodes"]["active"] == number

    assert server_of(ready(tenant)) == server_of(before)
    assert tenant.nodes()


def test_a_node_that_moves_out_survives_the_end_of_its_cluster(tenant: Tenant) -> None:
    with_clusters(tenant, tenant.cluster(minSize=1, desiredCapacity=1))
    tenant.apply(tenant.node(**in_cluster("web")))
    before = ready(tenant)
    tenant.ready()

    tenant.delete("senlincluster/web")
    tenant.edit(NODE, "web-1", clusterRef=None)

    tenant.gone(CLUSTER, "web", seconds=60)
    assert server_of(ready(tenant)) == server_of(before)
    assert len(tenant.sandbox.nova.servers(tenant.nodes_named())) == 1


def test_a_lost_member_leaves_once_it_is_recovered(tenant: Tenant) -> None:
    with_clusters(tenant, tenant.cluster(desiredCapacity=1))
    tenant.apply(tenant.node(**in_cluster("web")))
    node = ready(tenant)
    tenant.sandbox.nova.vanish(server_of(node))
    tenant.senlin.check_node(node["status"]["id"])
    tenant.waits_for("Degraded", NODE, "web-1")

    tenant.edit(NODE, "web-1", clusterRef=None)
    told = tenant.wait(
        NODE,
        "web-1",
        lambda it: "so it cannot leave cluster web" in condition(it, "Ready")["message"],
        "told",
    )
    assert told["status"]["resource"]["clusterID"] == cluster_of(tenant).id

    after = changed(tenant, remediation={"mode": "Recover"})
    assert "clusterID" not in after["status"]["resource"]
    assert len(tenant.sandbox.nova.servers(server_of(after))) == 1


def test_no_member_that_moves_by_its_manifest_is_called_drift(tenant: Tenant) -> None:
    with_clusters(
        tenant, tenant.cluster(desiredCapacity=2), tenant.cluster("web2", desiredCapacity=1)
    )
    tenant.apply(tenant.node(**in_cluster("web")))
    ready(tenant)

    tenant.edit(NODE, "web-1", **in_cluster("web2"))
    moved = cluster_of(tenant, "web2").id
    tenant.wait(
        NODE,
        "web-1",
        lambda it: it["status"]["resource"].get("clusterID") == moved,
        "moved",
        seconds=60,
    )
    tenant.delete("senlinnode/web-1")
    tenant.gone(NODE, "web-1", seconds=60)

    for name in ("web", "web2"):
        assert "Drift" not in condition(tenant.ready(name=name), "Ready")["message"]
        assert [note for _, note in tenant.events(name) if "Drift" in note] == []
