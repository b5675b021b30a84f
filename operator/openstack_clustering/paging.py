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
    seen: set[str] = set()
    pages = stale = 0  # stale: pages in a row that brought nothing new
    marker = query.get("marker")
    while limit > 0 and stale <= pages:
        page = fetch({**query, "marker": marker} if marker else query)
        news = [raw for raw in page if raw.get("id") not in seen]
        yield from news
        seen.update(str(raw.get("id")) for raw in news)
        # A page that holds its own marker: the server ignores markers, and this page is the first.
        # Not so where the marker's object was deleted meanwhile: then Senlin starts again from the
        # front, and following the pages once more leads to what was not seen yet.
        if len(page) != limit or any(raw.get("id") == marker for raw in page):
            return
        pages, stale = pages + 1, 0 if news else stale + 1
        marker = page[-1].get("id")
        if not marker:
            return
