"""The state of a node's server, as far as Senlin's record of the node shows it."""

from typing import Any

from openstack_clustering import Node
from senlin_operator.model.generic import is_progress
from senlin_operator.model.text import stable

# Statuses that Senlin sets when an action begins, and replaces when it ends.
TRANSIENT = frozenset(
    ["INIT", "CREATING", "UPDATING", "RESIZING", "DELETING", "CHECKING", "RECOVERING", "OPERATING"]
)

_UPDATE_FAILED = "Failed in updating"


def was_built(node: Node) -> bool:
    """Return whether the node has had a server.

    Senlin sets created_at when the creation succeeds, and data.recovery when a recovery does.
    """
    return bool(node.created_at or node.data.get("recovery"))


def is_unbuilt(node: Node) -> bool:
    """Return whether the node never had a server: its build failed, or Senlin's engine died."""
    if was_built(node):
        return False
    return node.status == "ERROR" or (node.status in TRANSIENT and not node.physical_id)


def is_interrupted(node: Node) -> bool:
    """Return whether the node has the status of a failed action; a check shows if its server works.

    An update that Nova refuses turns a node to ERROR, and does not touch the server (Senlin 16).
    """
    if node.status in TRANSIENT:
        return not is_unbuilt(node)
    failed = node.status_reason.startswith(_UPDATE_FAILED)
    return bool(node.status == "ERROR" and node.physical_id and failed)


def is_serverless(node: Node) -> bool:
    """Return whether the node is broken or unfinished, and has no server."""
    if node.status in TRANSIENT:
        return not node.physical_id
    return node.status == "ERROR" and not (node.physical_id and was_built(node))


def fault(node: Node) -> dict[str, Any]:
    """Return the entry in `status.faults` for a node with a fault.

    Its reason is empty if Senlin gives none: what it says of a failed update may be "Update in
    progress".
    """
    reason = stable(node.status_reason)
    return {
        "node": node.id,
        "name": node.name,
        "status": node.status,
        "reason": "" if is_progress(reason) else reason,
    }
