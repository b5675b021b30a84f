"""The work queue: each key at most once, one worker a key, changes before resyncs.

The semantics are client-go's (k8s.io/client-go/util/workqueue): a key that is added while a worker
has it is queued again when that worker is done with it.
"""

import asyncio
import heapq
import random
from collections import deque
from collections.abc import Callable
from enum import IntEnum

from senlin_operator.kube.objects import Key
from senlin_operator.telemetry import clock, metrics

BACKOFF_FIRST = 1.0  # seconds
BACKOFF_MOST = 300.0  # seconds


class Lane(IntEnum):
    """Which keys go first: a person's change never waits behind a periodic resync."""

    FRONT = 0
    BACK = 1


class Queue:
    """Keys to work on, now or later. Used from one event loop."""

    def __init__(self) -> None:
        self._ready: tuple[deque[Key], deque[Key]] = (deque(), deque())
        self._queued: dict[Key, tuple[Lane, float]] = {}
        self._processing: dict[Key, tuple[float, float]] = {}  # taken and queued when
        self._again: dict[Key, Lane] = {}
        self._due: dict[Key, float] = {}
        self._timers: list[tuple[float, Key, Lane]] = []
        self._wake = asyncio.Event()

    def add(self, key: Key, lane: Lane = Lane.FRONT) -> None:
        """Queue the key; if it is queued already, the better lane counts."""
        if key in self._processing:
            self._again[key] = min(lane, self._again.get(key, lane))
            return
        if key in self._queued:
            old, since = self._queued[key]
            if lane >= old:
                return
            self._ready[old].remove(key)
        else:
            since = clock.monotonic()
            metrics.QUEUE_ADDS.labels(metrics.QUEUE).inc()
        self._queued[key] = (lane, since)
        self._ready[lane].append(key)
        metrics.QUEUE_DEPTH.labels(metrics.QUEUE).set(len(self._queued))
        self._wake.set()

    def add_after(self, key: Key, seconds: float, lane: Lane = Lane.FRONT) -> None:
        """Queue the key after a delay; of several delays the earliest to end counts."""
        due = clock.monotonic() + seconds
        if due < self._due.get(key, float("inf")):
            self._due[key] = due
            heapq.heappush(self._timers, (due, key, lane))
            metrics.QUEUE_RETRIES.labels(metrics.QUEUE).inc()
            self._wake.set()

    async def get(self) -> Key:
        """Wait for the next key and return it; `done` must follow."""
        while True:
            self._promote()
            for lane in self._ready:
                if lane:
                    return self._take(lane.popleft())
            await self._sleep()

    def done(self, key: Key) -> None:
        """Record that the worker is done with the key."""
        if times := self._processing.pop(key, None):
            metrics.QUEUE_WORK.labels(metrics.QUEUE).observe(clock.monotonic() - times[0])
        if (lane := self._again.pop(key, None)) is not None:
            self.add(key, lane)

    def unfinished(self) -> list[float]:
        """Return, for each key that a worker has, the seconds since the worker took it."""
        now = clock.monotonic()
        return [now - since for since, _ in list(self._processing.values())]

    def waited(self, key: Key) -> float:
        """Return the seconds for which a key that a worker has was queued before."""
        since, queued = self._processing[key]
        return since - queued

    def _take(self, key: Key) -> Key:
        _, since = self._queued.pop(key)
        self._due.pop(key, None)  # the reconcile that begins now decides when to requeue
        self._processing[key] = clock.monotonic(), since
        metrics.QUEUE_DEPTH.labels(metrics.QUEUE).set(len(self._queued))
        metrics.QUEUE_WAIT.labels(metrics.QUEUE).observe(clock.monotonic() - since)
        return key

    def _promote(self) -> None:
        now = clock.monotonic()
        while self._timers and self._timers[0][0] <= now:
            due, key, lane = heapq.heappop(self._timers)
            if self._due.get(key) == due:
                del self._due[key]
                self.add(key, lane)

    async def _sleep(self) -> None:
        self._wake.clear()
        seconds = self._timers[0][0] - clock.monotonic() if self._timers else None
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return


def backoff(failures: int, pick: Callable[[float, float], float] = random.uniform) -> float:
    """Return the seconds to wait after so many consecutive failures: exponential, with jitter.

    The jitter covers half of the span, so that a first retry never comes at once.
    """
    span: float = min(BACKOFF_MOST, BACKOFF_FIRST * 2.0 ** min(failures, 16))
    return pick(span / 2, span)
