"""The one place where a step becomes a request: locked, sent, watched, and told of."""

import logging
import time
from datetime import UTC, datetime

from openstack_clustering import ClientException
from senlin_operator.engine import actions
from senlin_operator.engine.attempt import Attempt, View
from senlin_operator.engine.kind import Seen, Started, Step
from senlin_operator.engine.outcome import Blocked, Failed, Outcome, Waiting, is_unclear, outcome_of
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.events import Recorder
from senlin_operator.telemetry.logging import note

_OTHER = Waiting(Reason.BUSY, "The operator is at work on the same cluster.", quiet=True)
# Held back by the session for all of its users at once, and only until the Secret changes.
_OF_THE_SECRET = (Reason.CREDENTIALS_REJECTED, Reason.NO_CLUSTERING_SERVICE)
_log = logging.getLogger(__name__)


class Executor:
    """Sends steps to Senlin."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    async def execute(
        self, attempt: Attempt, view: View, step: Step, *, urgent: bool = False, force: bool = False
    ) -> Started[Seen] | Outcome:
        """Send the step, tell of it, and hold the next try back if it is refused."""
        memory = attempt.memory
        try:
            started = await self.send(attempt, view, step, urgent=urgent, force=force)
        except ClientException as error:
            memory.acted(unclear=is_unclear(error))
            _log.warning("refused", extra={"step": step.verb, "error": str(error)})
            outcome = outcome_of(error)
            if isinstance(outcome, Failed | Blocked) and outcome.reason not in _OF_THE_SECRET:
                memory.fail(outcome, attempt.spec)
            return outcome
        if not isinstance(started, Started):
            return started
        memory.acted()
        memory.taken = step
        if started.discarded:
            memory.discarded = started.id
        memory.checked_at = time.monotonic()
        note(action_id=started.action_id)
        _log.info(step.verb, extra={"step": step.summary})
        drift = ""
        if attempt.resource.settled:
            drift = "Drift corrected. "
            memory.corrected = (attempt.resource.generation, step.summary)
        self._recorder.record(
            attempt.resource, "Normal", step.verb, "Reconcile", f"{drift}{step.summary}"
        )
        return started

    async def send(
        self, attempt: Attempt, view: View, step: Step, *, urgent: bool = False, force: bool = False
    ) -> Started[Seen] | Waiting:
        """Send the step unless this process is at work on the same cluster; watch its action.

        Args:
            attempt: The attempt.
            view: What it goes by.
            step: What is sent.
            urgent: A deletion: Senlin takes it, or refuses it, whatever the object itself is at.
            force: Send it whatever goes on.

        Raises:
            ClientException: Senlin refuses it.
        """
        execute, uid, inventory = attempt.kind.execute, attempt.resource.uid, view.inventory
        lock = attempt.kind.lock(step, view.seen)
        own = view.seen.id if urgent and view.seen else None
        if lock and not force and inventory.locked(lock, by=own):
            inventory.wait_for_look(attempt.resource.key)
            return _OTHER
        with inventory.locking(lock):
            started: Started[Seen] = await view.cloud.call(
                step.verb, lambda proxy: execute(proxy, step, uid), urgent=urgent
            )
            if started.action_id:
                inventory.watch(started.action_id, started.id, lock)
        # Also without an action: of what others delete before a look, no two looks would differ.
        inventory.wait_for_look(attempt.resource.key)
        return started

    async def cancel(self, attempt: Attempt, view: View, action_id: str) -> Outcome:
        """End an action that nobody works on any more, and with it its locks."""
        try:
            await view.cloud.call(
                "CancellingAction", lambda proxy: proxy.cancel_action(action_id, force=True)
            )
        except ClientException as error:
            return outcome_of(error)
        attempt.memory.acted()
        text = f"action {action_id} has run longer than its timeout; its engine must have died"
        _log.warning("cancelled", extra={"action_id": action_id})
        self._recorder.record(attempt.resource, "Warning", "CancellingAction", "Reconcile", text)
        view.inventory.wait_for_look(attempt.resource.key)
        return Waiting(Reason.OBSERVING, text, quiet=True)


def follow(attempt: Attempt, step: Step, action_id: str) -> Waiting:
    """Put an action of ours into the report, and return that it is under way."""
    drift = "correction of drift, " if attempt.resource.settled else ""
    name = f"{drift}{step.summary}"
    attempt.report.action = actions.begun(action_id, name, datetime.now(UTC))
    return actions.running(attempt.report)
