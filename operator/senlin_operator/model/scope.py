"""The knowledge of one reconcile of one object. The name is Cluster API's."""

from dataclasses import dataclass, field
from typing import Any

from senlin_operator.cloud.inventory import Inventory
from senlin_operator.cloud.session import CloudSession
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kube.objects import Resource
from senlin_operator.kube.status import Status
from senlin_operator.model.kind import AnyKind
from senlin_operator.model.memory import Memory
from senlin_operator.model.ownership import Owner
from senlin_operator.model.run import RunKind
from senlin_operator.model.step import Observation
from senlin_operator.telemetry import clock

_OUTDATED = 60.0  # seconds


@dataclass(slots=True)
class BaseScope:
    """A scope begins with the last status; the publisher writes the next one from it.

    The fields without a default are set when the project is observed; nothing reads them before.
    """

    resource: Resource
    memory: Memory
    status: Status
    session: CloudSession = field(init=False, repr=False)
    snapshot: Snapshot = field(init=False, repr=False)

    @property
    def inventory(self) -> Inventory:
        return self.session.inventory

    @property
    def subject(self) -> str | None:
        """Return the id of the cloud object that the reconcile is about, if it is known."""
        return self.status.id

    def requeue_after_poll(self, *, whole: bool = False) -> None:
        """Have the object reconciled after a poll that shows its cloud object, or everything."""
        self.inventory.requeue_after_poll(self.resource.key, None if whole else self.subject)


@dataclass(slots=True)
class Scope(BaseScope):
    """The scope of a resource that stands for a cloud object."""

    kind: AnyKind
    owner: Owner
    desired: Any = None  # of the kind; None until the references are resolved
    observed: Observation | None = field(init=False, repr=False)  # None: known to be absent

    @classmethod
    def begin(
        cls, resource: Resource, kind: AnyKind, memory: Memory, kubernetes: str = ""
    ) -> "Scope":
        """Return the scope at the beginning of a reconcile, in the Kubernetes with an identity."""
        status = Status.of(resource.status)
        if not kind.shows_id:
            status.id, status.shows_id = memory.cloud_id, False
        return cls(resource, memory, status, kind, Owner.of(resource, kubernetes))

    @property
    def drifted(self) -> bool:
        """Return whether a step now corrects what others did in the cloud.

        It does if nothing else has changed since the object was Ready: not its manifest, and
        neither what that refers to, nor its members by theirs.
        """
        if self.desired is None or not self.resource.ready:
            return False
        members, settled = self.kind.members, self.memory.settled
        moving = members is not None and members.moving(self.desired)
        return not moving and settled in (None, self.desired)

    @property
    def outdated(self) -> bool:
        """Return whether the cloud object was read too long ago to plan a change from it."""
        as_of = self.snapshot.as_of(self.subject)
        return self.observed is not None and as_of < clock.monotonic() - _OUTDATED

    def identify(self, id_: str) -> None:
        """Record the id of the cloud object: in the status, or in memory alone if it is secret."""
        self.status.id = self.memory.cloud_id = id_

    def update_status(self, observed: Observation | None) -> None:
        """Put the observed cloud object into the status."""
        if observed is not None:
            dependents = self.kind.dependents
            names = dependents.for_status(self.resource) if dependents else {}
            self.status.resource = {**self.kind.resource_status(observed), **names}
            self.status.selector = self.kind.pod_selector(self.resource)
            self.status.conditions = self.kind.conditions(self.desired, observed)


@dataclass(slots=True)
class RunScope(BaseScope):
    """The scope of a resource that is run to completion."""

    kind: RunKind

    @property
    def subject(self) -> str | None:
        """Return the id of the cluster or node that the request is for, if it is known."""
        target = self.status.run.get("target", {})
        return str(target["id"]) if target else None

    @classmethod
    def begin(cls, resource: Resource, kind: RunKind, memory: Memory) -> "RunScope":
        """Return the scope at the beginning of a reconcile."""
        return cls(resource, memory, Status.of(resource.status), kind)
