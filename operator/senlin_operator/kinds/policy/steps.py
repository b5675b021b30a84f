"""The steps for a policy. Senlin carries them out at once, and the reply shows the result."""

from dataclasses import dataclass

from openstack_clustering import Policy, Proxy
from senlin_operator.kinds.policy.defects import defect
from senlin_operator.kinds.policy.desired import Desired
from senlin_operator.kinds.policy.observed import observed
from senlin_operator.kinds.shared import claim, steps
from senlin_operator.kinds.shared.fields import request
from senlin_operator.model.outcome import Unsupported
from senlin_operator.model.ownership import IN_NAME, Owner, with_suffix, without_suffix
from senlin_operator.model.step import Step, StepResult


@dataclass(frozen=True, slots=True)
class Create(Step):
    desired: Desired

    verb = "Creating"

    @property
    def summary(self) -> str:
        return f"creation of policy {self.desired.name}"

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        text = defect(self.desired.type, self.desired.properties)
        if text and not self.desired.repaired:
            raise Unsupported(text)
        fields = request(self.desired)
        name = with_suffix(fields.pop("name"), owner)
        policy = proxy.create_policy(name=name, spec=fields)
        return StepResult(policy.id, observed=observed(policy, owner.uid))


@dataclass(frozen=True, slots=True)
class Update(steps.Update):
    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        policy = proxy.update_policy(self.id, name=with_suffix(self.fields["name"], owner))
        return StepResult(policy.id, observed=observed(policy, owner.uid))


@dataclass(frozen=True, slots=True)
class Delete(steps.Delete):
    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        proxy.delete_policy(self.id)
        return StepResult(self.id)


@dataclass(frozen=True, slots=True)
class Claim(claim.Claim):
    """The marker replaces the one at the end of the name, if there is any."""

    notation = IN_NAME

    def fetch(self, proxy: Proxy) -> Policy:
        return proxy.get_policy(self.id)

    def write(self, proxy: Proxy, current: Policy, owner: Owner) -> StepResult:
        name = with_suffix(without_suffix(current.name, owner.uid), owner)
        policy = proxy.update_policy(self.id, name=name)
        return StepResult(policy.id, observed=observed(policy, owner.uid))
