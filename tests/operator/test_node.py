"""The life of a single node, through the API server as a user lives it."""

from typing import Any

from tests.operator.tenant import Document, Tenant, condition

NODE, CLUSTER = "SenlinNode", "SenlinCluster"


def in_cluster(name: str) -> dict[str, Any]:
    return {"clusterRef": {"name": name}}


def server_of(node: Document) -> str:
    id_: str = node["status"]["resource"]["physicalID"]
    return id_


def ready(tenant: Tenant, name: str = "web-1", **options: Any) -> Document:
    return tenant.ready(NODE, name, **options)


def alone(tenant: Tenant, **changes: Any) -> Document:
    """Apply Secret, profile and node; return the node once it is Ready."""
    tenant.apply(tenant.secret(), tenant.profile(), tenant.node(**changes))
    return ready(tenant)


def changed(tenant: Tenant, name: str = "web-1", /, **resource: Any) -> Document:
    """Edit the node; return it once it is as the edit says."""
    tenant.edit(NODE, name, **resource)
    return ready(tenant, name)


def test_a_node_stands_alone(tenant: Tenant) -> None:
    node = alone(tenant, role="primary")

    [made] = tenant.nodes()
    [server] = tenant.sandbox.nova.servers(tenant.nodes_named())
    shown = node["status"]["resource"]
    assert (shown["name"], shown["status"], shown["role"]) == (made.name, "ACTIVE", "primary")
    assert shown["physicalID"] == server["id"]
    assert node["status"]["id"] == made.id
    assert "clusterID" not in shown
    assert condition(node, "ActionSucceeded")["status"] == "True"

    tenant.delete("senlinnode/web-1", "senlinprofile/web-server")
    tenant.gone(NODE, "web-1")
    tenant.gone("SenlinProfile", "web-server")
    assert tenant.nodes() == tenant.profiles() == []
    assert tenant.sandbox.nova.servers(tenant.nodes_named()) == []


def test_every_mutable_field_is_changed_in_place(tenant: Tenant) -> None:
    before = alone(tenant)
    tenant.apply(tenant.profile("larger", flavor="m1.small"))

    after = changed(
        tenant,
        name=f"{tenant.namespace}-renamed",
        profileRef={"name": "larger"},
        role="second",
        metadata={"tier": "back"},
        tainted=True,
    )

    [made] = tenant.nodes()
    larger = tenant.get("SenlinProfile", "larger")
    assert larger
    assert (made.id, made.profile_id) == (before["status"]["id"], larger["status"]["id"])
    assert (made.name, made.role, made.tainted) == (f"{tenant.namespace}-renamed", "second", True)
    assert made.metadata["tier"] == "back"
    assert server_of(after) == server_of(before)
    [server] = tenant.sandbox.nova.servers(server_of(after))
    assert server["flavor"]["name"] == "m1.small"


def test_a_profile_that_cannot_be_built_is_healed_by_another_one(tenant: Tenant) -> None:
    """Senlin updates no node without a server, so this one is replaced."""
    bad = {"metadata": {"tenant": tenant.namespace}}
    tenant.sandbox.nova.fail_builds(refuse=True, metadata={"tenant": tenant.namespace})
    tenant.apply(tenant.secret(), tenant.profile("bad", **bad), tenant.profile())
    tenant.apply(*(tenant.node(f"web-{i}", profileRef={"name": "bad"}) for i in range(1, 6)))
    for i in range(1, 6):
        tenant.waits_for("ActionFailed", NODE, f"web-{i}")

    for i in range(1, 6):
        tenant.edit(NODE, f"web-{i}", profileRef={"name": "web-server"})

    for i in range(1, 6):
        ready(tenant, f"web-{i}", seconds=60)
    assert len(tenant.nodes()) == len(tenant.sandbox.nova.servers(tenant.nodes_named())) == 5


def test_an_update_that_fails_is_healed_by_the_manifest_alone(tenant: Tenant) -> None:
    """Nova refuses the flavor, and the node is in ERROR, although its server works."""
    before = alone(tenant)
    tenant.sandbox.nova.refuse_resize(tenant.nodes_named())
    tenant.apply(tenant.profile("larger", flavor="m1.small"))

    tenant.edit(NODE, "web-1", profileRef={"name": "larger"})
    failed = tenant.waits_for("ActionFailed", NODE, "web-1")
    assert failed["message"].startswith(
        "profile web-server → larger (flavor m1.tiny → m1.small) failed: "
    )
    assert "Quota exceeded for cores." in failed["message"]
    after = changed(tenant, profileRef={"name": "web-server"}, role="healed")

    assert server_of(after) == server_of(before)
    assert tenant.nodes()[0].status == "ACTIVE"


def test_a_node_of_others_is_shown_and_left_alone(tenant: Tenant) -> None:
    tenant.apply(tenant.secret(), tenant.profile())
    profile = tenant.ready("SenlinProfile", "web-server")
    name = f"{tenant.namespace}-theirs"
    theirs = tenant.senlin.create_node(name=name, profile_id=profile["status"]["id"], role="theirs")
    tenant.senlin.wait_for_status(theirs, "ACTIVE", interval=0.2)

    for observer, which in (("by-id", {"id": theirs.id}), ("by-name", {"filter": {"name": name}})):
        document = tenant.node(observer)
        document["spec"] |= {"managementPolicy": "unmanaged", "import": which}
        document["spec"].pop("resource")
        tenant.apply(document)
        shown = ready(tenant, observer)
        assert shown["status"]["resource"]["role"] == "theirs"
        assert "finalizers" not in shown["metadata"]

    tenant.sandbox.nova.vanish(name)
    tenant.senlin.check_node(theirs.id)
    tenant.waits_for("Degraded", NODE, "by-id")
    tenant.delete("senlinnode/by-id", "senlinnode/by-name")
    tenant.gone(NODE, "by-id")
    assert tenant.senlin.get_node(theirs.id).status == "ERROR"
    tenant.senlin.wait_for_delete(tenant.senlin.delete_node(theirs), interval=0.2)


def test_detach_leaves_the_node_alone(tenant: Tenant) -> None:
    node = alone(tenant)
    tenant.patch(NODE, "web-1", {"spec": {"managedOptions": {"onDelete": "detach"}}})
    ready(tenant)

    tenant.delete("senlinnode/web-1")
    tenant.gone(NODE, "web-1")

    [left] = tenant.nodes()
    assert (left.id, left.status) == (node["status"]["id"], "ACTIVE")
    tenant.senlin.wait_for_delete(tenant.senlin.delete_node(left), interval=0.2)
