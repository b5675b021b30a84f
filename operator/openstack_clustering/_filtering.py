"""How much of a list is returned: what the server does not filter is compared in the client."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from openstack_clustering._arguments import check_keywords, count
from openstack_clustering._resource import Resource

R = TypeVar("R", bound=Resource)


class Selection(NamedTuple):
    """What a caller wants of a list."""

    sent: dict[str, Any]  # the filters of the server
    compared: dict[str, Any]  # the values that an object must have
    max_items: int | None
    paginated: bool

    def of(self, resources: Iterator[R]) -> Iterator[R]:
        """Yield those that have the values, up to the wanted number."""
        wanted = self.compared
        if wanted:
            resources = (it for it in resources if _has(it, wanted))
        return resources if self.max_items is None else _first(self.max_items, resources)


def select(operation: str, query: Mapping[str, Any], keywords: type, values: type) -> Selection:
    """Split the keywords of a list; None means that a keyword was not given.

    Args:
        operation: What is listed, for messages.
        query: The keywords.
        keywords: A TypedDict of all that there are.
        values: A TypedDict of those that the client compares.

    Raises:
        InvalidArgument: There is no such keyword.
    """
    check_keywords(operation, query, keywords)
    given = {name: value for name, value in query.items() if value is not None}
    max_items = count("max_items", given.pop("max_items", None))
    paginated = bool(given.pop("paginated", True))
    compared = {name: given.pop(name) for name in values.__annotations__ if name in given}
    if max_items and not compared:  # the server need not send more than these
        given.setdefault("limit", max_items)
    return Selection(given, compared, max_items, paginated)


def _first(number: int, resources: Iterator[R]) -> Iterator[R]:
    yield from islice(resources, number)


def _has(resource: Resource, values: Mapping[str, Any]) -> bool:
    return all(_matches(resource.get(name), value) for name, value in values.items())


def _matches(actual: Any, wanted: Any) -> bool:
    """Whether a value is the wanted one, has the wanted pairs, or is one of the wanted ones."""
    match wanted:
        case Resource():
            return bool(actual == wanted.get("id"))
        case Mapping():
            pairs = actual if isinstance(actual, Mapping) else {}
            return all(key in pairs and _matches(pairs[key], it) for key, it in wanted.items())
        case list() | tuple() | set() | frozenset() if not isinstance(actual, list):
            return any(_matches(actual, it) for it in wanted)
        case _:
            return bool(actual == wanted)
