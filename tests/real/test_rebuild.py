"""Changes of an image, and recoveries by REBUILD, which Senlin 16 as released cannot do."""

import pytest

from sandbox import Sandbox
from tests.operator.tenant import Document, Tenant
from tests.real.conftest import RealTenant

pytestmark = pytest.mark.real
CLOUD = "six_services"

REBUILD = {"mode": "Recover", "operation": "REBUILD", "checkInterval": "5s"}


def images(tenant: Tenant) -> set[str]:
    """Return the images of the tenant's servers, by id, and their statuses."""
    return {server["image"]["id"] for server in tenant.sandbox.nova.servers(tenant.nodes_named())}


def statuses(tenant: Tenant) -> set[str]:
    return {server["status"] for server in tenant.sandbox.nova.servers(tenant.nodes_named())}


def with_new_image(tenant: Tenant) -> Document:
    """Make a second profile; return the change that refers a cluster to it."""
    tenant.apply(tenant.profile("web-server-2", image="cirros-new"))
    return {"profileRef": {"name": "web-server-2"}}


def asked_for(cloud: Sandbox) -> int:
    """Return how many actions Nova was asked for."""
    return len(cloud.proxies["nova"].requests(method="POST", path="/action$"))


@pytest.mark.thorough
def test_an_image_is_changed_by_replacing_nodes(tenant: RealTenant, cloud: Sandbox) -> None:
    tenant.quickstart(desiredCapacity=2, minSize=2)
    before, asked = images(tenant), asked_for(cloud)
    change = with_new_image(tenant)

    tenant.edit("SenlinCluster", "web", **change)

    assert "Set strategy.type to Replace" in tenant.waits_for("Unsafe")["message"]
    assert (images(tenant), statuses(tenant), asked_for(cloud)) == (before, {"ACTIVE"}, asked)

    tenant.edit("SenlinCluster", "web", strategy={"type": "Replace"})

    tenant.ready()
    assert len(images(tenant)) == 1
    assert images(tenant) != before
    assert len(tenant.sandbox.nova.servers(tenant.nodes_named())) == 2
    assert (tenant.clusters()[0].min_size, tenant.clusters()[0].status) == (2, "ACTIVE")


def test_a_recovery_by_rebuild_is_not_sent(tenant: RealTenant, cloud: Sandbox) -> None:
    tenant.quickstart(desiredCapacity=1, remediation=REBUILD)
    cloud.nova.break_server(tenant.nodes_named(), status="PAUSED")
    asked = asked_for(cloud)

    held = tenant.waits_for("RemediationHeld")

    assert "cannot rebuild a server" in held["message"]
    assert (statuses(tenant), asked_for(cloud)) == ({"PAUSED"}, asked)
