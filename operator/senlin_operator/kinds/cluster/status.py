"""The status of a SenlinCluster: readiness, conditions of its own, `status.resource`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from senlin_operator.kinds.cluster import plan
from senlin_operator.kinds.cluster.desired import Desired
from senlin_operator.kinds.cluster.observed import Observed
from senlin_operator.kinds.cluster.plan import pending, remediation_held, target_size
from senlin_operator.kinds.shared import bindings, rebuild
from senlin_operator.kinds.shared.fields import for_status
from senlin_operator.kinds.shared.in_place import refusal
from senlin_operator.kinds.shared.remediation import health_policy
from senlin_operator.kube.conditions import Condition, ConditionType, Reason
from senlin_operator.kube.objects import Resource
from senlin_operator.model.outcome import Blocked, Settled, Waiting
from senlin_operator.model.text import grouped

_LISTED = 5  # objects in a message


def readiness(desired: Desired, observed: Observed) -> Settled | Blocked | Waiting:
    """Return whether all desired nodes exist and work."""
    if desired.policies and (text := bindings.conflict(desired.policies)):
        return Blocked(Reason.POLICIES_CONFLICT, f"{text}.")
    if refused := _profile_refused(desired, observed):
        return refused
    if desired.fixed_size and len(desired.declared) > desired.desired_capacity:
        return Blocked(Reason.TOO_MANY_MEMBERS, _too_many(desired))
    if names := pending(desired, observed):
        message = f"SenlinNode {', '.join(names[:_LISTED])} has not joined yet."
        return Waiting(Reason.MEMBERS_PENDING, message)
    return replace(_health(desired, observed), unused=_unused(desired, observed))


def conditions(desired: Desired, observed: Observed) -> list[Condition]:
    """Return Available (enough nodes work, perhaps not all), and PoliciesAttached if it applies."""
    # A cluster that should have nodes is of no use without any, whatever its minSize.
    least = max(desired.min_size, min(target_size(desired, observed), 1))
    enough = observed.active >= least
    reason = Reason.ENOUGH_NODES if enough else Reason.TOO_FEW_NODES
    message = f"Active nodes: {observed.active}; at least: {least}."
    available = Condition(ConditionType.AVAILABLE, "True" if enough else "False", reason, message)
    if desired.policies is None:
        return [available]
    return [available, bindings.condition(desired.policies, observed.policies)]


def resource_status(observed: Observed) -> Mapping[str, Any]:
    """Return `status.resource`: counts of nodes, not lists."""
    status = for_status(observed) | {
        "status": observed.status,
        "minSize": observed.min_size,
        "maxSize": observed.max_size,
        "desiredCapacity": observed.desired_capacity,
        "nodes": {
            "total": observed.nodes,
            "active": observed.active,
            "unhealthy": observed.nodes - observed.active,
        },
    }
    if observed.policies:
        status["policies"] = bindings.for_status(observed.policies)
    return status


def _profile_refused(desired: Desired, observed: Observed) -> Blocked | None:
    instead = "Set strategy.type to Replace, which replaces the nodes one after the other"
    if not desired.fixed_size:
        instead = f"{instead} (it needs capacityOwner: Spec)"
    changes = plan.changes_in_place(desired, observed)
    return refusal(changes, instead, repaired=desired.repaired)


def nodes(resource: Resource) -> Mapping[str, int]:
    """Return the desired nodes, by the manifest if it owns the size, and the active ones."""
    shown = resource.status.get("resource", {})
    wanted = resource.spec.get("resource", {})
    owned = {} if wanted.get("capacityOwner") == "Senlin" else wanted
    desired = owned.get("desiredCapacity", shown.get("desiredCapacity", wanted.get("minSize", 0)))
    return {"desired": desired, "active": shown.get("nodes", {}).get("active", 0)}


def _health(desired: Desired, observed: Observed) -> Settled:
    number = target_size(desired, observed)
    active = f"{observed.active} of {number} nodes are active"
    policy = health_policy(desired.remediation, observed.policies)
    aside = f"; remediation is left to policy {policy}" if policy else ""
    if desired.beyond_limits is not None:
        aside += f"; desiredCapacity {desired.beyond_limits} is beyond minSize or maxSize"
    if observed.status == "ACTIVE" and observed.active == number:
        return Settled(f"{active}{aside}.")
    faults = grouped(observed.faults)
    message = "; ".join([f"{active}, Senlin says {observed.status}{aside}", *faults])
    if remediation_held(desired, observed):
        most = desired.remediation.max_unhealthy
        message = (
            f"{observed.lost} nodes are unhealthy, and at most {most} are recovered; {message}"
        )
        return Settled(message, ready=False, reason=Reason.REMEDIATION_HELD)
    if plan.rebuild_refused(desired, observed):
        message = f"{rebuild.rebuild_refused()}; {message}"
        return Settled(message, ready=False, reason=Reason.REMEDIATION_HELD)
    return Settled(message, ready=False, reason=Reason.DEGRADED)


def _unused(desired: Desired, observed: Observed) -> str:
    """Return a sentence about a desiredCapacity that does not count; empty: it does."""
    asked = desired.unused_size
    if asked in (None, observed.desired_capacity):
        return ""
    return f"desiredCapacity {asked} is not used, as capacityOwner is Senlin."


def _too_many(desired: Desired) -> str:
    names = ", ".join(sorted(desired.declared.values())[:_LISTED])
    return (
        f"desiredCapacity is {desired.desired_capacity}, but {len(desired.declared)} SenlinNodes "
        f"declare themselves members ({names}), and none of them is given up: raise "
        "desiredCapacity, or take a clusterRef away."
    )
