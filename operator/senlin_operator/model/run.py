"""The contract between the run path and a kind of custom resource that is run to completion.

Such a resource stands for one request to Senlin, as a Job stands for its pods. `kinds/` implements
the contract, `reconcile/` calls it.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from openstack_clustering import Proxy
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kube.objects import Key, Resource
from senlin_operator.model.kind import ResourceKind
from senlin_operator.model.outcome import Waiting


@dataclass(frozen=True, slots=True)
class Target:
    """The cluster or the node that a request is about."""

    type: Literal["cluster", "node"]
    id: str
    name: str  # in Senlin

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


@dataclass(frozen=True, slots=True)
class Refused:
    """The request is not sent, now or later."""

    message: str


class _Anything:
    """Equal to any value."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


ANYTHING = _Anything()  # among the inputs of a call: the value of a secret parameter


@dataclass(frozen=True, slots=True)
class Call:
    """One request as a value."""

    verb: str  # reason of the event: a CamelCase word, such as Resizing
    summary: str
    send: Callable[[Proxy], Any] = field(repr=False)  # returns `{"action": id}`
    action: str = ""  # Senlin's name of the action; empty: it only reads, and may be repeated
    # What the record of the action has among its inputs: enough to tell it from those of others.
    inputs: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class SecretValue:
    """A parameter of a request whose value is in a Secret."""

    name: str
    secret: Key
    key: str  # in the Secret's data


class RunKind(ResourceKind):
    """A kind whose resources are run to completion."""

    def secrets(self, resource: Resource) -> tuple[SecretValue, ...]:
        """Return the parameters whose values are in Secrets."""
        return ()

    @abstractmethod
    def operation(self, resource: Resource) -> str:
        """Return the word for `status.operation` and the metrics; there are few of them."""

    @abstractmethod
    def target(
        self,
        resource: Resource,
        snapshot: Snapshot,
        known: Mapping[Key, Resource],
        owner_of: Callable[[str], Key | None],
    ) -> Target | Waiting | Refused:
        """Return what the request is about, or why it is not sent, for now or at all.

        Args:
            resource: The custom resource.
            snapshot: The latest one.
            known: The custom resources that it refers to; each has a cloud id.
            owner_of: Returns the custom resource that made the cloud object with an id.
        """

    @abstractmethod
    def call(self, resource: Resource, target: Target, values: Mapping[str, str]) -> Call:
        """Return the request.

        Args:
            resource: The custom resource.
            target: What the request is about.
            values: The values of `secrets`, by the names of the parameters.
        """

    @abstractmethod
    def result(self, reply: Any) -> Mapping[str, Any]:
        """Return `status.result` from the reply to a call without an action."""
