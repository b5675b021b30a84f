"""The operator as it runs, between a fake Kubernetes and a fake Senlin.

Cache, queue, controller, reconciler, publisher, sessions and inventory are real. The project is
polled when the test says so (`poll`), and time passes when it says so.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import Enum
from typing import Any, cast

import pytest

from openstack_clustering import Proxy
from senlin_operator.cloud.credentials import Credential
from senlin_operator.cloud.inventory import Inventory, Subscribers
from senlin_operator.cloud.session import CloudSession, SessionPool
from senlin_operator.kinds import KINDS
from senlin_operator.kube.client import KubeClient
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.objects import Key, Resource
from senlin_operator.model.cache import Cache
from senlin_operator.model.queue import Queue
from senlin_operator.reconcile.controller import Controller
from senlin_operator.reconcile.publish import Publisher
from senlin_operator.reconcile.reconciler import Reconciler
from senlin_operator.reconcile.sessions import Sessions
from senlin_operator.telemetry import clock
from tests.unit.operator.builders import SECRET_KEY, Clock, Document, a_profile_manifest
from tests.unit.operator.fake_kube import FakeKube
from tests.unit.operator.fake_senlin import FakeSenlin

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


class FakeSession(CloudSession):
    """A session without threads and logins."""

    def __init__(self, senlin: FakeSenlin, subscribers: Subscribers, fuse: Fuse) -> None:
        self.senlin = senlin
        self.inventory = Inventory(self.call, subscribers, tuple(KINDS.values()))
        self._fuse = fuse

    async def call(
        self, operation: str, send: Callable[[Proxy], Any], *, urgent: bool = False
    ) -> Any:
        await asyncio.sleep(0)
        await self._fuse.before(lambda: self.senlin.put_off(operation, send))
        answer = self.senlin.answer(operation, send)
        await self._fuse.after()
        return answer


class FakeSessionPool:
    """Hands the one session out."""

    def __init__(self, cloud: FakeSession) -> None:
        self._cloud = cloud
        self.users: set[str] = set()

    def use(self, _: Credential, uid: str) -> FakeSession:
        self.users.add(uid)
        return self._cloud

    def leave(self, uid: str) -> None:
        self.users.discard(uid)

    def users_of_session(self, _: str) -> list[str]:
        return sorted(self.users)


class FakeRecorder:
    """Keeps events: their type, reason, and note."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, str]] = []

    def record(self, _: Resource, kind: str, reason: str, __: str, note: str) -> None:
        self.events.append((kind, reason, note))


class World:
    """Everything, wired as `app.App` wires it."""

    def __init__(self, fake_clock: Clock, senlin: FakeSenlin | None = None) -> None:
        self.clock = fake_clock
        self.senlin = senlin or FakeSenlin(clock=fake_clock)
        self.kube = FakeKube(lambda *event: self.cache.on_event(*event))
        self.recorder = FakeRecorder()
        self.boot()

    def boot(self) -> None:
        """Start a process that knows nothing but what Kubernetes lists."""
        self.fuse = Fuse()
        self.queue = Queue()
        self.cache = Cache(KINDS, self.queue)
        for kind, raw in self.kube.all():
            self.cache.on_event(kind, None, raw)
        subscribers = Subscribers(
            changed=lambda ids: self._wake(self.cache.keys_of(ids)), polled=self._wake
        )
        self.session = FakeSession(self.senlin, subscribers, self.fuse)
        self.sessions = FakeSessionPool(self.session)
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

    async def poll(self) -> None:
        """Have the project polled, and let the workers work on the snapshot."""
        polling = asyncio.create_task(self.session.inventory.run())
        await self.rest()
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)

    async def converge(self, polls: int = 6) -> None:
        for _ in range(polls):
            await self.poll()

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
    sessions = Sessions(cache, kube, cast("SessionPool", world.sessions))
    reconciler = Reconciler(cache, kube, sessions, recorder)
    publisher = Publisher(cache, queue, kube, recorder)
    return Controller(KINDS, cache, queue, sessions, reconciler, publisher, workers=4)


def set_clock(fake: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the operator read that clock; the event loop keeps the real one."""
    monkeypatch.setattr(clock, "monotonic", fake)
    monkeypatch.setattr(clock, "utcnow", lambda: datetime.fromtimestamp(fake(), UTC))
