"""The steps for a policy. Senlin carries them out at once, and the reply shows the result."""

from dataclasses import dataclass

from openstack_clustering import Proxy
from senlin_operator.kinds.policy.defects import defect
from senlin_operator.kinds.policy.desired import Desired
from senlin_operator.kinds.policy.observed import observed
from senlin_operator.kinds.shared import steps
from senlin_operator.kinds.shared.fields import request
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
        text = defect(self.desired.type, self.desired.properties)
        if text and not self.desired.repaired:
            raise Unsupported(text)
        fields = request(self.desired)
        policy = proxy.create_policy(name=fields.pop("name"), spec=fields)
        return StepResult(policy.id, observed=observed(policy, uid))


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
