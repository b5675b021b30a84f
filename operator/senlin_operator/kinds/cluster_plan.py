"""What Senlin has to do so that a cluster becomes what it should be: a pure function."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from senlin_operator.kinds import bindings
from senlin_operator.kinds.cluster_observed import Observed
from senlin_operator.kinds.cluster_spec import Spec
from senlin_operator.kinds.common import Check, Delete, Recover, Update, changes, own_metadata
from senlin_operator.kinds.remediation import RECREATE, health_policy


@dataclass(frozen=True, slots=True)
class Create:
    spec: Spec
    starting: bool = False  # it is made empty, and grows later

    verb = "Creating"

    @property
    def summary(self) -> str:
        return f"creation of {self.spec.desired} nodes"


@dataclass(frozen=True, slots=True)
class Resize:
    """A change of size, limits, or both."""

    id: str
    number: int
    min_size: int
    max_size: int
    summary: str = field(compare=False)

    verb = "Resizing"


@dataclass(frozen=True, slots=True)
class Drop:
    """The removal of chosen nodes, with their servers: a resize would choose by itself."""

    id: str
    nodes: tuple[str, ...]
    summary: str = field(compare=False)

    verb = "RemovingNodes"


@dataclass(frozen=True, slots=True)
class Realign:
    """The way back of one node to its cluster's profile, after a change of it broke off."""

    id: str
    node: str
    profile_id: str

    verb = "UpdatingNode"

    @property
    def summary(self) -> str:
        return f"node {self.node} back to the profile of its cluster"


Step = Create | Update | Resize | Drop | Realign | Recover | Check | Delete | bindings.Step


def plan(spec: Spec, seen: Observed | None) -> list[Step]:
    """Return the steps from what is to what should be. None: known to be absent, not unseen."""
    if seen is None:
        return [_create(spec)]
    duplicates = [Delete(id_) for id_ in seen.duplicates]
    # A policy that is to go may be what is in the way, and one that is to come has a say in all
    # that follows. Only where nodes are broken it comes last: load balancing asks for their
    # addresses.
    policies = _bind(spec, seen)
    removed = [step for step in policies if not isinstance(step, bindings.Attach)]
    added = [step for step in policies if isinstance(step, bindings.Attach)]
    broken = seen.nodes > 0 and seen.status in ("WARNING", "ERROR")
    steps = [*_converge(spec, seen), *added] if broken else [*added, *_converge(spec, seen)]
    return [*duplicates, *removed, *steps, *_grown(spec, seen)]


def vacate(seen: Observed) -> list[Step]:
    """Return the step that lets nodes leave a cluster that is to be deleted, if it is needed."""
    if seen.min_size == 0:
        return []
    return [Resize(seen.id, seen.nodes, 0, -1, f"minSize {seen.min_size} → 0")]


def desired(spec: Spec, seen: Observed) -> int:
    """Return how many nodes there should be now.

    Nodes that SenlinNodes declare count. A place is kept free for those that have not joined yet,
    and those that are about to leave are neither replaced nor counted out before they have left.
    Of a size that Senlin owns, only the limits count.
    """
    if not spec.fixed_size and not seen.starting:
        most = spec.max_size if spec.max_size >= 0 else seen.desired
        return max(_least(spec, seen), min(seen.desired, most))
    here = spec.declared.keys() & seen.marked.keys()
    base = max(spec.desired - len(pending(spec, seen)), len(here))
    return max(base, min(seen.nodes, base + len(_leaving(spec, seen))))


def pending(spec: Spec, seen: Observed) -> list[str]:
    """Return the names of the SenlinNodes that have not joined yet, sorted."""
    return sorted(name for uid, name in spec.declared.items() if uid not in seen.marked)


def held(spec: Spec, seen: Observed) -> bool:
    """Return whether so many nodes are unhealthy that a person should look first."""
    wanted = spec.remediation
    return wanted.recover and seen.lost > 0 and not wanted.fits(seen.lost, seen.nodes)


def _converge(spec: Spec, seen: Observed) -> Iterator[Step]:
    """Yield the steps for the cluster itself and its nodes."""
    yield from _shed(spec, seen)
    if seen.status == "ERROR":  # Senlin refuses an update then, until nodes are repaired or gone
        yield from _repair(spec, seen)
        yield from _size(spec, seen)
        yield from _update(spec, seen)
    else:
        yield from _update(spec, seen)
        yield from _size(spec, seen)
        yield from _repair(spec, seen)
        yield from _realign(spec, seen)


def _create(spec: Spec) -> Create:
    size = max(spec.desired - len(spec.declared), 0)
    # No policy has a say in a creation, and some (affinity) must be there before the nodes.
    empty = bool(spec.policies) and size > 0
    size = 0 if empty else size
    # Where Senlin owns the size, an empty start looks like a cluster that its policies emptied.
    starting = empty and not spec.fixed_size
    return Create(replace(spec, desired=size, min_size=min(spec.min_size, size)), starting)


def _update(spec: Spec, seen: Observed) -> Iterator[Update]:
    differing = {
        "name": (seen.name, spec.name),
        "profile_id": (seen.profile_id, spec.profile_id),
        "timeout": (seen.timeout, spec.timeout),
        "metadata": (own_metadata(seen.metadata), dict(spec.metadata)),
        "config": (dict(seen.config), dict(spec.config)),
    }
    changed = {name: wanted for name, (is_, wanted) in differing.items() if is_ != wanted}
    if changed:
        yield Update(seen.id, changed, changes(**differing))


def _size(spec: Spec, seen: Observed) -> Iterator[Resize | Drop]:
    number, least, most = desired(spec, seen), _least(spec, seen), _most(spec, seen)
    fixed = spec.fixed_size or seen.starting
    size_fits = number == seen.desired and (number == seen.nodes or not fixed)
    if size_fits and (least, most) == (seen.min_size, seen.max_size):
        return
    summary = changes(
        desiredCapacity=(seen.desired, number),
        nodes=(seen.nodes if seen.nodes != seen.desired else number, number),
        minSize=(seen.min_size, least),
        maxSize=(seen.max_size, most),
    )
    if seen.nodes == 0 and seen.desired != 0:
        # Senlin 16 takes its record for the number of nodes when there are none, in all that it
        # reckons. To ask for that very number sets the record right, to 0, and changes nothing
        # else; a Senlin that counts would make the nodes.
        yield Resize(seen.id, seen.desired, seen.min_size, seen.max_size, summary)
    elif number < seen.nodes and (kept := _kept(spec, seen)):
        yield from _drop(spec, seen, _expendable(seen, kept)[: seen.nodes - number], summary)
    else:
        yield Resize(seen.id, number, least, most, summary)


def _least(spec: Spec, seen: Observed) -> int:
    """Return the least size for now: those who join and leave must find the room for it."""
    if spec.fixed_size or seen.starting:
        return min(spec.min_size, desired(spec, seen) - len(_leaving(spec, seen)))
    return max(min(spec.min_size, seen.nodes - len(_leaving(spec, seen))), 0)


def _most(spec: Spec, seen: Observed) -> int:
    if spec.max_size < 0 or not (spec.fixed_size or seen.starting):
        return spec.max_size
    return max(spec.max_size, desired(spec, seen))


def _leaving(spec: Spec, seen: Observed) -> list[str]:
    return [node for uid, node in seen.marked.items() if uid in spec.leaving]


def _kept(spec: Spec, seen: Observed) -> frozenset[str]:
    """Return the nodes that SenlinNodes look after; the operator never chooses them to go."""
    uids = spec.declared.keys() | spec.leaving
    return frozenset(node for uid, node in seen.marked.items() if uid in uids)


def _expendable(seen: Observed, kept: Collection[str]) -> tuple[str, ...]:
    return tuple(node for node in seen.expendable if node not in kept)


def _drop(
    spec: Spec, seen: Observed, nodes: tuple[str, ...], summary: str
) -> Iterator[Resize | Drop]:
    """Remove chosen nodes; Senlin wants the limits to allow for it before."""
    rest = seen.nodes - len(nodes)
    if rest < seen.min_size:
        yield Resize(seen.id, seen.nodes, min(spec.min_size, rest), -1, summary)
    yield Drop(seen.id, nodes, summary)


def _bind(spec: Spec, seen: Observed) -> list[bindings.Step]:
    if spec.policies is None:
        return []
    return list(bindings.plan(seen.id, spec.policies, seen.policies))


def _grown(spec: Spec, seen: Observed) -> Iterator[Update]:
    """Take the mark of an empty start away, once the cluster has grown."""
    if seen.starting and seen.desired == desired(spec, seen):
        yield Update(seen.id, {"metadata": dict(spec.metadata)}, "the end of an empty start")


def _shed(spec: Spec, seen: Observed) -> Iterator[Resize | Drop]:
    """Give up nodes that no update can reach, before it would fail.

    Never one that may have a server: an update that failed leaves nodes in ERROR that work.
    """
    if spec.profile_id == seen.profile_id:
        return
    kept = _kept(spec, seen)
    broken = tuple(node for node in _expendable(seen, kept) if node in seen.serverless)
    if not broken:
        return
    summary = f"removal of {len(broken)} broken nodes before the profile changes"
    if kept:
        yield from _drop(spec, seen, broken, summary)
    else:
        # A resize takes the broken ones first. Whatever the limits, for now: the size that is
        # wanted, and its limits, come afterwards.
        rest = seen.nodes - len(broken)
        yield Resize(seen.id, rest, min(spec.min_size, rest), -1, summary)


def _repair(spec: Spec, seen: Observed) -> Iterator[Recover | Check]:
    """Finish what a failed action left undone; mend what was lost later if that is wanted."""
    if seen.unbuilt and not seen.lost:
        summary = f"another try at {seen.unbuilt} nodes that could not be built"
        yield Recover(seen.id, summary)
    elif _may_recover(spec, seen):
        # What has no server any more can only be made again.
        operation = RECREATE if seen.serverless else spec.remediation.operation
        summary = f"recovery of {seen.lost + seen.unbuilt} unhealthy nodes by {operation}"
        yield Recover(seen.id, summary, operation)
    elif seen.status in ("WARNING", "ERROR") and (seen.left or _fits(seen)):
        # Senlin weighs a cluster only at the end of a cluster action, so a node that recovered by
        # itself does not lift it out of WARNING; and an update that failed leaves nodes UPDATING.
        yield Check(seen.id)


def _may_recover(spec: Spec, seen: Observed) -> bool:
    if not spec.remediation.recover or not seen.lost:
        return False
    return not held(spec, seen) and health_policy(spec.remediation, seen.policies) is None


def _realign(spec: Spec, seen: Observed) -> Iterator[Realign]:
    """Bring nodes back that a change of profile reached before it was taken back.

    Senlin takes no change of the cluster to the profile that it has.
    """
    if spec.profile_id == seen.profile_id:
        for node in seen.strays:
            if node not in seen.marked.values():
                yield Realign(seen.id, node, spec.profile_id)


def _fits(seen: Observed) -> bool:
    """Return whether Senlin would find the cluster ACTIVE, if it weighed it now."""
    most = seen.max_size if seen.max_size >= 0 else seen.nodes
    return max(seen.desired, seen.min_size) <= seen.active == seen.nodes <= most
