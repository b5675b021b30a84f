"""How long an inventory waits between two polls of a project."""

import random
from collections import deque
from dataclasses import dataclass, field

from senlin_operator.telemetry import clock

_MIN_INTERVAL = 1.0  # seconds between the beginnings of two polls
_MAX_DUTY_CYCLE = 2.0  # polls take at most half of the time, as slow clouds have other users
# Seconds: upper bound of the pause after a slow poll. A longer one would delay the news of ended
# actions.
_MAX_EXTRA_PAUSE = 5.0
# The pause while nothing changes, as a share of the time since the last change: after an hour of
# waiting, a little more does not matter.
_IDLE_GROWTH = 0.05
_MAX_FAILURE_PAUSE = 30.0  # seconds between polls while Senlin does not answer
_MAX_EXPONENT = 10  # of two; after hours of failures, the power would not fit into a float
_SAVES_FROM = 0.25  # seconds that a whole poll takes, from which on partial ones are worth it
_SHARE = 0.02  # of the time, for whole polls of a project where they take long
_MAX_WHOLE_INTERVAL = 600.0  # seconds
_READ = 0.05  # seconds, about, for reading a cluster and its members
_SAMPLES = 3  # whole polls, of which the fastest counts: a busy machine is no large project


@dataclass(slots=True)
class Pace:
    """Fast after a change, slower the longer nothing changes, slowest while nothing is awaited."""

    idle: float = 30.0  # seconds between polls while nothing is awaited
    _wholes: deque[float] = field(default_factory=lambda: deque(maxlen=_SAMPLES))  # seconds
    _changed: float = field(default_factory=lambda: clock.monotonic())
    _at_rest: bool = False

    def activity(self) -> None:
        """Record that something has changed, or that a poll was requested."""
        self._changed = clock.monotonic()
        self._at_rest = False

    def whole_took(self, seconds: float) -> None:
        """Record how long a whole poll took."""
        self._wholes.append(seconds)

    @property
    def saves(self) -> bool:
        """Return whether whole polls take so long that partial ones are worth it."""
        return self._whole >= _SAVES_FROM

    @property
    def limit(self) -> int:
        """Return the number of clusters from which on reading each takes half of a whole poll."""
        return int(self._whole / 2 / _READ)

    def whole_is_due(self, began: float) -> bool:
        """Return whether to list everything; `began` is when that was done the last time."""
        interval = max(self.idle, min(self._whole / _SHARE, _MAX_WHOLE_INTERVAL))
        return not self.saves or clock.monotonic() - began >= interval

    @property
    def _whole(self) -> float:
        return min(self._wholes, default=0.0)

    def minimum(self, took: float) -> float:
        """Return the pause (seconds) after a poll that took so long; a request cannot end it."""
        return max(_MIN_INTERVAL, min(_MAX_DUTY_CYCLE * took, took + _MAX_EXTRA_PAUSE)) - took

    def after_failures(self, failures: int) -> float:
        """Return the pause (seconds) after so many consecutive failures."""
        pause = random.uniform(0.5, 1) * 2.0 ** min(failures, _MAX_EXPONENT)  # noqa: S311
        return min(_MAX_FAILURE_PAUSE, pause)

    def until_next(self, took: float, *, busy: bool) -> float:
        """Return the pause (seconds) after a poll that took so long; a request ends it."""
        if busy:
            self._at_rest = False
            unchanged = clock.monotonic() - self._changed
            return min(self.idle, unchanged * _IDLE_GROWTH) - took
        # Projects that come to rest at the same time, as after a start, are spread once.
        share = 1 if self._at_rest else random.uniform(0.5, 1)  # noqa: S311
        self._at_rest = True
        return self.idle * share - took
