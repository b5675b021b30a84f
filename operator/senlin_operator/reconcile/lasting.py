"""What is waited for in vain: after some time a person has to help, so it counts as Stalled."""

from dataclasses import replace

from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import Resource
from senlin_operator.model.outcome import REPROBE, Blocked, Outcome, Waiting
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
    """Return the outcome; Blocked instead of Waiting if it has been the same for long."""
    memory = scope.memory
    if isinstance(outcome, Waiting) and not outcome.publish:
        return outcome  # it says nothing about what is waited for
    if not isinstance(outcome, Waiting) or outcome.reason not in _BY_PEOPLE:
        memory.waiting = None
        return outcome
    for_what = (outcome.reason, scope.resource.generation)
    if memory.waiting is None or memory.waiting[0] != for_what:
        memory.waiting = for_what, clock.monotonic()
    left = memory.waiting[1] + _LONG - clock.monotonic()
    requeue = outcome.requeue_after
    if left > 0 and not _is_stalled(scope.resource, outcome.reason):
        return replace(outcome, requeue_after=left if requeue is None else min(requeue, left))
    return Blocked(outcome.reason, outcome.message, REPROBE if requeue is None else requeue)


def _is_stalled(resource: Resource, reason: Reason) -> bool:
    """Return whether the status says so of this generation: a new process has no memory."""
    stalled = resource.condition("Stalled") or {}
    return (
        stalled.get("status") == "True"
        and stalled["reason"] == reason
        and stalled.get("observedGeneration") == resource.generation
    )
