"""Whether a node can leave its cluster, or join another one, now."""

from openstack_clustering import Cluster, Node
from senlin_operator.kinds.node.desired import Desired
from senlin_operator.kinds.node.observed import Observed
from senlin_operator.kinds.shared.remediation import health_policy
from senlin_operator.kube.conditions import Reason
from senlin_operator.model.outcome import Blocked, Settled, Waiting

_REQUEUE = 3.0  # seconds until the cluster's limits are read again
_REQUEUE_UNSAFE = 30.0  # seconds until the policies are fetched again


def membership_blocked(desired: Desired, observed: Observed) -> Settled | Blocked | Waiting | None:
    """Return why the node cannot leave its cluster or join another; None: it can or need not."""
    if observed.cluster_id == desired.cluster_id:
        return None
    if observed.cluster_id:
        return _cannot_leave(observed)
    return unhealthy(desired, observed) or _cannot_join(desired, observed)


def moves(desired: Desired, observed: Observed) -> bool:
    """Return whether the node leaves or joins a cluster now."""
    return (
        observed.cluster_id != desired.cluster_id and membership_blocked(desired, observed) is None
    )


def unhealthy(desired: Desired, observed: Observed) -> Settled | None:
    """Return Degraded if the node does not work."""
    if observed.works:
        return None
    policy = health_policy(desired.remediation, observed.policies)
    aside = f"; remediation is left to policy {policy}" if policy else ""
    message = f"Senlin says {observed.status}{aside}: {observed.cause}"
    return Settled(message, ready=False, reason=Reason.DEGRADED)


def below_min_size(observed: Observed) -> Waiting | None:
    """Return a reason to wait if min_size forbids that the cluster loses a node."""
    cluster = observed.cluster
    if cluster is None or min(_sizes(observed, cluster)) > cluster.min_size:
        return None
    text = f"Cluster {cluster.name} may not have fewer nodes than {cluster.min_size}."
    return Waiting(Reason.NO_ROOM, text, requeue_after=_REQUEUE)


def cluster_name(observed: Observed, cluster_id: str) -> str:
    """Return the name of a cluster, or its id if the snapshot lacks it."""
    cluster = observed.snapshot.get(Cluster, cluster_id)
    return cluster.name if cluster else cluster_id


def _cannot_leave(observed: Observed) -> Settled | Blocked | Waiting | None:
    name = cluster_name(observed, observed.cluster_id)
    if not observed.physical_id:
        # Senlin's action would fail, and yet reduce its record of the size
        # (senlin/profiles/os/nova/server.py).
        text = f"The node has no server, so it cannot leave cluster {name}: {observed.cause}"
        return Settled(text, ready=False, reason=Reason.DEGRADED)
    if policies := ", ".join(observed.destroyers):
        text = (
            f"Senlin would destroy the server when it leaves cluster {name}, because of policy "
            f"{policies}: disable or detach the policy, or give it destroy_after_deletion: false."
        )
        return Blocked(Reason.UNSAFE, text, requeue_after=_REQUEUE_UNSAFE)
    return below_min_size(observed)


def _cannot_join(desired: Desired, observed: Observed) -> Waiting | None:
    cluster = observed.snapshot.get(Cluster, desired.cluster_id)
    if cluster is None:
        text = f"Senlin has no cluster {desired.cluster_id} (any more)."
        return Waiting(Reason.REFERENCE_NOT_READY, text, requeue_after=_REQUEUE)
    if 0 <= cluster.max_size <= max(_sizes(observed, cluster)):
        text = f"Cluster {cluster.name} may not have more nodes than {cluster.max_size}."
        return Waiting(Reason.NO_ROOM, text, requeue_after=_REQUEUE)
    if actions := observed.snapshot.actions_of(cluster.id):
        names = ", ".join(sorted({action.action for action in actions}))
        text = f"Senlin is at work on cluster {cluster.name}: {names}."
        return Waiting(Reason.BUSY, text, requeue_after=_REQUEUE)
    return None


def _sizes(observed: Observed, cluster: Cluster) -> tuple[int, int]:
    """Return both sizes that Senlin compares with the limits: its record and the node count."""
    return cluster.desired_capacity, len(observed.snapshot.members(Node, cluster.id))
