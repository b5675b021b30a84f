"""What a cluster is, read out of a look at its project."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openstack_clustering import Cluster, Node
from senlin_operator.cloud.inventory import Snapshot
from senlin_operator.engine.kind import find
from senlin_operator.kinds.bindings import Binding

# Senlin's statuses that a running action sets, and that the end of it replaces.
_MOVING = frozenset(
    ["INIT", "CREATING", "UPDATING", "RESIZING", "DELETING", "CHECKING", "RECOVERING", "OPERATING"]
)
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
    serverless: int = 0  # nodes in ERROR behind which there is no server
    unbuilt: int = 0  # nodes in ERROR that never were anything else
    left: int = 0  # nodes that a failed action left in a status that should pass
    strays: int = 0  # nodes of another profile than the cluster's: a change of it broke off
    faults: list[Mapping[str, Any]] = field(default_factory=list)
    binding_ids: tuple[str, ...] = ()
    policies: tuple[Binding, ...] = ()
    created_at: str | None = None
    duplicates: tuple[str, ...] = ()

    @property
    def moving(self) -> bool:
        return self.status in _MOVING

    @property
    def lost(self) -> int:
        """Return how many nodes were built and are not active any more."""
        return self.nodes - self.active - self.unbuilt - self.left


def observe(snapshot: Snapshot, id_: str | None, uid: str) -> Observed | None:
    """Return the cluster that is ours, if there is one."""
    cluster, duplicates = find(snapshot.clusters, id_, uid)
    if cluster is None:
        return None
    return _observed(cluster, snapshot.nodes.get(cluster.id, ()), tuple(duplicates))


def _observed(cluster: Cluster, nodes: tuple[Node, ...], duplicates: tuple[str, ...]) -> Observed:
    faulty = [node for node in nodes if node.status in ("ERROR", "WARNING")]
    return Observed(
        id=cluster.id,
        name=cluster.name,
        profile_id=cluster.profile_id,
        min_size=cluster.min_size,
        max_size=cluster.max_size,
        desired=cluster.desired_capacity,
        status=cluster.status,
        timeout=cluster.timeout,
        metadata=cluster.metadata or {},
        config=cluster.config or {},
        nodes=len(nodes),
        active=sum(node.status == "ACTIVE" for node in nodes),
        serverless=sum(
            node.status == "ERROR" and not (node.physical_id and _was_built(node)) for node in nodes
        ),
        unbuilt=sum(node.status == "ERROR" and not _was_built(node) for node in nodes),
        left=sum(node.status in _MOVING for node in nodes),
        strays=sum(node.profile_id != cluster.profile_id for node in nodes),
        faults=[_fault(node) for node in faulty[:_FAULTS]],
        binding_ids=tuple(sorted(cluster.get("policies", ()))),
        created_at=cluster.created_at,
        duplicates=duplicates,
    )


def _was_built(node: Node) -> bool:
    """Return whether it once had a server.

    Senlin fills in created_at when the first try succeeds; of a later one `recovery` tells.
    """
    return bool(node.created_at or (node.data or {}).get("recovery"))


def _fault(node: Node) -> dict[str, Any]:
    return {
        "node": node.id,
        "name": node.name,
        "status": node.status,
        "reason": node.status_reason or "",
    }
