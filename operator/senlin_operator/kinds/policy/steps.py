"""The steps for a policy. Senlin carries them out at once, and the reply shows the result."""

from dataclasses import dataclass
from typing import Any

from openstack_clustering import Policy, Proxy
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kinds.policy.defects import defect
from senlin_operator.kinds.policy.desired import Desired
from senlin_operator.kinds.policy.observed import Observed, observed
from senlin_operator.kinds.shared import claim, steps
from senlin_operator.kinds.shared.fields import from_observed, request
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
        self._refuse()
        fields = request(self.desired)
        name = with_suffix(fields.pop("name"), owner)
        policy = proxy.create_policy(name=name, spec=fields)
        return StepResult(policy.id, observed=observed(policy, owner.uid))

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        self._refuse()
        return Observed(**from_observed(self.desired), id=id_)

    def _refuse(self) -> None:
        """Raise Unsupported for a policy that Senlin would not carry out."""
        text = defect(self.desired.type, self.desired.properties)
        if text and not self.desired.repaired:
            raise Unsupported(text)


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
