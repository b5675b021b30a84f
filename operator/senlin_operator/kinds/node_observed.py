"""What a node is, read out of a look at its project."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from openstack_clustering import Cluster, Node
from senlin_operator.cloud.inventory import Snapshot, owner_of
from senlin_operator.engine.kind import find
from senlin_operator.kinds import health
from senlin_operator.kinds.bindings import Binding
from senlin_operator.kube.objects import GROUP

ADOPTED = f"{GROUP}/adopted"  # metadata of a node that came by an adoption
_DELETION = "senlin.policy.deletion-"
# How Senlin calls the profile that it makes of what it adopts (senlin/conductor/service.py).
_PROFILE = "prof-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What the node is."""

    id: str
    name: str
    profile_id: str
    physical_id: str | None = None  # the server or stack
    cluster_id: str = ""  # none: it stands alone
    index: int = -1
    role: str = ""
    tainted: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)
    status: str = "ACTIVE"
    reason: str = ""
    unbuilt: bool = False  # it never was anything but broken
    left: bool = False  # a failed action left it as it is, though its server may work
    faults: list[Mapping[str, Any]] = field(default_factory=list)
    created_at: str | None = None
    adopted: bool = False
    unmarked_profile: str | None = None  # that Senlin made of what it adopted, not yet marked
    duplicates: tuple[str, ...] = ()
    policies: tuple[Binding, ...] = ()  # of its cluster; known where somebody asks for them
    around: Snapshot = field(repr=False, compare=False)

    @property
    def moving(self) -> bool:
        return self.status in health.MOVING

    @property
    def works(self) -> bool:
        """Return whether there is a server, and it works as far as Senlin knows."""
        return self.status == "ACTIVE"

    @property
    def cluster(self) -> Cluster | None:
        return self.around.clusters.get(self.cluster_id)

    @property
    def destroyers(self) -> list[str]:
        """Return the policies that destroy the server when the node leaves its cluster.

        Whatever the request says: senlin/engine/actions/cluster_action.py, do_del_nodes.
        """
        return [it.name for it in self.policies if it.enabled and self._destroys(it)]

    def _destroys(self, binding: Binding) -> bool:
        policy = self.around.policies.get(binding.policy_id)
        properties = policy.spec.get("properties", {}) if policy else {}
        destroys = properties.get("destroy_after_deletion", True)
        return binding.type.startswith(_DELETION) and destroys is not False


def observe(snapshot: Snapshot, id_: str | None, uid: str) -> Observed | None:
    """Return the node that is ours, if there is one."""
    node, duplicates = find(snapshot.nodes, id_, uid)
    if node is None:
        return None
    metadata = node.metadata or {}
    adopted = ADOPTED in metadata
    return Observed(
        id=node.id,
        name=node.name,
        profile_id=node.profile_id,
        physical_id=node.physical_id or None,
        cluster_id=node.cluster_id or "",
        index=node.index,
        role=node.role or "",
        tainted=bool(node.get("tainted")),
        metadata=metadata,
        status=node.status,
        reason=node.status_reason or "",
        unbuilt=health.is_unbuilt(node),
        left=health.is_left(node),
        faults=[health.fault(node)] if node.status in ("ERROR", "WARNING") else [],
        created_at=node.created_at,
        adopted=adopted,
        unmarked_profile=_unmarked(snapshot, node.profile_id) if adopted else None,
        duplicates=tuple(_apart(snapshot, node, duplicates)),
        around=snapshot,
    )


def _unmarked(snapshot: Snapshot, id_: str) -> str | None:
    """Return the id of the profile if nobody has touched it since Senlin made it."""
    profile = snapshot.profiles.get(id_)
    new = profile and profile.name.startswith(_PROFILE) and not profile.metadata
    return id_ if new else None


def _apart(snapshot: Snapshot, node: Node, duplicates: list[str]) -> Iterator[str]:
    """Yield the duplicates that can be deleted without taking the server of this node along."""
    for id_ in duplicates:
        server = snapshot.nodes[id_].physical_id
        if not server or server != node.physical_id:
            yield id_


def made_by_adoption(snapshot: Snapshot, uid: str) -> list[str]:
    """Return the ids of the profiles that Senlin made for the SenlinNode."""
    return sorted(id_ for id_, it in snapshot.profiles.items() if owner_of(it) == uid)
