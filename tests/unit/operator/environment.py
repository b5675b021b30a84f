"""The operator as it runs, between a fake Kubernetes and a fake Senlin.

Cache, queue, controller, reconciler, publisher, sessions and inventory are real. The project is
polled when the test says so (`poll`), and time passes when it says so.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar, cast

import pytest

from openstack_clustering import Proxy
from senlin_operator.cloud.credentials import Allowed, Credential
from senlin_operator.cloud.explanations import Explanations
from senlin_operator.cloud.heat import Heat
from senlin_operator.cloud.inventory import Inventory, Subscribers
from senlin_operator.cloud.nova import Nova
from senlin_operator.cloud.pace import Pace
from senlin_operator.cloud.session import CloudSession
from senlin_operator.cloud.session_pool import SessionPool
from senlin_operator.kinds import KINDS, RUN_KINDS
from senlin_operator.kube.client import KubeClient
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.objects import Key, Resource
from senlin_operator.model.cache import Cache
from senlin_operator.model.kind import ResourceKind
from senlin_operator.model.outcome import Outcome
from senlin_operator.model.queue import Queue
from senlin_operator.model.scope import RunScope
from senlin_operator.reconcile.controller import Controller
from senlin_operator.reconcile.execute import Executor
from senlin_operator.reconcile.publish import Publisher
from senlin_operator.reconcile.reconciler import Reconciler
from senlin_operator.reconcile.runner import Runner
from senlin_operator.reconcile.sessions import Sessions
from senlin_operator.reconcile.workers import Workers
from senlin_operator.telemetry import clock
from tests.unit.operator.builders import (
    KUBERNETES,
    SECRET_KEY,
    Clock,
    Document,
    a_profile_manifest,
)
from tests.unit.operator.fake_kube import FakeKube
from tests.unit.operator.fake_senlin import FakeSenlin

T = TypeVar("T")

ALL_KINDS: Mapping[str, ResourceKind] = {**KINDS, **RUN_KINDS}
SMALL = Key("SenlinProfile", "team", "small")
WEB = Key("SenlinCluster", "team", "web")
PROFILE = a_profile_manifest(uid="profile-uid")
THREE = {"minSize": 1, "maxSize": 5, "desiredCapacity": 3}
FOUR = THREE | {"desiredCapacity": 4}
CHECKED = THREE | {"remediation": {"mode": "Report", "checkInterval": "5m"}}
_running: ContextVar[str] = ContextVar("running", default="")  # uid of a SenlinOperation
_TURNS = 200  # of the event loop: enough for all tasks, as none waits for real time


class LastRequest(Enum):
    """What happens to the last request of a process that dies."""

    UNSENT = "it was not sent"
    DONE = "it was carried out"
    LATE = "it is carried out after the next process has started"


class CrashPoint:
    """Ends a process at one of its requests: all further requests wait for ever."""

    def __init__(self) -> None:
        self.requests_left: int | None = None  # requests; None: the process does not die
        self.last_request = LastRequest.DONE
        self.crashed = False

    async def before(self, delay: Callable[[], None] = lambda: None) -> None:
        """Count a request that is about to be sent; at the last one, it may be delayed or lost."""
        if self.requests_left is not None and not self.crashed:
            self.requests_left -= 1
            self.crashed = self.requests_left <= 0 and self.last_request != LastRequest.DONE
            if self.crashed and self.last_request == LastRequest.LATE:
                delay()
        await self._hang_if_crashed()

    async def after(self) -> None:
        self.crashed = self.crashed or (self.requests_left is not None and self.requests_left <= 0)
        await self._hang_if_crashed()

    async def _hang_if_crashed(self) -> None:
        if self.crashed:
            await asyncio.Event().wait()


class CrashingKube:
    """A client of Kubernetes in a process that may die before or after each request."""

    def __init__(self, kube: FakeKube, crash_point: CrashPoint) -> None:
        self._kube = kube
        self._crash_point = crash_point

    def __getattr__(self, name: str) -> Callable[..., Any]:
        send = getattr(self._kube, name)

        async def call(*args: Any, **fields: Any) -> Any:
            await self._crash_point.before()
            reply = await send(*args, **fields)
            await self._crash_point.after()
            return reply

        return call


class PartialPace(Pace):
    """That of a project in which a whole poll takes 2 seconds, and a partial one no time."""

    def __init__(self) -> None:
        super().__init__()
        super().whole_took(2.0)

    def whole_took(self, seconds: float) -> None:
        """Take no account of polls without a duration."""


class FakeNova:
    """Answers from tables, and notes which servers and nodes it was asked of."""

    def __init__(self) -> None:
        self.causes: dict[str, str] = {}  # by server
        self.states: dict[str, str] = {}  # by the name of a node
        self.in_error: dict[str, str] = {}  # the faults of servers that exist
        self.listed = True  # whether a list shows them
        self.asked: list[str] = []

    def cause(self, server_id: str) -> str | None:
        self.asked.append(server_id)
        return self.causes.get(server_id)

    def faults(self, known: Callable[[str], bool]) -> dict[str, str | None]:
        new = {id_: fault for id_, fault in self.in_error.items() if not known(id_)}
        return {id_: fault if self.listed else None for id_, fault in new.items()}

    def fault(self, server_id: str) -> str | None:
        return self.in_error.get(server_id)

    def state(self, _: str, name: str, __: str | None) -> str | None:
        self.asked.append(name)
        return self.states.get(name)


class FakeHeat:
    """Says the same of every stack."""

    stack: str | None = None

    def state(self, _: str) -> str | None:
        return self.stack


class FakeSession(CloudSession):
    """A session without threads and logins."""

    def __init__(
        self, senlin: FakeSenlin, subscribers: Subscribers, crash_point: CrashPoint, pace: Pace
    ) -> None:
        self.senlin, self.project = senlin, "blue"
        self.nova, self.heat = FakeNova(), FakeHeat()
        self.explanations = Explanations(
            self._answer, cast("Nova", self.nova), cast("Heat", self.heat)
        )
        self._schemas = {}
        self.inventory = Inventory(self.call, subscribers, tuple(KINDS.values()), pace)
        self._crash_point = crash_point

    async def _answer(self, question: Callable[[], T | None]) -> T | None:
        return question()

    async def call(
        self,
        operation: str,
        send: Callable[[Proxy], Any],
        *,
        urgent: bool = False,
        creates: bool = False,
    ) -> Any:
        send = self._attributed(send)
        await asyncio.sleep(0)
        await self._crash_point.before(lambda: self.senlin.put_off(operation, send))
        reply = self.senlin.answer(operation, send)
        await self._crash_point.after()
        return reply

    def _attributed(self, send: Callable[[Proxy], T]) -> Callable[[Proxy], T]:
        """Return a request that tells the fake which SenlinOperation it is for, if any."""
        uid = _running.get()

        def attributed(proxy: Proxy) -> T:
            with self.senlin.asked_for(uid):
                return send(proxy)

        return attributed


class AttributingRunner(Runner):
    """A runner whose requests are attributed to the uid of the SenlinOperation."""

    async def reconcile(self, scope: RunScope) -> Outcome:
        token = _running.set(scope.resource.uid)
        try:
            return await super().reconcile(scope)
        finally:
            _running.reset(token)


class FakeSessionPool:
    """Hands out one session."""

    def __init__(self, session: FakeSession) -> None:
        self._session = session
        self.users: set[str] = set()

    def use(self, _: Credential, uid: str, __: str, ___: str) -> FakeSession:
        self.users.add(uid)
        return self._session

    def leave(self, uid: str) -> None:
        self.users.discard(uid)

    def uses(self, uid: str) -> bool:
        return uid in self.users

    def users_of_session(self, _: str) -> list[str]:
        return sorted(self.users)


class FakeRecorder:
    """Keeps events: their type, reason, and note."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, str]] = []

    def record(self, _: Resource, kind: str, reason: str, __: str, note: str) -> None:
        self.events.append((kind, reason, note))


class Environment:
    """The operator between fakes, wired as `app.App` wires it."""

    def __init__(
        self,
        fake_clock: Clock,
        senlin: FakeSenlin | None = None,
        pace: Callable[[], Pace] = Pace,
    ) -> None:
        self.clock, self.pace, self.kubernetes = fake_clock, pace, KUBERNETES
        self.senlin = senlin or FakeSenlin(clock=fake_clock)
        self.kube = FakeKube(lambda *event: self.cache.on_event(*event))
        self.recorder = FakeRecorder()
        self.start_process()

    def start_process(self) -> None:
        """Start a process that knows only what Kubernetes lists."""
        self.crash_point = CrashPoint()
        self.queue = Queue(lambda key: self.cache.line(key))
        self.cache = Cache(ALL_KINDS, self.queue)
        for kind, raw in self.kube.all():
            self.cache.on_event(kind, None, raw)
        subscribers = Subscribers(
            changed=lambda ids: self._wake(self.cache.used_by(self.sessions.uses, ids)),
            polled=self._wake,
            matters=self.cache.stands_for,
        )
        self.session = FakeSession(self.senlin, subscribers, self.crash_point, self.pace())
        self.sessions = FakeSessionPool(self.session)
        self.controller = self.new_controller()

    def new_controller(self) -> Controller:
        """Return a controller without memory that reads the same cache."""
        kube, recorder = (
            cast("KubeClient", CrashingKube(self.kube, self.crash_point)),
            self.recorder,
        )
        return _controller(self, kube, cast("Recorder", recorder))

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Environment"]:
        work = asyncio.create_task(self.controller.run())
        try:
            yield self
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def until_idle(self) -> None:
        """Let the workers run until nothing is left to do at this time."""
        # No public API says whether another callback is ready; turns of an idle loop are what most
        # of these tests would spend their time on.
        ready = getattr(asyncio.get_running_loop(), "_ready")  # noqa: B009
        for _ in range(_TURNS):
            await asyncio.sleep(0)
            if not ready:
                return

    async def poll(self) -> None:
        """Have the project polled, and let the workers work on the snapshot."""
        polling = asyncio.create_task(self.session.inventory.run())
        await self.until_idle()
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)

    async def converge(self, polls: int = 6) -> None:
        for _ in range(polls):
            await self.poll()

    async def retry(self, key: Key, after: float = 0.0) -> None:
        """Let time pass, and have the object reconciled again."""
        self.clock.advance(after)
        self.queue.add(key)
        await self.until_idle()

    def condition(self, key: Key, type_: str = "Ready") -> Document:
        conditions = self.kube[key].get("status", {}).get("conditions", [])
        return next(it for it in conditions if it["type"] == type_)

    def reason(self, key: Key) -> str:
        return str(self.condition(key)["reason"])

    def requests(self) -> list[object]:
        """Return the verbs of the requests to Senlin since the last call."""
        verbs = [verb for verb, *_ in self.senlin.requests]
        self.senlin.requests.clear()
        return verbs

    def writes(self) -> list[tuple[str, str]]:
        """Return the writes to Kubernetes since the last call, without those of the Secret."""
        writes = [it for it in self.kube.writes if it[1] != SECRET_KEY.name]
        self.kube.writes.clear()
        return writes

    def _wake(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self.queue.add(key)


def _controller(env: Environment, kube: KubeClient, recorder: Recorder) -> Controller:
    cache, queue = env.cache, env.queue
    pool = cast("SessionPool", env.sessions)
    sessions = Sessions(cache, kube, pool, recorder, Allowed(), _at_once)
    reconciler = Reconciler(cache, kube, sessions, Executor(recorder), recorder)
    publisher = Publisher(cache, queue, kube, recorder)
    runner = AttributingRunner(cache, kube, sessions, recorder, publisher)
    workers = Workers(4)
    return Controller(
        ALL_KINDS, cache, queue, sessions, reconciler, runner, publisher, workers, env.kubernetes
    )


async def _at_once(function: Callable[[], T]) -> T:
    """Call the function in no thread, for which `until_idle` would not wait."""
    return function()


def set_clock(fake: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the operator read that clock; the event loop keeps the real one."""
    monkeypatch.setattr(clock, "monotonic", fake)
    monkeypatch.setattr(clock, "utcnow", lambda: datetime.fromtimestamp(fake(), UTC))


async def replace_process(env: Environment) -> None:
    """Have the process die, and another one start."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    env.start_process()
