"""Many objects at once, failures of single ones, and the end of the process."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY

from openstack_clustering import Proxy
from openstack_clustering.exceptions import BadRequest
from senlin_operator.kube.client import KubeError
from senlin_operator.kube.objects import Key
from senlin_operator.reconcile import controller
from senlin_operator.telemetry.logging import configure
from tests.unit.operator.builders import Clock, a_profile_manifest, a_secret_manifest
from tests.unit.operator.environment import Environment
from tests.unit.operator.log_capture import LogCapture

GOOD, BAD, OTHER = (Key("SenlinProfile", "team", name) for name in ("good", "bad", "other"))


@pytest.fixture
async def env(clock: Clock) -> AsyncIterator[Environment]:
    async with Environment(clock).running() as env:
        env.kube.apply(a_secret_manifest())
        await env.poll()
        yield env


def apply(env: Environment, *names: str) -> None:
    for name in names:
        env.kube.apply(a_profile_manifest(name, uid=f"{name}-uid"))


def reconciles(outcome: str) -> float:
    labels = {"kind": "SenlinProfile", "outcome": outcome}
    return REGISTRY.get_sample_value("senlin_operator_reconcile_total", labels) or 0.0


async def test_a_bug_in_one_object_does_not_stop_the_others(
    env: Environment, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = env.senlin.create_profile

    def break_on_bad(name: str, **fields: Any) -> Any:
        if name == "bad":
            raise ZeroDivisionError
        return create(name, **fields)

    monkeypatch.setattr(env.senlin, "create_profile", break_on_bad)
    apply(env, "bad", "good")

    await env.converge(2)

    assert env.reason(GOOD) == "Ready"
    assert env.reason(BAD) == "InternalError"
    assert "ZeroDivisionError" in env.condition(BAD)["message"]
    assert [it.message for it in caplog.records if it.levelno == logging.ERROR] == [
        "the reconcile raised an unexpected error, which is a bug"
    ]


async def test_an_object_is_retried_after_a_bug(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = env.senlin.create_profile

    def break_once(**fields: Any) -> Any:
        monkeypatch.setattr(env.senlin, "create_profile", create)
        raise ZeroDivisionError

    monkeypatch.setattr(env.senlin, "create_profile", break_once)
    apply(env, "bad")
    await env.converge(1)

    env.clock.advance(60)
    apply(env, "good")  # wakes the queue, which then reads the clock
    await env.converge(3)

    assert env.reason(BAD) == "Ready"


async def test_a_write_that_kubernetes_refuses_is_retried(env: Environment) -> None:
    env.kube.refusals.append(KubeError(500, "etcd is away"))
    apply(env, "good")
    await env.converge(1)
    assert "status" not in env.kube[GOOD]

    await env.retry(GOOD, after=10)
    await env.converge(2)

    assert env.reason(GOOD) == "Ready"
    assert env.requests() == ["create_profile"]


async def test_a_refused_write_is_counted_and_logged(env: Environment, logs: LogCapture) -> None:
    configure("json", "info")
    before = reconciles("error"), reconciles("settled")
    env.kube.refusals.append(KubeError(503, "the server is away"))

    apply(env, "good")
    await env.converge(1)

    assert (reconciles("error"), reconciles("settled")) == (before[0] + 1, before[1])
    [refused] = [line for line in logs.documents() if line["event"] == "Kubernetes refuses"]
    assert (refused["kind"], refused["namespace"], refused["name"]) == (
        "SenlinProfile",
        "team",
        "good",
    )
    assert (refused["uid"], refused["generation"]) == ("good-uid", 1)
    assert refused["error"] == "the server is away"


async def test_the_pause_between_refused_writes_grows_up_to_a_limit(
    env: Environment, clock: Clock
) -> None:
    apply(env, "other")
    await env.converge(2)
    env.kube.refusals += [KubeError(503, "the server is away")] * 100
    apply(env, "good")
    tries = []
    for _ in range(3):
        before = len(env.kube.refusals)
        for _ in range(50):
            clock.advance(2)
            env.queue.add(OTHER)  # wakes the queue, which sleeps by a real clock
            await env.poll()
        tries.append(before - len(env.kube.refusals))

    assert 7 <= tries[0] <= 11
    assert 3 <= tries[2] <= 7


async def test_an_object_deleted_while_no_watch_was_open_is_forgotten(
    env: Environment, caplog: pytest.LogCaptureFixture
) -> None:
    apply(env, "good")
    env.kube.lose(GOOD)

    await env.converge(1)

    assert env.cache.get(GOOD) is None
    assert env.requests() == []
    assert not [it for it in caplog.records if it.levelno >= logging.WARNING]


async def test_a_secret_deleted_while_no_watch_was_open_is_reported_missing(
    env: Environment,
) -> None:
    [secret] = env.kube.keys("Secret")
    env.kube.lose(secret)
    apply(env, "good")

    await env.converge(2)

    assert env.reason(GOOD) == "CredentialsMissing"
    assert env.requests() == []


@pytest.mark.parametrize("status", [404, 409])
async def test_a_status_write_for_a_deleted_object_logs_no_warning(
    env: Environment, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    apply(env, "good")
    await env.converge(2)
    env.kube.refusals.append(KubeError(status, "another took its name"))

    env.kube.apply(a_profile_manifest("good", {"name": "x"}, uid="good-uid"))
    await env.converge(1)

    assert not [it for it in caplog.records if it.levelno >= logging.WARNING]


class SlowCalls:
    """Calls of a session that take several turns of the event loop, and how many run at once."""

    def __init__(self, env: Environment, on_turn: Callable[[], None] = lambda: None) -> None:
        self.most = 0
        self._running = 0
        self._env = env
        self._on_turn = on_turn

    async def __call__(self, _: str, send: Callable[[Proxy], Any], **__: Any) -> Any:
        self._running += 1
        self.most = max(self.most, self._running)
        for _turn in range(20):
            self._on_turn()
            await asyncio.sleep(0)
        self._running -= 1
        return send(self._env.senlin.proxy)


async def test_an_object_is_reconciled_by_one_worker_at_a_time(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = SlowCalls(env, on_turn=lambda: env.queue.add(GOOD))
    monkeypatch.setattr(env.session, "call", calls)
    apply(env, "good")

    await env.converge(2)

    assert calls.most == 1
    assert env.requests() == ["create_profile"]


async def test_at_most_as_many_objects_are_reconciled_as_there_are_workers(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = SlowCalls(env)
    monkeypatch.setattr(env.session, "call", calls)
    apply(env, *"abcdefghij")

    await env.converge(2)

    assert calls.most == 4  # workers
    assert len(env.requests()) == 10


async def test_a_reconcile_that_never_ends_is_ended_and_retried(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = env.session.call
    monkeypatch.setattr(controller, "_DEADLINE", 0.01)

    async def hang(*_: Any, **__: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(env.session, "call", hang)
    apply(env, "good")
    await env.until_idle()
    await asyncio.sleep(0.02)
    await env.until_idle()
    assert (env.reason(GOOD), env.condition(GOOD)["status"]) == ("CloudError", "Unknown")

    monkeypatch.setattr(env.session, "call", call)
    await env.retry(GOOD, after=4)
    await env.converge(2)
    assert env.reason(GOOD) == "Ready"


async def test_draining_waits_for_a_running_reconcile(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = asyncio.Event()

    async def hang(_: str, send: Callable[[Proxy], Any], **___: Any) -> Any:
        await go_on.wait()
        return send(env.senlin.proxy)

    monkeypatch.setattr(env.session, "call", hang)
    apply(env, "good")
    await env.until_idle()

    drained = asyncio.create_task(env.controller.drain(5))
    await env.until_idle()
    assert not drained.done()
    go_on.set()
    await drained

    assert env.reason(GOOD) == "Ready"


async def test_draining_ends_at_its_timeout(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: Any, **__: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(env.session, "call", hang)
    apply(env, "good")
    await env.until_idle()

    await asyncio.wait_for(env.controller.drain(0.01), 1)


async def test_a_deleted_object_gives_its_session_back(env: Environment) -> None:
    apply(env, "good")
    await env.converge(2)
    assert env.sessions.users == {"good-uid"}

    env.kube.remove(GOOD)
    await env.converge(2)

    assert GOOD not in env.kube
    assert env.sessions.users == set()


async def test_a_new_object_of_the_same_name_does_not_inherit_failures(env: Environment) -> None:
    env.senlin.refusals.append(BadRequest("over quota"))
    apply(env, "good")
    await env.converge(2)
    assert env.reason(GOOD) == "Rejected"

    env.kube.replace(a_profile_manifest("good", uid="another-uid"))
    await env.converge(2)

    assert env.reason(GOOD) == "Ready"
    assert env.sessions.users == {"another-uid"}


async def test_a_new_object_of_the_same_name_is_created_again(env: Environment) -> None:
    apply(env, "good")
    await env.converge(2)
    env.kube.remove(GOOD)
    await env.converge(2)

    env.kube.apply(a_profile_manifest("good", uid="another-uid"))
    await env.converge(2)

    assert env.requests() == ["create_profile", "delete_profile", "create_profile"]
    assert env.sessions.users == {"another-uid"}
