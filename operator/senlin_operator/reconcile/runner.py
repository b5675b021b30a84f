"""The path of a resource that is run to completion: its request is sent at most once.

Before the request, the status says that it is sent (`sending`); after it, which action Senlin has
started. So a process that dies at any point leaves one of these, and the next one looks for the
action instead of sending the request again. Only a request that Senlin has refused, or whose action
has failed, may be sent again.
"""

import logging
from collections.abc import Iterator
from dataclasses import asdict, replace

from openstack_clustering import Action, ClientException, Cluster, Node
from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.objects import SECRET, Key
from senlin_operator.model.cache import Cache
from senlin_operator.model.memory import UNCLEAR
from senlin_operator.model.outcome import (
    Blocked,
    Failed,
    Finished,
    Gone,
    Outcome,
    Waiting,
    is_unclear,
    outcome_of,
)
from senlin_operator.model.run import Call, Refused, Target
from senlin_operator.model.scope import RunScope
from senlin_operator.reconcile import actions, lost, run_status
from senlin_operator.reconcile.cancelling import Canceller
from senlin_operator.reconcile.causes import explained
from senlin_operator.reconcile.derived import derived_actions, faults
from senlin_operator.reconcile.finalizer import Finalizer
from senlin_operator.reconcile.observe import AWAITING_SNAPSHOT, connect
from senlin_operator.reconcile.patience import told
from senlin_operator.reconcile.publish import Publisher
from senlin_operator.reconcile.references import resolve
from senlin_operator.reconcile.secret_values import secret_values
from senlin_operator.reconcile.sessions import Sessions
from senlin_operator.telemetry import clock
from senlin_operator.telemetry.logging import note

_REQUEUE = 5.0  # seconds; Senlin does not say when a lock ends
_NAMED = 3  # actions in a message
_OVERTAKEN = Waiting(Reason.OBSERVING, "Its status has changed.", requeue_after=1, publish=False)
_LOCKED = Waiting(Reason.BUSY, "The operator is at work on it.", publish=False)
_LOST = Waiting(
    Reason.OBSERVING,
    "Senlin's answer to the request was lost; its action is looked for.",
    requeue_after=_REQUEUE,
)
_log = logging.getLogger(__name__)


class Runner:
    """Runs reconciles of resources that are run to completion."""

    def __init__(
        self,
        cache: Cache,
        kube: KubeClient,
        sessions: Sessions,
        recorder: Recorder,
        publisher: Publisher,
    ) -> None:
        self._cache = cache
        self._kube = kube
        self._sessions = sessions
        self._recorder = recorder
        self._publisher = publisher
        self._finalizer = Finalizer(cache, kube, sessions)
        self._canceller = Canceller(recorder)

    async def reconcile(self, scope: RunScope) -> Outcome:
        """Take the next step of a resource towards its end, or towards its deletion.

        Raises:
            KubeError: Kubernetes refuses a write.
        """
        try:
            if scope.resource.deleting:
                return await self._delete(scope)
            if scope.status.finished:
                return await self._clean_up(scope)
            return await self._run(scope)
        except ClientException as error:  # the project cannot be polled
            return outcome_of(error)

    async def _run(self, scope: RunScope) -> Outcome:
        resource, status = scope.resource, scope.status
        word, in_flight = scope.kind.operation(resource), run_status.is_in_flight(status)
        if resource.spec.get("suspend") and not in_flight:
            return run_status.suspend(status, word)
        run_status.begin(status, word)
        left = run_status.seconds_left(resource, status)
        overdue = left is not None and left <= 0
        if overdue and not in_flight:
            text = f"It was not sent within timeoutSeconds ({resource.spec['timeoutSeconds']})."
            return run_status.fail(resource, status, Reason.DEADLINE_EXCEEDED, text)
        if unconnected := await connect(self._sessions, scope, Cluster, Node):
            return run_status.woken_in_time(unconnected, left)
        if status.running_action:
            outcome = await self._follow(scope, overdue=overdue)
        elif in_flight:
            outcome = await self._find_action(scope)
        else:
            outcome = await self._begin(scope)
        return run_status.woken_in_time(outcome, left)

    # Before the request.

    async def _begin(self, scope: RunScope) -> Outcome:
        pause = run_status.pause_left(scope.status)
        if pause > 0:
            text = (scope.status.action or {}).get("reason", "")
            return Waiting(Reason.ACTION_FAILED, f"It will be tried again. {text}", pause)
        target = self._target(scope)
        if isinstance(target, Waiting | Blocked):
            return target
        if isinstance(target, Refused):
            return self._unseen(scope) or self._refused(scope, target.message)
        scope.status.run["target"] = asdict(target)
        if await self._finalizer.ensure(scope):
            scope.memory.freshness.request_sent()  # what others have begun must be known
            scope.requeue_after_poll()
            return AWAITING_SNAPSHOT
        wanted = scope.kind.secrets(scope.resource)
        values = await secret_values(self._cache, self._kube, wanted)
        if isinstance(values, Waiting):
            return values
        if busy := self._busy(scope, target):  # nothing is awaited between this and the lock
            return busy
        call = scope.kind.call(scope.resource, target, values)
        return await (self._send(scope, target, call) if call.action else self._read(scope, call))

    def _target(self, scope: RunScope) -> Target | Waiting | Blocked | Refused:
        resource = scope.resource
        keys = (key for key in scope.kind.references(resource) if key.kind != SECRET)
        known = resolve(self._cache, keys, exists=False)
        if isinstance(known, Waiting | Blocked):
            return known
        snapshot = scope.snapshot

        def owner_of(id_: str) -> Key | None:
            type_ = Cluster if id_ in snapshot.all(Cluster) else Node
            return self._cache.owner_of(type_, snapshot.owner_uid(id_) or "")

        return scope.kind.target(resource, scope.snapshot, known, owner_of)

    def _unseen(self, scope: RunScope) -> Waiting | None:
        """Return a reason to wait if the snapshot is older than what is known of the resource.

        A person may have made the target just before it, so its absence does not count yet.
        """
        freshness = scope.memory.freshness
        freshness.absent_not_before = freshness.absent_not_before or clock.monotonic()
        if scope.snapshot.began >= freshness.absent_not_before:
            return None
        scope.requeue_after_poll(whole=True)
        return AWAITING_SNAPSHOT

    def _busy(self, scope: RunScope, target: Target) -> Waiting | None:
        """Return a reason to wait for its turn, if Senlin is at work on the target."""
        running = scope.snapshot.actions_of(target.id)
        if running:
            behind = ", ".join(sorted({self._described(scope, it) for it in running})[:_NAMED])
            text = f"It waits until Senlin has finished on {target}: {behind}."
            return Waiting(Reason.BUSY, text, requeue_after=_REQUEUE)
        if scope.inventory.locked(_lock(scope, target)):
            scope.requeue_after_poll()
            return _LOCKED
        if other := self._unanswered(scope, target):
            shown = other.shown_in(scope.resource.key.namespace)
            text = f"It waits until it is known what became of the request of {shown}."
            return Waiting(Reason.BUSY, text, requeue_after=_REQUEUE)
        return None

    def _unanswered(self, scope: RunScope, target: Target) -> Key | None:
        """Return another resource whose answer is lost; it might take this one's action for its."""
        for other in self._cache.all():
            sent = other.status.get("sending")
            if (
                sent
                and other.uid != scope.resource.uid
                and other.status["target"]["id"] == target.id
                and not lost.is_given_up(sent)
            ):
                return other.key
        return None

    def _described(self, scope: RunScope, action: Action) -> str:
        """Return the name of an action, and of the operation that it belongs to."""
        namespace = scope.resource.key.namespace
        keys = [key for key in self._operations(scope, action) if key.namespace == namespace]
        return f"{action.action}{''.join(f' of {key}' for key in keys)}"

    def _operations(self, scope: RunScope, action: Action) -> Iterator[Key]:
        """Yield the resources of the same kind, in any namespace, whose action it is."""
        kind = scope.resource.key.kind
        return (key for key in self._cache.keys_of([action.id]) if key.kind == kind)

    # The request.

    async def _read(self, scope: RunScope, call: Call) -> Outcome:
        try:
            reply = await scope.session.call(call.verb, call.send)
        except ClientException as error:
            return self._end_of(scope, error, refused=getattr(error, "status", None) == 500)
        scope.status.run["result"] = scope.kind.result(reply)
        return run_status.complete(scope.resource, scope.status, f"{call.summary} succeeded.")

    async def _send(self, scope: RunScope, target: Target, call: Call) -> Outcome:
        """Send the request, once the status says that it is sent."""
        lock = _lock(scope, target)
        with scope.inventory.locking(lock):
            scope.status.run["sending"] = await scope.session.call(
                "earlier", lambda proxy: lost.sending(proxy, target, call.action)
            )
            text = f"The request is sent: {call.summary}."
            try:
                claimed = await self._publisher.claim(scope, Waiting(Reason.ACTION_RUNNING, text))
            except KubeError:
                del scope.status.run["sending"]  # nothing was sent
                raise
            if not claimed:
                return _OVERTAKEN
            try:
                reply = await scope.session.call(call.verb, call.send)
            except ClientException as error:
                return self._not_answered(scope, error, lock)
            scope.inventory.watch(reply["action"], target.id, lock)
        self._recorder.record(scope.resource, "Normal", call.verb, "Run", call.summary)
        return self._started(scope, call, reply["action"])

    def _not_answered(self, scope: RunScope, error: ClientException, lock: str) -> Outcome:
        _log.warning("Senlin refuses", extra={"error": str(error)})
        if is_unclear(error):
            scope.inventory.hold(lock, UNCLEAR)
            return _LOST
        del scope.status.run["sending"]
        scope.memory.freshness.request_sent()  # Senlin knows more than the snapshot shows
        outcome = self._end_of(scope, error)
        # Whatever comes next, the status must say that the request is not under way any more.
        return replace(outcome, publish=True) if isinstance(outcome, Waiting) else outcome

    def _end_of(self, scope: RunScope, error: ClientException, *, refused: bool = False) -> Outcome:
        """Return the end of a request that Senlin refuses; other errors are no end."""
        outcome = outcome_of(error)
        if isinstance(outcome, Blocked | Failed) and (refused or outcome.reason is Reason.REJECTED):
            return self._refused(scope, outcome.message)
        return outcome

    def _refused(self, scope: RunScope, message: str) -> Blocked:
        return run_status.fail(scope.resource, scope.status, Reason.REJECTED, message)

    def _started(self, scope: RunScope, call: Call, action_id: str) -> Waiting:
        scope.status.run.pop("sending", None)
        scope.status.action = actions.started(action_id, call.summary, clock.utcnow())
        scope.requeue_after_poll()
        note(action_id=action_id)
        _log.info(call.verb, extra={"step": call.summary})
        return actions.running(scope.status)

    # After the request.

    async def _find_action(self, scope: RunScope) -> Outcome:
        """Find the action of a request whose answer was lost; the request is not sent again."""
        sent, target = scope.status.run["sending"], _known_target(scope)
        call = scope.kind.call(scope.resource, target, {})
        candidates = await scope.session.call(
            "search", lambda proxy: lost.found(proxy, target, call, sent)
        )
        found = [it for it in candidates if {*self._operations(scope, it)} <= {scope.resource.key}]
        if len(found) == 1:
            return self._started(scope, call, found[0].id)
        if not found and not lost.is_given_up(sent):
            return _LOST
        several = f"{len(found)} actions may be its" if found else "no action of it is found"
        text = (
            "Whether Senlin has carried it out is unknown: the answer to the request was lost, and "
            f"{several}. It is not sent again: see what {target} is like, and make another "
            f"{scope.resource.key.kind} if it is needed."
        )
        return run_status.fail(scope.resource, scope.status, Reason.RESULT_UNKNOWN, text)

    async def _follow(self, scope: RunScope, *, overdue: bool) -> Outcome:
        status = scope.status
        action_id = self._watch(scope)
        ended = scope.snapshot.ended.get(action_id)
        if ended is not None:
            return await self._ended(scope, ended, overdue=overdue)
        if action_id in scope.snapshot.unknown:
            scope.inventory.unwatch(action_id)
            text = f"Its result is unknown: Senlin has no action {action_id} any more."
            return run_status.fail(scope.resource, status, Reason.RESULT_UNKNOWN, text)
        if not overdue:
            return await told(scope, actions.running(status), _known_target(scope).id)
        cancelled = await self._canceller.cancel(scope)
        if isinstance(cancelled, Waiting):
            return cancelled
        return self._overdue(scope, cancelled)

    def _watch(self, scope: RunScope) -> str:
        """Watch the running action, as is needed after a restart; return its id."""
        target, action_id = _known_target(scope), str(scope.status.running_action)
        note(action_id=action_id)
        scope.inventory.watch(action_id, target.id, _lock(scope, target))
        return action_id

    def _overdue(self, scope: RunScope, cancelled: str) -> Blocked:
        limit = scope.resource.spec["timeoutSeconds"]
        text = f"It lasted longer than timeoutSeconds ({limit}). {cancelled}"
        return run_status.fail(scope.resource, scope.status, Reason.DEADLINE_EXCEEDED, text)

    async def _ended(self, scope: RunScope, ended: Action, *, overdue: bool) -> Outcome:
        resource, status = scope.resource, scope.status
        scope.status.run |= await scope.session.call(
            "derived", lambda proxy: derived_actions(proxy, ended, scope.snapshot)
        )
        scope.inventory.unwatch(ended.id)
        found = faults(status.run.get("children", ()), scope.snapshot)
        causes = await explained(found, scope.snapshot, scope.session.explanations, ())
        end = actions.end_of(status, ended, causes)
        status.action, failure = end.record, end.failure
        if failure is None:
            name = (status.action or {}).get("name")
            return run_status.complete(resource, status, f"{name} succeeded.")
        status.run["failed"] = status.run.get("failed", 0) + 1
        if overdue:
            return self._overdue(scope, failure.message)
        if status.run["failed"] > resource.spec.get("backoffLimit", 0):
            return run_status.fail(resource, status, failure.reason, failure.message)
        return Waiting(
            failure.reason,
            f"It will be tried again. {failure.message}",
            run_status.pause_left(status),
        )

    # The end of the resource.

    async def _delete(self, scope: RunScope) -> Outcome:
        """Cancel what runs, and remove the finalizer."""
        if not scope.resource.has_finalizer:
            return Gone()
        in_flight = run_status.is_in_flight(scope.status)
        if in_flight and isinstance(over := await self._stopped(scope), Waiting):
            return over
        if in_flight:
            self._recorder.record(scope.resource, "Normal", "Cancelling", "Run", str(over))
        await self._finalizer.remove(scope)
        return Gone()

    async def _stopped(self, scope: RunScope) -> Waiting | str:
        """Return how the action that runs was stopped, or a reason to wait until it is."""
        try:
            outcome = await self._stop(scope)
        except ClientException as error:
            refusal = outcome_of(error)
            if not isinstance(refusal, Blocked):
                raise
            outcome = refusal
        if isinstance(outcome, Blocked):  # nobody can reach the action
            return f"The action is not cancelled: {outcome.message}"
        return outcome

    async def _stop(self, scope: RunScope) -> Waiting | Blocked | str:
        if unconnected := await connect(self._sessions, scope, Cluster, Node):
            return unconnected
        if not scope.status.running_action:
            outcome = await self._find_action(scope)
            if not scope.status.running_action:
                return outcome if isinstance(outcome, Waiting) else "No action is found."
        self._watch(scope)
        return await self._canceller.cancel(scope)

    async def _clean_up(self, scope: RunScope) -> Finished:
        """Remove the finalizer; delete the resource when its time to live is over."""
        resource = scope.resource
        if resource.has_finalizer:
            await self._finalizer.remove(scope)
        ttl = resource.spec.get("ttlSecondsAfterFinished")
        if ttl is None:
            return Finished()
        left = ttl - clock.seconds_since(scope.status.run["completionTime"])
        if left > 0:
            return Finished(requeue_after=left)
        await self._kube.delete(scope.resource)
        return Finished()


def _known_target(scope: RunScope) -> Target:
    return Target(**scope.status.run["target"])


def _lock(scope: RunScope, target: Target) -> str:
    """Return the id of the cluster, or of the node in none, that the action locks."""
    return scope.snapshot.cluster_ids.get(target.id, target.id)
