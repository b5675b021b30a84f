"""The observed state of a cluster after a step has succeeded: pure functions, for dry runs."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from senlin_operator.kinds.cluster.desired import Desired
from senlin_operator.kinds.cluster.observed import Observed
from senlin_operator.kinds.shared.fields import from_observed


def created(desired: Desired, id_: str, *, created_empty: bool) -> Observed:
    """Return a new cluster; its nodes have no ids yet, so they get numbers."""
    empty = Observed(
        **from_observed(desired),
        id=id_,
        min_size=desired.min_size,
        max_size=desired.max_size,
        desired_capacity=0,
        created_empty=created_empty,
    )
    return _grown(empty, desired.desired_capacity)


def updated(observed: Observed, fields: Mapping[str, Any]) -> Observed:
    """Return the cluster after an update with these fields."""
    only = fields.get("is_profile_only", False)
    plain = {name: value for name, value in fields.items() if name != "is_profile_only"}
    after = replace(observed, **plain)
    if "metadata" in fields:  # the marker of an empty creation is in the metadata
        after = replace(after, created_empty=False)
    if "profile_id" not in fields:
        return after
    if not only:  # all nodes take the profile
        return _evaluated(replace(after, profile_mismatch={}))
    before = {
        node: observed.profile_mismatch.get(node, observed.profile_id)
        for node in observed.removal_order
    }
    mismatch = {node: id_ for node, id_ in before.items() if id_ != after.profile_id}
    return _evaluated(replace(after, profile_mismatch=mismatch))


def resized(observed: Observed, number: int, min_size: int, max_size: int) -> Observed:
    """Return the cluster after an exact resize; Senlin removes broken nodes first."""
    after = replace(observed, min_size=min_size, max_size=max_size)
    if observed.nodes == 0 and number == observed.desired_capacity:
        return replace(after, desired_capacity=0)  # see `_size` in plan.py
    if number < observed.nodes:
        after = without(after, observed.removal_order[: observed.nodes - number])
    return _grown(after, number)


def without(observed: Observed, nodes: Collection[str]) -> Observed:
    """Return the cluster after the removal of these nodes."""
    left = tuple(node for node in observed.removal_order if node not in nodes)
    gone = observed.nodes - len(left)
    inactive = observed.nodes - observed.active
    active = min(observed.active - max(gone - inactive, 0), len(left))
    broken = len(left) - active
    return _evaluated(
        replace(
            observed,
            nodes=len(left),
            active=active,
            desired_capacity=len(left),
            unbuilt=min(observed.unbuilt, broken),
            interrupted=min(observed.interrupted, broken),
            serverless=observed.serverless.intersection(left),
            removal_order=left,
            profile_mismatch=_kept(observed.profile_mismatch, left),
            members_by_owner={
                uid: node for uid, node in observed.members_by_owner.items() if node in left
            },
        )
    )


def recovered(observed: Observed) -> Observed:
    """Return the cluster after the recovery of all its nodes."""
    return replace(
        observed,
        active=observed.nodes,
        unbuilt=0,
        interrupted=0,
        serverless=frozenset(),
        status="ACTIVE",
        faults=[],
    )


def with_node_updated(observed: Observed, node: str) -> Observed:
    """Return the cluster after one node has taken the cluster's profile."""
    others = [it for it in observed.profile_mismatch if it != node]
    return _evaluated(replace(observed, profile_mismatch=_kept(observed.profile_mismatch, others)))


def _grown(observed: Observed, number: int) -> Observed:
    """Return the cluster with so many nodes; new ones have its profile, and work."""
    more = number - observed.nodes
    first = len(observed.removal_order)
    new = tuple(f"new-{first + it}" for it in range(1, more + 1))
    return _evaluated(
        replace(
            observed,
            nodes=max(number, observed.nodes),
            active=observed.active + max(more, 0),
            desired_capacity=number,
            removal_order=(*observed.removal_order, *new),
        )
    )


def _evaluated(observed: Observed) -> Observed:
    """Return the cluster with the values that follow from those of its nodes."""
    status = "ACTIVE" if observed.active == observed.nodes else observed.status
    profiles = frozenset([observed.profile_id, *observed.profile_mismatch.values()])
    return replace(observed, status=status, profiles=profiles)


def _kept(mismatch: Mapping[str, str], nodes: Collection[str]) -> dict[str, str]:
    return {node: id_ for node, id_ in mismatch.items() if node in nodes}
