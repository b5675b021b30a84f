"""The worker loop: keys come off the queue, each becomes one attempt, concluded once."""

import asyncio
import logging
import time
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
from senlin_operator.kube.client import KubeError
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import PAUSED, RECONCILE_AT, SECRET, Key, Resource
from senlin_operator.telemetry import metrics, tracing
from senlin_operator.telemetry.logging import bind

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
        try:
            if key.kind == SECRET:
                await self._access.guard(key)
            else:
                await self._attempt(key)
        except KubeError as error:  # nothing can be written now
            _log.warning("Kubernetes refuses", extra={"object": str(key), "error": str(error)})
            self._queue.add_after(key, backoff(2))
        except Exception:  # noqa: BLE001 - a bug that one object meets must not stop the others
            _log.exception("unexpected", extra={"object": str(key)})
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
        whom = {
            "kind": key.kind,
            "namespace": key.namespace,
            "name": key.name,
            "uid": resource.uid,
            "generation": resource.generation,
            "reconcile_id": uuid4().hex[:8],
        }
        waited = self._queue.waited(key)
        with bind(**whom), tracing.span("reconcile", waited=waited, **whom):
            began = time.monotonic()
            outcome = await self._outcome(attempt)
            await self._conclusion.draw(attempt, outcome)
            tracing.annotate(outcome=type(outcome).__name__)
            seconds, exemplar = time.monotonic() - began, tracing.exemplar()
            metrics.RECONCILE_TIME.labels(key.kind).observe(seconds, exemplar)
        if isinstance(outcome, Gone):
            self._forget(key)

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
        uid, _ = self._memories.pop(key, ("", None))
        if uid:
            self._access.leave(uid)
