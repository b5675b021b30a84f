"""The work queue: each key at most once, one worker a key, changes before resyncs.

The semantics are client-go's (k8s.io/client-go/util/workqueue): a key that is added while a worker
has it is queued again when that worker is done with it. Beyond client-go, the namespaces are served
in turn, and none has more than its part of the keys in work (docs/decisions/0028).
"""

import asyncio
import heapq
import random
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from enum import IntEnum
from functools import partial
from typing import NamedTuple

from senlin_operator.kube.objects import Key
from senlin_operator.kube.turns import Turns
from senlin_operator.telemetry import clock, metrics

BACKOFF_FIRST = 1.0  # seconds
BACKOFF_MOST = 300.0  # seconds
# Keys in work at once. A key in work may be no more than a task that waits for OpenStack, so the
# bounds are wide: they keep a namespace from filling the memory, and a cloud from filling a
# namespace.
NAMESPACE_MOST = 96  # more than the creations, changes and deletions of one credential
LINE_MOST = 24
_BACK_TURN = 8  # of so many keys, one is a resync if there is one: changes may come without an end

Line = Hashable  # what shares a part of a namespace's work, such as the users of one credential


class Lane(IntEnum):
    """Which keys go first: a person's change does not wait behind the periodic resyncs."""

    FRONT = 0
    BACK = 1


class _Queued(NamedTuple):
    """Where a key waits, and since when."""

    lane: Lane
    line: Line
    since: float


class _Work(NamedTuple):
    """A key that a worker has: where it had waited, and when it was taken and queued."""

    line: Line
    taken: float
    queued: float


class Queue:
    """Keys to work on, now or later. Used from one event loop."""

    def __init__(self, line_of: Callable[[Key], Line] = lambda _: None) -> None:
        """Take the function that returns the line of a key within its namespace."""
        self._line_of = line_of
        # By lane and namespace, the next namespace first; a namespace's lines have turns, too.
        self._ready: tuple[OrderedDict[str, Turns[Line, Key]], ...]
        self._ready = (OrderedDict(), OrderedDict())
        self._given = 0  # keys so far
        self._working: Counter[Hashable] = Counter()  # keys, by namespace and by its lines
        self._queued: dict[Key, _Queued] = {}
        self._processing: dict[Key, _Work] = {}
        self._again: dict[Key, Lane] = {}
        self._due: dict[Key, float] = {}
        self._timers: list[tuple[float, Key, Lane]] = []
        self._wake = asyncio.Event()

    def add(self, key: Key, lane: Lane = Lane.FRONT) -> None:
        """Queue the key; if it is queued already, the better lane counts, and the present line."""
        if key in self._processing:
            self._again[key] = min(lane, self._again.get(key, lane))
            return
        line = self._line_of(key)
        if queued := self._queued.get(key):
            since, lane = queued.since, min(lane, queued.lane)
            if (lane, line) == (queued.lane, queued.line):
                return
            self._remove(key)
        else:
            since = clock.monotonic()
            metrics.QUEUE_ADDS.labels(metrics.QUEUE).inc()
        self._queued[key] = _Queued(lane, line, since)
        self._ready[lane].setdefault(key.namespace, Turns()).add(line, key)
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
            for lane in self._lanes():
                if key := self._next(lane):
                    return self._take(key)
            await self._sleep()

    def done(self, key: Key) -> None:
        """Record that the worker is done with the key."""
        if work := self._processing.pop(key, None):
            metrics.QUEUE_WORK.labels(metrics.QUEUE).observe(clock.monotonic() - work.taken)
            for whose in (key.namespace, (key.namespace, work.line)):
                self._working[whose] -= 1
                if not self._working[whose]:
                    del self._working[whose]
            self._wake.set()  # its namespace may have waited for that
        if (lane := self._again.pop(key, None)) is not None:
            self.add(key, lane)

    def unfinished(self) -> list[float]:
        """Return, for each key that a worker has, the seconds since the worker took it."""
        now = clock.monotonic()
        return [now - work.taken for work in list(self._processing.values())]

    def waited(self, key: Key) -> float:
        """Return the seconds for which a key that a worker has was queued before."""
        work = self._processing[key]
        return work.taken - work.queued

    def _lanes(self) -> tuple[Lane, Lane]:
        """Return the lanes in the order in which the next key is looked for."""
        back = self._given % _BACK_TURN == _BACK_TURN - 1
        return (Lane.BACK, Lane.FRONT) if back else (Lane.FRONT, Lane.BACK)

    def _next(self, lane: Lane) -> Key | None:
        """Take the next key out of a lane; None: none may be worked on now."""
        namespaces = self._ready[lane]
        for namespace, lines in namespaces.items():
            if self._working[namespace] >= NAMESPACE_MOST:
                continue
            if key := lines.take(partial(self._has_room, namespace)):
                namespaces.move_to_end(namespace)
                if not lines:
                    del namespaces[namespace]
                return key
        return None

    def _has_room(self, namespace: str, line: Line) -> bool:
        return self._working[namespace, line] < LINE_MOST

    def _remove(self, key: Key) -> None:
        queued = self._queued[key]
        lines = self._ready[queued.lane][key.namespace]
        lines.remove(queued.line, key)
        if not lines:
            del self._ready[queued.lane][key.namespace]

    def _take(self, key: Key) -> Key:
        _, line, since = self._queued.pop(key)
        self._due.pop(key, None)  # the reconcile that begins now decides when to requeue
        self._processing[key] = _Work(line, clock.monotonic(), since)
        self._working.update((key.namespace, (key.namespace, line)))
        self._given += 1
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
