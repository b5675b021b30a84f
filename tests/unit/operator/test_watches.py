"""What kopf reads of lists and watches, by a real server that answers as servers and proxies do."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from senlin_operator.kube import watches
from senlin_operator.kube.objects import SECRET
from senlin_operator.kube.watch_monitor import WatchMonitor
from senlin_operator.kube.watches import Watches, _Events

PATH = "/apis/senlin.openstack.org/v1alpha1/namespaces/team/senlinnodes"
WATCH = "?watch=true"
METADATA = "application/json;as=PartialObjectMetadata"
AGAIN = b'{"type":"ERROR","object":{"code":410}}\n'
ADDED = b'{"type":"ADDED","object":{"metadata":{"name":"\\n{\\"type\\":\\"ERROR\\""}}}\n'
NO_LEADER = b'{"type":"ERROR","object":{"code":500,"message":"etcdserver: no leader"}}\n'
OLD = b'{"type":"ERROR","object":{"code":410,"message":"too old resource version"}}\n'


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watches, "_PAUSE_MOST", 0.0)


class Content:
    """A body that arrives in these pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    async def iter_chunked(self, _: int) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


async def read(*pieces: bytes) -> bytes:
    monitor = WatchMonitor()
    middleware = Watches({}, lambda *_: None, monitor)
    content = cast("aiohttp.StreamReader", Content(*pieces))
    return b"".join([it async for it in _Events(middleware, PATH, content).iter_chunked(1)])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(ADDED * 2, ADDED * 2, id="events"),
        pytest.param(ADDED + NO_LEADER, ADDED + AGAIN, id="an error: listed again"),
        pytest.param(ADDED + OLD, ADDED + OLD, id="too old: kopf lists again by itself"),
        pytest.param(NO_LEADER + ADDED, AGAIN, id="nothing counts after an error"),
        pytest.param(ADDED + ADDED[:20], ADDED, id="cut off: the rest is left out"),
        pytest.param(b"<html>\n" + ADDED, AGAIN, id="no watch at all"),
        pytest.param(ADDED + b'{"type":"ERROR"\n', ADDED + AGAIN, id="an error that is none"),
        pytest.param(b"", b"", id="nothing"),
    ],
)
@given(data=st.data())
def test_the_lines_of_a_watch(body: bytes, expected: bytes, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(body)), max_size=8).map(sorted))
    pieces = [body[i:j] for i, j in zip([0, *places], [*places, len(body)], strict=True)]

    assert asyncio.run(read(*pieces)) == expected


async def test_an_error_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        await read(ADDED, NO_LEADER)
    await read(OLD)

    found = [vars(record) for record in caplog.records]
    assert [(it["path"], it["error"]) for it in found] == [(PATH, "500 etcdserver: no leader")] * 2


Listed = list[tuple[str, str | None, int, frozenset[str]]]


@asynccontextmanager
async def served(
    *answers: Callable[[], web.Response],
) -> AsyncIterator[tuple[aiohttp.ClientSession, str, Listed]]:
    """Serve these answers one after the other to a session with the middleware."""
    given, listed = iter(answers), cast("Listed", [])

    async def answer(request: web.BaseRequest) -> web.Response:
        answer = next(given)()
        answer.headers["X-Accepted"] = request.headers["Accept"]
        return answer

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    kinds = {"senlinnodes": "SenlinNode", "secrets": SECRET}
    middleware = Watches(kinds, lambda *it: listed.append(it), WatchMonitor())
    try:
        async with aiohttp.ClientSession(middlewares=(middleware,)) as session:
            yield session, site.name, listed
    finally:
        await runner.cleanup()


def a_page(*uids: str, more: str = "", version: str = "7") -> Callable[[], web.Response]:
    page = {
        "metadata": {"resourceVersion": version, "continue": more},
        "items": [{"metadata": {"uid": uid}} for uid in uids],
    }
    return lambda: web.json_response(page)


async def test_a_whole_list_is_reported_with_all_its_pages() -> None:
    pages = (a_page("a", "b", more="t"), a_page("c"), a_page("d", more="t"), a_page("d"))
    async with served(*pages) as (session, url, listed):
        for query in ("", "?continue=t"):
            async with session.get(f"{url}{PATH}{query}") as reply:
                assert [it["metadata"]["uid"] for it in (await reply.json())["items"]]
        assert listed == [("SenlinNode", "team", 7, frozenset("abc"))]

        path = PATH.replace("/namespaces/team", "")
        await session.get(f"{url}{path}")  # begun, and begun again
        await session.get(f"{url}{path}")
    assert listed[1:] == [("SenlinNode", None, 7, frozenset("d"))]


async def test_of_secrets_the_metadata_alone_is_asked_for() -> None:
    """An empty list of it has null in the place of its items, which would end kopf."""
    empty = {"metadata": {"resourceVersion": "7"}, "items": None}
    pages = (a_page("a", more="t"), lambda: web.json_response(empty), plain(200), plain(200))
    async with served(*pages) as (session, url, listed):
        path = f"{url}/api/v1/namespaces/team/secrets"
        listing, rest, watch = [await session.get(path + it) for it in ("", "?continue=t", WATCH)]

        assert (await rest.json())["items"] == []
        assert listed == [(SECRET, "team", 7, frozenset("a"))]
        for reply in (listing, rest):
            assert reply.headers["X-Accepted"].startswith(f"{METADATA}List;")
        assert watch.headers["X-Accepted"].startswith(f"{METADATA};")
        others = await session.get(f"{url}{PATH}{WATCH}")
        assert others.headers["X-Accepted"] == "*/*"


def plain(status: int, text: str = "") -> Callable[[], web.Response]:
    return lambda: web.Response(status=status, text=text)


@pytest.mark.parametrize(
    ("answer", "query", "raised"),
    [
        pytest.param(plain(404), "", aiohttp.ClientConnectionError, id="no such kind"),
        pytest.param(plain(404), "?watch=true", aiohttp.ClientConnectionError, id="a watch of it"),
        pytest.param(plain(401), "", aiohttp.ClientConnectionError, id="no login"),
        pytest.param(plain(400), "", aiohttp.ClientConnectionError, id="refused"),
        pytest.param(plain(503), "", aiohttp.ClientConnectionError, id="away"),
        pytest.param(plain(410), "?continue=t", aiohttp.ClientPayloadError, id="an old list"),
        pytest.param(plain(200, "<html>"), "", aiohttp.ClientPayloadError, id="no list"),
        pytest.param(plain(200, "{}"), "", aiohttp.ClientPayloadError, id="another document"),
        pytest.param(plain(200, "null"), "", aiohttp.ClientPayloadError, id="nothing"),
    ],
)
async def test_every_other_answer_is_a_failure_of_the_network_for_kopf(
    answer: Callable[[], web.Response], query: str, raised: type[Exception]
) -> None:
    async with served(answer) as (session, url, listed):
        with pytest.raises(raised):
            await session.get(f"{url}{PATH}{query}")
    assert listed == []


async def test_a_watch_is_read_and_ended_as_any_answer() -> None:
    def events() -> web.Response:
        return web.Response(body=ADDED + NO_LEADER)

    async with served(events, events) as (session, url, _):
        async with session.get(f"{url}{PATH}?watch=true") as reply:
            read = [it async for it in reply.content.iter_chunked(1024)]
        assert b"".join(read) == ADDED + AGAIN
        async with session.get(f"{url}{PATH}?watch=true"):
            pass  # kopf is told to stop


async def test_kopf_waits_itself_if_there_are_too_many_requests() -> None:
    async with served(plain(429)) as (session, url, _):
        assert (await session.get(f"{url}{PATH}")).status == 429


def test_the_events_are_what_kubernetes_writes() -> None:
    lines: Iterator[Any] = map(json.loads, (ADDED, NO_LEADER, OLD, AGAIN))
    assert [it["type"] for it in lines] == ["ADDED", "ERROR", "ERROR", "ERROR"]
