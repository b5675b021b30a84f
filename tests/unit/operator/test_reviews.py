"""For how long a decision about a reader of the metrics counts, and what it costs."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest

from senlin_operator.kube import reviews
from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.kube.reviews import Reviews
from senlin_operator.telemetry.server import Reply
from tests.unit.operator.builders import Clock


class Kube:
    """Knows the tokens `reader` and `stranger`; only the first may get /metrics."""

    def __init__(self) -> None:
        self.asked = 0
        self.down = False

    async def send(self, _: str, path: str, *, body: Any, always: bool) -> dict[str, Any]:
        assert always  # a standby has metrics, too
        if self.down:
            raise KubeError(0, "the Kubernetes API is not reachable: refused")
        spec = body["spec"]
        if path.endswith("tokenreviews"):
            self.asked += 1
            known = spec["token"] in ("reader", "stranger")
            user = {"user": {"username": spec["token"], "groups": ["all"]}} if known else {}
            return {"status": {"authenticated": known, **user}}
        assert spec["nonResourceAttributes"] == {"path": "/metrics", "verb": "get"}
        assert spec["groups"] == ["all"]
        return {"status": {"allowed": spec["user"] == "reader"}}


@contextmanager
def reviewing(kube: Kube) -> Iterator[tuple[Callable[[str], Reply | None], Callable[[], None]]]:
    """Yield a function that reviews a token in a loop of its own, and one that hangs the other."""
    other = asyncio.new_event_loop()
    thread = threading.Thread(target=other.run_forever)
    thread.start()
    released = threading.Event()

    async def make() -> Reviews:
        return Reviews(cast("KubeClient", kube))

    review = asyncio.run_coroutine_threadsafe(make(), other).result()
    try:
        with asyncio.Runner() as runner:
            yield (
                lambda token: runner.run(_within_a_second(review(token))),
                lambda: cast("None", other.call_soon_threadsafe(released.wait)),
            )
    finally:
        released.set()
        other.call_soon_threadsafe(other.stop)
        thread.join()
        other.close()


async def _within_a_second(review: Any) -> Reply | None:
    async with asyncio.timeout(1):
        return cast("Reply | None", await review)


@pytest.mark.parametrize(
    ("token", "status", "seconds"), [("reader", None, 60), ("stranger", 403, 10), ("x", 401, 10)]
)
def test_a_decision_is_kept_for_a_while(
    clock: Clock, token: str, status: int | None, seconds: float
) -> None:
    kube = Kube()

    with reviewing(kube) as (review, _):
        for _ in range(3):
            refusal = review(token)
            assert (refusal.status if refusal else None) == status
            clock.advance(seconds / 3 - 0.1)
        assert kube.asked == 1
        clock.advance(1)
        review(token)
        assert kube.asked == 2


@pytest.mark.parametrize("token", ["", "x" * 8193])
def test_kubernetes_is_not_asked_about_what_is_no_token(clock: Clock, token: str) -> None:
    kube = Kube()

    with reviewing(kube) as (review, _):
        refusal = review(token)

    assert refusal is not None
    assert (refusal.status, kube.asked) == (401, 0)


def test_who_was_allowed_reads_the_metrics_of_a_loop_that_hangs(clock: Clock) -> None:
    with reviewing(Kube()) as (review, hang):
        assert review("reader") is None
        hang()
        assert review("reader") is None


def test_no_answer_is_said_and_is_no_permission(clock: Clock) -> None:
    kube = Kube()
    kube.down = True

    with reviewing(kube) as (review, _):
        refusal = review("reader")

    assert refusal is not None
    assert refusal.status == 503
    assert b"not reachable" in refusal.body
    assert b"metrics-authentication" in refusal.body


def test_many_tokens_are_not_remembered(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviews, "_KEPT", 2)
    kube = Kube()

    with reviewing(kube) as (review, _):
        for token in ("a", "b", "c", "b", "c", "a"):
            review(token)

    assert kube.asked == 4  # of a twice
