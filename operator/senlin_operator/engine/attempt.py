"""One attempt at one object: what it is about, what is remembered, what it learns."""

from dataclasses import dataclass

from senlin_operator.cloud.inventory import Inventory, Snapshot
from senlin_operator.cloud.session import Cloud
from senlin_operator.engine.kind import AnyKind, Seen
from senlin_operator.engine.memory import Memory
from senlin_operator.kube.objects import Resource
from senlin_operator.kube.status import Report


@dataclass(slots=True)
class Attempt:
    """It starts from the last status, and is concluded by writing the next one."""

    resource: Resource
    kind: AnyKind
    memory: Memory
    report: Report
    spec: object = None  # of the kind; None until the references are resolved

    @classmethod
    def at(cls, resource: Resource, kind: AnyKind, memory: Memory) -> "Attempt":
        """Return the attempt, knowing what the status and the memory know."""
        return cls(resource, kind, memory, Report.of(resource.status))

    def learn(self, seen: Seen | None) -> None:
        """Take over what the status shows of the cloud object."""
        if seen is not None:
            self.report.resource = self.kind.status(seen)
            self.report.conditions = self.kind.conditions(self.spec, seen)


@dataclass(frozen=True, slots=True)
class View:
    """The cloud as an attempt sees it."""

    cloud: Cloud
    snapshot: Snapshot
    seen: Seen | None  # None: known to be absent, not unseen

    @property
    def inventory(self) -> Inventory:
        return self.cloud.inventory
