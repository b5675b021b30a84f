"""One request to Senlin, as a value: planned by a pure function, printed, compared, carried out."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from openstack_clustering import Proxy


class Observation(Protocol):
    """An observed cloud object, as far as the reconcile path itself reads it."""

    @property
    def id(self) -> str:
        """Return the id in Senlin."""

    @property
    def transient(self) -> bool:
        """Return whether Senlin's status of it, such as UPDATING, should pass by itself."""

    @property
    def lock_id(self) -> str:
        """Return the cluster that its actions keep others off, or itself if it is in none."""

    @property
    def faults(self) -> list[Mapping[str, Any]]:
        """Return its own faults, or those of nodes in it, for `status.faults`."""

    @property
    def duplicates(self) -> tuple[str, ...]:
        """Return the ids of other cloud objects with the same owner's marker."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """The result of a step: an action that still runs in Senlin, or the observation at once."""

    id: str  # of the cloud object
    action_id: str | None = None
    observed: Any = None  # the kind's observation, if the reply shows the result
    replaced: bool = False  # the object itself was deleted, so that it is created again


class Step(ABC):
    """A step of a plan. Subclasses are frozen dataclasses, so equal steps compare equal.

    Equality matters: a step that is planned again right after it was carried out has had no effect.
    """

    __slots__ = ()

    verb: ClassVar[str]  # one CamelCase word, the reason of the event, such as Resizing

    @property
    @abstractmethod
    def summary(self) -> str:
        """Return a text for people: the changes of the step, field by field."""

    @abstractmethod
    def run(self, proxy: Proxy, uid: str) -> StepResult:
        """Send the request. It runs in a thread, and reads nothing but its own fields.

        Args:
            proxy: Sends it.
            uid: The owner's; a step that creates something must put the owner's marker on it in
                the same request, or a crash after the request leaves an orphan.

        Raises:
            ClientException: Senlin refuses it, or it could not be sent.
        """

    def lock(self, observed: Observation | None) -> str | None:
        """Return the cluster (or the node in none) that the step's action keeps others off.

        Of two steps with the same lock one waits: Senlin would refuse the second one too late.
        """
        return observed.lock_id if observed else None
