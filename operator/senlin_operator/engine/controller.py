"""The worker loop: keys come off the queue, each becomes one attempt, concluded once."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Mapping
from uuid import uuid4

from senlin_operator.engine.access import Access
from senlin_operator.engine.attempt import Attempt
from senlin_operator.engine.cache import Cache
from senlin_operator.engine.conclusion import Conclusion
from senlin_operator.engine.kind import AnyKind
from senlin_operator.engine.memory import Memory
from senlin_operator.engine.outcome import Failed, Gone, Outcome
from senlin_operator.engine.queue import Queue, backoff
from senlin_operator.engine.reconciler import Reconciler
from senlin_operator.kube.client import KubeError, Vanished
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import PAUSED, RECONCILE_AT, SECRET, Key, Resource
from senlin_operator.telemetry import metrics, tracing
from senlin_operator.telemetry.logging import bind, note

_REFUSALS_COUNTED = 5  # then it is tried every 16 to 32 seconds: Kubernetes comes back soon
_log = logging.getLogger(__name__)


class Controller:
    """Works on many objects at once, and on each one in one place only."""

    def __init__(
        self,
        kinds: Mapping[str, AnyKind],
        cache: Cache,
        queue: Queue,
        access: Access,
        reconciler: Reconciler,
        conclusion: Conclusion,
        workers: int,
    ) -> None:
        self._kinds = kinds
        self._cache = cache
        self._queue = queue
        self._access = access
        self._reconciler = reconciler
        self._conclusion = conclusion
        self._permits = asyncio.Semaphore(workers)
        self._memories: dict[Key, tuple[str, Memory]] = {}  # with the uid
        self._refusals: Counter[Key] = Counter()  # by Kubernetes, in a row
        self._working: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Hand keys to workers, for ever."""
        while True:
            await self._permits.acquire()
            key = await self._queue.get()
            task = asyncio.create_task(self._work(key))
            self._working.add(task)
            task.add_done_callback(self._working.discard)

    async def drain(self, seconds: float) -> None:
        """Let the attempts that are under way end, but no longer than that."""
        if self._working:
            await asyncio.wait(self._working, timeout=seconds)

    async def _work(self, key: Key) -> None:
        with bind(kind=key.kind, namespace=key.namespace, name=key.name):
            try:
                await (self._access.guard(key) if key.kind == SECRET else self._attempt(key))
                self._refusals.pop(key, None)
            except Vanished as error:  # a watch that begins anew does not tell who has gone
                self._cache.drop(error.resource)
            except KubeError as error:  # nothing can be written now
                _log.warning("Kubernetes refuses", extra={"error": str(error)})
                self._refusals[key] = min(self._refusals[key] + 1, _REFUSALS_COUNTED)
                self._queue.add_after(key, backoff(self._refusals[key]))
            except Exception:  # noqa: BLE001 - a bug that one object meets must not stop the others
                _log.exception("unexpected")
                self._queue.add_after(key, backoff(5))
            finally:
                self._permits.release()
                self._queue.done(key)

    async def _attempt(self, key: Key) -> None:
        resource = self._cache.get(key)
        if resource is None:
            self._forget(key)
            return
        if resource.annotations.get(PAUSED) == "true":
            return
        attempt = Attempt.at(resource, self._kinds[key.kind], self._memory(resource))
        about = {
            "uid": resource.uid,
            "generation": resource.generation,
            "reconcile_id": uuid4().hex[:8],
        }
        note(**about)
        whom = {"kind": key.kind, "namespace": key.namespace, "name": key.name, **about}
        waited = self._queue.waited(key)
        with tracing.span("reconcile", waited=waited, **whom):
            with tracing.span("queue", waited=waited):
                pass  # it has waited for a worker until now
            outcome = await self._measured(attempt)
        if isinstance(outcome, Gone):
            self._forget(key)

    async def _measured(self, attempt: Attempt) -> Outcome:
        kind = attempt.resource.key.kind
        began, ended = time.monotonic(), "error"
        try:
            outcome = await self._outcome(attempt)
            await self._conclusion.draw(attempt, outcome)
            ended = type(outcome).__name__.lower()
            return outcome
        finally:
            tracing.annotate(outcome=ended)
            seconds, exemplar = time.monotonic() - began, tracing.exemplar()
            metrics.RECONCILES.labels(kind, ended).inc()
            metrics.RECONCILE_TIME.labels(kind).observe(seconds, exemplar)

    async def _outcome(self, attempt: Attempt) -> Outcome:
        try:
            return await self._reconciler.attempt(attempt)
        except KubeError:
            raise
        except Exception as error:  # noqa: BLE001 - said on the object, and tried again
            _log.exception("unexpected")
            text = f"The operator met {type(error).__name__}, which is a bug; its log says more."
            failure = Failed(Reason.INTERNAL_ERROR, text)
            attempt.memory.fail(failure, attempt.spec)
            return failure

    def _memory(self, resource: Resource) -> Memory:
        uid, memory = self._memories.get(resource.key, ("", None))
        if memory is None or uid != resource.uid:
            self._forget(resource.key)
            memory = Memory.of(resource)
            self._memories[resource.key] = (resource.uid, memory)
        asked = resource.annotations.get(RECONCILE_AT)
        if asked and asked not in (memory.asked, resource.status.get("lastHandledReconcileAt")):
            memory.ask(asked)
        return memory

    def _forget(self, key: Key) -> None:
        self._refusals.pop(key, None)
        uid, _ = self._memories.pop(key, ("", None))
        if uid:
            self._access.leave(uid)
