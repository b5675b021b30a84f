"""How much of a list is returned: what the server does not filter is compared in the client."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

from openstack_clustering._arguments import check_names, count
from openstack_clustering._resource import Resource

R = TypeVar("R", bound=Resource)


class Selection:
    """What a caller wants of a list."""

    __slots__ = ("compared", "max_items", "paginated", "sent")

    def __init__(
        self,
        sent: dict[str, Any],
        compared: dict[str, Any],
        max_items: int | None,
        paginated: bool,
    ) -> None:
        self.sent = sent  # the filters of the server
        self.compared = compared  # the values that an object must have
        self.max_items = max_items
        self.paginated = paginated

    def of(self, resources: Iterator[R]) -> Iterator[R]:
        """Yield those that have the values, up to the wanted number."""
        wanted = self.compared
        if wanted:
            resources = (it for it in resources if _has(it, wanted))
        return resources if self.max_items is None else _first(self.max_items, resources)


def select(operation: str, query: Mapping[str, Any], listed: str) -> Selection:
    """Split the keywords of a list; None means that a keyword was not given.

    Args:
        operation: What is listed, for messages.
        query: The keywords.
        listed: What is listed, as in the names of its TypedDicts in `queries.py`: `…Query` has all
            keywords, `…Values` those that the client compares. They are imported only here, when
            they are first needed, for a faster start.

    Raises:
        InvalidArgument: There is no such keyword.
    """
    from openstack_clustering import queries

    check_names(operation, query, getattr(queries, f"{listed}Query").__annotations__.keys())
    given = {name: value for name, value in query.items() if value is not None}
    max_items = count("max_items", given.pop("max_items", None))
    paginated = bool(given.pop("paginated", True))
    compared = {
        name: given.pop(name)
        for name in getattr(queries, f"{listed}Values").__annotations__
        if name in given
    }
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
