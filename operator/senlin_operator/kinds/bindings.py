"""The policies of a cluster: which are attached, which should be, and the steps between."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from openstack_clustering import Proxy
from senlin_operator.kube.conditions import Condition, Reason, Type

_SEVERAL = "senlin.policy.scaling-"  # one cluster may have several of them


@dataclass(frozen=True, slots=True)
class Binding:
    """One policy of a cluster, as it is or as it should be; `name` is for people."""

    policy_id: str
    name: str
    enabled: bool = True
    type: str = ""  # with its version: senlin.policy.deletion-1.0


@dataclass(frozen=True, slots=True)
class Attach:
    cluster_id: str
    binding: Binding

    verb = "AttachingPolicy"

    @property
    def summary(self) -> str:
        how = "" if self.binding.enabled else ", disabled"
        return f"attachment of policy {self.binding.name}{how}"


@dataclass(frozen=True, slots=True)
class Switch:
    cluster_id: str
    binding: Binding

    verb = "SwitchingPolicy"

    @property
    def summary(self) -> str:
        return f"policy {self.binding.name} {'enabled' if self.binding.enabled else 'disabled'}"


@dataclass(frozen=True, slots=True)
class Detach:
    cluster_id: str
    binding: Binding

    verb = "DetachingPolicy"

    @property
    def summary(self) -> str:
        return f"detachment of policy {self.binding.name}"


Step = Attach | Switch | Detach


def plan(cluster_id: str, wanted: tuple[Binding, ...], seen: tuple[Binding, ...]) -> Iterator[Step]:
    """Yield the steps; what is in the way of another policy of its type goes first.

    Of several of a type that excludes others, the first one is attached.
    """
    refused = {second.policy_id for _, second in conflicts(wanted)}
    should = {it.policy_id: it for it in wanted if it.policy_id not in refused}
    is_ = {binding.policy_id: binding for binding in seen}
    for policy_id in is_.keys() - should.keys():
        yield Detach(cluster_id, is_[policy_id])
    for policy_id, binding in should.items():
        if policy_id not in is_:
            yield Attach(cluster_id, binding)
        elif is_[policy_id].enabled != binding.enabled:
            yield Switch(cluster_id, binding)


def conflicts(wanted: tuple[Binding, ...]) -> list[tuple[Binding, Binding]]:
    """Return the pairs that Senlin does not attach to one cluster.

    It takes one policy of each type and version, and any number of scaling policies; it says so
    only by a failed action.
    """
    first: dict[str, Binding] = {}
    pairs = []
    for binding in wanted:
        if binding.type and not binding.type.startswith(_SEVERAL):
            other = first.setdefault(binding.type, binding)
            if other.policy_id != binding.policy_id:
                pairs.append((other, binding))
    return pairs


def conflict(wanted: tuple[Binding, ...]) -> str:
    """Return the sentence about policies that exclude each other; empty: there are none."""
    told = (
        f"SenlinPolicy {one.name} and SenlinPolicy {other.name} are both of the type {one.type}, "
        "of which a cluster takes one: leave one of them out of policies"
        for one, other in conflicts(wanted)
    )
    return "; ".join(told)


def enabled(seen: tuple[Binding, ...], type_: str) -> Binding | None:
    """Return the policy of that type, in any version, that is in force."""
    return next((it for it in seen if it.enabled and it.type.startswith(f"{type_}-")), None)


def execute(proxy: Proxy, step: Step) -> str:
    """Send the request; return the id of the action."""
    cluster_id, binding = step.cluster_id, step.binding
    policy_id, enabled = binding.policy_id, binding.enabled
    match step:
        case Attach():
            started = proxy.attach_policy_to_cluster(cluster_id, policy_id, enabled=enabled)
            return str(started["action"])
        case Switch():
            started = proxy.update_cluster_policy(cluster_id, policy_id, enabled=enabled)
            return str(started["action"])
        case Detach():
            return str(proxy.detach_policy_from_cluster(cluster_id, policy_id)["action"])


def fetch(proxy: Proxy, cluster_id: str) -> tuple[Binding, ...]:
    """Return the policies of a cluster; no list of clusters shows more than the bindings' ids."""
    return tuple(
        Binding(bound.policy_id, bound.policy_name, bound.is_enabled, bound.policy_type)
        for bound in proxy.cluster_policies(cluster_id)
    )


def condition(wanted: tuple[Binding, ...], seen: tuple[Binding, ...]) -> Condition:
    """Return PoliciesAttached."""
    if text := conflict(wanted):
        return Condition(Type.POLICIES_ATTACHED, "False", Reason.POLICIES_CONFLICT, f"{text}.")
    steps = list(plan("", wanted, seen))
    if not steps:
        message = f"{len(wanted)} policies are attached as they should be."
        return Condition(Type.POLICIES_ATTACHED, "True", Reason.POLICIES_ATTACHED, message)
    message = f"Still to be done: {'; '.join(step.summary for step in steps)}."
    return Condition(Type.POLICIES_ATTACHED, "False", Reason.POLICIES_DIFFER, message)


def shown(seen: tuple[Binding, ...]) -> list[Mapping[str, object]]:
    """Render `status.resource.policies`."""
    return [{"name": it.name, "id": it.policy_id, "enabled": it.enabled} for it in seen]
