"""A server that is there already becomes a node."""

import pytest

from tests.operator.tenant import Tenant, TenantWithOperator
from tests.operator.test_node import NODE, changed, ready, server_of


def booted(tenant: Tenant, name: str = "legacy", **attributes: str) -> str:
    """Make a server that Senlin knows nothing of; return its id."""
    server = tenant.sandbox.nova.boot(f"{tenant.namespace}-{name}", **attributes)
    return str(server["id"])


def test_a_server_is_adopted_as_it_is(tenant: Tenant) -> None:
    server = booted(tenant, key_name="default")
    before = tenant.sandbox.nova.servers(server)

    tenant.apply(tenant.secret(), tenant.adopting(server, role="primary", tainted=True))
    node = ready(tenant)

    shown = node["status"]["resource"]
    assert (shown["physicalID"], shown["role"], shown["tainted"]) == (server, "primary", True)
    assert tenant.sandbox.nova.servers(server) == before
    [made] = tenant.nodes()
    profile = tenant.senlin.get_profile(made.profile_id)
    assert profile.spec["properties"]["networks"] == [{"network": "private"}]
    namespace, uid = (node["metadata"][it] for it in ("namespace", "uid"))
    kubernetes = tenant.sandbox.kubernetes.call("GET", "/api/v1/namespaces/kube-system")
    assert profile.metadata == {
        "senlin.openstack.org/uid": uid,
        "senlin.openstack.org/owner": (
            f"{kubernetes['metadata']['uid']}/{namespace}/SenlinNode/{node['metadata']['name']}"
        ),
    }


def test_node_server_and_profile_are_deleted_with_the_resource(tenant: Tenant) -> None:
    server = booted(tenant, key_name="default")
    tenant.apply(tenant.secret(), tenant.adopting(server))
    ready(tenant)
    profile = tenant.nodes()[0].profile_id

    tenant.delete("senlinnode/web-1")
    tenant.gone(NODE, "web-1")

    assert tenant.nodes() == tenant.sandbox.nova.servers(server) == []
    assert profile not in {it.id for it in tenant.senlin.profiles()}


def test_detach_leaves_server_and_node(tenant: Tenant) -> None:
    server = booted(tenant, key_name="default")
    document = tenant.adopting(server)
    document["spec"]["managedOptions"] = {"onDelete": "detach"}
    tenant.apply(tenant.secret(), document)
    ready(tenant)

    tenant.delete("senlinnode/web-1")
    tenant.gone(NODE, "web-1")

    [left] = tenant.nodes()
    assert [it["status"] for it in tenant.sandbox.nova.servers(server)] == ["ACTIVE"]
    tenant.senlin.wait_for_delete(tenant.senlin.delete_node(left), interval=0.2)
    tenant.senlin.delete_profile(left.profile_id)


def test_a_preview_reports_missing_properties_before_anything_is_created(tenant: Tenant) -> None:
    server = booted(tenant)

    tenant.apply(tenant.secret(), tenant.adopting(server))
    told = tenant.waits_for("Rejected", NODE, "web-1")

    assert f"{server} has no key_name" in told["message"]
    assert "adopt.overrides" in told["message"]
    assert tenant.nodes() == []
    tenant.delete("senlinnode/web-1")
    tenant.gone(NODE, "web-1")

    tenant.apply(tenant.adopting(server, adopt={"overrides": {"key_name": "default"}}))
    assert server_of(ready(tenant)) == server


def test_an_unknown_profile_type_is_reported(tenant: Tenant) -> None:
    document = tenant.adopting(booted(tenant), adopt={"type": "os.nova.nosuch-1.0"})
    tenant.apply(tenant.secret(), document)

    assert "os.nova.nosuch-1.0" in tenant.waits_for("Rejected", NODE, "web-1")["message"]


def test_an_adopted_node_is_recreated_with_the_properties_of_its_server(tenant: Tenant) -> None:
    server = booted(tenant, key_name="default", flavor="m1.small", image="debian-12")
    tenant.apply(tenant.secret(), tenant.adopting(server))
    ready(tenant)
    id_ = tenant.nodes()[0].id
    tenant.sandbox.nova.vanish(server)
    tenant.senlin.check_node(id_)
    tenant.waits_for("Degraded", NODE, "web-1")

    after = changed(tenant, remediation={"mode": "Recover"})

    assert after["status"]["id"] == id_
    [made] = tenant.sandbox.nova.servers(server_of(after))
    assert made["flavor"]["name"] == "m1.small"


def test_an_adopted_node_joins_a_cluster(tenant: Tenant) -> None:
    server = booted(tenant, key_name="default")
    tenant.apply(tenant.secret(), tenant.profile(), tenant.cluster(desiredCapacity=2))
    tenant.apply(tenant.adopting(server, "legacy"))
    ready(tenant, "legacy")

    node = changed(tenant, "legacy", clusterRef={"name": "web"})

    assert server_of(node) == server
    assert tenant.ready()["status"]["resource"]["nodes"]["active"] == 2


@pytest.mark.unforeseen("the reply is lost, so what it did is found instead")
def test_a_reply_that_is_lost_makes_no_second_node(
    tenant_with_operator: TenantWithOperator,
) -> None:
    tenant = tenant_with_operator
    server = booted(tenant, key_name="default")
    with tenant.sandbox.senlin.fault("lose-reply", method="POST", path="/v1/nodes/adopt$", count=1):
        tenant.apply(tenant.secret(), tenant.adopting(server))
        ready(tenant)

    assert len(tenant.nodes()) == 1
