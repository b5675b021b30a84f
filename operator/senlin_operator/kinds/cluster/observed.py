"""The observed state of a cluster, read out of a snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openstack_clustering import Cluster, Node, Profile
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kinds.cluster.fields import Fields
from senlin_operator.kinds.shared.bindings import Binding
from senlin_operator.kinds.shared.fields import from_senlin
from senlin_operator.kinds.shared.health import (
    TRANSIENT,
    fault,
    is_interrupted,
    is_serverless,
    is_unbuilt,
)
from senlin_operator.kinds.shared.in_place import Schema
from senlin_operator.kube.objects import GROUP

CREATED_EMPTY = f"{GROUP}/starting"  # metadata key: created empty, and has not grown yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed(Fields):
    """The plain fields, Senlin's record of the size, and the state of the nodes."""

    id: str
    min_size: int
    max_size: int
    desired_capacity: int  # Senlin's record, which may differ from the number of nodes
    status: str = "ACTIVE"
    nodes: int = 0  # in any status
    active: int = 0
    unbuilt: int = 0  # nodes that never had a server
    interrupted: int = 0  # nodes in the status of a failed action; servers may work
    serverless: frozenset[str] = frozenset()  # broken or unfinished nodes without a server
    # Nodes of another profile than the cluster, and their profiles.
    profile_mismatch: Mapping[str, str] = field(default_factory=dict)
    all_profiles: Mapping[str, Profile] = field(default_factory=dict, repr=False, compare=False)
    schema: Schema | None = field(default=None, repr=False, compare=False)  # if it is needed
    removal_order: tuple[str, ...] = ()  # all nodes, in the order in which Senlin removes them
    names: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)  # of nodes
    members_by_owner: Mapping[str, str] = field(default_factory=dict)  # SenlinNode's uid to node
    profiles: frozenset[str] = frozenset()  # of the cluster and its nodes
    created_empty: bool = False  # and not grown yet
    faults: list[Mapping[str, Any]] = field(default_factory=list)
    binding_ids: tuple[str, ...] = ()
    policies: tuple[Binding, ...] = ()
    created_at: str | None = None
    duplicates: tuple[str, ...] = ()

    @property
    def transient(self) -> bool:
        return self.status in TRANSIENT

    @property
    def lock_id(self) -> str:
        return self.id

    @property
    def undeclared(self) -> list[str]:
        """Return the nodes that no SenlinNode owns, sorted."""
        return sorted(set(self.removal_order) - set(self.members_by_owner.values()))

    @property
    def lost(self) -> int:
        """Return the number of nodes that were built and are not active any more."""
        return self.nodes - self.active - self.unbuilt - self.interrupted


def observe(snapshot: Snapshot, id_: str | None, uid: str) -> Observed | None:
    """Return the observed state; None: the project has no such cluster."""
    cluster, duplicates = snapshot.find(Cluster, id_, uid)
    if cluster is None:
        return None
    nodes = snapshot.members(Node, cluster.id)
    faulty = [node for node in nodes if _is_faulty(node, cluster)]
    return Observed(
        **from_senlin(Observed, cluster),
        id=cluster.id,
        min_size=cluster.min_size,
        max_size=cluster.max_size,
        desired_capacity=cluster.desired_capacity,
        status=cluster.status,
        nodes=len(nodes),
        active=sum(node.status == "ACTIVE" for node in nodes),
        unbuilt=sum(is_unbuilt(node) for node in nodes),
        interrupted=sum(is_interrupted(node) for node in nodes),
        serverless=frozenset(node.id for node in nodes if is_serverless(node)),
        profile_mismatch={
            node.id: node.profile_id for node in nodes if node.profile_id != cluster.profile_id
        },
        all_profiles=snapshot.all(Profile),
        removal_order=tuple(node.id for node in sorted(nodes, key=_removal_rank)),
        names={node.id: node.name for node in nodes},
        members_by_owner={
            owner: node.id for node in nodes if (owner := snapshot.owner_uid(node.id))
        },
        profiles=frozenset([cluster.profile_id, *(node.profile_id for node in nodes)]),
        created_empty=CREATED_EMPTY in cluster.metadata,
        faults=[fault(node) for node in faulty],
        binding_ids=tuple(sorted(cluster.policies)),
        created_at=cluster.created_at,
        duplicates=tuple(duplicates),
    )


def _is_faulty(node: Node, cluster: Cluster) -> bool:
    """Return whether `status.faults` lists the node."""
    if node.status in ("ERROR", "WARNING"):
        return True
    return is_interrupted(node) and cluster.status in ("ERROR", "WARNING")


def _removal_rank(node: Node) -> tuple[bool, bool, int]:
    """Rank nodes as Senlin does when it shrinks a cluster: broken ones first, then tainted ones."""
    return node.status == "ACTIVE", not node.tainted, -node.index
