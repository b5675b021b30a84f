"""The actions of Senlin on an object: the operator's own until they end, and foreign ones.

The functions return their findings as values; the callers record them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from openstack_clustering import Action, Policy
from senlin_operator.cloud.documents import Spec, spec_of
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.status import FAILED, RUNNING, SUCCEEDED, Status, timestamp
from senlin_operator.model.outcome import Failed, Waiting
from senlin_operator.model.scope import Scope
from senlin_operator.model.text import grouped, stable
from senlin_operator.telemetry import clock, metrics
from senlin_operator.telemetry.logging import note

DELETING = Waiting(Reason.DELETING, "Senlin is deleting it.", publish=False)
CHECKING = Waiting(Reason.ACTION_RUNNING, "Senlin is checking the nodes.", publish=False)
# Seconds after its timeout, from which on an action counts as orphaned. A living engine of Senlin
# ends it within seconds, but the clocks of Senlin and the operator may differ.
_OVERDUE = 60.0
# Properties of policies that make an action sleep, and Senlin 16's defaults (seconds).
_SLEEPS = {
    "senlin.policy.batch": ("pause_time", 60),
    "senlin.policy.deletion": ("grace_period", 0),
    "senlin.policy.loadbalance": ("lb_status_timeout", 300),
}
_LONGEST_SLEEP = 86400.0  # seconds; with a longer one nothing would ever count as orphaned
_REQUEUE = 30.0  # seconds until a running action is read again


@dataclass(frozen=True, slots=True)
class Ended:
    """An action of the operator that has ended."""

    record: Mapping[str, Any] | None  # for `status.action`; None: its end is unknown
    failure: Failed | None = None


def started(action_id: str, name: str, now: datetime) -> dict[str, str]:
    """Return `status.action` for an action that the operator has just started."""
    return {"id": action_id, "name": name, "status": RUNNING, "startedAt": timestamp(now)}


def running(status: Status) -> Waiting:
    """Return the outcome while an action of the operator runs."""
    action = status.action or {}
    message = f"Senlin is at work: {action.get('name')} (action {action.get('id')})."
    return Waiting(Reason.ACTION_RUNNING, message, requeue_after=_REQUEUE)


def own(scope: Scope) -> Waiting | Ended | None:
    """Return a reason to wait while the action in the status runs, or its end; None: no action."""
    action_id = scope.status.running_action
    if action_id is None:
        return None
    note(action_id=action_id)
    scope.inventory.watch(action_id, scope.status.id or action_id)  # needed after a restart
    ended = scope.snapshot.ended.get(action_id)
    if ended is None and not _is_moot(action_id, scope):
        return running(scope.status)
    scope.inventory.unwatch(action_id)
    if ended is None:
        return Ended(None)
    return end_of(scope.status, ended, scope.status.faults)


def end_of(status: Status, ended: Action, faults: Sequence[Mapping[str, Any]]) -> Ended:
    """Return the end of the action in the status; the faults say why, if it failed."""
    _count(ended)
    previous = status.action or {}
    if ended.status == "SUCCEEDED":
        return Ended(_record(previous, ended, SUCCEEDED))
    cause = _cause(previous, ended, faults)
    record = {**_record(previous, ended, FAILED), "reason": cause}
    return Ended(record, Failed(Reason.ACTION_FAILED, cause))


def routine_check(scope: Scope) -> Waiting | None:
    """Return a reason to wait while a routine check runs; forget a check that has ended."""
    memory = scope.memory
    if memory.check_action is None:
        return None
    if memory.check_action not in scope.snapshot.ended and not _is_moot(memory.check_action, scope):
        return CHECKING
    scope.inventory.unwatch(memory.check_action)
    memory.check_action = None
    return None


def foreign(scope: Scope) -> Waiting | None:
    """Return a reason to wait while a policy, a person or Senlin's health manager is at work."""
    actions = scope.snapshot.actions_of(scope.observed.id) if scope.observed else []
    if not actions:
        return None
    names = ", ".join(sorted({action.action for action in actions}))
    message = f"Senlin is at work on behalf of others: {names}."
    return Waiting(Reason.BUSY, message, requeue_after=_REQUEUE, publish=not scope.resource.ready)


def deletion(scope: Scope) -> Waiting | Ended | None:
    """Return a reason to wait while the delete action runs, or its end; None: no action."""
    action_id = scope.memory.delete_action
    if action_id is None:
        return None
    ended = scope.snapshot.ended.get(action_id)
    if ended is None and action_id not in scope.snapshot.unknown:
        return DELETING
    scope.inventory.unwatch(action_id)
    if ended is None:
        return Ended(None)
    _count(ended)
    if ended.status == "SUCCEEDED":
        return Ended(None)
    cause = _cause({"name": "Deletion"}, ended, scope.status.faults)
    return Ended(None, Failed(Reason.ACTION_FAILED, cause))


def orphaned(scope: Scope, *awaited: str | None) -> str | None:
    """Return the id of an orphaned action, whose engine has died; None: there is none.

    Candidates are the actions on this object and the awaited ones: when a node leaves a cluster
    that has since been deleted, the action's target no longer exists, but the node still waits.

    Senlin 16 never ends the actions of an engine that was stopped, and they keep their locks. Only
    administrators may list engines. But a living engine ends an action at its timeout, or when the
    action wakes from a sleep that began before. A sleeping action must not be cancelled: the cancel
    request does not stop it, so it would later delete nodes while the next action runs.
    """
    if scope.observed is None:
        return None
    unfinished = scope.snapshot.unfinished
    waited_for = [action for id_, action in unfinished.items() if id_ in awaited]
    candidates = (*scope.snapshot.actions_of(scope.observed.id), *waited_for)
    late = overdue(candidates, scope.snapshot.all(Policy).values())
    return min((action.id for action in late), default=None)


def overdue(actions: Iterable[Action], policies: Iterable[Policy]) -> Iterator[Action]:
    """Yield the actions that a living engine of Senlin would have ended by now.

    Args:
        actions: They have not ended.
        policies: All policies of the project, as some have actions sleep.
    """
    latest_start = clock.utcnow().timestamp() - _OVERDUE - _longest_sleep(policies)
    for action in actions:
        if action.start_at and action.start_at + (action.timeout or 0) < latest_start:
            yield action


def _longest_sleep(policies: Iterable[Policy]) -> float:
    """Return the longest sleep (seconds) that any policy of the project may impose on an action.

    Anybody may have made it, unused, with any number or with null: Senlin 16 takes `1e308`.
    """
    specs = (spec for policy in policies if (spec := spec_of(policy)).type in _SLEEPS)
    return max((min(_sleep(spec), _LONGEST_SLEEP) for spec in specs), default=0.0)


def _sleep(spec: Spec) -> float:
    name, default = _SLEEPS[spec.type]
    seconds = spec.properties.get(name)
    return seconds if isinstance(seconds, int | float) else default


def _is_moot(action_id: str, scope: Scope) -> bool:
    """Return whether the action's end need not be awaited, as the snapshot shows its result.

    Either Senlin has purged the action, or the cloud object is absent. In the second case an action
    whose engine died would be awaited for ever.
    """
    return action_id in scope.snapshot.unknown or scope.observed is None


def _count(ended: Action) -> None:
    name = metrics.known_action(ended.action)
    metrics.ACTIONS.labels(name, ended.status.lower()).inc()
    if ended.start_at and ended.end_at:
        metrics.ACTION_TIME.labels(name).observe(ended.end_at - ended.start_at)


def _record(previous: Mapping[str, Any], ended: Action, status: str) -> dict[str, Any]:
    record = {**previous, "status": status}
    if ended.end_at:
        record["endedAt"] = timestamp(datetime.fromtimestamp(ended.end_at, UTC))
    return record


def _cause(previous: Mapping[str, Any], ended: Action, faults: Sequence[Mapping[str, Any]]) -> str:
    """Return the faults of the nodes; Senlin's reason for the action says only that it failed."""
    texts = grouped(faults) or [stable(ended.status_reason)]
    name = previous.get("name", ended.action)
    result = "was cancelled" if ended.status == "CANCELLED" else "failed"
    return f"{name} {result}: {'; '.join(texts)}"
