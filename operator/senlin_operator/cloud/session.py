"""One session per credential: a bounded pool of threads, a circuit breaker, and the inventory."""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from openstack_clustering import ClientException, Connection, Proxy, Sent
from senlin_operator.cloud.credentials import Credential
from senlin_operator.cloud.explanations import Explanations
from senlin_operator.cloud.heat import Heat
from senlin_operator.cloud.inventory import REFUSALS, Inventory, Subscribers
from senlin_operator.cloud.list_budget import ListBudget
from senlin_operator.cloud.nova import Nova
from senlin_operator.cloud.pace import Pace
from senlin_operator.cloud.snapshot import ListedKind
from senlin_operator.telemetry import clock, logging, metrics, tracing

T = TypeVar("T")

_operation: ContextVar[str] = ContextVar("operation", default="")  # the name of a request
# Set once nobody waits for the requests of a call any more.
_abandoned: ContextVar[threading.Event | None] = ContextVar("abandoned", default=None)
# Bytes that the poll of this thread has read so far; None: the thread does not poll.
_polled: ContextVar[int | None] = ContextVar("polled", default=None)
_THREADS = 11  # per credential
_FOR_DELETIONS = 2  # of those, as a deletion must not wait for changes that hang
_FOR_CHANGES = 1  # of the others, as a person's edit should not wait for hundreds of creations
_POLLING = 1  # further thread
_TIMEOUT = 60.0  # seconds per request, from the connection to the last byte
# Seconds to connect, and for the other machine to accept what is sent. A write that the fence has
# let through is on its way by then, or never: sooner than the lease runs out.
_CONNECT_TIMEOUT = 4.0
_RETRIES = 2  # of a GET, each after a pause in a thread
_LOGIN_PAUSE = 45.0  # seconds between refused logins, so that no account is locked out
_MAX_LOGIN_PAUSE = 300.0
_LISTS = 16 * 2**20  # bytes
_SCHEMAS = 100  # remembered; a cloud has a handful of profile types


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """The options that all sessions of a process share."""

    kinds: Sequence[ListedKind]  # listed by the inventories
    idle: float = 30.0  # seconds between polls of a project while nothing is awaited
    caller: str = "senlin-operator"  # as servers' logs name it
    explain: bool = True  # ask Nova and Heat where Senlin's words are generic
    begin_write: Callable[[], None] = lambda: None  # raises unless it may; in the request's thread
    end_write: Callable[[], None] = lambda: None  # after each request of that thread
    connect_guard: Callable[[str, str | None, int], None] | None = None  # as of `Connection`
    max_list_size: int = 64 * 2**20  # bytes
    max_reply_size: int = 2**20
    lists: ListBudget = field(default_factory=lambda: ListBudget(_LISTS))
    # Entered while a reconcile waits for a thread, or for a reply.
    waiting: Callable[[], AbstractAsyncContextManager[None]] = nullcontext

    def after_request(self, sent: Sent) -> None:
        self.end_write()
        _record(sent)


class Abandoned(ClientException):
    """The request was not sent, as nobody waits for its result any more."""


class CloudSession:
    """All requests with one credential. A slow cloud does not delay other credentials' requests."""

    def __init__(
        self, credential: Credential, subscribers: Subscribers, options: SessionOptions
    ) -> None:
        config = credential.config
        self._connection = Connection(
            config=config._replace(retries=_RETRIES),
            timeout=_TIMEOUT,
            connect_timeout=_CONNECT_TIMEOUT,
            max_list_size=options.max_list_size,
            max_reply_size=options.max_reply_size,
            connect_guard=options.connect_guard,
            reply_guard=self._reply_guard,
            pool_size=_THREADS + _POLLING,
            app_name=options.caller,
            before_request=self._before_request,
            after_request=options.after_request,
        )
        self.label, self.project = credential.label, credential.project
        self._options = options
        session = self._connection.session
        self.explanations = Explanations(self._read, Nova(session, config), Heat(session, config))
        self._watching: asyncio.Task[None] | None = None
        self._pool = ThreadPoolExecutor(_THREADS + _POLLING, thread_name_prefix="senlin")
        self._permits = asyncio.Semaphore(_THREADS)
        self._ordinary = asyncio.Semaphore(_THREADS - _FOR_DELETIONS)
        self._creations = asyncio.Semaphore(_THREADS - _FOR_DELETIONS - _FOR_CHANGES)
        self._circuit = threading.Lock()  # to open it
        self._refused: ClientException | None = None
        self._refusals = 0
        self._login_at = 0.0
        self._schemas: dict[str, Mapping[str, Any]] = {}  # of the properties, by profile type
        self._closed = False
        self._lists = 0  # bytes that the largest successful poll has read
        self._in_progress: set[Future[Any]] = set()  # what the threads have to do
        always = tuple(kind for kind in options.kinds if not kind.on_demand)
        self.inventory = Inventory(self._call_for_poll, subscribers, always, Pace(options.idle))
        # In a context of its own: the log lines of a poll belong to no single object.
        self._loop = asyncio.create_task(
            self._poll(), name="inventory", context=contextvars.Context()
        )

    def list_on_demand(self, name: str, *, used: bool) -> None:
        """List a kind from the next poll on, or list it no more; only if it is one on demand."""
        listed = {kind.name for kind in self.inventory.kinds}
        if (name in listed) != used:
            self.inventory.kinds = tuple(
                kind
                for kind in self._options.kinds
                if (used if kind.on_demand and kind.name == name else kind.name in listed)
            )

    async def call(
        self,
        operation: str,
        send: Callable[[Proxy], T],
        *,
        urgent: bool = False,
        creates: bool = False,
    ) -> T:
        """Send a request from the pool.

        Args:
            operation: The request's name in metrics and traces.
            send: Sends the request; it runs in a thread.
            urgent: Whether the request may use the threads that are reserved for deletions.
            creates: Whether it must leave a thread to changes of what exists.

        Raises:
            ClientException: The request was refused, or the credential is known to be refused.
        """
        async with self._options.waiting():
            if urgent:
                return await self._admitted(operation, send)
            async with self._creations if creates else nullcontext(), self._ordinary:
                return await self._admitted(operation, send)

    async def profile_schema(self, type_: str) -> Mapping[str, Any]:
        """Return the schema of the properties of a profile type, which Senlin is asked for once.

        Raises:
            ClientException: The request was refused, or the credential is known to be refused.
        """
        if type_ not in self._schemas:
            found = await self.call("profile_type", lambda proxy: proxy.get_profile_type(type_))
            if len(self._schemas) >= _SCHEMAS:
                self._schemas.clear()
            self._schemas[type_] = found.schema or {}
        return self._schemas[type_]

    async def _read(self, question: Callable[[], T | None]) -> T | None:
        """Ask Nova or Heat from the pool; None: it must not ask, or there is no answer."""
        if self._refused or not self._options.explain:
            return None
        async with self._options.waiting(), self._ordinary, self._permits:
            return await self._in_thread("explanation", question)

    async def close(self) -> None:
        """Stop polling, end the requests in flight, and wait until their threads have ended."""
        self._closed = True
        tasks = [task for task in (self._loop, self._watching) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._connection.close(abort=True)
        in_progress = map(asyncio.wrap_future, list(self._in_progress))
        await asyncio.gather(*in_progress, return_exceptions=True)
        self._options.lists.settle(self, 0)

    async def _poll(self) -> None:
        with logging.bind(credential=self.label):
            await self.inventory.run()

    async def _call_for_poll(self, operation: str, send: Callable[[Proxy], T]) -> T:
        """Send a poll's requests; a poll alone retries a refused credential, after a pause.

        Polls bypass the request limit. Queued behind other requests, a poll would appear slow, and
        the pacer, which pauses in proportion to a poll's duration, would slow down for no reason.
        """
        if self._refused and clock.monotonic() < self._login_at:
            raise self._refused.with_traceback(None)
        logging.note(request_id=None, code=None)  # remove those of the previous poll
        if self.inventory.in_flight and (self._watching is None or self._watching.done()):
            self._watching = asyncio.create_task(self.explanations.watch(), name="watch")
        with tracing.span(operation, credential=self.label):
            return await self._send(operation, lambda proxy: self._counted(send, proxy))

    def _counted(self, send: Callable[[Proxy], T], proxy: Proxy) -> T:
        """Send a poll's requests, and count what it has read; in its thread."""
        _polled.set(0)
        try:
            result = send(proxy)
            self._lists = max(self._lists, _polled.get() or 0)
            return result
        finally:
            self._options.lists.settle(self, self._lists)

    def _reply_guard(self, count: int) -> str:
        """Return why a reply is not read any further; in the thread that reads it."""
        polled = _polled.get()
        if polled is None:
            return ""
        _polled.set(polled + count)
        if self._options.lists.admits(self, polled + count):
            return ""
        return "more than fits: --max-lists-mebibytes bounds what all lists take together"

    async def _admitted(self, operation: str, send: Callable[[Proxy], T]) -> T:
        async with self._permits:
            if self._refused:  # it may have been refused while this request waited for its permit
                raise self._refused.with_traceback(None)  # it has been raised before
            return await self._send(operation, send)

    async def _send(self, operation: str, send: Callable[[Proxy], T]) -> T:
        refused_before = self._refused
        try:
            result = await self._in_thread(
                operation, lambda: self._unless_refused(send, refused_before)
            )
        except ClientException as error:
            metrics.CREDENTIAL_ERRORS.labels(self.label, type(error).__name__).inc()
            raise
        if self._refused is refused_before:  # otherwise the request was sent before the refusal
            self._refused, self._refusals = None, 0
        return result

    def _unless_refused(
        self, send: Callable[[Proxy], T], refused_before: ClientException | None
    ) -> T:
        """Send requests, and open the circuit if the login is refused; in their thread.

        Until the event loop has the error, other threads may be about to log in.
        """
        if self._refused not in (None, refused_before):
            raise self._refused.with_traceback(None)
        try:
            return send(self._connection.cluster)
        except REFUSALS as error:
            self._open_circuit(error, refused_before)
            raise

    async def _in_thread(self, operation: str, function: Callable[[], T]) -> T:
        context, abandoned = contextvars.copy_context(), threading.Event()
        context.run(_operation.set, operation)
        context.run(_abandoned.set, abandoned)
        future = self._pool.submit(context.run, function)
        self._in_progress.add(future)
        future.add_done_callback(self._in_progress.discard)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            abandoned.set()
            raise

    def _before_request(self, method: str) -> None:
        """Raise unless the request may be sent; in the thread that is about to send it."""
        abandoned = _abandoned.get()
        if self._closed or (abandoned and abandoned.is_set()):
            raise Abandoned("Nobody waits for the result any more.")
        if method != "GET":
            self._options.begin_write()

    def _open_circuit(self, error: ClientException, before: ClientException | None) -> None:
        with self._circuit:
            if self._refused is not before:  # concurrent refusals count once
                return
            pause = min(_LOGIN_PAUSE * 2 ** min(self._refusals, 10), _MAX_LOGIN_PAUSE)
            self._refusals += 1
            self._login_at = clock.monotonic() + pause
            self._refused = error


def _record(sent: Sent) -> None:
    """Count a request, and add its id to the later log lines of the same reconcile."""
    operation = _operation.get()
    metrics.SENLIN_REQUESTS.labels(operation, metrics.known_code(sent.status)).inc()
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
