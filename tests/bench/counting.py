"""The operator's requests so far: to Senlin by the proxy before it, to Kubernetes by its audit."""

from collections import Counter

from sandbox import Sandbox
from sandbox.proxy.faults import Request
from tests.operator.tenant import Tenant

CALLER = "senlin-operator"


def requests(tenant: Tenant) -> list[Request]:
    """Return those to Senlin."""
    return tenant.sandbox.senlin.requests(caller=CALLER)


def is_shared(request: Request) -> bool:
    """Return whether it is one of the inventory's lists, which cost the same for all objects."""
    kinds = ("actions", "clusters", "nodes", "profiles", "policies", "receivers")
    path = request.path.split("?")[0]
    return request.method == "GET" and path in {f"/v1/{kind}" for kind in kinds}


def writes(sandbox: Sandbox) -> Counter[str]:
    """Return the writes to Kubernetes, by the resource that was written."""
    entries = sandbox.audit(userAgent=CALLER)
    return Counter(
        entry["objectRef"]["resource"]
        for entry in entries
        if entry["verb"] in ("create", "update", "patch", "delete")
    )
