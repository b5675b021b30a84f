"""What the engine asks of a kind: the same few functions for each, all but one of them pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from openstack_clustering import Proxy
from senlin_operator.cloud.inventory import CloudObject, Snapshot, owner_of
from senlin_operator.engine.outcome import Blocked, Settled, Waiting
from senlin_operator.kube.conditions import Condition
from senlin_operator.kube.objects import Key, Resource

S = TypeVar("S")  # what the cloud object should be
O = TypeVar("O", bound="Seen")  # noqa: E741 - what it is
T = TypeVar("T", bound="Step")  # what can be done about it
C = TypeVar("C", bound=CloudObject)


class Step(Protocol):
    """One request to Senlin, with all that its execution needs."""

    @property
    def verb(self) -> str:
        """One CamelCase word for the event, such as Resizing."""

    @property
    def summary(self) -> str:
        """What it changes, field by field, for people."""


class Seen(Protocol):
    """What the engine itself wants to know of an observation."""

    @property
    def id(self) -> str: ...
    @property
    def moving(self) -> bool:
        """Whether the cloud object's status says that something is under way."""

    @property
    def faults(self) -> list[Mapping[str, Any]]: ...
    @property
    def duplicates(self) -> tuple[str, ...]:
        """The ids of others with the same mark."""


@dataclass(frozen=True, slots=True)
class Started(Generic[O]):
    """What came of a step: an action that goes on, or the result at once."""

    id: str
    action_id: str | None = None
    seen: O | None = None
    discarded: bool = False  # the object itself is deleted, to be made anew


@dataclass(frozen=True, kw_only=True)
class Details(Generic[S, O]):
    """What no list shows, and a request for the one object does."""

    version: Callable[[S, O], object]  # another one: they have changed; None: not needed
    fetch: Callable[[Proxy, str], Any]
    add: Callable[[O, Any], O]


@dataclass(frozen=True, slots=True)
class Child:
    """A Kubernetes object that another one makes and owns, as a Deployment its ReplicaSets."""

    kind: str
    name: str
    spec: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Children(Generic[O]):
    """Which objects one makes and owns."""

    wanted: Callable[[Resource, O | None], list[Child]]
    needed: Callable[[Resource, O | None], bool]  # a child that is wanted no more, but still used


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[S, O, T]):
    """One kind of custom resource."""

    name: str
    plural: str
    references: Callable[[Resource], tuple[Key, ...]]  # other kinds' objects; not the Secret
    spec: Callable[[Resource, Mapping[Key, Resource]], S]  # with the objects around it
    objects: Callable[[Snapshot], Mapping[str, CloudObject]]  # all of the kind, by id
    observe: Callable[[Snapshot, str | None, str], O | None]  # by id, else by the owner's uid
    as_seen: Callable[[O], S]  # what an unmanaged one should be: what it is
    plan: Callable[[S, O | None], list[T]]
    remove: Callable[[O, bool], T]  # True: by force, whatever Senlin is doing with it
    execute: Callable[[Proxy, T, str], Started[O]]  # the owner's uid is put on what is made
    status: Callable[[O], Mapping[str, Any]]
    verdict: Callable[[S, O], Settled | Blocked | Waiting]  # once nothing is left to do
    conditions: Callable[[S, O], list[Condition]] = field(default=lambda *_: [])
    check: Callable[[O], T] | None = None  # has Senlin compare its records with the servers
    check_interval: Callable[[S], float | None] = field(default=lambda _: None)  # seconds
    details: Details[S, O] | None = None
    # The cluster (or what is in none) that a step's action keeps others off.
    lock: Callable[[T, O | None], str | None] = field(
        default=lambda _, seen: seen.id if seen else None
    )
    # The uids of objects that `spec` asks for besides the references, and all who refer to it.
    neighbours: Callable[[O | None], Iterable[str]] | None = None
    # What its deletion has to wait for.
    irremovable: Callable[[O], Waiting | None] = field(default=lambda _: None)
    # What lets others leave it before it is deleted; None: nothing is ever in it.
    vacate: Callable[[O], list[T]] | None = None
    # What else is deleted in the cloud once the object itself has gone.
    leftovers: Callable[[Snapshot, str], list[T]] = field(default=lambda *_: [])
    children: Children[O] | None = None


AnyKind = Kind[Any, Any, Any]


def find(objects: Mapping[str, C], id_: str | None, uid: str) -> tuple[C | None, list[str]]:
    """Return the cloud object, and the ids of others that carry the same mark.

    The id decides. Without one (a reply was lost, the process died) the mark does, and of several
    the first one by id, so that every pass chooses the same.
    """
    if id_ is not None and id_ in objects:
        return objects[id_], []
    marked = sorted(found for found, it in objects.items() if owner_of(it) == uid)
    if not marked:
        return None, []
    return objects[marked[0]], marked[1:]
