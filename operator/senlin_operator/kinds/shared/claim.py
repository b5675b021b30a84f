"""The step that takes over a cloud object: it writes the owner's marker, and nothing else."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

from openstack_clustering import Proxy
from senlin_operator.cloud.documents import checked
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.model.outcome import Outdated
from senlin_operator.model.ownership import IN_METADATA, Notation, Owner, entries, is_marker
from senlin_operator.model.step import Step, StepResult


@dataclass(frozen=True, slots=True)
class Claim(Step, ABC):
    """Senlin changes nothing conditionally, so the marker is read again just before the change."""

    id: str = field(repr=False)  # secret for some kinds
    what: str  # for people
    taken_from: str | None  # the uid in the marker that it may have

    verb = "TakingOver"
    corrects = False
    notation: ClassVar[Notation] = IN_METADATA

    @property
    def summary(self) -> str:
        return self.what

    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        current = checked(self.fetch(proxy))
        marker = self.notation.read(current)
        if marker == self.notation.noted(owner.marker):  # the reply to an earlier one was lost
            return StepResult(self.id)
        others = marker is not None and marker.uid not in (owner.uid, self.taken_from)
        if marker and others and is_marker(marker):
            raise Outdated("Another resource has taken it over in the meantime.")
        return self.write(proxy, current, owner)

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        """Return the observation as it is: it does not have the marker."""
        return observed

    @abstractmethod
    def fetch(self, proxy: Proxy) -> Any:
        """Return the cloud object."""

    @abstractmethod
    def write(self, proxy: Proxy, current: Any, owner: Owner) -> StepResult:
        """Write the marker beside what the cloud object has."""


def metadata_of(current: Any, owner: Owner) -> dict[str, Any]:
    """Return the metadata of a cloud object with the marker."""
    return {**(current.metadata or {}), **entries(owner)}
