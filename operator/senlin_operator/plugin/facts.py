"""What Kubernetes and Senlin know of one cluster."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from openstack_clustering import Action, Cluster, ClusterPolicy, Node, Profile, Proxy, Receiver
from openstack_clustering.exceptions import Forbidden, ResourceNotFound
from senlin_operator.cloud.documents import by_id, checked
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kinds import KINDS
from senlin_operator.kube.objects import Resource
from senlin_operator.reconcile.derived import derived_actions

_PAGE = 100  # of actions in one URL


@dataclass(frozen=True, slots=True)
class PastAction:
    """An action on the cluster, and those on nodes that it has started."""

    action: Action
    derived: Sequence[Mapping[str, Any]] = ()  # as in `status.children`
    total: int = 0


@dataclass(frozen=True, slots=True)
class CloudFacts:
    """What Senlin knows of a cluster."""

    cluster: Cluster
    profile: Profile | None
    nodes: Sequence[Node]
    bindings: Sequence[ClusterPolicy]
    receivers: Sequence[Receiver] = field(repr=False)  # their ids are secret
    actions: Sequence[PastAction] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is shown of a cluster.

    Attributes:
        resource: The SenlinCluster.
        related: The other resources of its namespace.
        cloud: What Senlin knows; None: it cannot be asked, or has no such cluster.
        why: Why there is no `cloud`, in a sentence.
    """

    resource: Resource
    related: Sequence[Resource] = ()
    cloud: CloudFacts | None = None
    why: str = ""


def read_cluster(proxy: Proxy, id_: str, last: int) -> CloudFacts:
    """Return what Senlin knows of a cluster. It runs in a thread.

    Args:
        proxy: Sends the requests.
        id_: The cluster.
        last: How many of its actions.

    Raises:
        ResourceNotFound: There is no such cluster.
        ClientException: Senlin refuses a request, or cannot be reached.
    """
    cluster = checked(proxy.get_cluster(id_))
    nodes, _ = by_id(proxy.nodes(cluster_id=cluster.id))
    receivers, _ = by_id(proxy.receivers(cluster_id=cluster.id))
    return CloudFacts(
        cluster,
        _profile(proxy, cluster),
        sorted(nodes.values(), key=lambda node: node.index),
        [checked(bound) for bound in proxy.cluster_policies(cluster.id)],
        sorted(receivers.values(), key=lambda receiver: receiver.name),
        list(_actions(proxy, cluster, nodes, last)),
    )


def _profile(proxy: Proxy, cluster: Cluster) -> Profile | None:
    try:
        return checked(proxy.get_profile(cluster.profile_id))
    except (ResourceNotFound, Forbidden):
        return None


def _actions(
    proxy: Proxy, cluster: Cluster, nodes: Mapping[str, Node], last: int
) -> Iterator[PastAction]:
    snapshot = Snapshot.build(
        KINDS.values(),
        {Cluster: [cluster], Node: nodes.values()},
        began=0.0,
        unfinished={},
        ended={},
    )
    newest = proxy.actions(target=cluster.id, sort="created_at:desc", limit=max(last, 1))
    for action in map(checked, islice(newest, last)):
        if action.end_at:
            known = derived_actions(proxy, action, snapshot)
            derived = known.get("children", ())
            yield PastAction(action, derived, known.get("childrenTotal", 0))
        else:
            derived = _unfinished(proxy, action)
            yield PastAction(action, derived, len(derived))


def _unfinished(proxy: Proxy, parent: Action) -> list[Mapping[str, Any]]:
    """Return the actions that a running one waits for; Senlin links them until they end."""
    if not parent.depends_on:
        return []
    listed, _ = by_id(proxy.actions(sort="created_at:desc", limit=_PAGE))
    return [
        {"id": it.id, "action": it.action, "target": it.target_id, "status": it.status}
        for it in listed.values()
        if it.id in parent.depends_on
    ]
