"""What works only where Senlin 16 has been repaired: REBUILD, and changes of an image."""

import pytest

from tests.operator.tenant import TenantWithOperator
from tests.operator.test_cluster_health import RECOVERED, servers, steps
from tests.operator.test_node import NODE, alone, ready, server_of

pytestmark = pytest.mark.slow


def test_a_broken_server_of_a_cluster_is_rebuilt_if_that_is_wanted(
    repaired_tenant: TenantWithOperator,
) -> None:
    tenant = repaired_tenant
    tenant.quickstart(remediation={**RECOVERED, "operation": "REBUILD"})
    before = servers(tenant)
    [victim, *_] = tenant.sandbox.nova.servers(tenant.nodes_named())

    tenant.sandbox.nova.break_server(victim["name"])
    tenant.wait("SenlinCluster", "web", lambda _: "Recovering" in steps(tenant), "being recovered")
    tenant.ready()

    assert servers(tenant) == before
    states = {server["status"] for server in tenant.sandbox.nova.servers(tenant.nodes_named())}
    assert states == {"ACTIVE"}


def test_a_broken_server_of_a_node_is_rebuilt_if_that_is_wanted(
    repaired_tenant: TenantWithOperator,
) -> None:
    tenant = repaired_tenant
    remediation = {"mode": "Recover", "operation": "REBUILD", "checkInterval": "5s"}
    server = server_of(alone(tenant, remediation=remediation))

    tenant.sandbox.nova.break_server(server)

    tenant.eventually(
        lambda: tenant.sandbox.nova.servers(server)[0]["status"] == "ACTIVE", "mended", seconds=60
    )
    assert server_of(ready(tenant)) == server
    assert any("by REBUILD" in note for _, note in tenant.events("web-1"))


def test_an_image_is_changed_in_place(repaired_tenant: TenantWithOperator) -> None:
    tenant = repaired_tenant
    server = server_of(alone(tenant))
    [before] = tenant.sandbox.nova.servers(server)
    tenant.apply(tenant.profile("newer", image="cirros-new"))

    tenant.edit(NODE, "web-1", profileRef={"name": "newer"})

    assert server_of(ready(tenant)) == server
    [after] = tenant.sandbox.nova.servers(server)
    assert (after["status"], after["image"] == before["image"]) == ("ACTIVE", False)
