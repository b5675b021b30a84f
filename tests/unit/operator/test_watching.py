"""What the log has of a watch that breaks off."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from prometheus_client import REGISTRY
from yarl import URL

from senlin_operator.kube.watch_monitor import WatchMonitor

LOST, BACK = "a watch is interrupted", "the watch has resumed"
GOOD = SimpleNamespace(ok=True, status=200)
BAD = SimpleNamespace(ok=False, status=403, reason="Forbidden")
AWAY = aiohttp.ClientError("refused")


async def ask(interruptions: WatchMonitor, answer: object, path: str = "/secrets") -> None:
    async def send(_: object) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    request = cast(
        "aiohttp.ClientRequest", SimpleNamespace(url=URL(f"http://api{path}?watch=1"), method="GET")
    )
    await interruptions(request, send)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([GOOD, GOOD], []),
        ([AWAY, AWAY, TimeoutError(), BAD], [LOST]),
        ([BAD, BAD, GOOD, GOOD], [LOST, BACK]),
        ([AWAY, GOOD, AWAY], [LOST, BACK, LOST]),
    ],
)
async def test_a_line_is_written_when_something_changes(
    answers: list[Any], told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    interruptions = WatchMonitor()

    for answer in answers:
        known = isinstance(answer, Exception)  # to kopf, which tries again
        with pytest.raises(type(answer)) if known else nullcontext():
            await ask(interruptions, answer)

    assert caplog.messages == told


async def test_a_line_says_which_watch_and_why(caplog: pytest.LogCaptureFixture) -> None:
    interruptions = WatchMonitor()
    await ask(interruptions, BAD, "/secrets")
    await ask(interruptions, BAD, "/senlinnodes")

    found = [vars(record) for record in caplog.records]
    assert [it["path"] for it in found] == ["/secrets", "/senlinnodes"]
    assert {it["error"] for it in found} == {"HTTP 403 Forbidden"}


async def test_each_request_is_counted() -> None:
    before = [requests(code) for code in ("200", "403", "none")]
    interruptions = WatchMonitor()

    for answer in (GOOD, BAD, BAD):
        await ask(interruptions, answer)
    with pytest.raises(aiohttp.ClientError):
        await ask(interruptions, AWAY)

    now = [requests(code) for code in ("200", "403", "none")]
    assert [after - count for after, count in zip(now, before, strict=True)] == [1, 2, 1]


def requests(code: str) -> float:
    labels = {"method": "GET", "code": code}
    return REGISTRY.get_sample_value("rest_client_requests_total", labels) or 0.0
