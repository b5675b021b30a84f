"""What is unmanaged is shown, and never touched."""

from typing import Any

from tests.operator.tenant import Document, Tenant, condition


def unmanaged(document: Document, **which: Any) -> Document:
    """Return the manifest of an observer of something that is there already."""
    spec = document["spec"]
    del spec["resource"]
    return document | {"spec": spec | {"managementPolicy": "unmanaged", "import": which}}


def handmade(tenant: Tenant, name: str, size: int = 1) -> Any:
    """Make a cluster as somebody else would, and return it once it is active."""
    profile = handmade_profile(tenant, name)
    made = tenant.senlin.create_cluster(
        name=name,
        profile_id=profile.id,
        desired_capacity=size,
        metadata={"namespace": tenant.namespace},
        config={"node.name.format": f"{tenant.namespace}-$8R"},
    )
    return tenant.senlin.wait_for_status(made, "ACTIVE", interval=0.2)


def handmade_profile(tenant: Tenant, name: str) -> Any:
    resource = tenant.profile()["spec"]["resource"]
    spec = {key: resource[key] for key in ("type", "version", "properties")}
    metadata = {"namespace": tenant.namespace}
    return tenant.senlin.create_profile(name=name, spec=spec, metadata=metadata)


def test_a_cluster_is_shown_by_its_id_and_by_its_name(tenant: Tenant) -> None:
    name = f"theirs-{tenant.namespace}"
    theirs = handmade(tenant, name, size=2)
    by_id = unmanaged(tenant.cluster("by-id"), id=theirs.id)
    by_name = unmanaged(tenant.cluster("by-name"), filter={"name": name})

    tenant.apply(tenant.secret(), by_id, by_name)

    for observer in ("by-id", "by-name"):
        shown = tenant.ready(name=observer)
        assert shown["status"]["id"] == theirs.id
        assert shown["status"]["resource"]["nodes"]["active"] == 2
        assert "finalizers" not in shown["metadata"]

    tenant.senlin.update_cluster(theirs.id, timeout=1234)
    tenant.wait(
        "SenlinCluster",
        "by-id",
        lambda it: it["status"]["resource"]["timeoutSeconds"] == 1234,
        "shown",
    )
    tenant.delete("senlincluster/by-id", "senlincluster/by-name")
    tenant.gone("SenlinCluster", "by-id")
    assert tenant.senlin.get_cluster(theirs.id).status == "ACTIVE"
    tenant.senlin.wait_for_delete(tenant.senlin.delete_cluster(theirs.id), interval=0.2)


def test_an_import_waits_for_an_object_that_does_not_exist_yet(tenant: Tenant) -> None:
    name = f"later-{tenant.namespace}"
    tenant.apply(tenant.secret(), unmanaged(tenant.profile(), filter={"name": name}))

    ready = tenant.waits_for("ImportMissing", "SenlinProfile", "web-server")

    assert name in ready["message"]


def test_an_import_by_an_ambiguous_name_reports_the_ids(tenant: Tenant) -> None:
    name = f"twins-{tenant.namespace}"
    twins = [handmade(tenant, name, size=0) for _ in range(2)]

    tenant.apply(tenant.secret(), unmanaged(tenant.cluster(), filter={"name": name}))
    ready = tenant.waits_for("ImportAmbiguous")

    assert all(twin.id in ready["message"] for twin in twins)
    for twin in twins:
        tenant.senlin.wait_for_delete(tenant.senlin.delete_cluster(twin.id), interval=0.2)


def test_a_managed_cluster_may_use_a_profile_of_others(tenant: Tenant) -> None:
    theirs = handmade_profile(tenant, "theirs")

    tenant.apply(tenant.secret(), unmanaged(tenant.profile(), id=theirs.id), tenant.cluster())
    cluster = tenant.ready()

    assert cluster["status"]["resource"]["profileID"] == theirs.id
    tenant.delete("senlincluster/web", "senlinprofile/web-server")
    tenant.gone("SenlinCluster", "web")
    assert tenant.senlin.get_profile(theirs.id)


def test_an_unhealthy_unmanaged_cluster_is_reported_and_left_alone(tenant: Tenant) -> None:
    theirs = handmade(tenant, f"broken-{tenant.namespace}")
    tenant.apply(tenant.secret(), unmanaged(tenant.cluster(), id=theirs.id))
    tenant.ready()

    tenant.sandbox.nova.vanish(tenant.nodes_named())
    tenant.senlin.check_cluster(theirs.id)
    ready = tenant.waits_for("Degraded")

    assert "0 of 1 nodes are active" in ready["message"]
    cluster = tenant.get("SenlinCluster", "web")
    assert cluster
    assert condition(cluster, "Stalled")["status"] == "False"
    actions = {it.action for it in tenant.senlin.actions(target=theirs.id)}
    assert actions == {"CLUSTER_CREATE", "CLUSTER_CHECK"}
