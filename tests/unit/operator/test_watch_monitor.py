"""The log and the metrics of watches that are interrupted."""

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


async def ask(monitor: WatchMonitor, answer: object, path: str = "/secrets") -> None:
    async def send(_: object) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    request = cast(
        "aiohttp.ClientRequest", SimpleNamespace(url=URL(f"http://api{path}?watch=1"), method="GET")
    )
    await monitor(request, send)


@pytest.mark.parametrize(
    ("answers", "logged"),
    [
        ([GOOD, GOOD], []),
        ([AWAY, AWAY, TimeoutError(), BAD], [LOST]),
        ([BAD, BAD, GOOD, GOOD], [LOST, BACK]),
        ([AWAY, GOOD, AWAY], [LOST, BACK, LOST]),
    ],
)
async def test_a_line_is_logged_when_a_watch_breaks_and_when_it_resumes(
    answers: list[Any], logged: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monitor = WatchMonitor()

    for answer in answers:
        raised = isinstance(answer, Exception)  # kopf retries
        with pytest.raises(type(answer)) if raised else nullcontext():
            await ask(monitor, answer)

    assert caplog.messages == logged


async def test_a_line_has_the_path_and_the_error(caplog: pytest.LogCaptureFixture) -> None:
    monitor = WatchMonitor()
    await ask(monitor, BAD, "/secrets")
    await ask(monitor, BAD, "/senlinnodes")

    found = [vars(record) for record in caplog.records]
    assert [it["path"] for it in found] == ["/secrets", "/senlinnodes"]
    assert {it["error"] for it in found} == {"HTTP 403 Forbidden"}


async def test_each_request_is_counted() -> None:
    before = [requests(code) for code in ("200", "403", "none")]
    monitor = WatchMonitor()

    for answer in (GOOD, BAD, BAD):
        await ask(monitor, answer)
    with pytest.raises(aiohttp.ClientError):
        await ask(monitor, AWAY)

    now = [requests(code) for code in ("200", "403", "none")]
    assert [after - count for after, count in zip(now, before, strict=True)] == [1, 2, 1]


def requests(code: str) -> float:
    labels = {"method": "GET", "code": code}
    return REGISTRY.get_sample_value("rest_client_requests_total", labels) or 0.0
