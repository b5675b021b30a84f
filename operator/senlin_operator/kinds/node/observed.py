"""The observed state of a node, read out of a snapshot."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from openstack_clustering import Cluster, Node, Policy, Profile
from senlin_operator.cloud.documents import spec_of
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kinds.node.fields import Fields
from senlin_operator.kinds.shared import health
from senlin_operator.kinds.shared.bindings import Binding
from senlin_operator.kinds.shared.fields import from_senlin
from senlin_operator.kinds.shared.in_place import Schema
from senlin_operator.kube.objects import GROUP
from senlin_operator.model.text import stable

ADOPTED = f"{GROUP}/adopted"  # metadata of an adopted node
_DELETION = "senlin.policy.deletion-"
# Prefix of the profiles that Senlin makes from adopted servers (senlin/conductor/service.py).
_ADOPTION_PROFILE = "prof-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed(Fields):
    """The plain fields, further facts from Senlin, and the snapshot with the node's cluster."""

    id: str
    physical_id: str | None = None  # the server or stack
    cluster_id: str = ""  # empty: a node without a cluster
    index: int = -1
    status: str = "ACTIVE"
    reason: str = ""
    unbuilt: bool = False  # it never had a server
    interrupted: bool = False  # in the status of a failed action; its server may work
    faults: list[Mapping[str, Any]] = field(default_factory=list)
    created_at: str | None = None
    adopted: bool = False
    unclaimed_profile: str | None = None  # made by the adoption, and without an owner's marker
    duplicates: tuple[str, ...] = ()
    policies: tuple[Binding, ...] = ()  # of its cluster; fetched only where the plan needs them
    schema: Schema | None = field(default=None, repr=False, compare=False)  # if it is needed
    snapshot: Snapshot = field(repr=False, compare=False)

    @property
    def transient(self) -> bool:
        return self.status in health.TRANSIENT

    @property
    def lock_id(self) -> str:
        return self.cluster_id or self.id

    @property
    def works(self) -> bool:
        """Return whether the server works, as far as Senlin knows."""
        return self.status == "ACTIVE"

    @property
    def cause(self) -> str:
        """Return why the node does not work, in the words of its fault if it has one."""
        return str(self.faults[0]["reason"]) if self.faults else self.reason

    @property
    def cluster(self) -> Cluster | None:
        return self.snapshot.get(Cluster, self.cluster_id)

    @property
    def destroyers(self) -> list[str]:
        """Return the names of policies that destroy the server when the node leaves its cluster.

        They override the request's own flag: senlin/engine/actions/cluster_action.py, do_del_nodes.
        """
        return [bound.name for bound in self.policies if bound.enabled and self._destroys(bound)]

    def _destroys(self, binding: Binding) -> bool:
        policy = self.snapshot.get(Policy, binding.policy_id)
        properties = spec_of(policy).properties if policy else {}
        destroys = properties.get("destroy_after_deletion", True)
        return binding.type.startswith(_DELETION) and destroys is not False


def observe(snapshot: Snapshot, id_: str | None, uid: str) -> Observed | None:
    """Return the observed state; None: the project has no such node."""
    node, duplicates = snapshot.find(Node, id_, uid)
    if node is None:
        return None
    adopted = ADOPTED in node.metadata
    return Observed(
        **from_senlin(Observed, node),
        id=node.id,
        physical_id=node.physical_id or None,
        cluster_id=node.cluster_id,
        index=node.index,
        status=node.status,
        reason=stable(node.status_reason),
        unbuilt=health.is_unbuilt(node),
        interrupted=health.is_interrupted(node),
        faults=[health.fault(node)] if node.status in ("ERROR", "WARNING") else [],
        created_at=node.created_at,
        adopted=adopted,
        unclaimed_profile=_unclaimed(snapshot, node) if adopted else None,
        duplicates=tuple(_deletable(snapshot, node, duplicates)),
        snapshot=snapshot,
    )


def made_by_adoption(snapshot: Snapshot, uid: str) -> list[str]:
    """Return the ids of the profiles that Senlin made for the SenlinNode."""
    return snapshot.owned(Profile, uid)


def _unclaimed(snapshot: Snapshot, node: Node) -> str | None:
    """Return the id of the profile if it is unchanged since Senlin made it for the node.

    Or since an earlier resource of the same place claimed it, from which the node was taken over.
    """
    profile = snapshot.get(Profile, node.profile_id)
    if profile is None or not profile.name.startswith(_ADOPTION_PROFILE):
        return None
    of_node, of_profile = (snapshot.markers.get(id_) for id_ in (node.id, profile.id))
    earlier = of_node and of_profile and of_node.uid != of_profile.uid
    same_place = earlier and of_node and of_profile and of_node.place == of_profile.place != ""
    return profile.id if same_place or not profile.metadata else None


def _deletable(snapshot: Snapshot, node: Node, duplicates: list[str]) -> Iterator[str]:
    """Yield the duplicates whose deletion does not delete the server of this node."""
    nodes = snapshot.all(Node)
    for id_ in duplicates:
        server = nodes[id_].physical_id
        if not server or server != node.physical_id:
            yield id_
