"""One request to Senlin as a value: planned by a pure function, printed, compared, carried out."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from openstack_clustering import Proxy
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.model.ownership import Owner


class Observation(Protocol):
    """An observed cloud object, as far as the reconcile path itself reads it."""

    @property
    def id(self) -> str:
        """Return the id in Senlin."""

    @property
    def transient(self) -> bool:
        """Return whether its status in Senlin, such as UPDATING, should end by itself."""

    @property
    def lock_id(self) -> str:
        """Return the id of the cluster that its actions lock; outside of a cluster, its own id."""

    @property
    def faults(self) -> list[Mapping[str, Any]]:
        """Return its own faults, or those of nodes in it, for `status.faults`."""

    @property
    def duplicates(self) -> tuple[str, ...]:
        """Return the ids of other cloud objects with the same owner's marker."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """The result of a step: an action that still runs in Senlin, or the observation at once."""

    id: str = field(repr=False)  # of the cloud object; secret for some kinds
    action_id: str | None = None
    observed: Any = None  # the kind's observation, if the reply shows the result
    replaced: bool = False  # the object itself was deleted, so that it is created again


class Step(ABC):
    """A step of a plan. Subclasses are frozen dataclasses, so equal steps compare equal.

    A step that equals the one carried out just before has had no effect; the outcome is NoEffect.
    """

    __slots__ = ()

    corrects: ClassVar[bool] = True  # False: it changes nothing that a manifest says
    verb: ClassVar[str]  # reason of the event: a CamelCase word, such as Resizing

    @property
    @abstractmethod
    def summary(self) -> str:
        """Return a text for people: the changes of the step, field by field."""

    @property
    def note(self) -> str:
        """Return what the event says besides the summary; empty: nothing."""
        return ""

    @abstractmethod
    def run(self, proxy: Proxy, owner: Owner) -> StepResult:
        """Send the request. It runs in a thread, and reads nothing but its own fields.

        Args:
            proxy: Sends the request.
            owner: A step that creates an object must put the owner's marker on it in the same
                request. Otherwise a crash after the request leaves an object without an owner.

        Raises:
            ClientException: Senlin refuses the request, or it could not be sent.
        """

    def expected(self, observed: Any, id_: str, snapshot: Snapshot) -> Any:
        """Return the observation after the step has succeeded; None: only a poll can tell.

        A dry run plans from it what comes next, so a step that is left out ends its plan.

        Args:
            observed: The kind's observation; None: there is no cloud object yet.
            id_: What stands for the id of a new cloud object.
            snapshot: The latest one.

        Raises:
            Unsupported: The request would not be sent.
        """
        return None

    def lock(self, observed: Observation | None) -> str | None:
        """Return the id of the cluster, or of the node in none, that the step's action locks.

        Of two steps with the same lock one waits: Senlin would refuse the second one too late.
        None: the step locks nothing.
        """
        return observed.lock_id if observed else None
