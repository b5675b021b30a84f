"""The one place where an outcome becomes a status, an event, a log line and a next time."""

import logging
import random
import time
from dataclasses import replace
from datetime import UTC, datetime
from logging import INFO, WARNING

from senlin_operator.engine.attempt import Attempt
from senlin_operator.engine.cache import Cache
from senlin_operator.engine.outcome import (
    Blocked,
    Failed,
    Gone,
    Outcome,
    Settled,
    Waiting,
    conditions_of,
)
from senlin_operator.engine.queue import Lane, Queue
from senlin_operator.engine.resync import period
from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.objects import Resource
from senlin_operator.kube.status import render, same

_DRIFT = " Drift corrected: "
_AGAIN = 30.0  # seconds
_log = logging.getLogger(__name__)


class Conclusion:
    """Draws the conclusion of an attempt."""

    def __init__(self, cache: Cache, queue: Queue, kube: KubeClient, recorder: Recorder) -> None:
        self._cache = cache
        self._queue = queue
        self._kube = kube
        self._recorder = recorder

    async def draw(self, attempt: Attempt, outcome: Outcome) -> None:
        """Tell everybody whom it concerns, and nobody else."""
        if isinstance(outcome, Gone):
            return
        if isinstance(outcome, Settled):
            attempt.memory.succeed()
            outcome = _with_drift(attempt, outcome)
        self._come_back(attempt, outcome)
        if not (isinstance(outcome, Waiting) and outcome.quiet):
            await self._write(attempt, outcome)

    async def _write(self, attempt: Attempt, outcome: Outcome) -> None:
        resource = attempt.resource
        conditions = conditions_of(outcome, attempt.memory.failures)
        status = render(resource, attempt.report, conditions, datetime.now(UTC))
        if same(status, resource.status):
            return
        try:
            answer = await self._kube.apply_status(resource, status)
        except KubeError as error:
            if error.status in (404, 409):  # it has gone meanwhile, or another took its name
                return
            raise
        written = self._cache.replace(resource.key.kind, answer)
        self._tell(resource, written)

    def _tell(self, before: Resource, after: Resource) -> None:
        """Say it in the log and by an event, when Ready has another reason than before."""
        old, new = before.condition("Ready"), after.condition("Ready")
        if new is None or (old and all(old[it] == new[it] for it in ("status", "reason"))):
            return
        stalled = after.condition("Stalled") or {}
        healthy = new["status"] == "True" or stalled.get("status") != "True"
        told = {"ready": new["status"], "why": new["message"]}
        _log.log(INFO if healthy else WARNING, "is now %s", new["reason"], extra=told)
        if new["reason"] == Reason.ACTION_RUNNING:
            return  # the step that started it had an event
        self._recorder.record(
            after, "Normal" if healthy else "Warning", new["reason"], "Reconcile", new["message"]
        )

    def _come_back(self, attempt: Attempt, outcome: Outcome) -> None:
        key, memory = attempt.resource.key, attempt.memory
        held = memory.retry_at - time.monotonic()
        match outcome:
            case Failed() | Blocked() if outcome == memory.failure and held > 0:
                self._queue.add_after(key, held)
            case Failed():  # before it came to a step; the next good look wakes it, too
                self._queue.add_after(key, _AGAIN)
            case Blocked(after=seconds) | Waiting(after=float() | int() as seconds):
                self._queue.add_after(key, seconds)
            case Settled(after=float() as seconds):
                self._queue.add_after(key, seconds, Lane.BACK)
            case _:  # a watch or the inventory wakes it
                pass
        if seconds := period(attempt.resource.spec.get("resyncPeriod", "10m")):
            early = random.uniform(0.8, 1)  # noqa: S311 - spread, not secret
            self._queue.add_after(key, seconds * early, Lane.BACK)


def _with_drift(attempt: Attempt, outcome: Settled) -> Settled:
    """Return it with the drift that was corrected last, until the spec changes.

    After a restart only the status remembers it, and to forget it would be a write for nothing.
    """
    resource, corrected = attempt.resource, attempt.memory.corrected
    if corrected and corrected[0] == resource.generation:
        return replace(outcome, message=f"{outcome.message}{_DRIFT}{corrected[1]}.")
    told = (resource.condition("Ready") or {}).get("message", "")
    if resource.settled and told.startswith(f"{outcome.message}{_DRIFT}"):
        return replace(outcome, message=told)
    return outcome
