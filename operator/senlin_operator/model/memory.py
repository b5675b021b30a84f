"""The process's memory of an object beyond its status. All of it may be lost at any time."""

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import Resource
from senlin_operator.model.outcome import Blocked, Failed
from senlin_operator.model.queue import backoff
from senlin_operator.model.step import Step, StepResult
from senlin_operator.telemetry import clock

# Seconds until a create request of a process that died is listed at the latest. Senlin's own calls
# wait up to a second each on a message bus.
GRACE = 10.0
# Seconds until a request of this process whose reply was lost shows in a list at the latest.
UNCLEAR = 3.0
# Seconds for which a transient status may last without an action. For a moment it is usual: the
# actions are listed before the objects.
TRANSIENT = 30.0
# The same after a failed action of the operator: an update that Senlin 16 abandons half-way leaves
# a node UPDATING. Senlin's engine may still need a moment to evaluate the cluster.
TRANSIENT_AFTER_FAILURE = 5.0


@dataclass(slots=True)
class Freshness:
    """Which snapshots count for the object. Times are of the monotonic clock."""

    not_before: float = 0.0  # a snapshot that began before is stale for this object
    absent_not_before: float = 0.0  # one that began before does not prove absence

    @classmethod
    def of(cls, resource: Resource) -> "Freshness":
        """Return the times for an object that this process meets for the first time.

        An object that already has the finalizer may have a create request in flight from a process
        that died. If its status has an id, that request would be for a replacement.

        An import is resolved once, so what was made shortly before it must be in the snapshot.
        """
        now = clock.monotonic()
        if resource.unmanaged and not resource.cloud_id:
            return cls(now, now)
        later = now + GRACE if resource.has_finalizer else 0.0
        if "import" in resource.spec and not resource.cloud_id:
            later = max(later, now)
        return cls(0.0 if resource.cloud_id else later, later)

    def request_sent(self, *, unclear: bool = False) -> None:
        """Make earlier snapshots stale; unclear: Senlin may still be carrying out the request."""
        self.not_before = clock.monotonic() + (UNCLEAR if unclear else 0.0)


@dataclass(slots=True)
class Retry:
    """The consecutive failures, and the pause before the next retry."""

    failures: int = 0
    failure: Failed | Blocked | None = None
    retry_at: float = 0.0  # of the monotonic clock
    last_step: Step | None = None  # accepted by Senlin, and not followed by an empty plan yet
    forced: bool = False  # a person has requested a retry, which has not succeeded yet
    _desired: object = None  # that failed; another desired state is not paused

    def fail(self, failure: Failed | Blocked, desired: object = None) -> None:
        """Count a failure, and pause while the desired state stays the same."""
        self.failures += 1
        self.failure, self._desired, self.last_step = failure, desired, None
        pause = failure.requeue_after if isinstance(failure, Blocked) else backoff(self.failures)
        self.retry_at = clock.monotonic() + pause

    def reset(self) -> None:
        """Forget the failures."""
        self.failures, self.failure, self._desired, self.retry_at = 0, None, None, 0.0
        self.last_step, self.forced = None, False

    def pending(self, desired: object) -> Failed | Blocked | None:
        """Return the failure whose pause is not over yet; another desired state ends the pause."""
        if self.failure and desired != self._desired:
            self.reset()
        return self.failure if clock.monotonic() < self.retry_at else None

    def pause_left(self) -> float:
        """Return the seconds until the next retry; 0 or less: now."""
        return self.retry_at - clock.monotonic()


@dataclass(frozen=True, slots=True)
class Drift:
    """A correction of drift."""

    generation: int  # of the object
    summary: str
    at: datetime


@dataclass(slots=True)
class Memory:
    """The memory of one object."""

    freshness: Freshness = field(default_factory=Freshness)
    retry: Retry = field(default_factory=Retry)
    check_action: str | None = None  # the running action of a routine check; no status shows it
    checked_at: float = field(default_factory=lambda: clock.monotonic())
    delete_action: str | None = None  # the running action of the object's deletion
    delete_forced: bool = False  # that deletion was sent by force
    force_ignored: str = ""  # the value of the annotation force-deletion that an event has told of
    cancelled_at: float | None = None  # when the cancellation of its action was asked for
    transient_since: float | None = None
    # For what people have to do: the reason and the generation, and since when.
    waiting: tuple[tuple[Reason, int], float] | None = None
    details: tuple[object, float, Any] | None = None  # version, when they were fetched, the facts
    content: tuple[int, str] | None = None  # of the Secret that it owns: version, and fingerprint
    cloud_id: str | None = field(default=None, repr=False)  # of a kind whose status has no id
    # The cloud id of an object deleted in order to create it again.
    replaced: str | None = field(default=None, repr=False)
    drift: Drift | None = None  # the last correction
    marker_sent: bool = False  # to complete the owner's marker, which has not been observed yet
    settled: object = None  # the desired state of the last reconcile that ended settled
    requested: str | None = None  # the last value of the annotation reconcile-requested-at

    @classmethod
    def of(cls, resource: Resource) -> "Memory":
        """Return the memory for an object that this process meets for the first time."""
        return cls(Freshness.of(resource))

    def step_accepted(self, step: Step, result: StepResult) -> None:
        """Remember a step that Senlin has accepted."""
        self.freshness.request_sent()
        self.retry.last_step = step
        self.checked_at = clock.monotonic()
        if result.replaced:
            self.replaced = result.id

    def request_reconcile(self, token: str) -> None:
        """Take a person's request: observe, check and retry now, without any pause."""
        self.requested = token
        self.retry.reset()
        self.freshness.request_sent()
        self.checked_at = -math.inf
        self.retry.forced = True

    def check_begins(self) -> None:
        """Remember that a routine check is sent."""
        self.checked_at = clock.monotonic()

    def check_due_in(self, interval: float) -> float:
        """Return the seconds until the next routine check; 0 or less: now."""
        return self.checked_at + interval - clock.monotonic()

    def transient_too_long(self, *, transient: bool, after_failure: bool = False) -> bool:
        """Return whether a transient status without an action has lasted too long.

        Args:
            transient: Whether the status is transient now.
            after_failure: The operator's last action failed, and may have left the status.
        """
        if not transient:
            self.transient_since = None
            return False
        now = clock.monotonic()
        if self.transient_since is None:
            self.transient_since = now
        limit = TRANSIENT_AFTER_FAILURE if after_failure else TRANSIENT
        return now - self.transient_since > limit
