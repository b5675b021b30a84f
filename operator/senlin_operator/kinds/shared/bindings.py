"""The policies of a cluster: observed, desired, and the steps between."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from openstack_clustering import Proxy
from senlin_operator.cloud.documents import checked
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kube.conditions import Condition, ConditionType, Reason
from senlin_operator.model.ownership import Owner
from senlin_operator.model.step import Step, StepResult

_REPEATABLE = "senlin.policy.scaling-"  # one cluster may have several policies of these types


@dataclass(frozen=True, slots=True)
class Binding:
    """One policy of a cluster, observed or desired; `name` is for people."""

    policy_id: str
    name: str
    enabled: bool = True
    type: str = ""  # with its version: senlin.policy.deletion-1.0


@dataclass(frozen=True, slots=True)
class _BindingStep(Step):
    cluster_id: str
    binding: Binding

    @abstractmethod
    def send(self, proxy: Proxy) -> Mapping[str, Any]:
        """Send the request; return the reply, which has the id of the action."""

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        return StepResult(self.cluster_id, str(self.send(proxy)["action"]))

    def _others(self, observed: Any) -> tuple[Binding, ...]:
        """Return the other policies of the observed cluster."""
        mine = self.binding.policy_id
        return tuple(bound for bound in observed.policies if bound.policy_id != mine)


@dataclass(frozen=True, slots=True)
class Attach(_BindingStep):
    verb = "AttachingPolicy"

    @property
    def summary(self) -> str:
        how = "" if self.binding.enabled else ", disabled"
        return f"attachment of policy {self.binding.name}{how}"

    def send(self, proxy: Proxy) -> Mapping[str, Any]:
        policy_id, enabled = self.binding.policy_id, self.binding.enabled
        return proxy.attach_policy_to_cluster(self.cluster_id, policy_id, enabled=enabled)

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        return replace(observed, policies=(*observed.policies, self.binding))


@dataclass(frozen=True, slots=True)
class Switch(_BindingStep):
    verb = "SwitchingPolicy"

    @property
    def summary(self) -> str:
        return f"policy {self.binding.name} {'enabled' if self.binding.enabled else 'disabled'}"

    def send(self, proxy: Proxy) -> Mapping[str, Any]:
        policy_id, enabled = self.binding.policy_id, self.binding.enabled
        return proxy.update_cluster_policy(self.cluster_id, policy_id, enabled=enabled)

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        return replace(observed, policies=(*self._others(observed), self.binding))


@dataclass(frozen=True, slots=True)
class Detach(_BindingStep):
    verb = "DetachingPolicy"

    @property
    def summary(self) -> str:
        return f"detachment of policy {self.binding.name}"

    def send(self, proxy: Proxy) -> Mapping[str, Any]:
        return proxy.detach_policy_from_cluster(self.cluster_id, self.binding.policy_id)

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        return replace(observed, policies=self._others(observed))


def plan(
    cluster_id: str, desired: tuple[Binding, ...], observed: tuple[Binding, ...]
) -> Iterator[Attach | Switch | Detach]:
    """Yield the steps; detachments first, as a cluster may take only one policy of a type.

    Of several desired policies of such a type, the first one is attached.
    """
    refused = {second.policy_id for _, second in conflicts(desired)}
    wanted = {binding.policy_id: binding for binding in desired if binding.policy_id not in refused}
    current = {binding.policy_id: binding for binding in observed}
    surplus = [binding for binding in observed if binding.policy_id not in wanted]
    for binding in sorted(surplus, key=lambda it: it.name):
        yield Detach(cluster_id, binding)
    for policy_id, binding in wanted.items():
        if policy_id not in current:
            yield Attach(cluster_id, binding)
        elif current[policy_id].enabled != binding.enabled:
            yield Switch(cluster_id, binding)


def conflicts(desired: tuple[Binding, ...]) -> list[tuple[Binding, Binding]]:
    """Return the pairs of policies that Senlin does not attach to one cluster.

    Senlin takes one policy of each type and version, and any number of scaling policies. It reports
    a conflict only by a failed action.
    """
    first: dict[str, Binding] = {}
    pairs = []
    for binding in desired:
        if binding.type and not binding.type.startswith(_REPEATABLE):
            other = first.setdefault(binding.type, binding)
            if other.policy_id != binding.policy_id:
                pairs.append((other, binding))
    return pairs


def conflict(desired: tuple[Binding, ...]) -> str:
    """Return a sentence about policies that exclude each other; empty: there are none."""
    texts = (
        f"SenlinPolicy {one.name} and SenlinPolicy {other.name} are both of the type {one.type}, "
        "of which a cluster takes one: leave one of them out of policies"
        for one, other in conflicts(desired)
    )
    return "; ".join(texts)


def enabled(observed: tuple[Binding, ...], type_: str) -> Binding | None:
    """Return the enabled policy of that type, in any version."""
    of_type = (bound for bound in observed if bound.type.startswith(f"{type_}-"))
    return next((bound for bound in of_type if bound.enabled), None)


def fetch(proxy: Proxy, cluster_id: str) -> tuple[Binding, ...]:
    """Return the policies of a cluster; the list of clusters shows only the bindings' ids.

    Raises:
        ClientException: Senlin refuses it, or what it says is unusable.
    """
    return tuple(
        Binding(bound.policy_id, bound.policy_name, bound.is_enabled, bound.policy_type)
        for bound in map(checked, proxy.cluster_policies(cluster_id))
    )


def condition(desired: tuple[Binding, ...], observed: tuple[Binding, ...]) -> Condition:
    """Return PoliciesAttached."""
    if text := conflict(desired):
        return Condition(
            ConditionType.POLICIES_ATTACHED, "False", Reason.POLICIES_CONFLICT, f"{text}."
        )
    steps = list(plan("", desired, observed))
    if not steps:
        message = f"Attached as they should be: {len(desired)}."
        return Condition(ConditionType.POLICIES_ATTACHED, "True", Reason.POLICIES_ATTACHED, message)
    message = f"Still to be done: {'; '.join(step.summary for step in steps)}."
    return Condition(ConditionType.POLICIES_ATTACHED, "False", Reason.POLICIES_DIFFER, message)


def for_status(observed: tuple[Binding, ...]) -> list[Mapping[str, object]]:
    """Return `status.resource.policies`."""
    return [
        {"name": bound.name, "id": bound.policy_id, "enabled": bound.enabled} for bound in observed
    ]
