from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openstack_clustering import _paging as paging


class Server:
    """A list of ids with `limit` and `marker`, as in Senlin."""

    def __init__(self, ids: list[str], after: Callable[["Server"], None] | None = None) -> None:
        self.ids = ids
        self.queries: list[dict[str, Any]] = []
        self._after = after

    def fetch(self, query: dict[str, Any]) -> paging.Page:
        self.queries.append(query)
        marker, limit = query.get("marker"), query.get("limit", len(self.ids))
        start = self.ids.index(marker) + 1 if marker in self.ids else 0
        page = [{"id": id} for id in self.ids[start : start + limit]]
        if self._after:
            self._after(self)
        return page


def read(server: Server, **query: Any) -> list[str]:
    return [raw["id"] for raw in paging.read(server.fetch, query)]


def test_list_without_a_limit_is_one_request() -> None:
    server = Server(list("abcdef"))

    assert read(server, name="x") == list("abcdef")
    assert server.queries == [{"name": "x"}]


@pytest.mark.parametrize(("size", "requests"), [(1, 4), (2, 2), (3, 2), (4, 1), (9, 1)])
def test_short_page_is_the_last_one(size: int, requests: int) -> None:
    server = Server(list("abc"))

    assert read(server, limit=size) == list("abc")
    assert len(server.queries) == requests


def test_pages_are_fetched_as_they_are_needed() -> None:
    server = Server(list("abcdef"))
    pages = paging.read(server.fetch, {"limit": 2})

    assert server.queries == []
    assert [next(pages)["id"] for _ in range(3)] == list("abc")
    assert len(server.queries) == 2


def test_list_starts_after_the_callers_marker() -> None:
    assert read(Server(list("abcdef")), limit=2, marker="c") == list("def")


def test_paging_ends_if_the_server_ignores_markers() -> None:
    queries = []

    def fetch(query: dict[str, Any]) -> paging.Page:
        queries.append(query)
        return [{"id": "a"}, {"id": "b"}]

    assert [raw["id"] for raw in paging.read(fetch, {"limit": 2})] == ["a", "b"]
    assert len(queries) == 2


def test_server_that_ignores_limits_gets_one_request() -> None:
    server = Server(list("abcdef"))

    found = paging.read(lambda query: server.fetch({}), {"limit": 2})

    assert len(list(found)) == 6
    assert len(server.queries) == 1


def test_nothing_is_lost_when_the_marker_is_deleted_meanwhile() -> None:
    def delete_d(server: Server) -> None:
        if len(server.queries) == 2:
            server.ids.remove("d")

    assert read(Server(list("abcdefgh"), delete_d), limit=2) == list("abcdefgh")


def test_limit_of_zero_yields_nothing() -> None:
    assert read(Server(list("abc")), limit=0) == []


def test_list_that_is_not_paginated_is_one_request() -> None:
    server = Server(list("abcd"))

    found = paging.read(server.fetch, {"limit": 2}, paginated=False)

    assert [raw["id"] for raw in found] == ["a", "b"]
    assert server.queries == [{"limit": 2}]


@given(
    st.lists(st.lists(st.sampled_from(["a", "b", "c", "d", None]), max_size=3), min_size=1),
    st.integers(1, 3),
)
def test_paging_ends_with_any_server(pages: list[list[str | None]], limit: int) -> None:
    requests = 0

    def fetch(query: dict[str, Any]) -> paging.Page:
        nonlocal requests
        requests += 1
        return [{"id": id} if id else {} for id in pages[requests % len(pages)]]

    found = [raw.get("id") for raw in paging.read(fetch, {"limit": limit})]

    assert requests <= 20
    assert len([id for id in found if id]) == len({id for id in found if id})
