"""What lasts for long: then a person has to help, so it counts as Stalled."""

from dataclasses import replace

from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import Resource
from senlin_operator.model.outcome import REPROBE, Blocked, Failed, Outcome, Waiting
from senlin_operator.model.scope import BaseScope
from senlin_operator.telemetry import clock

_LONG = 600.0  # seconds; what is applied together is there long before
# What people do ends these. Senlin's own work ends by its timeouts.
_BY_PEOPLE = (
    Reason.REFERENCE_MISSING,
    Reason.REFERENCE_NOT_READY,
    Reason.IMPORT_MISSING,
    Reason.MEMBERS_PENDING,
    Reason.NO_ROOM,
    Reason.TARGET_PAUSED,
    Reason.IN_USE,
)


def limited(scope: BaseScope, outcome: Outcome) -> Outcome:
    """Return the outcome; as one that is Stalled if it has been the same for long.

    Such are reasons to wait that people end, and clouds that do not answer.
    """
    if isinstance(outcome, Waiting) and not outcome.publish:
        return outcome  # it says nothing about what is waited for
    match outcome:
        case Waiting(reason, message, requeue) if reason in _BY_PEOPLE:
            left = _left(scope, reason)
            if left <= 0:
                return Blocked(reason, message, REPROBE if requeue is None else requeue)
            return replace(outcome, requeue_after=left if requeue is None else min(requeue, left))
        case Failed(reason, observed=False):
            return replace(outcome, lasting=_left(scope, reason) <= 0)
        case _:
            scope.memory.waiting = None
            return outcome


def _left(scope: BaseScope, reason: Reason) -> float:
    """Return the seconds until it has lasted for long; 0 or less: it has."""
    memory, for_what = scope.memory, (reason, scope.resource.generation)
    if _is_stalled(scope.resource, reason):
        return 0.0
    if memory.waiting is None or memory.waiting[0] != for_what:
        memory.waiting = for_what, clock.monotonic()
    return memory.waiting[1] + _LONG - clock.monotonic()


def _is_stalled(resource: Resource, reason: Reason) -> bool:
    """Return whether the status says so of this generation: a new process has no memory."""
    stalled = resource.condition("Stalled") or {}
    return (
        stalled.get("status") == "True"
        and stalled["reason"] == reason
        and stalled.get("observedGeneration") == resource.generation
    )
