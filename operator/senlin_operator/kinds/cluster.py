"""SenlinCluster: a number of nodes of one profile, and what Senlin has to do to keep it so."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from openstack_clustering import Proxy
from senlin_operator.cloud.inventory import OWNER
from senlin_operator.engine.kind import Details, Kind, Started
from senlin_operator.engine.outcome import Settled
from senlin_operator.engine.resync import period
from senlin_operator.kinds import bindings
from senlin_operator.kinds.bindings import Binding
from senlin_operator.kinds.cluster_observed import Observed, observe
from senlin_operator.kinds.common import Delete, changes, own_metadata
from senlin_operator.kube.conditions import Condition, Reason, Type
from senlin_operator.kube.objects import Key, Resource

_CONFIG = {
    "nodeNameFormat": "node.name.format",
    "stopTimeoutBeforeUpdateSeconds": "cluster.stop_timeout_before_update",
    "stopNodeBeforeDelete": "cluster.stop_node_before_delete",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What the cluster should be; every reference is an id by now."""

    name: str
    profile_id: str
    min_size: int = 0
    max_size: int = -1  # no limit
    desired: int = 0
    fixed_size: bool = True  # False: it counts at the creation, then Senlin's policies own it
    timeout: int = 3600  # seconds
    metadata: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    policies: tuple[Binding, ...] | None = None  # None: somebody else's business
    check_interval: float | None = None  # seconds


@dataclass(frozen=True, slots=True)
class Create:
    spec: Spec

    verb = "Creating"

    @property
    def summary(self) -> str:
        return f"creation of {self.spec.desired} nodes"


@dataclass(frozen=True, slots=True)
class Update:
    """A change of everything but the size; `fields` are Senlin's."""

    id: str
    fields: Mapping[str, Any]
    summary: str

    verb = "Updating"


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
class Recover:
    """Another try at the nodes that could not be built."""

    id: str
    nodes: int

    verb = "Recovering"

    @property
    def summary(self) -> str:
        return f"another try at {self.nodes} nodes that could not be built"


@dataclass(frozen=True, slots=True)
class Check:
    """A comparison of Senlin's records with the servers."""

    id: str

    verb = "Checking"
    summary = "check of the nodes"


Step = Create | Update | Resize | Recover | Check | Delete | bindings.Step


def references(resource: Resource) -> tuple[Key, ...]:
    """Return whom the manifest refers to."""
    return () if resource.unmanaged else (_profile(resource), *_policies(resource))


def spec(resource: Resource, ids: Mapping[Key, str]) -> Spec:
    """Return what the manifest says."""
    wanted = resource.spec["resource"]
    config = wanted.get("config", {})
    interval = period(wanted.get("remediation", {}).get("checkInterval", "0"))
    return Spec(
        name=wanted.get("name", resource.key.name),
        profile_id=ids[_profile(resource)],
        min_size=wanted["minSize"],
        max_size=wanted["maxSize"],
        desired=wanted.get("desiredCapacity", wanted["minSize"]),
        fixed_size=wanted["capacityOwner"] == "Spec",
        timeout=wanted["timeoutSeconds"],
        metadata=wanted.get("metadata", {}),
        policies=_wanted_policies(resource, ids),
        config={theirs: config[ours] for ours, theirs in _CONFIG.items() if ours in config},
        check_interval=interval or None,
    )


def as_seen(seen: Observed) -> Spec:
    """Return the spec of a cluster that somebody else looks after."""
    return Spec(
        name=seen.name, profile_id=seen.profile_id, min_size=seen.min_size, desired=seen.desired
    )


def plan(spec: Spec, seen: Observed | None) -> list[Step]:
    """Return the steps from what is to what should be. None: known to be absent, not unseen."""
    if seen is None:
        # No policy has a say in a creation, and some (affinity) must be there before the nodes.
        # But an empty start cannot be told from a cluster that its own policies have emptied.
        empty = spec.policies and spec.fixed_size
        return [Create(replace(spec, desired=0, min_size=0) if empty else spec)]
    duplicates = [Delete(id_) for id_ in seen.duplicates]
    size, policies = _size(spec, seen), _bind(spec, seen)
    concerns: tuple[Iterable[Step], ...] = (_update(spec, seen), size, policies)
    if seen.nodes == 0:
        concerns = (_update(spec, seen), policies, size)
    if seen.status == "ERROR":  # Senlin refuses an update then, until nodes are repaired or gone
        concerns = (_shed(spec, seen), _repair(seen), *reversed(concerns))
    else:
        concerns = (_shed(spec, seen), *concerns, _repair(seen))
    return [*duplicates, *(step for concern in concerns for step in concern)]


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


def _size(spec: Spec, seen: Observed) -> Iterator[Resize]:
    desired = _desired(spec, seen)
    size_fits = desired == seen.desired and (desired == seen.nodes or not spec.fixed_size)
    limits_fit = (spec.min_size, spec.max_size) == (seen.min_size, seen.max_size)
    if size_fits and limits_fit:
        return
    summary = changes(
        desiredCapacity=(seen.desired, desired),
        nodes=(seen.nodes if seen.nodes != seen.desired else desired, desired),
        minSize=(seen.min_size, spec.min_size),
        maxSize=(seen.max_size, spec.max_size),
    )
    if seen.nodes == 0 and seen.desired != 0:
        # Senlin 16 takes its record for the number of nodes when there are none, in all that it
        # reckons. To ask for that very number sets the record right, to 0, and changes nothing
        # else; a Senlin that counts would make the nodes.
        yield Resize(seen.id, seen.desired, seen.min_size, seen.max_size, summary)
    else:
        yield Resize(seen.id, desired, spec.min_size, spec.max_size, summary)


def _desired(spec: Spec, seen: Observed) -> int:
    """Return how many nodes there should be; of a size that Senlin owns, only the limits count."""
    if spec.fixed_size:
        return spec.desired
    most = spec.max_size if spec.max_size >= 0 else seen.desired
    return max(spec.min_size, min(seen.desired, most))


def _bind(spec: Spec, seen: Observed) -> Iterator[bindings.Step]:
    if spec.policies is not None:
        yield from bindings.plan(seen.id, spec.policies, seen.policies)


def _shed(spec: Spec, seen: Observed) -> Iterator[Resize]:
    """Give up nodes that no update can reach, before it would fail; a resize takes them first.

    Never one that may have a server: an update that failed leaves nodes in ERROR that work.
    """
    if spec.profile_id != seen.profile_id and seen.serverless:
        rest = seen.nodes - seen.serverless
        summary = f"removal of {seen.serverless} broken nodes before the profile changes"
        # Whatever the limits, for now: the size that is wanted, and its limits, come afterwards.
        yield Resize(seen.id, rest, min(spec.min_size, rest), -1, summary)


def _repair(seen: Observed) -> Iterator[Recover | Check]:
    """Finish what a failed action left undone. Nodes that were lost later are remediation's."""
    if seen.unbuilt and not seen.lost:
        yield Recover(seen.id, seen.unbuilt)
    elif seen.status in ("WARNING", "ERROR") and (seen.left or _fits(seen)):
        # Senlin weighs a cluster only at the end of a cluster action, so a node that recovered by
        # itself does not lift it out of WARNING; and an update that failed leaves nodes UPDATING.
        yield Check(seen.id)


def _fits(seen: Observed) -> bool:
    """Return whether Senlin would find the cluster ACTIVE, if it weighed it now."""
    most = seen.max_size if seen.max_size >= 0 else seen.nodes
    return max(seen.desired, seen.min_size) <= seen.active == seen.nodes <= most


def execute(proxy: Proxy, step: Step, uid: str) -> Started[Observed]:
    """Send the request; Senlin goes on working on it."""
    match step:
        case Create(spec):
            made = proxy.create_cluster(
                name=spec.name,
                profile_id=spec.profile_id,
                min_size=spec.min_size,
                max_size=spec.max_size,
                desired_capacity=spec.desired,
                timeout=spec.timeout,
                config=dict(spec.config),
                metadata={**spec.metadata, OWNER: uid},
            )
            return Started(made.id, made.action_id)
        case Update(id_, fields):
            if "metadata" in fields:
                fields = {**fields, "metadata": {**fields["metadata"], OWNER: uid}}
            return Started(id_, proxy.update_cluster(id_, **fields).action_id)
        case Resize(id_):
            return Started(id_, proxy.resize_cluster(id_, **_resize(step))["action"])
        case Recover(id_):
            return Started(id_, proxy.recover_cluster(id_, operation="RECREATE")["action"])
        case Check(id_):
            return Started(id_, proxy.check_cluster(id_)["action"])
        case bindings.Attach(id_) | bindings.Switch(id_) | bindings.Detach(id_):
            return Started(id_, bindings.execute(proxy, step))
        case Delete(id_):
            deleted = proxy.delete_cluster(id_)
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


def verdict(spec: Spec, seen: Observed) -> Settled:
    """Return whether the nodes are all there and work."""
    if seen.strays:
        message = f"{seen.strays} of {seen.nodes} nodes have another profile than their cluster."
        return Settled(message, ready=False, reason=Reason.DEGRADED)
    desired = _desired(spec, seen)
    if seen.status == "ACTIVE" and seen.active == desired:
        return Settled(f"{seen.active} of {desired} nodes are active.")
    faults = "".join(f"; node {fault['name']}: {fault['reason']}" for fault in seen.faults[:3])
    message = f"{seen.active} of {desired} nodes are active, Senlin says {seen.status}{faults}"
    return Settled(message, ready=False, reason=Reason.DEGRADED)


def conditions(spec: Spec, seen: Observed) -> list[Condition]:
    """Return whether enough nodes work, be it not all."""
    enough = seen.active >= spec.min_size
    reason = Reason.ENOUGH_NODES if enough else Reason.TOO_FEW_NODES
    message = f"{seen.active} nodes are active; {spec.min_size} are the least."
    available = Condition(Type.AVAILABLE, "True" if enough else "False", reason, message)
    if spec.policies is None:
        return [available]
    return [available, bindings.condition(spec.policies, seen.policies)]


def _profile(resource: Resource) -> Key:
    name = resource.spec["resource"]["profileRef"]["name"]
    return Key("SenlinProfile", resource.key.namespace, name)


def _policies(resource: Resource) -> tuple[Key, ...]:
    wanted = resource.spec["resource"].get("policies", ())
    names = [policy["policyRef"]["name"] for policy in wanted]
    return tuple(Key("SenlinPolicy", resource.key.namespace, name) for name in names)


def _wanted_policies(resource: Resource, ids: Mapping[Key, str]) -> tuple[Binding, ...] | None:
    wanted = resource.spec["resource"].get("policies")
    if wanted is None:
        return None
    return tuple(
        Binding(ids[key], key.name, policy["enabled"])
        for key, policy in zip(_policies(resource), wanted, strict=True)
    )


def _resize(step: Resize) -> dict[str, Any]:
    return {
        "adjustment_type": "EXACT_CAPACITY",
        "number": step.number,
        "min_size": step.min_size,
        "max_size": step.max_size,
    }


KIND: Kind[Spec, Observed, Step] = Kind(
    name="SenlinCluster",
    plural="senlinclusters",
    references=references,
    spec=spec,
    objects=lambda snapshot: snapshot.clusters,
    observe=observe,
    as_seen=as_seen,
    plan=plan,
    remove=lambda seen: Delete(seen.id),
    execute=execute,
    status=status,
    verdict=verdict,
    conditions=conditions,
    check=lambda seen: Check(seen.id),
    check_interval=lambda spec: spec.check_interval,
    details=Details(
        version=lambda spec, seen: None if spec.policies is None else seen.binding_ids,
        fetch=bindings.fetch,
        add=lambda seen, policies: replace(seen, policies=policies),
    ),
)
