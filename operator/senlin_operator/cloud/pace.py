"""How long an inventory waits between two looks at a project."""

import random
import time
from dataclasses import dataclass, field

_BUSY = 1.0  # seconds between looks, at least
_SHARE = 2.0  # a look may take half of the time, no more: slow clouds have other users
_MERCY = 5.0  # seconds of rest are enough for any cloud: what has ended meanwhile waits to be told
# Of the time for which nothing has changed: whoever has waited for an hour may wait a little more.
_PATIENCE = 0.05
_FAILING_MOST = 30.0  # seconds between looks while Senlin does not answer
_FAILURES_COUNTED = 10  # a power of two that is larger still would be no float after some hours


@dataclass(slots=True)
class Pace:
    """Fast while something happens, slower the longer nothing does, slow at rest."""

    idle: float = 30.0  # seconds between looks while nothing is awaited
    _changed: float = field(default_factory=time.monotonic)
    _at_rest: bool = False

    def stir(self) -> None:
        """Take note that something has changed, or that somebody asks."""
        self._changed = time.monotonic()
        self._at_rest = False

    def after_a_look(self, took: float) -> float:
        """Return the pause that is kept whatever is awaited (seconds)."""
        return max(_BUSY, min(_SHARE * took, took + _MERCY)) - took

    def after_a_failure(self, failures: int) -> float:
        """Return the pause after so many failures in a row (seconds)."""
        pause = random.uniform(0.5, 1) * 2.0 ** min(failures, _FAILURES_COUNTED)  # noqa: S311
        return min(_FAILING_MOST, pause)

    def until_the_next(self, took: float, *, busy: bool) -> float:
        """Return the pause that is kept unless somebody asks (seconds)."""
        if busy:
            self._at_rest = False
            unchanged = time.monotonic() - self._changed
            return min(self.idle, unchanged * _PATIENCE) - took
        # Projects that came to rest together, as after a start, part once and stay apart.
        share = 1 if self._at_rest else random.uniform(0.5, 1)  # noqa: S311
        self._at_rest = True
        return self.idle * share - took
