"""The status of a resource that is run to completion: how far it is, and how long it may take."""

from dataclasses import replace

from senlin_operator.kube.conditions import Condition, ConditionType, Reason
from senlin_operator.kube.objects import Resource
from senlin_operator.kube.status import FAILED, Status, timestamp
from senlin_operator.model.outcome import Blocked, Outcome, Settled, Waiting
from senlin_operator.telemetry import clock, metrics

_FIRST_PAUSE = 10.0  # seconds before the first retry; doubled with each, as a Job's
_LONGEST_PAUSE = 360.0
_SOON = 0.1  # seconds until what follows the end, such as the removal of the finalizer


def is_in_flight(status: Status) -> bool:
    """Return whether the request may have been sent, and its end is not known."""
    return not status.finished and ("sending" in status.run or status.running_action is not None)


def begin(status: Status, operation: str) -> None:
    """Record the start, from which on the time counts."""
    status.run.setdefault("startTime", timestamp(clock.utcnow()))
    status.run["operation"] = operation
    if any(it.type is ConditionType.SUSPENDED for it in status.conditions):
        status.conditions = [
            Condition(ConditionType.SUSPENDED, "False", Reason.RESUMED, "It goes on.")
        ]


def suspend(status: Status, operation: str) -> Settled:
    """Record that a person holds it back; the time does not count."""
    status.run.pop("startTime", None)
    status.run["operation"] = operation
    text = "It is suspended: nothing is sent until spec.suspend is false."
    status.conditions = [Condition(ConditionType.SUSPENDED, "True", Reason.SUSPENDED, text)]
    return Settled(text, ready=False, reason=Reason.SUSPENDED)


def complete(resource: Resource, status: Status, message: str) -> Settled:
    """Record the end: it did what it should."""
    _end(resource, status, ConditionType.COMPLETE, Reason.COMPLETE, message)
    return Settled(message, reason=Reason.COMPLETE, requeue_after=_SOON)


def fail(resource: Resource, status: Status, reason: Reason, message: str) -> Blocked:
    """Record the end: it failed, and is not tried again."""
    _end(resource, status, ConditionType.FAILED, reason, message)
    return Blocked(reason, message, requeue_after=_SOON)


def seconds_left(resource: Resource, status: Status) -> float | None:
    """Return the seconds that it may still take; None: any number."""
    limit = resource.spec.get("timeoutSeconds")
    return None if limit is None else limit - clock.seconds_since(status.run["startTime"])


def pause_left(status: Status) -> float:
    """Return the seconds until a failed action may be sent again; 0 or less: now."""
    failed, action = status.run.get("failed", 0), status.action
    if not failed or action is None or action["status"] != FAILED:
        return 0.0
    pause = min(_FIRST_PAUSE * 2 ** min(failed - 1, 10), _LONGEST_PAUSE)
    return float(pause - clock.seconds_since(action.get("endedAt", action["startedAt"])))


def woken_in_time(outcome: Outcome, seconds: float | None) -> Outcome:
    """Return the outcome with a time to requeue that is not after the end of its time."""
    if seconds is None or seconds <= 0 or not isinstance(outcome, Waiting | Blocked):
        return outcome
    known = outcome.requeue_after
    return replace(outcome, requeue_after=seconds if known is None else min(known, seconds))


def _end(
    resource: Resource, status: Status, type_: ConditionType, reason: Reason, message: str
) -> None:
    status.run.pop("sending", None)
    status.run["completionTime"] = timestamp(clock.utcnow())
    kept = [it for it in status.conditions if it.type is ConditionType.SUSPENDED]
    status.conditions = [Condition(type_, "True", reason, message), *kept]
    metrics.OPERATIONS.labels(status.run["operation"], str(reason)).inc()
