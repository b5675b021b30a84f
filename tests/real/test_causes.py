"""The cause of a failure reaches the person, in the words of the service that refused."""

import re
from typing import Any

import pytest

from sandbox import Sandbox
from tests.operator.tenant import Document, Tenant, condition
from tests.real.conftest import RealTenant

pytestmark = pytest.mark.real
CLOUD = "six_services"  # see conftest.py

NO_HOST = "No valid host was found. There are not enough hosts available."
VOLATILE = re.compile(r"https?://|127\.0\.0\.1|0x[0-9a-f]|req-")


def build(tenant: RealTenant, nodes: int = 1, **properties: Any) -> None:
    """Begin to build a cluster."""
    tenant.apply(tenant.profile(**properties), tenant.cluster(desiredCapacity=nodes))


def says(tenant: Tenant, text: str, name: str = "web") -> Document:
    """Wait until a fault of the cluster has the text; return the cluster."""
    return tenant.wait("SenlinCluster", name, lambda it: text in reason(it), text)


def reason(cluster: Document) -> str:
    faults = (cluster.get("status") or {}).get("faults") or [{}]
    return str(faults[0].get("reason", ""))


def test_no_valid_host(tenant: RealTenant, cloud: Sandbox) -> None:
    cloud.real.nova.no_valid_host(tenant.nodes_named())
    build(tenant, nodes=3)

    cluster = tenant.wait(
        "SenlinCluster",
        "web",
        lambda it: NO_HOST in condition(it, "ActionSucceeded").get("message", ""),
        NO_HOST,
    )

    assert condition(cluster, "Ready")["reason"] == "ActionFailed"
    assert any(NO_HOST in fault["reason"] for fault in cluster["status"]["faults"])
    assert any(NO_HOST in note for reason, note in tenant.events("web") if reason == "ActionFailed")
    assert not VOLATILE.search(str(cluster["status"]))
