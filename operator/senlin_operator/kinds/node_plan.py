"""What Senlin has to do so that a node becomes what it should be: a pure function."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from openstack_clustering import Cluster
from senlin_operator.engine.outcome import Blocked, Settled, Waiting
from senlin_operator.kinds.common import Check, Delete, Recover, Update, changes, own_metadata
from senlin_operator.kinds.node_observed import ADOPTED, Observed
from senlin_operator.kinds.node_spec import Adoption, Spec
from senlin_operator.kinds.remediation import RECREATE, health_policy
from senlin_operator.kube.conditions import Reason

_SOON = 3.0  # seconds until it is seen whether a cluster lets the node in or out
_LATER = 30.0  # seconds until it is seen whether somebody has switched a policy off


@dataclass(frozen=True, slots=True)
class Create:
    """A new node that stands alone; it joins a cluster later."""

    spec: Spec

    verb = "Creating"

    @property
    def summary(self) -> str:
        return f"creation of node {self.spec.name}"


@dataclass(frozen=True, slots=True)
class Adopt:
    """A new node for a server that is there already."""

    spec: Spec
    adoption: Adoption

    verb = "Adopting"

    @property
    def summary(self) -> str:
        return f"adoption of {self.adoption.identity}"


@dataclass(frozen=True, slots=True)
class MarkProfile:
    """The owner's mark on the profile that Senlin made of what it adopted."""

    id: str
    profile_id: str

    verb = "MarkingProfile"

    @property
    def summary(self) -> str:
        return f"mark on profile {self.profile_id}, which the adoption made"


@dataclass(frozen=True, slots=True)
class DeleteAdopted:
    """The removal of a node whose profile bears no mark yet: it gets it before, to go as well."""

    id: str
    profile_id: str
    force: bool = False

    verb = "Deleting"

    @property
    def summary(self) -> str:
        return Delete(self.id, self.force).summary


@dataclass(frozen=True, slots=True)
class DeleteProfile:
    """The removal of that profile, after the node."""

    id: str

    verb = "DeletingProfile"

    @property
    def summary(self) -> str:
        return f"deletion of profile {self.id}, which the adoption made"


@dataclass(frozen=True, slots=True)
class Discard:
    """The removal of a node that never was built, because it is to have another profile."""

    id: str

    verb = "Discarding"
    summary = "removal of a node that could not be built, before it is made by another profile"


@dataclass(frozen=True, slots=True)
class Join:
    id: str
    cluster_id: str
    name: str = field(compare=False)

    verb = "Joining"

    @property
    def summary(self) -> str:
        return f"entry into cluster {self.name}"


@dataclass(frozen=True, slots=True)
class Leave:
    """The way out of a cluster, with the server."""

    id: str
    cluster_id: str
    name: str = field(compare=False)

    verb = "Leaving"

    @property
    def summary(self) -> str:
        return f"exit from cluster {self.name}"


Step = (
    Create
    | Adopt
    | MarkProfile
    | DeleteAdopted
    | DeleteProfile
    | Discard
    | Update
    | Join
    | Leave
    | Recover
    | Check
    | Delete
)


def plan(spec: Spec, seen: Observed | None) -> list[Step]:
    """Return the steps from what is to what should be. None: known to be absent, not unseen."""
    if seen is None:
        return [Adopt(spec, spec.adoption) if spec.adoption else Create(spec)]
    duplicates = [Delete(id_) for id_ in seen.duplicates]
    if seen.unbuilt and spec.profile_id not in ("", seen.profile_id):
        return [*duplicates, Discard(seen.id)]  # Senlin updates no node without a server
    concerns = (_mark(seen), _leave(spec, seen), _update(spec, seen), _join(spec, seen))
    steps = [step for concern in concerns for step in concern]
    return [*duplicates, *steps, *_repair(spec, seen)]


def remove(seen: Observed, force: bool) -> Delete | DeleteAdopted:
    """Return the step that deletes the node."""
    if seen.unmarked_profile:
        return DeleteAdopted(seen.id, seen.unmarked_profile, force)
    return Delete(seen.id, force)


def hindrance(spec: Spec, seen: Observed) -> Settled | Blocked | Waiting | None:
    """Return why the node cannot leave its cluster, or join another, now."""
    if seen.cluster_id == spec.cluster_id:
        return None
    if seen.cluster_id:
        return _kept(seen)
    return unhealthy(spec, seen) or _kept_out(spec, seen)


def unhealthy(spec: Spec, seen: Observed) -> Settled | None:
    """Return that the node does not work, if so."""
    if seen.works:
        return None
    policy = health_policy(spec.remediation, seen.policies)
    aside = f"; remediation is left to policy {policy}" if policy else ""
    message = f"Senlin says {seen.status}{aside}: {seen.reason}"
    return Settled(message, ready=False, reason=Reason.DEGRADED)


def room_to_leave(seen: Observed) -> Waiting | None:
    """Return what to wait for, if the cluster may not have one node less."""
    cluster = seen.cluster
    if cluster is None or min(_sizes(seen, cluster)) > cluster.min_size:
        return None
    text = f"Cluster {cluster.name} may not have fewer nodes than {cluster.min_size}."
    return Waiting(Reason.NO_ROOM, text, after=_SOON)


def _kept(seen: Observed) -> Settled | Blocked | Waiting | None:
    """Return why it cannot leave the cluster that it is in."""
    name = _name(seen, seen.cluster_id)
    if not seen.physical_id:
        # Senlin fails then, and yet counts the node out (senlin/profiles/os/nova/server.py).
        text = f"It has no server, and cannot leave cluster {name} without: {seen.reason}"
        return Settled(text, ready=False, reason=Reason.DEGRADED)
    if policies := ", ".join(seen.destroyers):
        text = (
            f"Senlin would destroy the server when it leaves cluster {name}, because of policy "
            f"{policies}: disable or detach the policy, or give it destroy_after_deletion: false."
        )
        return Blocked(Reason.UNSAFE, text, after=_LATER)
    return room_to_leave(seen)


def _kept_out(spec: Spec, seen: Observed) -> Waiting | None:
    """Return why it cannot join the cluster that it should be in."""
    cluster = seen.around.clusters.get(spec.cluster_id)
    if cluster is None:
        text = f"Senlin has no cluster {spec.cluster_id} (any more)."
        return Waiting(Reason.REFERENCE_NOT_READY, text, after=_SOON)
    if 0 <= cluster.max_size <= max(_sizes(seen, cluster)):
        text = f"Cluster {cluster.name} may not have more nodes than {cluster.max_size}."
        return Waiting(Reason.NO_ROOM, text, after=_SOON)
    if actions := seen.around.actions_of(cluster.id):
        names = ", ".join(sorted({action.action for action in actions}))
        text = f"Senlin is at work on cluster {cluster.name}: {names}."
        return Waiting(Reason.BUSY, text, after=_SOON)
    return None


def _sizes(seen: Observed, cluster: Cluster) -> tuple[int, int]:
    """Return both numbers that Senlin holds against the limits: its record, and the nodes."""
    return cluster.desired_capacity, len(seen.around.members.get(cluster.id, ()))


def _name(seen: Observed, cluster_id: str) -> str:
    cluster = seen.around.clusters.get(cluster_id)
    return str(cluster.name) if cluster else cluster_id


def _mark(seen: Observed) -> Iterator[MarkProfile]:
    if seen.unmarked_profile:
        yield MarkProfile(seen.id, seen.unmarked_profile)


def _moves(spec: Spec, seen: Observed) -> bool:
    """Return whether it leaves or joins a cluster now; Senlin forgets the role then."""
    return seen.cluster_id != spec.cluster_id and hindrance(spec, seen) is None


def _leave(spec: Spec, seen: Observed) -> Iterator[Leave]:
    if seen.cluster_id and _moves(spec, seen):
        yield Leave(seen.id, seen.cluster_id, _name(seen, seen.cluster_id))


def _update(spec: Spec, seen: Observed) -> Iterator[Update]:
    # An update of a broken node makes Senlin 16 call it ACTIVE, whatever its server does.
    if not seen.works:
        return
    differing: dict[str, tuple[object, object]] = {
        "name": (seen.name, spec.name),
        "profile_id": (seen.profile_id, spec.profile_id or seen.profile_id),
        "metadata": (own_metadata(seen.metadata), dict(spec.metadata)),
        "tainted": (seen.tainted, spec.tainted),
    }
    if not _moves(spec, seen):
        differing["role"] = (seen.role, spec.role)
    changed = {name: wanted for name, (is_, wanted) in differing.items() if is_ != wanted}
    if "metadata" in changed and seen.adopted:
        changed["metadata"] = {**spec.metadata, ADOPTED: "yes"}
    if changed:
        yield Update(seen.id, changed, changes(**differing))


def _join(spec: Spec, seen: Observed) -> Iterator[Join | Update]:
    if not _moves(spec, seen):
        return
    if spec.cluster_id:
        yield Join(seen.id, spec.cluster_id, _name(seen, spec.cluster_id))
    if spec.role:
        yield Update(seen.id, {"role": spec.role}, changes(role=("", spec.role)))


def _repair(spec: Spec, seen: Observed) -> Iterator[Recover | Check]:
    """Finish what failed; mend what was lost later if that is wanted."""
    if seen.works:
        return
    if seen.unbuilt:
        yield Recover(seen.id, "another try at a node that could not be built")
    elif seen.left:
        yield Check(seen.id)
    elif spec.remediation.recover and health_policy(spec.remediation, seen.policies) is None:
        # What has no server any more can only be made again.
        operation = spec.remediation.operation if seen.physical_id else RECREATE
        yield Recover(seen.id, f"recovery of an unhealthy node by {operation}", operation)
