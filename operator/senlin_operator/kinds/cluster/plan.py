"""The steps from the observed to the desired state of a cluster: a pure function."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from senlin_operator.kinds.cluster.desired import NODE_NAME_FORMAT, Desired
from senlin_operator.kinds.cluster.observed import Observed
from senlin_operator.kinds.cluster.steps import (
    Check,
    Create,
    Delete,
    Recover,
    RemoveNodes,
    Resize,
    Update,
    UpdateNode,
)
from senlin_operator.kinds.shared import bindings
from senlin_operator.kinds.shared.fields import describe, difference
from senlin_operator.kinds.shared.in_place import Change, change, content, described
from senlin_operator.kinds.shared.remediation import RECREATE, health_policy
from senlin_operator.model.step import Step
from senlin_operator.model.text import counted

_BATCH = "senlin.policy.batch"


def plan(desired: Desired, observed: Observed | None) -> list[Step]:
    """Return the steps; None: the cluster is known to be absent."""
    if observed is None:
        return [_create(desired)]
    if profile_refused(desired, observed):
        desired = replace(desired, profile_id=observed.profile_id)
    duplicates = [Delete(id_) for id_ in observed.duplicates]
    # Detachments come first, as a policy may block the other steps. Attachments are next, as a
    # policy governs the other steps. But while nodes are broken, attachments come last: load
    # balancing needs the addresses of all nodes.
    policies = _bind(desired, observed)
    removed = [step for step in policies if not isinstance(step, bindings.Attach)]
    added = [step for step in policies if isinstance(step, bindings.Attach)]
    broken = observed.nodes > 0 and observed.status in ("WARNING", "ERROR")
    converge = list(_converge(desired, observed))
    steps = [*converge, *added] if broken else [*added, *converge]
    return [*duplicates, *removed, *steps, *_remove_empty_marker(desired, observed)]


def profile_refused(desired: Desired, observed: Observed) -> bool:
    """Return whether a change of profile is not sent, as nodes that exist cannot take it."""
    changes = changes_in_place(desired, observed)
    return any(it.refused(repaired=desired.repaired) for it in changes)


def changes_in_place(desired: Desired, observed: Observed) -> list[Change]:
    """Return the changes that nodes would have to take: the cluster's, and those of other nodes."""
    if desired.replaces or observed.nodes == len(observed.serverless):
        return []
    nodes = (observed.profile_mismatch[node] for node in _mismatch(desired, observed))
    return _changes(desired, observed, dict.fromkeys([observed.profile_id, *nodes]))


def rebuild_refused(desired: Desired, observed: Observed) -> bool:
    """Return whether lost nodes are not recovered, as Senlin would fail to rebuild the servers."""
    refused = desired.remediation.rebuilds and not desired.repaired
    left = health_policy(desired.remediation, observed.policies)
    return refused and left is None and observed.lost > 0 and not observed.serverless


def target_size(desired: Desired, observed: Observed) -> int:
    """Return the number of nodes that the cluster should have now.

    The nodes of SenlinNodes count. A SenlinNode that has not joined yet has its place kept free. A
    node that is about to leave is replaced only after it has left, and counts until then. If
    Senlin's policies own the size, it is only kept within the limits.
    """
    if not desired.fixed_size and not observed.created_empty:
        recorded = observed.desired_capacity
        upper = desired.max_size if desired.max_size >= 0 else recorded
        return max(_min_size(desired, observed), min(recorded, upper))
    joined = desired.declared.keys() & observed.members_by_owner.keys()
    base = max(desired.desired_capacity - len(pending(desired, observed)), len(joined))
    return max(base, min(observed.nodes, base + len(_leaving(desired, observed))))


def pending(desired: Desired, observed: Observed) -> list[str]:
    """Return the names of the SenlinNodes that have not joined yet, sorted."""
    members = observed.members_by_owner
    return sorted(name for uid, name in desired.declared.items() if uid not in members)


def remediation_held(desired: Desired, observed: Observed) -> bool:
    """Return whether too many nodes are unhealthy to recover them without a person's decision."""
    remediation, lost = desired.remediation, observed.lost
    return remediation.recover and lost > 0 and not remediation.allows(lost, observed.nodes)


def _converge(desired: Desired, observed: Observed) -> Iterator[Step]:
    """Yield the steps for the cluster itself and its nodes."""
    yield from _remove_unbuildable(desired, observed)
    if observed.status == "ERROR":
        # Senlin refuses an update in ERROR, so broken nodes are recovered or removed first.
        yield from _repair(desired, observed)
        yield from _size(desired, observed)
        yield from _update(desired, observed)
    else:
        yield from _update(desired, observed)
        yield from _size(desired, observed)
        yield from _repair(desired, observed)
        yield from _update_nodes(desired, observed)
        yield from _replace_node(desired, observed)


def _create(desired: Desired) -> Create:
    size = max(desired.desired_capacity - len(desired.declared), 0)
    # Policies do not govern a creation, and some (affinity) must be attached before the nodes.
    empty = bool(desired.policies) and size > 0
    later, size = (size, 0) if empty else (0, size)
    # If policies own the size, a cluster created empty looks like one that they have emptied, so a
    # marker distinguishes them.
    created_empty = empty and not desired.fixed_size
    min_size = min(desired.min_size, size)
    first = replace(desired, desired_capacity=size, min_size=min_size)
    return Create(first, created_empty, later)


def _update(desired: Desired, observed: Observed) -> Iterator[Update]:
    changes = difference(_named_as_before(desired, observed), observed)
    if not changes:
        return
    fields = {name: wanted for name, (_, wanted) in changes.items()}
    note = ""
    if "profile_id" in changes:
        note = _all_at_once(desired, observed)
        if desired.replaces:
            fields["is_profile_only"] = True
    profile = next(iter(_changes(desired, observed, [observed.profile_id])), None)
    yield Update(observed.id, fields, described(changes, profile), note)


def _all_at_once(desired: Desired, observed: Observed) -> str:
    """Return a note on a change of profile that reaches all nodes at once; empty: it does not."""
    batched = bindings.enabled(observed.policies, _BATCH) is not None
    if desired.replaces or batched or observed.nodes < 2:
        return ""
    return f"no batch policy: all {observed.nodes} nodes at once"


def _changes(desired: Desired, observed: Observed, profile_ids: Iterable[str]) -> list[Change]:
    """Return the changes from these profiles to the desired one, as far as both are known."""
    profiles = observed.all_profiles
    wanted = desired.profile or content(profiles.get(desired.profile_id))
    changes = (
        change(content(profiles.get(id_)), wanted, observed.schema)
        for id_ in profile_ids
        if id_ != desired.profile_id
    )
    return [it for it in changes if it]


def _named_as_before(desired: Desired, observed: Observed) -> Desired:
    """Return the desired state without a default that the cluster was created without.

    Earlier versions left the names of nodes to Senlin; to add a format would be an action.
    """
    if not desired.default_names or NODE_NAME_FORMAT in observed.config:
        return desired
    others = {key: value for key, value in desired.config.items() if key != NODE_NAME_FORMAT}
    return replace(desired, config=others)


def _size(desired: Desired, observed: Observed) -> Iterator[Resize | RemoveNodes]:
    number, recorded = target_size(desired, observed), observed.desired_capacity
    min_size, max_size = _min_size(desired, observed), _max_size(desired, observed)
    fixed = desired.fixed_size or observed.created_empty
    size_fits = number == recorded and (number == observed.nodes or not fixed)
    if size_fits and (min_size, max_size) == (observed.min_size, observed.max_size):
        return
    summary = describe(
        {
            "desiredCapacity": (recorded, number),
            "nodes": (observed.nodes if observed.nodes != recorded else number, number),
            "minSize": (observed.min_size, min_size),
            "maxSize": (observed.max_size, max_size),
        }
    )
    if observed.nodes == 0 and recorded != 0:
        # When a cluster has no nodes, Senlin 16 calculates with its stored desired_capacity. An
        # exact resize to that stored value is therefore a no-op that only corrects the record to
        # 0. A Senlin that counted the nodes would create the missing ones, which is as welcome.
        yield Resize(observed.id, recorded, observed.min_size, observed.max_size, summary)
    elif number < observed.nodes and (kept := _kept(desired, observed)):
        surplus = _removable(observed, kept)[: observed.nodes - number]
        yield from _remove(desired, observed, surplus, summary)
    else:
        yield Resize(observed.id, number, min_size, max_size, summary)


def _min_size(desired: Desired, observed: Observed) -> int:
    """Return the min_size to set now, low enough for SenlinNodes to join and leave."""
    leaving = len(_leaving(desired, observed)) + bool(_replaceable(desired, observed))
    if desired.fixed_size or observed.created_empty:
        return max(min(desired.min_size, target_size(desired, observed) - leaving), 0)
    return max(min(desired.min_size, observed.nodes - leaving), 0)


def _max_size(desired: Desired, observed: Observed) -> int:
    if desired.max_size < 0 or not (desired.fixed_size or observed.created_empty):
        return desired.max_size
    return max(desired.max_size, target_size(desired, observed))


def _leaving(desired: Desired, observed: Observed) -> list[str]:
    return [node for uid, node in observed.members_by_owner.items() if uid in desired.leaving]


def _kept(desired: Desired, observed: Observed) -> frozenset[str]:
    """Return the nodes of SenlinNodes, which the operator never chooses for removal."""
    uids = desired.declared.keys() | desired.leaving
    return frozenset(node for uid, node in observed.members_by_owner.items() if uid in uids)


def _removable(observed: Observed, kept: Collection[str]) -> tuple[str, ...]:
    return tuple(node for node in observed.removal_order if node not in kept)


def _remove(
    desired: Desired, observed: Observed, nodes: tuple[str, ...], summary: str
) -> Iterator[Resize | RemoveNodes]:
    """Yield the removal of the nodes; before it, a change of limits that would forbid it."""
    rest = observed.nodes - len(nodes)
    if rest < observed.min_size:
        yield Resize(observed.id, observed.nodes, min(desired.min_size, rest), -1, summary)
    yield RemoveNodes(observed.id, nodes, summary)


def _bind(desired: Desired, observed: Observed) -> list[Step]:
    if desired.policies is None:
        return []
    return list(bindings.plan(observed.id, desired.policies, observed.policies))


def _remove_empty_marker(desired: Desired, observed: Observed) -> Iterator[Update]:
    """Yield the removal of the marker of a cluster created empty, once it has grown."""
    if observed.created_empty and observed.desired_capacity == target_size(desired, observed):
        summary = "removal of the marker of an empty creation, as the cluster has grown"
        yield Update(observed.id, {"metadata": dict(desired.metadata)}, summary)


def _remove_unbuildable(desired: Desired, observed: Observed) -> Iterator[Resize | RemoveNodes]:
    """Yield the removal of serverless nodes before a change of profile, which fails on them.

    Nodes that may have a server stay: a failed update leaves working nodes in ERROR.
    """
    if desired.profile_id == observed.profile_id:
        return
    kept = _kept(desired, observed)
    broken = tuple(node for node in _removable(observed, kept) if node in observed.serverless)
    if not broken:
        return
    summary = f"removal of {len(broken)} broken nodes before the profile changes"
    if kept:
        yield from _remove(desired, observed, broken, summary)
    else:
        # Senlin's resize removes the broken nodes first. It also removes the limits for now; the
        # desired size and limits follow.
        rest = observed.nodes - len(broken)
        yield Resize(observed.id, rest, min(desired.min_size, rest), -1, summary)


def _repair(desired: Desired, observed: Observed) -> Iterator[Recover | Check]:
    """Yield the repair after a failed action, or of lost nodes if the manifest says so."""
    if observed.unbuilt and not observed.lost:
        summary = f"another try at {counted(observed.unbuilt, 'node')} that could not be built"
        yield Recover(observed.id, summary)
    elif _may_recover(desired, observed):
        # A node without a server can only be created again.
        operation = RECREATE if observed.serverless else desired.remediation.operation
        unhealthy = counted(observed.lost + observed.unbuilt, "unhealthy node")
        yield Recover(observed.id, f"recovery of {unhealthy} by {operation}", operation)
    elif observed.status in ("WARNING", "ERROR") and (observed.interrupted or _healthy(observed)):
        # Senlin evaluates a cluster only at the end of a cluster action. So a cluster stays in
        # WARNING after a node recovered by itself. A failed update leaves nodes UPDATING.
        yield Check(observed.id)


def _may_recover(desired: Desired, observed: Observed) -> bool:
    if not desired.remediation.recover or not observed.lost:
        return False
    held = remediation_held(desired, observed) or rebuild_refused(desired, observed)
    return not held and health_policy(desired.remediation, observed.policies) is None


def _update_nodes(desired: Desired, observed: Observed) -> Iterator[UpdateNode]:
    """Yield the change of nodes to the cluster's profile after a change of it was reverted.

    Senlin refuses to change a cluster to the profile that it already has.
    """
    if desired.profile_id == observed.profile_id and not desired.replaces:
        for node in _mismatch(desired, observed):
            known = _changes(desired, observed, [observed.profile_mismatch[node]])
            if not any(it.refused(repaired=desired.repaired) for it in known):
                yield UpdateNode(observed.id, node, desired.profile_id)


def _replace_node(desired: Desired, observed: Observed) -> Iterator[Resize | RemoveNodes]:
    """Yield the removal of one node of an earlier profile; the next plan creates another one.

    It waits until all nodes work, so at most one is missing at a time, and no further node is
    removed if the new profile cannot be built.
    """
    old = _replaceable(desired, observed)
    if old and observed.active == observed.nodes == target_size(desired, observed):
        summary = f"replacement of a node of an earlier profile ({len(old)} left)"
        yield RemoveNodes(observed.id, old[:1], summary)


def _replaceable(desired: Desired, observed: Observed) -> tuple[str, ...]:
    """Return the nodes that are to be replaced, as they have an earlier profile."""
    if not desired.replaces or desired.profile_id != observed.profile_id:
        return ()
    return _mismatch(desired, observed)


def _mismatch(desired: Desired, observed: Observed) -> tuple[str, ...]:
    """Return the nodes of another profile, in the order of removal; none of a SenlinNode."""
    nodes = observed.profile_mismatch.keys() - {*observed.members_by_owner.values()}
    return tuple(node for node in observed.removal_order if node in nodes)


def _healthy(observed: Observed) -> bool:
    """Return whether Senlin would find the cluster ACTIVE, if it evaluated it now."""
    upper = observed.max_size if observed.max_size >= 0 else observed.nodes
    lower = max(observed.desired_capacity, observed.min_size)
    return lower <= observed.active == observed.nodes <= upper
