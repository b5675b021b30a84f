"""One session per credential: a bounded pool of threads, a circuit, and the shared inventory."""

import asyncio
import contextvars
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from openstack_clustering import ClientException, Connection, Proxy, Sent
from openstack_clustering.exceptions import AuthenticationFailed, EndpointNotFound
from senlin_operator.cloud.credentials import Credential
from senlin_operator.cloud.inventory import Inventory, Waking
from senlin_operator.cloud.pace import Pace
from senlin_operator.telemetry import logging, metrics, tracing

T = TypeVar("T")

_operation: ContextVar[str] = ContextVar("operation", default="")  # what a request is for
_THREADS = 8  # a credential
_RESERVED = 2  # of them for deletions, which must get through when creations hang
_LOOKING = 1  # besides
_TIMEOUT = 60.0  # seconds a request
_LOGIN_PAUSE = 45.0  # seconds between refused logins, so that nobody is locked out
_LOGIN_PAUSE_MOST = 300.0


@dataclass(frozen=True, slots=True)
class Way:
    """How all sessions of a process work."""

    idle: float = 30.0  # seconds between looks at a project while nothing is awaited
    may_write: Callable[[], None] = lambda: None  # raises, from any thread, if this process may not

    def before_request(self, method: str) -> None:
        """Keep writes from being sent that must not be."""
        if method != "GET":
            self.may_write()


class Cloud:
    """What is done in the name of one credential. It cannot hold up another one's work."""

    def __init__(self, credential: Credential, waking: Waking, way: Way) -> None:
        options: dict[str, Any] = {"cacert": credential.cacert} if credential.cacert else {}
        self._connection = Connection(
            credential.cloud,
            clouds=credential.document,
            timeout=_TIMEOUT,
            pool_size=_THREADS + _LOOKING,
            app_name="senlin-operator",
            before_request=way.before_request,
            after_request=_note,
            **options,
        )
        self.label = credential.label
        self._pool = ThreadPoolExecutor(_THREADS + _LOOKING, thread_name_prefix="senlin")
        self._permits = asyncio.Semaphore(_THREADS)
        self._ordinary = asyncio.Semaphore(_THREADS - _RESERVED)
        self._refused: ClientException | None = None
        self._refusals = 0
        self._login_at = 0.0
        self.inventory = Inventory(self._probe, waking, Pace(way.idle))
        # In a context of its own: its log lines are about none of the objects in particular.
        self._loop = asyncio.create_task(
            self._look(), name="inventory", context=contextvars.Context()
        )

    async def call(self, operation: str, send: Callable[[Proxy], T], *, urgent: bool = False) -> T:
        """Send a request from the pool.

        Args:
            operation: Its name, for the metrics.
            send: Gets the proxy and makes the request; runs in a thread.
            urgent: It may use the permits that are kept for deletions.

        Raises:
            ClientException: It was refused, or the credential is known to be refused.
        """
        if urgent:
            return await self._admitted(operation, send)
        async with self._ordinary:
            return await self._admitted(operation, send)

    async def close(self) -> None:
        """Stop looking, and let the threads end when their requests do."""
        self._loop.cancel()
        await asyncio.gather(self._loop, return_exceptions=True)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._connection.close()

    async def _look(self) -> None:
        with logging.bind(credential=self.label):
            await self.inventory.run()

    async def _probe(self, operation: str, send: Callable[[Proxy], T]) -> T:
        """Send for the inventory, which alone tries a refused credential again, now and then.

        It needs no permit. Behind a queue of requests a look would be late, and the wait would
        count as time that Senlin needs for it, after which it leaves Senlin alone as long again.
        """
        if self._refused and time.monotonic() < self._login_at:
            raise self._refused.with_traceback(None)
        logging.note(request_id=None, code=None)  # those of the look before
        with tracing.span(operation, credential=self.label):
            return await self._send(operation, send)

    async def _admitted(self, operation: str, send: Callable[[Proxy], T]) -> T:
        async with self._permits:
            if self._refused:  # perhaps only since this one began to wait for its permit
                raise self._refused.with_traceback(None)  # it has been raised before
            return await self._send(operation, send)

    async def _send(self, operation: str, send: Callable[[Proxy], T]) -> T:
        known = self._refused
        try:
            result = await self._in_thread(operation, lambda: send(self._connection.cluster))
        except ClientException as error:
            metrics.CREDENTIAL_ERRORS.labels(self.label, type(error).__name__).inc()
            if isinstance(error, AuthenticationFailed | EndpointNotFound):
                self._open(error, known)
            raise
        if self._refused is known:  # else it was sent before the refusal, and tells nothing
            self._refused, self._refusals = None, 0
        return result

    async def _in_thread(self, operation: str, function: Callable[[], T]) -> T:
        context = contextvars.copy_context()
        context.run(_operation.set, operation)
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, lambda: context.run(function)
        )

    def _open(self, error: ClientException, known: ClientException | None) -> None:
        if self._refused is not known:  # those that were under way together count once
            return
        pause = min(_LOGIN_PAUSE * 2 ** min(self._refusals, 10), _LOGIN_PAUSE_MOST)
        self._refusals += 1
        self._refused, self._login_at = error, time.monotonic() + pause


def _note(sent: Sent) -> None:
    """Count a request, and have the log lines about its object name it from now on."""
    operation = _operation.get()
    metrics.SENLIN_REQUESTS.labels(operation, str(sent.status or "none")).inc()
    metrics.SENLIN_TIME.labels(operation).observe(sent.seconds, tracing.exemplar())
    logging.note(request_id=sent.request_id, code=sent.status)
    tracing.record(
        sent.method,
        sent.seconds,
        status=sent.status,
        operation=operation,
        http__request__method=sent.method,
        url__full=sent.place,
        openstack__request_id=sent.request_id,
    )


class Clouds:
    """The sessions, by credential; one lives as long as somebody uses it."""

    def __init__(self, waking: Waking, way: Way) -> None:
        self._waking = waking
        self._way = way
        self._clouds: dict[str, Cloud] = {}
        self._users: dict[str, str] = {}  # uid to fingerprint
        self._closing: set[asyncio.Task[None]] = set()

    def use(self, credential: Credential, uid: str) -> Cloud:
        """Return the session of the credential; the user leaves the one that it used before."""
        fingerprint = credential.fingerprint
        cloud = self._clouds.get(fingerprint) or Cloud(credential, self._waking, self._way)
        self._clouds[fingerprint] = cloud
        if self._users.get(uid) != fingerprint:
            self.leave(uid)
            self._users[uid] = fingerprint
        logging.note(credential=cloud.label)
        return cloud

    def all(self) -> list[Cloud]:
        """Return all sessions. From any thread."""
        return list(self._clouds.values())

    def sharing(self, uid: str) -> list[str]:
        """Return the uids of those that use the same session, the given one included."""
        fingerprint = self._users.get(uid)
        return [other for other, used in self._users.items() if used == fingerprint]

    def leave(self, uid: str) -> None:
        """Close the session if this was the last user."""
        fingerprint = self._users.pop(uid, None)
        if fingerprint is None or fingerprint in self._users.values():
            return
        task = asyncio.create_task(self._clouds.pop(fingerprint).close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Close all sessions."""
        await asyncio.gather(*(cloud.close() for cloud in self._clouds.values()), *self._closing)
