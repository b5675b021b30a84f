"""The one place where an outcome becomes a status, an event, a log line and a time to requeue."""

import logging
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from logging import INFO, WARNING
from typing import Any

from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.kube.conditions import ConditionType, Reason
from senlin_operator.kube.duration import parse_duration
from senlin_operator.kube.events import EventType, Recorder
from senlin_operator.kube.limits import Buckets
from senlin_operator.kube.objects import FORCE, Resource
from senlin_operator.kube.pause import held, released
from senlin_operator.kube.status import acted_upon, render, same, same_record
from senlin_operator.model.cache import Cache
from senlin_operator.model.outcome import (
    Blocked,
    Failed,
    Finished,
    Gone,
    Outcome,
    Settled,
    Waiting,
    conditions_of,
)
from senlin_operator.model.queue import Lane, Queue
from senlin_operator.model.scope import BaseScope
from senlin_operator.reconcile.lasting import limited
from senlin_operator.telemetry import clock

_DRIFT = " Drift corrected: "
_REQUEUE = 30.0  # seconds
_AGAIN = 1.0  # seconds until a status is rendered again that was not written
# Statuses of one object that are written at once, and the seconds between two later ones. Only
# those count that tell of something observed: a cloud may change with each poll.
_BURST, _INTERVAL = 25, 10.0
_NOT_FORCED = f'The annotation {FORCE} forces nothing: its value is not "true".'
_EARLIEST = 0.8  # of the resync period
# Reasons of Ready that a person should see, whether Stalled or not.
_BROKEN = (
    Reason.ACTION_FAILED,
    Reason.NO_EFFECT,
    Reason.DEGRADED,
    Reason.REMEDIATION_HELD,
    Reason.UNREACHABLE,
    Reason.CLOUD_ERROR,
    Reason.INTERNAL_ERROR,
)
_log = logging.getLogger(__name__)


class Publisher:
    def __init__(self, cache: Cache, queue: Queue, kube: KubeClient, recorder: Recorder) -> None:
        self._cache = cache
        self._queue = queue
        self._kube = kube
        self._recorder = recorder
        self._buckets = Buckets(_BURST, _INTERVAL)

    async def publish(self, scope: BaseScope, outcome: Outcome) -> None:
        """Requeue the object, and write its status if it has changed.

        Raises:
            KubeError: Kubernetes refuses the status.
        """
        if isinstance(outcome, Gone):
            return
        self._warn(scope)
        if isinstance(outcome, Finished):
            if outcome.requeue_after is not None:
                self._queue.add_after(scope.resource.key, outcome.requeue_after, Lane.BACK)
            await self._keep(scope.resource)
            return
        if isinstance(outcome, Settled):
            scope.memory.retry.reset()
            outcome = _with_drift(scope, outcome)
        outcome = limited(scope, outcome)
        self._requeue(scope, outcome)
        if isinstance(outcome, Waiting) and not outcome.publish:
            await self._resume(scope.resource)
        else:
            await self._write(scope, outcome)

    def refused(self, resource: Resource, error: KubeError) -> None:
        """Record an event about a refusal by Kubernetes that no status shows."""
        text = f"Kubernetes refuses it: {error}"
        reason = Reason.REFUSED_BY_KUBERNETES
        self._recorder.record(resource, "Warning", reason, "Reconcile", text)

    async def pause(self, resource: Resource) -> None:
        """Show in the status that a person holds the operator back from the object.

        Raises:
            KubeError: Kubernetes refuses the status.
        """
        await self._put(resource, held(resource, clock.utcnow()), unchanged=True)

    async def claim(self, scope: BaseScope, outcome: Waiting) -> bool:
        """Write the status before a request that must not be sent twice.

        Return False if anybody else has written the object in the meantime, such as another process
        that claims the request, too: then it must not be sent.

        Raises:
            KubeError: Kubernetes refuses the status, or does not answer.
        """
        status = _rendered(scope, outcome)
        try:
            reply = await self._kube.apply_status(scope.resource, status, unchanged=True)
        except KubeError as error:
            if error.status in (404, 409):
                return False
            raise
        before = scope.resource
        scope.resource = self._cache.store_reply(before.key.kind, reply)
        self._announce_pause(before, scope.resource)
        return True

    async def _write(self, scope: BaseScope, outcome: Outcome) -> None:
        resource = scope.resource
        after = await self._put(resource, _rendered(scope, outcome))
        unused = outcome.unused if isinstance(outcome, Settled) else ""
        if after and unused and _is_new_generation(resource):
            self._recorder.record(after, "Warning", "NotUsed", "Reconcile", unused)

    async def _keep(self, resource: Resource) -> None:
        """Leave the status as it is, but for a pause that is over, and say that it still holds.

        A person may change how long the resource lasts, or its pause. With a generation newer than
        the observed one, kstatus would take it for work in progress, for ever.
        """
        status = acted_upon(released(resource, clock.utcnow()), resource.generation)
        await self._put(resource, status, unchanged=True)

    async def _resume(self, resource: Resource) -> None:
        """Take a pause that is over out of the status, if nothing else is written."""
        await self._put(resource, released(resource, clock.utcnow()), unchanged=True)

    async def _put(
        self, resource: Resource, status: Mapping[str, Any], *, unchanged: bool = False
    ) -> Resource | None:
        """Write a status that says something new, and tell; return the object if it was written.

        Args:
            resource: The object.
            status: The whole status.
            unchanged: Only if nobody has written the object since; else it is reconciled again.
        """
        if same(status, resource.status):
            return None
        if same_record(status, resource.status) and (wait := self._buckets.take(resource.uid)):
            self._queue.add_after(resource.key, wait, Lane.BACK)  # the newest one is written then
            return None
        try:
            reply = await self._kube.apply_status(resource, status, unchanged=unchanged)
        except KubeError as error:
            if error.status not in (404, 409):
                raise
            if unchanged and error.status == 409:
                self._queue.add_after(resource.key, _AGAIN)
            return None  # it was deleted, or another object has its name
        after = self._cache.store_reply(resource.key.kind, reply)
        self._announce(resource, after)
        self._announce_pause(resource, after)
        return after

    def _announce(self, before: Resource, after: Resource) -> None:
        """Log a change of Ready (status or reason), or that it stalls; record an event."""
        old, new = before.condition("Ready"), after.condition("Ready")
        stalls = after.stalled_message is not None and before.stalled_message is None
        same_ready = old and new and all(old[name] == new[name] for name in ("status", "reason"))
        if new is None or (same_ready and not stalls):
            return
        alarming = _is_alarming(after)
        fields = {"ready": new["status"], "reason": new["reason"], "why": new["message"]}
        _log.log(WARNING if alarming else INFO, "condition Ready changed", extra=fields)
        if new["reason"] in (Reason.ACTION_RUNNING, Reason.PAUSED):
            return  # the step that started the action has an event, and so has the pause
        self._recorder.record(
            after, "Warning" if alarming else "Normal", new["reason"], "Reconcile", new["message"]
        )

    def _announce_pause(self, before: Resource, after: Resource) -> None:
        """Log that a pause begins, says something new, or ends, and record an event."""
        old, new = (it.condition(ConditionType.PAUSED) for it in (before, after))
        if new and (old is None or old["message"] != new["message"]):
            _log.info("paused", extra={"why": new["message"]})
            kind: EventType = "Warning" if after.deleting or after.pause_is_odd else "Normal"
            self._recorder.record(after, kind, "Paused", "Reconcile", new["message"])
        elif old and new is None:
            _log.info("resumed")
            self._recorder.record(after, "Normal", "Resumed", "Reconcile", "It is not paused.")

    def _warn(self, scope: BaseScope) -> None:
        """Record an event, once in the life of a process, about an annotation that forces nothing.

        A deletion by force may leave servers behind, so only the exact word asks for it.
        """
        resource, memory = scope.resource, scope.memory
        value = resource.annotations.get(FORCE, "")
        if resource.deleting and value not in ("", "true", "false", memory.force_ignored):
            memory.force_ignored = value
            self._recorder.record(resource, "Warning", "NotUsed", "Reconcile", _NOT_FORCED)

    def _requeue(self, scope: BaseScope, outcome: Outcome) -> None:
        key, retry = scope.resource.key, scope.memory.retry
        pause_left = retry.pause_left()
        match outcome:
            case Failed() | Blocked() if outcome == retry.failure and pause_left > 0:
                self._queue.add_after(key, pause_left)
            case Failed():  # without a pause, as no step failed
                self._queue.add_after(key, _REQUEUE)
            case Blocked(requeue_after=seconds) | Waiting(requeue_after=float() | int() as seconds):
                self._queue.add_after(key, seconds)
            case Settled(requeue_after=float() as seconds):
                self._queue.add_after(key, seconds, Lane.BACK)
            case _:  # a watch or a poll wakes it
                pass
        if seconds := _resync_period(scope.resource):
            early = random.uniform(_EARLIEST, 1)  # noqa: S311 - spread, not secret
            self._queue.add_after(key, seconds * early, Lane.BACK)


def _rendered(scope: BaseScope, outcome: Outcome) -> dict[str, Any]:
    conditions = conditions_of(outcome, scope.memory.retry.failures)
    return render(scope.resource, scope.status, conditions, clock.utcnow())


def _resync_period(resource: Resource) -> float:
    """Return the seconds between two resyncs; 0: there are none."""
    return parse_duration(resource.spec.get("resyncPeriod", "10m"))


def _is_alarming(resource: Resource) -> bool:
    """Return whether a person should see the status: it is Stalled, or there is something broken.

    What is broken may heal by itself, and then nothing is Stalled; a first failure is retried, and
    lost nodes may be recovered.
    """
    ready, stalled = resource.condition("Ready") or {}, resource.condition("Stalled") or {}
    return ready.get("reason") in _BROKEN or stalled.get("status") == "True"


def _is_new_generation(resource: Resource) -> bool:
    """Return whether the last status is about an earlier manifest."""
    return bool(resource.status.get("observedGeneration") != resource.generation)


def _with_drift(scope: BaseScope, outcome: Settled) -> Settled:
    """Return the outcome with the latest correction of drift in this generation of the object.

    The next resync takes it out of the message. After a restart only the status has it; without it,
    each restart would cause a write.
    """
    resource, drift = scope.resource, scope.memory.drift
    published = (resource.condition("Ready") or {}).get("message", "")
    if drift and drift.generation == resource.generation:
        told, at = f"{outcome.message}{_DRIFT}{drift.summary}.", drift.at
    elif resource.ready and published.startswith(f"{outcome.message}{_DRIFT}"):
        told = published.removesuffix(f" {outcome.unused}")
        at = datetime.fromisoformat(resource.status["lastSyncTime"])
    else:
        return outcome
    resync = _resync_period(resource) * _EARLIEST
    lasts = not resync or (clock.utcnow() - at).total_seconds() < resync
    return replace(outcome, message=told) if lasts else outcome
