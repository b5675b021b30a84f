"""What Senlin's record of a node tells about the server behind it."""

from typing import Any

from openstack_clustering import Node

# Senlin's statuses that a running action sets, and that the end of it replaces.
MOVING = frozenset(
    ["INIT", "CREATING", "UPDATING", "RESIZING", "DELETING", "CHECKING", "RECOVERING", "OPERATING"]
)

_NOT_UPDATED = "Failed in updating"


def was_built(node: Node) -> bool:
    """Return whether it once had a server.

    Senlin fills in created_at when the first try succeeds; of a later one `recovery` tells.
    """
    return bool(node.created_at or (node.data or {}).get("recovery"))


def is_unbuilt(node: Node) -> bool:
    """Return whether it never was anything but broken, or but begun by an engine that died."""
    if was_built(node):
        return False
    return node.status == "ERROR" or (node.status in MOVING and not node.physical_id)


def is_left(node: Node) -> bool:
    """Return whether a failed action left it as it is, though its server may work: a check tells.

    An update that Nova refuses turns a node to ERROR and leaves the server alone (Senlin 16).
    """
    if node.status in MOVING:
        return not is_unbuilt(node)
    reason = node.status_reason or ""
    return bool(node.status == "ERROR" and node.physical_id and reason.startswith(_NOT_UPDATED))


def is_serverless(node: Node) -> bool:
    """Return whether it is broken or left unfinished, and there is no server behind it."""
    if node.status in MOVING:
        return not node.physical_id
    return node.status == "ERROR" and not (node.physical_id and was_built(node))


def fault(node: Node) -> dict[str, Any]:
    """Return what the status tells of a node that is not as it should be."""
    return {
        "node": node.id,
        "name": node.name,
        "status": node.status,
        "reason": node.status_reason or "",
    }
