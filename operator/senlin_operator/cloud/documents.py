"""What Senlin says of its objects, made safe to read: by lists, and by replies to requests.

Whoever has rights in a project writes into it what Senlin accepts, and that is odd at times: a
policy with `grace_period: null`, a version that is a number. What is wrong with an object of others
must not matter to ours, and nothing is to be done to ours because of a value that is unknown. So an
object gets values of the declared types, and the names of those that it lacks are kept: reading
them is an error of the object that needs it, and of no other.

An object without an id, or two with the same, are different: nobody can say whether the rest of the
list is whole, and absence is believed only from a whole list.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from openstack_clustering import (
    Cluster,
    ClusterPolicy,
    Node,
    Policy,
    Profile,
    Receiver,
    Resource,
)
from openstack_clustering.exceptions import InvalidResponse

R = TypeVar("R", bound=Resource)

_ID = 64  # characters; Senlin's have 36
# Values that Senlin always has, and without which nothing can be planned.
_NEEDED: Mapping[type[Resource], tuple[str, ...]] = {
    Cluster: (
        "name",
        "profile_id",
        "min_size",
        "max_size",
        "desired_capacity",
        "timeout",
        "status",
    ),
    Node: ("name", "profile_id", "status"),
    Profile: ("name", "spec"),
    Policy: ("name", "spec"),
    Receiver: ("name", "type"),
    ClusterPolicy: ("policy_id", "enabled"),
}


class Spec(NamedTuple):
    """The spec of a profile or a policy."""

    type: str
    version: str
    properties: Mapping[str, Any]


def spec_of(item: Profile | Policy) -> Spec:
    """Return the spec; what is of another type counts as empty."""
    type_, version = item.spec.get("type"), item.spec.get("version")
    properties = item.spec.get("properties")
    return Spec(
        type_ if isinstance(type_, str) else "",
        # Senlin 16 stores a number as it was sent.
        str(version) if isinstance(version, str | int | float) else "",
        properties if isinstance(properties, dict) else {},
    )


def by_id(items: Iterable[R]) -> tuple[dict[str, R], dict[str, str]]:
    """Return the objects of a list by their ids; and what is wrong with some, in a sentence.

    Raises:
        InvalidResponse: An id is missing, no id, or that of two objects.
    """
    objects: dict[str, R] = {}
    flaws: dict[str, str] = {}
    for item in items:
        typed, wrong = _typed(item)
        if not 0 < len(typed.id) <= _ID:
            raise invalid(f"a list has a {_noun(item)} without an id")
        if typed.id in objects:
            raise invalid(f"a list has two {_noun(item)}s with the same id")
        objects[typed.id] = typed
        if wrong:
            flaws[typed.id] = _flaw(typed, wrong)
    return objects, flaws


def checked(item: R) -> R:
    """Return the object of a reply with values of the declared types.

    Raises:
        InvalidResponse: It lacks one that is needed.
    """
    typed, wrong = _typed(item)
    if wrong:
        raise invalid(_flaw(typed, wrong))
    return typed


def _typed(item: R) -> tuple[R, list[str]]:
    """Return the object with values of the declared types, and the names of unusable values."""
    typed, wrong = item.typed()
    needed = _NEEDED.get(type(item), ())
    missing = [name for name in needed if item.get(name) is None]
    if isinstance(typed, Profile | Policy) and not all(spec_of(typed)[:2]):
        missing.append("spec")
    return typed, list(dict.fromkeys([*wrong, *missing]))


def _flaw(item: Resource, names: Iterable[str]) -> str:
    # The URL of a webhook follows from the id of its receiver.
    which = "" if isinstance(item, Receiver) else f" {item.get('id')}"
    return f"what it says of {_noun(item)}{which} is unusable: {', '.join(names)}"


def _noun(item: Resource) -> str:
    return type(item).__name__.lower()


def invalid(text: str) -> InvalidResponse:
    """Return the exception for what is wrong with a reply, or with an object in it."""
    return InvalidResponse(f"{text}.", status=200)
