"""Read a list, in pages if there is a page size; no server can make it endless."""

from collections.abc import Callable, Iterator
from typing import Any

Page = list[dict[str, Any]]
GetPage = Callable[[dict[str, Any]], Page]


def read(
    get_page: GetPage, query: dict[str, Any], *, paginated: bool = True
) -> Iterator[dict[str, Any]]:
    """Yield each object once; if not `paginated`, those of the first reply.

    Without a `limit`, one request returns all objects, and with them a consistent snapshot, as
    Senlin has no page size of its own. With a `limit`, each page is requested when it is needed; a
    short page is the last one.
    """
    limit = _page_size(query.get("limit"))
    if limit is None or not paginated:
        yield from get_page(query)
        return
    marker = query.get("marker")
    yielded: set[str] = set()
    new_pages = repeated_pages = 0  # with unknown objects; in a row without
    while limit > 0 and repeated_pages <= new_pages:
        page = get_page({**query, "marker": marker} if marker else query)
        count = len(yielded)
        for raw in page:
            key = str(raw.get("id"))
            if key not in yielded:
                yield raw
            if "id" in raw:  # an object without an id counts as repeated: it might be endless
                yielded.add(key)
        # If a page contains its own marker, the server ignores markers: it is the first page again.
        # This differs from a marker whose object was deleted meanwhile. Senlin then starts from the
        # beginning, and after as many pages as before the next page has objects not yet yielded.
        if len(page) != limit or any(raw.get("id") == marker for raw in page):
            return
        if len(yielded) > count:
            new_pages, repeated_pages = new_pages + 1, 0
        else:
            repeated_pages += 1
        marker = page[-1].get("id")
        if not marker:
            return


def _page_size(limit: Any) -> int | None:
    """Return the number of objects in a page; None: no number, which the server refuses."""
    try:
        size = int(limit)
    except (TypeError, ValueError):
        return None
    return size if size >= 0 else None
