"""The worker loop: each key from the queue becomes one reconcile, which is published once."""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from typing import cast
from uuid import uuid4

from senlin_operator.kube.client import KubeError, NotFound
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import RECONCILE_AT, SECRET, Key, Resource
from senlin_operator.model.cache import Cache
from senlin_operator.model.kind import AnyKind, ResourceKind
from senlin_operator.model.memory import Memory
from senlin_operator.model.outcome import Blocked, Failed, Finished, Gone, Outcome
from senlin_operator.model.queue import Queue, backoff
from senlin_operator.model.run import RunKind
from senlin_operator.model.scope import RunScope, Scope
from senlin_operator.reconcile.publish import Publisher
from senlin_operator.reconcile.reconciler import Reconciler
from senlin_operator.reconcile.runner import Runner
from senlin_operator.reconcile.sessions import Sessions
from senlin_operator.reconcile.workers import Workers
from senlin_operator.telemetry import clock, metrics, tracing
from senlin_operator.telemetry.logging import bind, note

# Seconds for one reconcile. Each of its requests has a deadline of its own, and no more than a few
# are sent, so this ends what should not have begun to wait.
_DEADLINE = 600.0
_MAX_REFUSALS = 5  # that lengthen the pause: it ends at 16 to 32 seconds
_log = logging.getLogger(__name__)


class Controller:
    """Reconciles many objects at once, but each object only once at a time."""

    def __init__(
        self,
        kinds: Mapping[str, ResourceKind],
        cache: Cache,
        queue: Queue,
        sessions: Sessions,
        reconciler: Reconciler,
        runner: Runner,
        publisher: Publisher,
        workers: Workers,
        kubernetes: str = "",
    ) -> None:
        self._kinds = kinds
        self._cache = cache
        self._queue = queue
        self._sessions = sessions
        self._reconciler = reconciler
        self._runner = runner
        self._publisher = publisher
        self._workers = workers
        self._kubernetes = kubernetes  # the identity of this one; empty: unknown
        self._memories: dict[Key, tuple[str, Memory]] = {}  # with the uid
        self._refusals: Counter[Key] = Counter()  # by Kubernetes, consecutive

    async def run(self) -> None:
        """Hand keys to workers, for ever."""
        while True:
            await self._workers.free()
            key = await self._queue.get()
            self._workers.start(self._work(key), key.namespace)

    async def drain(self, seconds: float) -> None:
        """Wait for the reconciles in progress, at most for so many seconds."""
        await self._workers.drain(seconds)

    async def _work(self, key: Key) -> None:
        with bind(kind=key.kind, namespace=key.namespace, name=key.name):
            refusals = self._refusals[key]
            try:
                if key.kind == SECRET:
                    await self._sessions.release_secret(key)
                else:
                    await self._reconcile(key)
                if self._refusals[key] == refusals:
                    self._refusals.pop(key, None)
            except NotFound as error:
                # A restarted watch sends no DELETED event for objects that vanished in between.
                self._cache.remove(error.resource)
            except KubeError as error:  # such as a write that Kubernetes refuses
                self._refused(key, error)
            except Exception:  # noqa: BLE001 - a bug with one object must not stop the others
                _log.exception("the reconcile raised an unexpected error, which is a bug")
                self._queue.add_after(key, backoff(5))
            finally:
                self._queue.done(key)

    def _refused(self, key: Key, error: KubeError) -> None:
        """Log an error that no status shows, and tell a refusal by an event; try again later."""
        _log.warning("Kubernetes refuses", extra={"error": str(error)})
        self._queue.add_after(key, self._pause(key))
        resource = self._cache.get(key)
        if resource and error.is_refusal:
            self._publisher.refused(resource, error)

    def _pause(self, key: Key) -> float:
        """Return the seconds until the next reconcile after one more refusal by Kubernetes."""
        self._refusals[key] += 1
        return backoff(min(self._refusals[key], _MAX_REFUSALS))

    async def _reconcile(self, key: Key) -> None:
        resource = self._cache.get(key)
        if resource is None:
            self._forget(key)
            return
        if resource.paused:
            await self._publisher.pause(resource)
            return
        scope = self._scope(resource)
        ids = {
            "uid": resource.uid,
            "generation": resource.generation,
            "reconcile_id": uuid4().hex[:8],
        }
        note(**ids)
        attributes = {"kind": key.kind, "namespace": key.namespace, "name": key.name, **ids}
        waited = self._queue.waited(key)
        with tracing.span("reconcile", waited=waited, **attributes):
            with tracing.span("queue", waited=waited):
                pass  # the time that the key has waited for a worker
            outcome = await self._measured(scope)
        if isinstance(outcome, Gone | Finished):
            self._forget(key)

    def _scope(self, resource: Resource) -> Scope | RunScope:
        kind, memory = self._kinds[resource.key.kind], self._memory(resource)
        if isinstance(kind, RunKind):
            return RunScope.begin(resource, kind, memory)
        return Scope.begin(resource, cast("AnyKind", kind), memory, self._kubernetes)

    async def _measured(self, scope: Scope | RunScope) -> Outcome:
        kind = scope.resource.key.kind
        began, result = clock.monotonic(), "error"
        try:
            outcome = await self._outcome(scope)
            await self._publisher.publish(scope, outcome)
            result = type(outcome).__name__.lower()
            return outcome
        finally:
            tracing.annotate(outcome=result)
            seconds, exemplar = clock.monotonic() - began, tracing.exemplar()
            metrics.RECONCILES.labels(kind, result).inc()
            metrics.RECONCILE_TIME.labels(kind).observe(seconds, exemplar)

    async def _outcome(self, scope: Scope | RunScope) -> Outcome:
        try:
            async with asyncio.timeout(_DEADLINE):
                if isinstance(scope, RunScope):
                    return await self._runner.reconcile(scope)
                return await self._reconciler.reconcile(scope)
        except KubeError as error:
            if not error.is_refusal or scope.status.finished:
                raise
            text = f"Kubernetes refuses it: {error}"
            pause = self._pause(scope.resource.key)
            return Blocked(Reason.REFUSED_BY_KUBERNETES, text, requeue_after=pause)
        except TimeoutError:
            scope.memory.freshness.request_sent(unclear=True)
            text = f"There was no result within {_DEADLINE / 60:.0f} minutes."
            return _failed(scope, Failed(Reason.CLOUD_ERROR, text, observed=False))
        except Exception as error:  # noqa: BLE001 - shown in the object's status, and retried
            _log.exception("the reconcile raised an unexpected error, which is a bug")
            text = f"The operator met {type(error).__name__}, which is a bug; its log says more."
            return _failed(scope, Failed(Reason.INTERNAL_ERROR, text))

    def _memory(self, resource: Resource) -> Memory:
        uid, memory = self._memories.get(resource.key, ("", None))
        if memory is None or uid != resource.uid:
            self._forget(resource.key)
            # A resource that is run to completion says itself that a request may be in flight.
            run = isinstance(self._kinds[resource.key.kind], RunKind)
            memory = Memory() if run else Memory.of(resource)
            self._memories[resource.key] = (resource.uid, memory)
        requested = resource.annotations.get(RECONCILE_AT)
        handled = resource.status.get("lastHandledReconcileAt")
        if requested and requested not in (memory.requested, handled):
            memory.request_reconcile(requested)
        return memory

    def _forget(self, key: Key) -> None:
        self._refusals.pop(key, None)
        uid, _ = self._memories.pop(key, ("", None))
        if uid:
            self._sessions.leave(uid)


def _failed(scope: Scope | RunScope, failure: Failed) -> Failed:
    """Start the pause before the next retry, and return the failure."""
    scope.memory.retry.fail(failure, None if isinstance(scope, RunScope) else scope.desired)
    return failure
