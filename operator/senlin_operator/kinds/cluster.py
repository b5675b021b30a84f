"""SenlinCluster: a number of nodes of one profile, and what Senlin has to do to keep it so.

What it should be: `cluster_spec`; what it is: `cluster_observed`; the way: `cluster_plan`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from openstack_clustering import Proxy
from senlin_operator.cloud.inventory import OWNER
from senlin_operator.engine.kind import Details, Kind, Started
from senlin_operator.engine.outcome import Blocked, Settled, Waiting
from senlin_operator.kinds import bindings, template
from senlin_operator.kinds.cluster_observed import START, Observed, observe
from senlin_operator.kinds.cluster_plan import (
    Create,
    Drop,
    Realign,
    Resize,
    Step,
    desired,
    held,
    pending,
    plan,
    vacate,
)
from senlin_operator.kinds.cluster_spec import Spec, references, spec
from senlin_operator.kinds.common import Check, Delete, Recover, Update, marked
from senlin_operator.kinds.remediation import health_policy, parameters
from senlin_operator.kube.conditions import Condition, Reason, Type

_NAMED = 5  # objects in a message


def as_seen(seen: Observed) -> Spec:
    """Return the spec of a cluster that somebody else looks after."""
    return Spec(
        name=seen.name, profile_id=seen.profile_id, min_size=seen.min_size, desired=seen.desired
    )


def execute(proxy: Proxy, step: Step, uid: str) -> Started[Observed]:
    """Send the request; Senlin goes on working on it."""
    match step:
        case Create(spec, starting):
            made = proxy.create_cluster(
                name=spec.name,
                profile_id=spec.profile_id,
                min_size=spec.min_size,
                max_size=spec.max_size,
                desired_capacity=spec.desired,
                timeout=spec.timeout,
                config=dict(spec.config),
                metadata={**spec.metadata, OWNER: uid, **({START: "yes"} if starting else {})},
            )
            return Started(made.id, made.action_id)
        case Update(id_, fields):
            return Started(id_, proxy.update_cluster(id_, **marked(fields, uid)).action_id)
        case Resize(id_):
            return Started(id_, proxy.resize_cluster(id_, **_resize(step))["action"])
        case Drop(id_, nodes):
            removed = proxy.remove_nodes_from_cluster(id_, nodes, destroy_after_deletion=True)
            return Started(id_, removed["action"])
        case Realign(_, node, profile_id):
            return Started(node, proxy.update_node(node, profile_id=profile_id).action_id)
        case Recover(id_, _, operation):
            return Started(id_, proxy.recover_cluster(id_, **parameters(operation))["action"])
        case Check(id_):
            return Started(id_, proxy.check_cluster(id_)["action"])
        case bindings.Attach(id_) | bindings.Switch(id_) | bindings.Detach(id_):
            return Started(id_, bindings.execute(proxy, step))
        case Delete(id_, force):
            deleted = proxy.delete_cluster(id_, force_delete=force)
            return Started(id_, deleted.action_id if deleted else None)


def status(seen: Observed) -> Mapping[str, Any]:
    """Render `status.resource`: counts, not lists, and nothing that changes by itself."""
    shown = {
        "name": seen.name,
        "profileID": seen.profile_id,
        "status": seen.status,
        "minSize": seen.min_size,
        "maxSize": seen.max_size,
        "desiredCapacity": seen.desired,
        "timeoutSeconds": seen.timeout,
        "nodes": {
            "total": seen.nodes,
            "active": seen.active,
            "unhealthy": seen.nodes - seen.active,
        },
    }
    if seen.policies:
        shown["policies"] = bindings.shown(seen.policies)
    return shown | ({"createdAt": seen.created_at} if seen.created_at else {})


def verdict(spec: Spec, seen: Observed) -> Settled | Blocked | Waiting:
    """Return whether the nodes are all there and work."""
    if spec.policies and (text := bindings.conflict(spec.policies)):
        return Blocked(Reason.POLICIES_CONFLICT, f"{text}.")
    if spec.fixed_size and len(spec.declared) > spec.desired:
        return Blocked(Reason.TOO_MANY_MEMBERS, _too_many(spec))
    if names := pending(spec, seen):
        message = f"SenlinNode {', '.join(names[:_NAMED])} has not joined yet."
        return Waiting(Reason.MEMBERS_PENDING, message)
    return _health(spec, seen)


def _health(spec: Spec, seen: Observed) -> Settled:
    number = desired(spec, seen)
    active = f"{seen.active} of {number} nodes are active"
    policy = health_policy(spec.remediation, seen.policies)
    aside = f"; remediation is left to policy {policy}" if policy else ""
    if seen.status == "ACTIVE" and seen.active == number:
        return Settled(f"{active}{aside}.")
    faults = "".join(f"; node {fault['name']}: {fault['reason']}" for fault in seen.faults[:3])
    message = f"{active}, Senlin says {seen.status}{aside}{faults}"
    if held(spec, seen):
        most = spec.remediation.most
        message = f"{seen.lost} nodes are unhealthy, and at most {most} are recovered; {message}"
        return Settled(message, ready=False, reason=Reason.REMEDIATION_HELD)
    return Settled(message, ready=False, reason=Reason.DEGRADED)


def _too_many(spec: Spec) -> str:
    names = ", ".join(sorted(spec.declared.values())[:_NAMED])
    return (
        f"desiredCapacity is {spec.desired}, but {len(spec.declared)} SenlinNodes declare "
        f"themselves members ({names}), and none of them is given up: raise desiredCapacity, "
        "or take a clusterRef away."
    )


def conditions(spec: Spec, seen: Observed) -> list[Condition]:
    """Return whether enough nodes work, be it not all."""
    enough = seen.active >= spec.min_size
    reason = Reason.ENOUGH_NODES if enough else Reason.TOO_FEW_NODES
    message = f"{seen.active} nodes are active; {spec.min_size} are the least."
    available = Condition(Type.AVAILABLE, "True" if enough else "False", reason, message)
    if spec.policies is None:
        return [available]
    return [available, bindings.condition(spec.policies, seen.policies)]


def _resize(step: Resize) -> dict[str, Any]:
    return {
        "adjustment_type": "EXACT_CAPACITY",
        "number": step.number,
        "min_size": step.min_size,
        "max_size": step.max_size,
    }


def _bindings_version(spec: Spec, seen: Observed) -> tuple[str, ...] | None:
    """Return what changes with the bindings; None if nobody asks for them."""
    asked = spec.policies is not None or (spec.remediation.recover and seen.binding_ids)
    return seen.binding_ids if asked else None


KIND: Kind[Spec, Observed, Step] = Kind(
    name="SenlinCluster",
    plural="senlinclusters",
    references=references,
    spec=spec,
    objects=lambda snapshot: snapshot.clusters,
    observe=observe,
    as_seen=as_seen,
    plan=plan,
    remove=lambda seen, force: Delete(seen.id, force),
    execute=execute,
    status=status,
    verdict=verdict,
    conditions=conditions,
    check=lambda seen: Check(seen.id),
    check_interval=lambda spec: spec.remediation.check_interval,
    details=Details(
        version=_bindings_version,
        fetch=bindings.fetch,
        add=lambda seen, policies: replace(seen, policies=policies),
    ),
    neighbours=lambda seen: seen.marked if seen else (),
    vacate=vacate,
    children=template.CHILDREN,
)
