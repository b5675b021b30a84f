"""The steps for a receiver. Senlin carries them out at once, and the reply shows the result.

No summary and no error has the id of a receiver: its webhook's URL follows from it.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from openstack_clustering import Proxy, Receiver
from openstack_clustering.exceptions import Forbidden
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kinds.receiver.defects import defect
from senlin_operator.kinds.receiver.desired import Desired
from senlin_operator.kinds.receiver.observed import Observed, observed
from senlin_operator.kinds.shared import claim, steps
from senlin_operator.kinds.shared.fields import from_observed, request
from senlin_operator.kinds.shared.hiding import without
from senlin_operator.model.outcome import Unsupported
from senlin_operator.model.ownership import IN_NAME, Owner, with_suffix, without_suffix
from senlin_operator.model.step import Step, StepResult

# Senlin 16 answers a stranger to the cluster "You are not authorized …" and nothing else.
_STRANGER = "It makes a webhook only for the user who made the cluster."


@dataclass(frozen=True, slots=True)
class Create(Step):
    desired: Desired

    verb = "Creating"

    @property
    def summary(self) -> str:
        return f"creation of receiver {self.desired.name}"

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        self._refuse()
        name = with_suffix(self.desired.name, owner)
        fields = {**request(self.desired), "name": name, "cluster_id": self.desired.cluster_id}
        given = {name: value for name, value in fields.items() if value}
        try:
            receiver = proxy.create_receiver(**given)
        except Forbidden as error:
            error.args = (f"{error.message} {_STRANGER}",)
            raise
        return StepResult(receiver.id, observed=observed(receiver, owner.uid))

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        self._refuse()
        desired = self.desired
        return Observed(
            **from_observed(desired),
            id=id_,
            cluster_id=desired.cluster_id,
        )

    def _refuse(self) -> None:
        """Raise Unsupported for a receiver that does not work in this Senlin."""
        text = defect(self.desired.type)
        if text and not self.desired.repaired:
            raise Unsupported(text)


@dataclass(frozen=True, slots=True)
class Update(steps.Update):
    id: str = field(repr=False)

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        fields = dict(self.fields)
        if "name" in fields:
            fields["name"] = with_suffix(fields["name"], owner)
        with without([self.id]):
            receiver = proxy.update_receiver(self.id, **fields)
        return StepResult(receiver.id, observed=observed(receiver, owner.uid))


@dataclass(frozen=True, slots=True)
class Delete(Step):
    id: str = field(repr=False)
    name: str

    verb = "Deleting"

    @property
    def summary(self) -> str:
        return f"deletion of receiver {self.name}"

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        with without([self.id]):
            proxy.delete_receiver(self.id)
        return StepResult(self.id)


@dataclass(frozen=True, slots=True)
class DeleteDuplicate(Delete):
    @property
    def summary(self) -> str:
        return f"deletion of a duplicate of receiver {self.name}"

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        others = tuple(other for other in observed.duplicates if other != self.id)
        return replace(observed, duplicates=others)


@dataclass(frozen=True, slots=True)
class Replace(Delete):
    """The deletion of a receiver of another cluster, in order to create it again for its own."""

    verb = "Discarding"

    @property
    def summary(self) -> str:
        return f"deletion of receiver {self.name}, to create it again for its present cluster"

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        with without([self.id]):
            proxy.delete_receiver(self.id)
        return StepResult(self.id, replaced=True)


@dataclass(frozen=True, slots=True)
class Claim(claim.Claim):
    """The marker replaces the one at the end of the name, if there is any."""

    notation = IN_NAME

    def fetch(self, proxy: Proxy) -> Receiver:
        with without([self.id]):
            return proxy.get_receiver(self.id)

    def write(self, proxy: Proxy, current: Receiver, owner: Owner) -> StepResult:
        name = with_suffix(without_suffix(current.name, owner.uid), owner)
        with without([self.id]):
            receiver = proxy.update_receiver(self.id, name=name)
        return StepResult(receiver.id, observed=observed(receiver, owner.uid))
