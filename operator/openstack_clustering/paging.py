"""Read a list, in pages if a page size was given, and come to an end in any case."""

from collections.abc import Callable, Iterator
from typing import Any

Page = list[dict[str, Any]]
Fetch = Callable[[dict[str, Any]], Page]


def read(fetch: Fetch, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each object once.

    Without a `limit` there is one request: Senlin has no page size of its own and answers with
    everything, which is a snapshot as well. With one, a page after the other is fetched as it is
    needed, until a page is short.
    """
    if "limit" not in query:
        yield from fetch(query)
        return
    limit = int(query["limit"])
    marker = query.get("marker")
    seen: set[str] = set()
    fruitful = barren = 0  # pages with something new, and pages in a row without
    while limit > 0 and barren <= fruitful:
        page = fetch({**query, "marker": marker} if marker else query)
        known = len(seen)
        for raw in page:
            key = str(raw.get("id"))
            if key not in seen:
                yield raw
            if "id" in raw:  # what has none is not news: it could be the same for ever
                seen.add(key)
        # A page that holds its own marker: the server ignores markers, and this page is the first.
        # Not so where the marker's object was deleted meanwhile: then Senlin starts again from the
        # front, and following as many pages once more leads to what was not seen yet.
        if len(page) != limit or any(raw.get("id") == marker for raw in page):
            return
        if len(seen) > known:
            fruitful, barren = fruitful + 1, 0
        else:
            barren += 1
        marker = page[-1].get("id")
        if not marker:
            return
