"""The one place where a step becomes a request: locked, sent, watched and reported."""

import logging
from dataclasses import replace

from openstack_clustering import ClientException
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.limits import Buckets
from senlin_operator.model.memory import UNCLEAR, Drift
from senlin_operator.model.outcome import Blocked, Failed, Outcome, Waiting, is_unclear, outcome_of
from senlin_operator.model.scope import Scope
from senlin_operator.model.step import Step, StepResult
from senlin_operator.reconcile import actions
from senlin_operator.telemetry import clock
from senlin_operator.telemetry.logging import note

_LOCKED = Waiting(Reason.BUSY, "The operator is at work on the same cluster.", publish=False)
# Failures without a pause for the object: the session itself pauses for all of its users, until the
# Secret changes.
_OF_THE_SECRET = (Reason.CREDENTIALS_REJECTED, Reason.NO_CLUSTERING_SERVICE)
_CONTESTED = Waiting(Reason.BUSY, "Others change it again and again.", publish=False)
# Corrections of drift on one object that are sent at once, and the seconds between two later ones:
# whoever changes it with each poll must not have the operator do nothing else.
_BURST, _INTERVAL = 10, 30.0
_log = logging.getLogger(__name__)


class Executor:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._corrections = Buckets(_BURST, _INTERVAL)

    async def execute(
        self, scope: Scope, step: Step, *, urgent: bool = False, force: bool = False
    ) -> StepResult | Outcome:
        """Send the step and report it; return an outcome instead of a result if it was not sent."""
        memory = scope.memory
        drifted = scope.drifted and step.corrects
        if drifted and (wait := self._corrections.take(scope.resource.uid)):
            return replace(_CONTESTED, requeue_after=wait)
        try:
            result = await self.send(scope, step, urgent=urgent, force=force)
        except ClientException as error:
            memory.freshness.request_sent(unclear=is_unclear(error))
            if is_unclear(error):
                scope.inventory.hold(step.lock(scope.observed), UNCLEAR)
            _log.warning("Senlin refuses", extra={"step": step.verb, "error": str(error)})
            outcome = outcome_of(error)
            if isinstance(outcome, Failed | Blocked) and outcome.reason not in _OF_THE_SECRET:
                memory.retry.fail(outcome, scope.desired)
            return outcome
        if not isinstance(result, StepResult):
            return result
        memory.step_accepted(step, result)
        note(action_id=result.action_id)
        _log.info(step.verb, extra={"step": step.summary})
        text = "; ".join(filter(None, (step.summary, step.note)))
        if drifted:
            text = f"Drift corrected. {text}"
            memory.drift = Drift(scope.resource.generation, step.summary, clock.utcnow())
        self._recorder.record(scope.resource, "Normal", step.verb, "Reconcile", text)
        return result

    async def send(
        self, scope: Scope, step: Step, *, urgent: bool = False, force: bool = False
    ) -> StepResult | Waiting:
        """Send the step unless this process is at work on the same cluster; watch its action.

        Args:
            scope: The reconcile that planned the step.
            step: The step to send.
            urgent: Whether it is a deletion, which may be sent while an action of the operator runs
                on the same object.
            force: Whether to ignore all locks.

        Raises:
            ClientException: Senlin refuses it.
        """
        owner, inventory, observed = scope.owner, scope.inventory, scope.observed
        lock = step.lock(observed)
        own = observed.id if urgent and observed else None
        if lock and not force and inventory.locked(lock, by=own):
            scope.requeue_after_poll()
            return _LOCKED
        with inventory.locking(lock):
            result = await scope.session.call(
                step.verb,
                lambda proxy: step.run(proxy, owner),
                urgent=urgent,
                creates=observed is None,
            )
            if result.action_id:
                inventory.watch(result.action_id, result.id, lock)
        # Poll even if no action was started. If the new object is deleted before the next poll,
        # two consecutive snapshots are equal and nothing would wake this resource.
        inventory.requeue_after_poll(scope.resource.key, result.id)
        return result

    async def cancel(self, scope: Scope, action_id: str) -> Outcome:
        """Cancel an orphaned action, so that Senlin releases its locks."""
        try:
            await scope.session.call(
                "CancellingAction", lambda proxy: proxy.cancel_action(action_id, force=True)
            )
        except ClientException as error:
            return outcome_of(error)
        scope.memory.freshness.request_sent()
        text = (
            f"action {action_id} has run longer than its timeout; its Senlin engine must have died"
        )
        _log.warning("cancelled an orphaned action", extra={"action_id": action_id})
        self._recorder.record(scope.resource, "Warning", "CancellingAction", "Reconcile", text)
        scope.requeue_after_poll()
        return Waiting(Reason.OBSERVING, text, publish=False)


def action_started(scope: Scope, step: Step, action_id: str) -> Waiting:
    """Record a new action in the status, and return the outcome while it runs."""
    drift = "correction of drift, " if scope.drifted and step.corrects else ""
    scope.status.action = actions.started(action_id, f"{drift}{step.summary}", clock.utcnow())
    return actions.running(scope.status)
