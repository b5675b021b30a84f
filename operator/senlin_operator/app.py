"""The composition root: builds everything, and owns start and stop."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

from prometheus_client import REGISTRY

from openstack_clustering import __version__
from senlin_operator import handlers
from senlin_operator.cloud.inventory import Waking
from senlin_operator.cloud.session import Clouds, Way
from senlin_operator.engine.access import Access
from senlin_operator.engine.cache import Cache
from senlin_operator.engine.conclusion import Conclusion
from senlin_operator.engine.controller import Controller
from senlin_operator.engine.figures import Figures
from senlin_operator.engine.leader import Fence, Leader, Shard
from senlin_operator.engine.queue import Queue
from senlin_operator.engine.reconciler import Reconciler
from senlin_operator.kinds import cluster, node, policy, profile
from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.leases import Leases
from senlin_operator.kube.objects import SECRET, Key
from senlin_operator.settings import Settings
from senlin_operator.telemetry import metrics

KINDS = {kind.name: kind for kind in (profile.KIND, policy.KIND, cluster.KIND, node.KIND)}
_PLURALS = {kind.name: kind.plural for kind in KINDS.values()}
_DRAIN = 20.0  # seconds for what is under way; shorter than a pod's grace period
_FLUSH = 2.0  # seconds for the last events
_BEAT = 1.0  # seconds
_log = logging.getLogger(__name__)
_OWN_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class App:
    """One operator process."""

    def __init__(self, settings: Settings, kube: KubeClient) -> None:
        self._settings = settings
        self._kube = kube
        self._queue = Queue()
        self._shard = Shard(settings.shard, settings.shards)
        self._cache = Cache(KINDS, self._queue, self._shard.has)
        waking = Waking(changed=self._wake_changed, looked=self._wake)
        self._clouds = Clouds(waking, Way(settings.inventory_interval, kube.may_write))
        access = Access(self._cache, kube, self._clouds)
        self._recorder = Recorder(kube)
        self._controller = Controller(
            KINDS,
            self._cache,
            self._queue,
            access,
            Reconciler(self._cache, kube, access, self._recorder),
            Conclusion(self._cache, self._queue, kube, self._recorder),
            settings.workers,
        )
        metrics.SHARDS.set(settings.shards)
        self.health = metrics.Health()
        self.figures = Figures(self._cache, self._queue, self._clouds)

    async def run(self) -> None:
        """Watch and reconcile until the process is told to stop, then drain."""
        await self._fill()
        tasks = [
            asyncio.create_task(self._controller.run(), name="controller"),
            asyncio.create_task(self._recorder.run(), name="recorder"),
        ]
        self.health.ready = True
        registry = handlers.build_registry(
            _PLURALS.items(), self._cache.notice, self._kube.watch_session
        )
        try:
            await handlers.watch(registry, self._settings.namespaces)
        finally:
            _log.info("stopping")
            await self._stop(tasks)

    async def _fill(self) -> None:
        """List everything once, so that no decision is taken from a half-known world."""
        for kind in (SECRET, *KINDS):
            for namespace in self._settings.namespaces or (None,):
                for raw in await self._list(kind, namespace):
                    self._cache.notice(kind, None, raw)

    async def _list(self, kind: str, namespace: str | None) -> list[dict[str, Any]]:
        try:
            return await self._kube.list(kind, namespace)
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
        await self._clouds.close()

    def _wake_changed(self, ids: set[str]) -> None:
        self._wake(self._cache.of(ids))

    def _wake(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self._queue.add(key)


async def run(settings: Settings) -> None:
    """Run the operator until the process is told to stop.

    Raises:
        KubeError: Kubernetes cannot be reached, or does not know the custom resources.
        CancelledError: It was told to stop while it waited for the lease.
    """
    namespaces = ", ".join(settings.namespaces) or "all"
    _log.info("starting", extra={"version": __version__, "namespaces": namespaces})
    kube = await KubeClient.connect(settings.kubeconfig, _PLURALS)
    fence = Fence()
    kube.may_write = fence.check
    with contextlib.ExitStack() as stack:
        app = App(settings, kube)
        if settings.metrics_port:
            REGISTRY.register(app.figures)
            stack.callback(REGISTRY.unregister, app.figures)
            stack.callback(metrics.serve(settings.host, settings.metrics_port, app.health))
        beating = asyncio.create_task(_beat(app.health), name="heartbeat")
        try:
            if settings.leader_election:
                await _lead(settings, Leases(kube, _namespace(settings)), fence, app)
            else:
                await app.run()
        finally:
            beating.cancel()
            await kube.close()


async def _beat(health: metrics.Health) -> None:
    """Show that the event loop runs, also while the process stands by."""
    while True:
        health.beat()
        await asyncio.sleep(_BEAT)


async def _lead(settings: Settings, leases: Leases, fence: Fence, app: App) -> None:
    """Wait for the lease, work as long as it can be renewed, and let it go at the end."""
    leader = Leader(
        leases,
        fence,
        installation=settings.lease_name,
        shard=Shard(settings.shard, settings.shards),
        identity=f"{os.environ.get('HOSTNAME', socket.gethostname())}_{uuid4().hex[:8]}",
    )
    app.health.ready = True  # a standby is what it should be
    _cancel_on_sigterm()  # until the watches take care of that
    await leader.acquire()
    keeping = asyncio.create_task(leader.keep(), name="lease")
    working = asyncio.create_task(app.run(), name="app")
    try:
        await asyncio.wait({keeping, working}, return_when=asyncio.FIRST_COMPLETED)
        if keeping.done():
            _log.critical("the lease is lost", extra={"error": str(keeping.exception())})
            os._exit(1)  # whatever is under way must not go on
        await working
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        keeping.cancel()
        await leader.release()


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
