"""The steps for a policy. Senlin carries them out at once, and the reply shows the result."""

from collections.abc import Mapping
from dataclasses import dataclass

from openstack_clustering import Proxy
from senlin_operator.kinds.policy.desired import Desired
from senlin_operator.kinds.policy.observed import observed
from senlin_operator.kinds.shared import steps
from senlin_operator.kinds.shared.fields import request
from senlin_operator.kinds.shared.rebuild import REBUILD, policy_refused
from senlin_operator.model.outcome import Unsupported
from senlin_operator.model.step import Step, StepResult


@dataclass(frozen=True, slots=True)
class Create(Step):
    desired: Desired

    verb = "Creating"

    @property
    def summary(self) -> str:
        return f"creation of policy {self.desired.name}"

    def run(self, proxy: Proxy, uid: str) -> StepResult:
        if not self.desired.rebuilds and _rebuilds_servers(self.desired):
            raise Unsupported(policy_refused())
        fields = request(self.desired)
        policy = proxy.create_policy(name=fields.pop("name"), spec=fields)
        return StepResult(policy.id, observed=observed(policy, uid))


def _rebuilds_servers(desired: Desired) -> bool:
    """Return whether it is a health policy that recovers nodes by REBUILD."""
    recovery = desired.properties.get("recovery") or {}
    actions = (recovery.get("actions") or []) if isinstance(recovery, Mapping) else []
    return any(isinstance(it, Mapping) and it.get("name") == REBUILD for it in actions)


@dataclass(frozen=True, slots=True)
class Update(steps.Update):
    def run(self, proxy: Proxy, uid: str) -> StepResult:
        policy = proxy.update_policy(self.id, **self.fields)
        return StepResult(policy.id, observed=observed(policy, uid))


@dataclass(frozen=True, slots=True)
class Delete(steps.Delete):
    def run(self, proxy: Proxy, uid: str) -> StepResult:
        proxy.delete_policy(self.id)
        return StepResult(self.id)
