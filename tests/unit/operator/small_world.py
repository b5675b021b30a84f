"""The engine as it runs, between a small Kubernetes and a small Senlin.

Real: cache, queue, reconciler, conclusion, controller, access, inventory. Small: what is behind
them. Looks at the project come when the test says so (`look`), and time passes when it says so.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, cast

from builders import SECRET_KEY, Clock, Document, a_profile_manifest
from small_kube import SmallKube
from small_senlin import SmallSenlin

from openstack_clustering import Proxy
from senlin_operator.cloud.credentials import Credential
from senlin_operator.cloud.inventory import Inventory, Waking
from senlin_operator.cloud.session import Cloud, Clouds
from senlin_operator.engine.access import Access
from senlin_operator.engine.cache import Cache
from senlin_operator.engine.conclusion import Conclusion
from senlin_operator.engine.controller import Controller
from senlin_operator.engine.queue import Queue
from senlin_operator.engine.reconciler import Reconciler
from senlin_operator.kinds import cluster, node, policy, profile
from senlin_operator.kube.client import KubeClient
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.objects import Key, Resource

KINDS = {kind.name: kind for kind in (profile.KIND, policy.KIND, cluster.KIND, node.KIND)}
SMALL = Key("SenlinProfile", "team", "small")
WEB = Key("SenlinCluster", "team", "web")
PROFILE = a_profile_manifest(uid="profile-uid")
THREE = {"minSize": 1, "maxSize": 5, "desiredCapacity": 3}
FOUR = THREE | {"desiredCapacity": 4}
CHECKED = THREE | {"remediation": {"mode": "Report", "checkInterval": "5m"}}
_TURNS = 200  # of the event loop: more than anything here takes, as nothing really waits


class SmallCloud(Cloud):
    """A session without threads and logins."""

    def __init__(self, senlin: SmallSenlin, waking: Waking) -> None:
        self.senlin = senlin
        self.inventory = Inventory(self.call, waking)

    async def call(
        self, operation: str, send: Callable[[Proxy], Any], *, urgent: bool = False
    ) -> Any:
        await asyncio.sleep(0)
        return send(self.senlin.proxy)


class SmallClouds:
    """Hands the one session out."""

    def __init__(self, cloud: SmallCloud) -> None:
        self._cloud = cloud
        self.users: set[str] = set()

    def use(self, _: Credential, uid: str) -> SmallCloud:
        self.users.add(uid)
        return self._cloud

    def leave(self, uid: str) -> None:
        self.users.discard(uid)

    def sharing(self, _: str) -> list[str]:
        return sorted(self.users)


class SmallRecorder:
    """Keeps events: their type, reason, and note."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, str]] = []

    def record(self, _: Resource, kind: str, reason: str, __: str, note: str) -> None:
        self.events.append((kind, reason, note))


class World:
    """Everything, wired as `app.App` wires it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.senlin = SmallSenlin(clock=clock)
        self.queue = Queue(clock)
        self.cache = Cache(KINDS, self.queue)
        self.kube = SmallKube(self.cache.notice)
        waking = Waking(changed=lambda ids: self._wake(self.cache.of(ids)), looked=self._wake)
        self.cloud = SmallCloud(self.senlin, waking)
        self.clouds = SmallClouds(self.cloud)
        self.recorder = SmallRecorder()
        self.controller = self.restarted()

    def restarted(self) -> Controller:
        """Return a controller that remembers nothing, as a new process has it."""
        kube, recorder = cast("KubeClient", self.kube), cast("Recorder", self.recorder)
        access = Access(self.cache, kube, cast("Clouds", self.clouds))
        return Controller(
            KINDS,
            self.cache,
            self.queue,
            access,
            Reconciler(self.cache, kube, access, recorder),
            Conclusion(self.cache, self.queue, kube, recorder),
            workers=4,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator["World"]:
        work = asyncio.create_task(self.controller.run())
        try:
            yield self
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def rest(self) -> None:
        """Let the workers work until nothing is left for now."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    async def look(self) -> None:
        """Have the project looked at, and let the workers work on what that shows."""
        looking = asyncio.create_task(self.cloud.inventory.run())
        await self.rest()
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)

    async def converge(self, looks: int = 6) -> None:
        for _ in range(looks):
            await self.look()

    async def retry(self, key: Key, after: float = 0.0) -> None:
        """Let time pass, and have the object worked on again."""
        self.clock.advance(after)
        self.queue.add(key)
        await self.rest()

    def condition(self, key: Key, type_: str = "Ready") -> Document:
        conditions = self.kube[key].get("status", {}).get("conditions", [])
        return next(it for it in conditions if it["type"] == type_)

    def reason(self, key: Key) -> str:
        return str(self.condition(key)["reason"])

    def requests(self) -> list[object]:
        """Return the verbs of what was asked of Senlin since the last time."""
        verbs = [verb for verb, *_ in self.senlin.requests]
        self.senlin.requests.clear()
        return verbs

    def writes(self) -> list[tuple[str, str]]:
        """Return what was written to Kubernetes since the last time; not to the Secret."""
        writes = [it for it in self.kube.writes if it[1] != SECRET_KEY.name]
        self.kube.writes.clear()
        return writes

    def _wake(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self.queue.add(key)
