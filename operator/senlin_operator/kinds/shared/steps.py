"""Steps that several kinds share. Each kind implements `run`."""

from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kinds.shared.remediation import RECREATE
from senlin_operator.model.step import Step


@dataclass(frozen=True, slots=True)
class Delete(Step, ABC):
    """The deletion of a cloud object of the operator."""

    id: str
    force: bool = False  # even while Senlin is at work on it

    verb = "Deleting"

    @property
    def summary(self) -> str:
        return f"deletion of {self.id}{', by force' if self.force else ''}"

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        """Return the observation without the duplicate that was deleted."""
        others = tuple(other for other in observed.duplicates if other != self.id)
        return replace(observed, duplicates=others)


@dataclass(frozen=True, slots=True)
class Update(Step, ABC):
    """A change in place; `fields` is the body of the request."""

    id: str
    fields: Mapping[str, Any]
    summary: str  # has the old values, so updates from other old values are not equal
    note: str = field(default="", compare=False)

    verb = "Updating"

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        return replace(observed, **self.fields)


@dataclass(frozen=True, slots=True)
class Recover(Step, ABC):
    """The recovery of a node that does not work, or of all such nodes of a cluster."""

    id: str
    summary: str = field(compare=False)
    operation: str = RECREATE

    verb = "Recovering"


@dataclass(frozen=True, slots=True)
class Check(Step, ABC):
    """A comparison of Senlin's records with the servers."""

    id: str

    verb = "Checking"

    @property
    def summary(self) -> str:
        return "comparison of Senlin's records with the servers"
