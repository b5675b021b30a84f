"""The actions of Senlin that concern an object: ours to their end, others' as a reason to wait."""

import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from openstack_clustering import Action, Policy
from senlin_operator.engine.attempt import Attempt, View
from senlin_operator.engine.outcome import Failed, Waiting
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.status import FAILED, RUNNING, SUCCEEDED, Report, timestamp
from senlin_operator.telemetry import metrics
from senlin_operator.telemetry.logging import note

DELETING = Waiting(Reason.DELETING, "Senlin is deleting it.", quiet=True)
_FAULTS = 3  # in a message; the status has more
# How far an action may outlive its timeout: a living engine ends it within seconds, but its clock
# and ours may differ.
_OVERDUE = 60.0  # seconds
# For how long policies have an action sleep, and what Senlin 16 takes for it by default (seconds).
_NAPS = {
    "senlin.policy.batch": ("pause_time", 60),
    "senlin.policy.deletion": ("grace_period", 0),
    "senlin.policy.loadbalance": ("lb_status_timeout", 300),
}
_AGAIN = 30.0  # seconds until an action that has not changed meanwhile is looked at again


def begun(action_id: str, name: str, now: datetime) -> dict[str, str]:
    """Return an action of ours as the status tells it, until it is seen to end."""
    return {"id": action_id, "name": name, "status": RUNNING, "startedAt": timestamp(now)}


def running(report: Report) -> Waiting:
    """Return that our action is under way."""
    action = report.action or {}
    message = f"Senlin is at work: {action.get('name')} (action {action.get('id')})."
    return Waiting(Reason.ACTION_RUNNING, message, after=_AGAIN)


def follow(attempt: Attempt, view: View) -> Waiting | None:
    """Return what to wait for, if an action is under way; take note of ours when it has ended."""
    return _ours(attempt, view) or _routine(attempt, view) or _foreign(attempt, view)


def follow_removal(attempt: Attempt, view: View) -> Waiting | None:
    """Return what to wait for while Senlin deletes; take note of a deletion that failed."""
    memory, faults = attempt.memory, attempt.report.faults
    if memory.removal is None:
        return None
    if memory.removal in view.snapshot.unknown:
        view.inventory.unwatch(memory.removal)
        memory.removal = None
        return None
    ended = view.snapshot.ended.get(memory.removal)
    if ended is None:
        return DELETING
    view.inventory.unwatch(memory.removal)
    _count(ended)
    memory.removal = None
    if ended.status != "SUCCEEDED":
        memory.fail(Failed(Reason.ACTION_FAILED, _cause({"name": "Deletion"}, ended, faults)))
    return None


def dead(view: View, *awaited: str | None) -> str | None:
    """Return the id of an action that no engine works on any more, if there is one.

    Of those that touch the cloud object, and those that are awaited: the cluster that a node leaves
    may be gone while the node still waits for that.

    Senlin 16 never ends the actions of an engine that was stopped, and they keep their locks. Only
    administrators may ask which engines live; but a living one ends an action at its timeout, or
    when it wakes from a nap that it has begun before. To cancel a sleeper would not stop it: it
    would go on and delete nodes beside the next action.
    """
    if view.seen is None:
        return None
    latest_start = time.time() - _OVERDUE - _longest_nap(view.snapshot.policies.values())
    waited_for = [it for id_, it in view.snapshot.unfinished.items() if id_ in awaited]
    overdue = (
        action.id
        for action in (*view.snapshot.actions_of(view.seen.id), *waited_for)
        if action.start_at and action.start_at + (action.timeout or 0) < latest_start
    )
    return min(overdue, default=None)


def _longest_nap(policies: Iterable[Policy]) -> float:
    """Return the longest nap that any policy of the project may impose on an action (seconds)."""
    naps = (
        (policy.spec.get("properties") or {}).get(*_NAPS[policy.spec["type"]])
        for policy in policies
        if policy.spec["type"] in _NAPS
    )
    return max((float(nap) for nap in naps), default=0.0)


def _ours(attempt: Attempt, view: View) -> Waiting | None:
    report = attempt.report
    action_id = report.running
    if action_id is None:
        return None
    note(action_id=action_id)
    view.inventory.watch(action_id, report.id or action_id)  # after a restart
    ended = view.snapshot.ended.get(action_id)
    if ended is None and _is_over(action_id, view):
        view.inventory.unwatch(action_id)
        report.action = None
        return None
    if ended is None:
        return running(report)
    view.inventory.unwatch(action_id)
    _count(ended)
    report.action = _finished(report.action or {}, ended, report.faults)
    if report.action["status"] == FAILED:
        attempt.memory.fail(Failed(Reason.ACTION_FAILED, report.action["reason"]), attempt.spec)
    return None


def _routine(attempt: Attempt, view: View) -> Waiting | None:
    memory = attempt.memory
    if memory.routine is None:
        return None
    if memory.routine not in view.snapshot.ended and not _is_over(memory.routine, view):
        return Waiting(Reason.ACTION_RUNNING, "Senlin is checking the nodes.", quiet=True)
    view.inventory.unwatch(memory.routine)
    memory.routine = None
    return None


def _is_over(action_id: str, view: View) -> bool:
    """Return whether nobody needs to know how it ends: the cloud object tells what came of it.

    It has been purged, or what it worked on has gone: then an engine that died never ends it.
    """
    return action_id in view.snapshot.unknown or view.seen is None


def _foreign(attempt: Attempt, view: View) -> Waiting | None:
    """Wait for what others do: a scaling policy, a person, Senlin's own health manager."""
    if view.seen is None:
        return None
    actions = view.snapshot.actions_of(view.seen.id)
    if not actions:
        return None
    names = ", ".join(sorted({action.action for action in actions}))
    message = f"Senlin is at work on behalf of others: {names}."
    return Waiting(Reason.BUSY, message, after=_AGAIN, quiet=attempt.resource.settled)


def _count(ended: Action) -> None:
    metrics.ACTIONS.labels(ended.action, ended.status.lower()).inc()
    if ended.start_at and ended.end_at:
        metrics.ACTION_TIME.labels(ended.action).observe(ended.end_at - ended.start_at)


def _finished(
    begun: Mapping[str, Any], ended: Action, faults: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    succeeded = ended.status == "SUCCEEDED"
    record = {**begun, "status": SUCCEEDED if succeeded else FAILED}
    if ended.end_at:
        record["endedAt"] = timestamp(datetime.fromtimestamp(ended.end_at, UTC))
    if not succeeded:
        record["reason"] = _cause(begun, ended, faults)
    return record


def _cause(begun: Mapping[str, Any], ended: Action, faults: Iterable[Mapping[str, Any]]) -> str:
    """Return the nodes' own faults; what Senlin says of the whole is only that something failed."""
    texts = [f"node {fault['name']}: {fault['reason']}" for fault in faults][:_FAULTS]
    word = "was cancelled" if ended.status == "CANCELLED" else "failed"
    return f"{begun.get('name', ended.action)} {word}: {'; '.join(texts) or ended.status_reason}"
