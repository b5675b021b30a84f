"""The engine as it runs, between a small Kubernetes and a small Senlin.

Real: cache, queue, reconciler, conclusion, controller, access, inventory. Small: what is behind
them. Looks at the project come when the test says so (`look`), and time passes when it says so.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from enum import Enum
from types import SimpleNamespace
from typing import Any, cast

import pytest

from openstack_clustering import Proxy
from senlin_operator.cloud import inventory, pace
from senlin_operator.cloud.credentials import Credential
from senlin_operator.cloud.inventory import Inventory, Waking
from senlin_operator.cloud.session import Cloud, Clouds
from senlin_operator.engine import actions, conclusion, execution, looking, memory, reconciler
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
from tests.unit.operator.builders import SECRET_KEY, Clock, Document, a_profile_manifest
from tests.unit.operator.fake_kube import FakeKube
from tests.unit.operator.fake_senlin import FakeSenlin

KINDS = {kind.name: kind for kind in (profile.KIND, policy.KIND, cluster.KIND, node.KIND)}
SMALL = Key("SenlinProfile", "team", "small")
WEB = Key("SenlinCluster", "team", "web")
PROFILE = a_profile_manifest(uid="profile-uid")
THREE = {"minSize": 1, "maxSize": 5, "desiredCapacity": 3}
FOUR = THREE | {"desiredCapacity": 4}
CHECKED = THREE | {"remediation": {"mode": "Report", "checkInterval": "5m"}}
_TURNS = 200  # of the event loop: more than anything here takes, as nothing really waits


class Last(Enum):
    """What becomes of the last request of a process."""

    UNSENT = "it was never sent"
    DONE = "it was carried out"
    LATE = "it is carried out when another process has begun already"


class Fuse:
    """Ends a process at one of its requests: whoever asks then waits for ever."""

    def __init__(self) -> None:
        self.left: int | None = None  # requests; None: it lives on
        self.last = Last.DONE
        self.burnt = False

    async def before(self, put_off: Callable[[], None] = lambda: None) -> None:
        """Live on, or not: then the request may be put off."""
        if self.left is not None and not self.burnt:
            self.left -= 1
            self.burnt = self.left <= 0 and self.last != Last.DONE
            if self.burnt and self.last == Last.LATE:
                put_off()
        await self._hang_if_burnt()

    async def after(self) -> None:
        self.burnt = self.burnt or (self.left is not None and self.left <= 0)
        await self._hang_if_burnt()

    async def _hang_if_burnt(self) -> None:
        if self.burnt:
            await asyncio.Event().wait()


class Mortal:
    """Kubernetes, as a process that may die between two requests reaches it."""

    def __init__(self, kube: FakeKube, fuse: Fuse) -> None:
        self._kube = kube
        self._fuse = fuse

    def __getattr__(self, name: str) -> Callable[..., Any]:
        ask = getattr(self._kube, name)

        async def mortally(*args: Any, **fields: Any) -> Any:
            await self._fuse.before()
            answer = await ask(*args, **fields)
            await self._fuse.after()
            return answer

        return mortally


class FakeCloud(Cloud):
    """A session without threads and logins."""

    def __init__(self, senlin: FakeSenlin, waking: Waking, fuse: Fuse) -> None:
        self.senlin = senlin
        self.inventory = Inventory(self.call, waking)
        self._fuse = fuse

    async def call(
        self, operation: str, send: Callable[[Proxy], Any], *, urgent: bool = False
    ) -> Any:
        await asyncio.sleep(0)
        await self._fuse.before(lambda: self.senlin.put_off(operation, send))
        answer = self.senlin.answer(operation, send)
        await self._fuse.after()
        return answer


class FakeClouds:
    """Hands the one session out."""

    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud
        self.users: set[str] = set()

    def use(self, _: Credential, uid: str) -> FakeCloud:
        self.users.add(uid)
        return self._cloud

    def leave(self, uid: str) -> None:
        self.users.discard(uid)

    def sharing(self, _: str) -> list[str]:
        return sorted(self.users)


class FakeRecorder:
    """Keeps events: their type, reason, and note."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, str]] = []

    def record(self, _: Resource, kind: str, reason: str, __: str, note: str) -> None:
        self.events.append((kind, reason, note))


class World:
    """Everything, wired as `app.App` wires it."""

    def __init__(self, clock: Clock, senlin: FakeSenlin | None = None) -> None:
        self.clock = clock
        self.senlin = senlin or FakeSenlin(clock=clock)
        self.kube = FakeKube(lambda *event: self.cache.notice(*event))
        self.recorder = FakeRecorder()
        self.boot()

    def boot(self) -> None:
        """Start a process that knows nothing but what Kubernetes lists."""
        self.fuse = Fuse()
        self.queue = Queue(self.clock)
        self.cache = Cache(KINDS, self.queue)
        for kind, raw in self.kube.all():
            self.cache.notice(kind, None, raw)
        waking = Waking(changed=lambda ids: self._wake(self.cache.of(ids)), looked=self._wake)
        self.cloud = FakeCloud(self.senlin, waking, self.fuse)
        self.clouds = FakeClouds(self.cloud)
        self.controller = self.restarted()

    def restarted(self) -> Controller:
        """Return a controller that remembers nothing, but looks at what is cached."""
        kube, recorder = cast("KubeClient", Mortal(self.kube, self.fuse)), self.recorder
        return _controller(self, kube, cast("Recorder", recorder))

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


def _controller(world: World, kube: KubeClient, recorder: Recorder) -> Controller:
    cache, queue = world.cache, world.queue
    access = Access(cache, kube, cast("Clouds", world.clouds))
    reconciler = Reconciler(cache, kube, access, recorder)
    conclusion = Conclusion(cache, queue, kube, recorder)
    return Controller(KINDS, cache, queue, access, reconciler, conclusion, workers=4)


def go_by(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the engine read that clock; the event loop keeps the real one."""
    moved = SimpleNamespace(**vars(time) | {"monotonic": clock, "time": clock})
    for module in (actions, conclusion, execution, inventory, looking, memory, pace, reconciler):
        monkeypatch.setattr(module, "time", moved)
