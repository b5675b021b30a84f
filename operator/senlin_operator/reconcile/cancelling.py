"""The end of an action before its time: on deletion, and when it has lasted too long.

Senlin 16 notices a cancelled action only while the action waits for its children, and never stops
what a node has begun.
"""

from contextlib import suppress

from openstack_clustering.exceptions import Conflict, ResourceNotFound
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.events import Recorder
from senlin_operator.model.outcome import Waiting
from senlin_operator.model.scope import RunScope
from senlin_operator.telemetry import clock

_PATIENCE = 20.0  # seconds; Senlin's engine looks every 3 seconds, if at all
_REQUEUE = 2.0


class Canceller:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    async def cancel(self, scope: RunScope) -> Waiting | str:
        """Ask Senlin to cancel the running action; return a sentence about its end, or wait.

        Raises:
            ClientException: Senlin does not answer.
        """
        action_id, memory = str(scope.status.running_action), scope.memory
        if memory.cancelled_at is None:
            await self._ask(scope, action_id)
        elif over := self._end(scope, action_id, memory.cancelled_at):
            scope.inventory.unwatch(action_id)
            return over
        scope.requeue_after_poll()
        text = f"Senlin is asked to cancel action {action_id}."
        return Waiting(Reason.ACTION_RUNNING, text, requeue_after=_REQUEUE)

    async def _ask(self, scope: RunScope, action_id: str) -> None:
        with suppress(Conflict, ResourceNotFound):  # it is over; the next poll shows it
            await scope.session.call(
                "CancellingAction", lambda proxy: proxy.cancel_action(action_id), urgent=True
            )
        scope.memory.cancelled_at = clock.monotonic()

    def _end(self, scope: RunScope, action_id: str, cancelled_at: float) -> str | None:
        snapshot = scope.snapshot
        if snapshot.polled < cancelled_at:
            return None
        if ended := snapshot.ended.get(action_id):
            return f"Action {action_id} has ended: {ended.status}."
        if action_id in snapshot.unknown:
            return f"Senlin has no action {action_id} any more."
        if action_id not in snapshot.unfinished:
            return f"Senlin has cancelled action {action_id}; what its nodes have begun goes on."
        if snapshot.polled - cancelled_at < _PATIENCE:
            return None
        text = f"Senlin does not cancel action {action_id}, which goes on."
        self._recorder.record(scope.resource, "Warning", "CancelRefused", "Run", text)
        return text
