"""The status of a SenlinNode: readiness and `status.resource`."""

from collections.abc import Mapping
from typing import Any

from senlin_operator.kinds.node.desired import Desired
from senlin_operator.kinds.node.membership import membership_blocked, unhealthy
from senlin_operator.kinds.node.observed import Observed
from senlin_operator.kinds.node.plan import change_in_place, rebuild_refused
from senlin_operator.kinds.shared import rebuild
from senlin_operator.kinds.shared.fields import for_status
from senlin_operator.kinds.shared.in_place import refusal
from senlin_operator.kube.conditions import Reason
from senlin_operator.model.outcome import Blocked, Settled, Waiting


def readiness(desired: Desired, observed: Observed) -> Settled | Blocked | Waiting:
    """Return whether the node is in its cluster, and works."""
    profile = change_in_place(desired, observed)
    changes = [profile] if profile else []
    if refused := refusal(changes, "Make another SenlinNode", repaired=desired.repaired):
        return refused
    blocked = membership_blocked(desired, observed) or unhealthy(desired, observed)
    if rebuild_refused(desired, observed) and isinstance(blocked, Settled):
        message = f"{rebuild.rebuild_refused()}; {blocked.message}"
        return Settled(message, ready=False, reason=Reason.REMEDIATION_HELD)
    where = f" in cluster {observed.cluster.name}" if observed.cluster else ""
    return blocked or Settled(f"Node {observed.name} is active{where}.")


def resource_status(observed: Observed) -> Mapping[str, Any]:
    status = for_status(observed) | {"status": observed.status}
    if observed.cluster_id:
        status |= {"clusterID": observed.cluster_id, "index": observed.index}
    if observed.physical_id:
        status["physicalID"] = observed.physical_id
    return status
