"""What a cluster is, read out of a look at its project."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openstack_clustering import Cluster, Node
from senlin_operator.cloud.inventory import Snapshot, owner_of
from senlin_operator.engine.kind import find
from senlin_operator.kinds.bindings import Binding
from senlin_operator.kinds.health import MOVING, fault, is_left, is_serverless, is_unbuilt
from senlin_operator.kube.objects import GROUP

START = f"{GROUP}/starting"  # metadata of a cluster that was made empty, and has not grown yet
_FAULTS = 5  # nodes in the status


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What the cluster is."""

    id: str
    name: str
    profile_id: str
    min_size: int
    max_size: int
    desired: int
    status: str = "ACTIVE"
    timeout: int = 3600  # seconds
    metadata: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    nodes: int = 0  # whatever their status
    active: int = 0
    unbuilt: int = 0  # nodes that never were anything but broken or unfinished
    left: int = 0  # nodes that a failed action left as they are, though their servers may work
    serverless: frozenset[str] = frozenset()  # broken or unfinished nodes without a server
    strays: tuple[str, ...] = ()  # of another profile than the cluster's: a change of it broke off
    expendable: tuple[str, ...] = ()  # all nodes, in the order in which to give them up
    marked: Mapping[str, str] = field(default_factory=dict)  # SenlinNodes: uid to node
    profiles: frozenset[str] = frozenset()  # of the cluster and its nodes
    starting: bool = False  # it was made empty, and has not grown yet
    faults: list[Mapping[str, Any]] = field(default_factory=list)
    binding_ids: tuple[str, ...] = ()
    policies: tuple[Binding, ...] = ()
    created_at: str | None = None
    duplicates: tuple[str, ...] = ()

    @property
    def moving(self) -> bool:
        return self.status in MOVING

    @property
    def undeclared(self) -> list[str]:
        """Return the nodes that no SenlinNode has made, sorted."""
        return sorted(set(self.expendable) - set(self.marked.values()))

    @property
    def lost(self) -> int:
        """Return how many nodes were built and are not active any more."""
        return self.nodes - self.active - self.unbuilt - self.left


def observe(snapshot: Snapshot, id_: str | None, uid: str) -> Observed | None:
    """Return the cluster that is ours, if there is one."""
    cluster, duplicates = find(snapshot.clusters, id_, uid)
    if cluster is None:
        return None
    return _observed(cluster, snapshot.members.get(cluster.id, ()), tuple(duplicates))


def _observed(cluster: Cluster, nodes: tuple[Node, ...], duplicates: tuple[str, ...]) -> Observed:
    faulty = [node for node in nodes if _is_faulty(node, cluster)]
    metadata = cluster.metadata or {}
    return Observed(
        id=cluster.id,
        name=cluster.name,
        profile_id=cluster.profile_id,
        min_size=cluster.min_size,
        max_size=cluster.max_size,
        desired=cluster.desired_capacity,
        status=cluster.status,
        timeout=cluster.timeout,
        metadata=metadata,
        config=cluster.config or {},
        nodes=len(nodes),
        active=sum(node.status == "ACTIVE" for node in nodes),
        unbuilt=sum(is_unbuilt(node) for node in nodes),
        left=sum(is_left(node) for node in nodes),
        serverless=frozenset(node.id for node in nodes if is_serverless(node)),
        strays=tuple(node.id for node in nodes if node.profile_id != cluster.profile_id),
        expendable=tuple(node.id for node in sorted(nodes, key=_worth)),
        marked={uid: node.id for node in nodes if (uid := owner_of(node))},
        profiles=frozenset([cluster.profile_id, *(node.profile_id for node in nodes)]),
        starting=START in metadata,
        faults=[fault(node) for node in faulty[:_FAULTS]],
        binding_ids=tuple(sorted(cluster.get("policies", ()))),
        created_at=cluster.created_at,
        duplicates=duplicates,
    )


def _is_faulty(node: Node, cluster: Cluster) -> bool:
    """Return whether people should hear of it: also of what a failed action left half done."""
    if node.status in ("ERROR", "WARNING"):
        return True
    return is_left(node) and cluster.status in ("ERROR", "WARNING")


def _worth(node: Node) -> tuple[bool, bool, int]:
    """Rank it as Senlin does when it shrinks a cluster: broken ones go first, then tainted ones."""
    return node.status == "ACTIVE", not node.get("tainted"), -(node.index or 0)
