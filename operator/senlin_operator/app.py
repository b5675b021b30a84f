"""The composition root: builds all parts, and starts and stops them."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from uuid import uuid4

from prometheus_client import REGISTRY

from openstack_clustering import LOGIN_KINDS, __version__
from senlin_operator import handlers
from senlin_operator.cloud.credentials import Allowed
from senlin_operator.cloud.endpoints import Endpoints
from senlin_operator.cloud.inventory import Subscribers
from senlin_operator.cloud.list_budget import ListBudget
from senlin_operator.cloud.session import SessionOptions
from senlin_operator.cloud.session_pool import Limits, SessionPool
from senlin_operator.collector import StateCollector
from senlin_operator.kinds import KINDS, RUN_KINDS, kinds_for, run_kinds_for
from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.leases import Leases
from senlin_operator.kube.objects import SECRET, Key
from senlin_operator.kube.reviews import Reviews
from senlin_operator.leader import Fence, Leader, Shard, Watchdog
from senlin_operator.model.cache import Cache
from senlin_operator.model.queue import Queue
from senlin_operator.reconcile.controller import Controller
from senlin_operator.reconcile.execute import Executor
from senlin_operator.reconcile.publish import Publisher
from senlin_operator.reconcile.reconciler import Reconciler
from senlin_operator.reconcile.runner import Runner
from senlin_operator.reconcile.sessions import Sessions
from senlin_operator.reconcile.workers import Workers
from senlin_operator.settings import Settings
from senlin_operator.telemetry import metrics
from senlin_operator.telemetry.exposition import Certificate, MetricsPage
from senlin_operator.telemetry.health import Health
from senlin_operator.telemetry.server import Port, serve

_PLURALS = {kind.name: kind.plural for kind in (*KINDS.values(), *RUN_KINDS.values())}
_MEBIBYTE = 2**20
_DRAIN = 20.0  # seconds for the reconciles in progress; shorter than a pod's grace period
_FLUSH = 2.0  # seconds for the last events
_HEARTBEAT = 1.0  # seconds
# Objects, and younger collections, after which Python searches memory for cycles. With its usual
# 700, 10 and 10, a tenth of the CPU of 500 creations was that search (docs/performance.md).
_SEARCHES = (10_000, 10, 10)
_NO_IDENTITY = (
    "the namespace kube-system cannot be read, so the owner's markers in Senlin do not say which "
    "Kubernetes this is: what another or an earlier resource of the same name has left there is "
    "not taken over without the annotation senlin.openstack.org/take-over"
)
_log = logging.getLogger(__name__)
_OWN_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class App:
    """One operator process."""

    def __init__(self, settings: Settings, kube: KubeClient, fence: Fence, kubernetes: str) -> None:
        self._settings = settings
        self._kube = kube
        self._queue = Queue(lambda key: self._cache.line(key))
        self._shard = Shard(settings.shard, settings.shards)
        listed = kinds_for(repaired=settings.senlin_repaired, receivers=settings.receivers)
        kinds = {**listed, **run_kinds_for(repaired=settings.senlin_repaired)}
        self._plurals = {kind.name: kind.plural for kind in kinds.values()}
        self._cache = Cache(kinds, self._queue, self._shard.has)
        workers = Workers(settings.workers)
        options = SessionOptions(
            tuple(listed.values()),
            idle=settings.inventory_interval,
            explain=settings.explain_failures,
            begin_write=fence.begin_write,
            end_write=fence.end_write,
            connect_guard=Endpoints(settings.allowed_endpoints, kube.server).check,
            max_list_size=settings.max_list_mebibytes * _MEBIBYTE,
            max_reply_size=settings.max_reply_mebibytes * _MEBIBYTE,
            lists=ListBudget(settings.max_lists_mebibytes * _MEBIBYTE),
            waiting=workers.waiting,
        )
        limits = Limits(settings.sessions_per_namespace, settings.sessions)
        self._sessions = SessionPool(self._subscribers, options, limits)
        self._recorder = Recorder(kube)
        login_kinds = frozenset({*LOGIN_KINDS, *settings.more_login_kinds})
        allowed = Allowed(login_kinds, settings.unverified_tls)
        sessions = Sessions(self._cache, kube, self._sessions, self._recorder, allowed)
        publisher = Publisher(self._cache, self._queue, kube, self._recorder)
        self._controller = Controller(
            kinds,
            self._cache,
            self._queue,
            sessions,
            Reconciler(self._cache, kube, sessions, Executor(self._recorder), self._recorder),
            Runner(self._cache, kube, sessions, self._recorder, publisher),
            publisher,
            workers,
            kubernetes,
        )
        metrics.SHARDS.set(settings.shards)
        self.health = Health()
        self.collector = StateCollector(
            kinds,
            self._cache,
            self._queue,
            self._sessions,
            by_namespace=settings.metrics_by_namespace,
        )

    async def run(self) -> None:
        """Watch and reconcile until the process is told to stop, then drain."""
        await self._fill()
        tasks = [
            asyncio.create_task(self._controller.run(), name="controller"),
            asyncio.create_task(self._recorder.run(), name="recorder"),
        ]
        self.health.ready = True
        registry = handlers.build_registry(
            self._plurals.items(),
            self._cache.on_event,
            partial(self._kube.watch_session, self._cache.on_list),
        )
        try:
            await handlers.watch(registry, self._settings.namespaces)
        finally:
            _log.info("stopping")
            await self._stop(tasks)

    async def _fill(self) -> None:
        """List all objects once, so that no decision is taken from half of them."""
        for kind in (SECRET, *self._plurals):
            for namespace in self._settings.namespaces or (None,):
                await self._fill_with(kind, namespace)

    async def _fill_with(self, kind: str, namespace: str | None) -> None:
        try:
            async for page in self._kube.pages(kind, namespace):
                for raw in page:
                    self._cache.on_event(kind, None, raw)
        except KubeError as error:
            if error.status != 404:
                raise
            text = (
                f"Kubernetes does not know the kind {kind}: install it with kubectl apply -f crds/"
            )
            raise KubeError(404, text) from error

    async def _stop(self, tasks: list[asyncio.Task[None]]) -> None:
        controller, *others = tasks
        controller.cancel()
        await self._controller.drain(_DRAIN)
        await self._recorder.flush(_FLUSH)
        for task in others:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._sessions.close()

    def _subscribers(self, uses: Callable[[str], bool]) -> Subscribers:
        """Return the subscribers of a session, given whether the object with a uid uses it."""
        return Subscribers(
            changed=lambda ids: self._wake(self._cache.used_by(uses, ids)),
            polled=self._wake,
            matters=self._cache.stands_for,
        )

    def _wake(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self._queue.add(key)


async def run(settings: Settings) -> None:
    """Run the operator until the process is told to stop.

    Raises:
        KubeError: Kubernetes cannot be reached, or does not know the custom resources.
        CancelledError: The process was told to stop while it waited for the lease.
    """
    gc.collect()
    gc.freeze()  # what has been imported is there as long as the process
    gc.set_threshold(*_SEARCHES)
    namespaces = ", ".join(settings.namespaces) or "all"
    _log.info("starting", extra={"version": __version__, "namespaces": namespaces})
    kube = await KubeClient.connect(settings.kubeconfig, _PLURALS)
    fence = Fence()
    kube.may_write = fence.check
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(kube.close)
        app = App(settings, kube, fence, await _identity(kube))
        REGISTRY.register(app.collector)
        stack.callback(REGISTRY.unregister, app.collector)
        stack.callback(_serve(settings, app.health, kube))
        heartbeat = asyncio.create_task(_send_heartbeats(app.health), name="heartbeat")
        stack.callback(heartbeat.cancel)
        if settings.leader_election:
            await _lead(settings, Leases(kube, _namespace(settings)), fence, app)
        else:
            await app.run()


async def _identity(kube: KubeClient) -> str:
    """Return the identity of this Kubernetes; empty: it cannot be read.

    Raises:
        KubeError: Kubernetes does not answer.
    """
    identity = await kube.identity()
    if identity is None:
        _log.warning(_NO_IDENTITY)
    return identity or ""


def _serve(settings: Settings, health: Health, kube: KubeClient) -> Callable[[], None]:
    """Serve the probes and the metrics; return a function that ends it."""
    review = Reviews(kube) if settings.metrics_authentication == "kubernetes" else None
    path = settings.metrics_cert_path
    ports = (
        Port(settings.host, settings.probe_port, health.pages()),
        Port(
            settings.host,
            settings.metrics_port,
            {"/metrics": MetricsPage(review)},
            Certificate(Path(path)).context if path else None,
        ),
    )
    return serve([port for port in ports if port.number])


async def _send_heartbeats(health: Health) -> None:
    """Show that the event loop runs, also while the process is a standby."""
    while True:
        health.heartbeat()
        await asyncio.sleep(_HEARTBEAT)


async def _lead(settings: Settings, leases: Leases, fence: Fence, app: App) -> None:
    """Wait for the lease, run the app while the lease can be renewed, and release it at the end."""
    leader = Leader(
        leases,
        fence,
        installation=settings.lease_name,
        shard=Shard(settings.shard, settings.shards),
        identity=f"{os.environ.get('HOSTNAME', socket.gethostname())}_{uuid4().hex[:8]}",
    )
    app.health.ready = True  # a standby is ready to take over
    _cancel_on_sigterm()  # until the watches handle the signal
    await leader.acquire()
    try:
        with Watchdog(fence):
            await _work(leader, app)
    finally:
        await leader.release()


async def _work(leader: Leader, app: App) -> None:
    """Run the app while the lease can be renewed."""
    keeping = asyncio.create_task(leader.keep(), name="lease")
    working = asyncio.create_task(app.run(), name="app")
    try:
        await asyncio.wait({keeping, working}, return_when=asyncio.FIRST_COMPLETED)
        if keeping.done():
            _log.critical("the lease is lost", extra={"error": str(keeping.exception())})
            os._exit(1)  # nothing in progress may go on
        await working
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        keeping.cancel()


def _cancel_on_sigterm() -> None:
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _namespace(settings: Settings) -> str:
    if settings.lease_namespace:
        return settings.lease_namespace
    with contextlib.suppress(OSError):
        return _OWN_NAMESPACE.read_text().strip()
    return "default"
