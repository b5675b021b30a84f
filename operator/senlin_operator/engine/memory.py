"""What this process remembers of an object beyond its status. All of it may be lost at any time."""

import math
import time
from dataclasses import dataclass, field
from typing import Any

from senlin_operator.engine.outcome import Blocked, Failed
from senlin_operator.engine.queue import backoff
from senlin_operator.kube.objects import Resource

# A create that another process sent just before it died may take this long to be listed. Senlin's
# own calls wait up to a second each on a message bus.
GRACE = 10.0  # seconds
# The same for a request of ours whose reply was lost.
UNCLEAR = 3.0  # seconds
# How long a transient status without an action is believed: between two list calls it is usual.
MOVING = 30.0  # seconds
# The same after an action of ours that failed: an update that Senlin 16 gives up half-way leaves a
# node UPDATING. Its engine may still need a moment to weigh a cluster.
LEFT = 5.0  # seconds


@dataclass(slots=True)
class Memory:
    """Of one object; the clock is the monotonic one."""

    fence: float = 0.0  # a snapshot that began before tells nothing about the object
    doubt: float = 0.0  # one that began before, and shows nothing, may have missed a creation
    failures: int = 0  # in a row
    failure: Failed | Blocked | None = None
    retry_at: float = 0.0
    failed_spec: object = None
    routine: str | None = None  # the running action of a routine check, which nobody is told of
    removal: str | None = None  # the running action of our deletion
    forced: bool = False  # that deletion takes no heed of what Senlin is doing
    checked_at: float = field(default_factory=time.monotonic)
    moving_since: float | None = None
    details: tuple[object, float, Any] | None = None  # version, when they were fetched, what
    discarded: str | None = None  # the cloud id of what we deleted ourselves, to make it anew
    taken: object = None  # the last step that was carried out, while the plan is not empty
    corrected: tuple[int, str] | None = None  # generation, and the drift that was corrected in it
    asked: str | None = None  # the last request of a person to look again
    insisted: bool = False  # that request has not been fulfilled yet

    @classmethod
    def of(cls, resource: Resource) -> "Memory":
        """Return the memory for an object that this process meets for the first time.

        With our finalizer, its creation may be under way by a process that died; if it has an id,
        then of what should take the place of something that has vanished.
        """
        later = time.monotonic() + GRACE if resource.guarded else 0.0
        return cls(fence=0.0 if resource.cloud_id else later, doubt=later)

    def acted(self, *, unclear: bool = False) -> None:
        """Believe only what is seen from now on."""
        self.fence = time.monotonic() + (UNCLEAR if unclear else 0.0)

    def fail(self, failure: Failed | Blocked, spec: object = None) -> None:
        """Hold the next try back, as long as the spec stays what it is."""
        self.failures += 1
        self.failure, self.failed_spec, self.taken = failure, spec, None
        pause = failure.after if isinstance(failure, Blocked) else backoff(self.failures)
        self.retry_at = time.monotonic() + pause

    def succeed(self) -> None:
        """Forget the failures."""
        self.insisted = False
        self.failures, self.failure, self.failed_spec, self.retry_at = 0, None, None, 0.0
        self.taken = None

    def ask(self, token: str) -> None:
        """Take a person's request: look, check and try again now, whatever was planned."""
        self.asked = token
        self.succeed()
        self.acted()
        self.checked_at = -math.inf
        self.insisted = True

    def held(self, spec: object) -> Failed | Blocked | None:
        """Return the failure to wait out, unless its time has come or the spec has changed."""
        if self.failure and spec != self.failed_spec:
            self.succeed()
        return self.failure if time.monotonic() < self.retry_at else None

    def stuck(self, *, moving: bool, explained: bool = False) -> bool:
        """Return whether a transient status without an action has lasted too long.

        Args:
            moving: Whether the status is transient now.
            explained: The last action of ours has failed, and may have left it so.
        """
        if not moving:
            self.moving_since = None
            return False
        now = time.monotonic()
        if self.moving_since is None:
            self.moving_since = now
        return now - self.moving_since > (LEFT if explained else MOVING)
