"""The steps for a profile. Senlin carries them out at once, and the reply shows the result."""

from dataclasses import dataclass
from typing import Any

from openstack_clustering import Profile, Proxy
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kinds.profile.desired import Desired
from senlin_operator.kinds.profile.observed import Observed, observed
from senlin_operator.kinds.shared import claim, steps
from senlin_operator.kinds.shared.claim import metadata_of
from senlin_operator.kinds.shared.fields import from_observed, request
from senlin_operator.model.ownership import Owner, with_owner
from senlin_operator.model.step import Step, StepResult


@dataclass(frozen=True, slots=True)
class Create(Step):
    desired: Desired

    verb = "Creating"

    @property
    def summary(self) -> str:
        return f"creation of profile {self.desired.name}"

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        fields = with_owner(request(self.desired), owner)
        name, metadata = fields.pop("name"), fields.pop("metadata")
        profile = proxy.create_profile(name=name, spec=fields, metadata=metadata)
        return StepResult(profile.id, observed=observed(profile))

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        return Observed(**from_observed(self.desired), id=id_)


@dataclass(frozen=True, slots=True)
class Update(steps.Update):
    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        profile = proxy.update_profile(self.id, **with_owner(self.fields, owner))
        return StepResult(profile.id, observed=observed(profile))


@dataclass(frozen=True, slots=True)
class Delete(steps.Delete):
    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        proxy.delete_profile(self.id)
        return StepResult(self.id)


@dataclass(frozen=True, slots=True)
class Claim(claim.Claim):
    def fetch(self, proxy: Proxy) -> Profile:
        return proxy.get_profile(self.id)

    def write(self, proxy: Proxy, current: Profile, owner: Owner) -> StepResult:
        profile = proxy.update_profile(self.id, metadata=metadata_of(current, owner))
        return StepResult(profile.id, observed=observed(profile))
