"""Many objects at once, and one that goes wrong among them."""

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
from senlin_operator.telemetry.logging import configure
from tests.unit.operator.builders import Clock, a_profile_manifest, a_secret_manifest
from tests.unit.operator.fake_world import World
from tests.unit.operator.log_capture import Lines

GOOD, BAD, OTHER = (Key("SenlinProfile", "team", name) for name in ("good", "bad", "other"))


@pytest.fixture
async def world(clock: Clock) -> AsyncIterator[World]:
    async with World(clock).running() as world:
        world.kube.apply(a_secret_manifest())
        await world.poll()
        yield world


def apply(world: World, *names: str) -> None:
    for name in names:
        world.kube.apply(a_profile_manifest(name, uid=f"{name}-uid"))


def attempts(outcome: str) -> float:
    labels = {"kind": "SenlinProfile", "outcome": outcome}
    return REGISTRY.get_sample_value("senlin_operator_reconcile_total", labels) or 0.0


async def test_a_bug_that_one_object_meets_does_not_stop_the_others(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = world.senlin.create_profile

    def break_on_bad(name: str, **fields: Any) -> Any:
        if name == "bad":
            raise ZeroDivisionError
        return create(name, **fields)

    monkeypatch.setattr(world.senlin, "create_profile", break_on_bad)
    apply(world, "bad", "good")

    await world.converge(2)

    assert world.reason(GOOD) == "Ready"
    assert world.reason(BAD) == "InternalError"
    assert "ZeroDivisionError" in world.condition(BAD)["message"]
    assert [it.message for it in caplog.records if it.levelno == logging.ERROR] == [
        "the reconcile raised an unexpected error, which is a bug"
    ]


async def test_an_object_that_met_a_bug_comes_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = world.senlin.create_profile

    def break_once(**fields: Any) -> Any:
        monkeypatch.setattr(world.senlin, "create_profile", create)
        raise ZeroDivisionError

    monkeypatch.setattr(world.senlin, "create_profile", break_once)
    apply(world, "bad")
    await world.converge(1)

    world.clock.advance(60)
    apply(world, "good")  # wakes the queue, which then sees what time it is
    await world.converge(3)

    assert world.reason(BAD) == "Ready"


async def test_a_write_that_kubernetes_refuses_is_made_again(world: World) -> None:
    world.kube.refusals.append(KubeError(500, "etcd is away"))
    apply(world, "good")
    await world.converge(1)
    assert "status" not in world.kube[GOOD]

    await world.retry(GOOD, after=10)
    await world.converge(2)

    assert world.reason(GOOD) == "Ready"
    assert world.requests() == ["create_profile"]


async def test_what_kubernetes_refuses_is_counted_and_told(world: World, lines: Lines) -> None:
    configure("json", "info")
    before = attempts("error"), attempts("settled")
    world.kube.refusals.append(KubeError(403, "forbidden"))

    apply(world, "good")
    await world.converge(1)

    assert (attempts("error"), attempts("settled")) == (before[0] + 1, before[1])
    [refused] = [line for line in lines.documents() if line["event"] == "Kubernetes refuses"]
    assert (refused["kind"], refused["namespace"], refused["name"]) == (
        "SenlinProfile",
        "team",
        "good",
    )
    assert (refused["uid"], refused["generation"]) == ("good-uid", 1)
    assert refused["error"] == "forbidden"


async def test_who_is_refused_again_and_again_asks_less_often_but_not_too_seldom(
    world: World, clock: Clock
) -> None:
    apply(world, "other")
    await world.converge(2)
    world.kube.refusals += [KubeError(403, "forbidden")] * 100
    apply(world, "good")
    tries = []
    for _ in range(3):
        before = len(world.kube.refusals)
        for _ in range(50):
            clock.advance(2)
            world.queue.add(OTHER)  # wakes the queue, which sleeps by a real clock
            await world.poll()
        tries.append(before - len(world.kube.refusals))

    assert 7 <= tries[0] <= 11
    assert 3 <= tries[2] <= 7


async def test_what_went_while_no_watch_was_open_is_forgotten(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    apply(world, "good")
    world.kube.lose(GOOD)

    await world.converge(1)

    assert world.cache.get(GOOD) is None
    assert world.requests() == []
    assert not [it for it in caplog.records if it.levelno >= logging.WARNING]


async def test_a_secret_that_went_while_no_watch_was_open_is_missing(world: World) -> None:
    [secret] = world.kube.keys("Secret")
    world.kube.lose(secret)
    apply(world, "good")

    await world.converge(2)

    assert world.reason(GOOD) == "CredentialsMissing"
    assert world.requests() == []


@pytest.mark.parametrize("status", [404, 409])
async def test_a_status_of_what_has_gone_meanwhile_is_not_missed(
    world: World, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    apply(world, "good")
    await world.converge(2)
    world.kube.refusals.append(KubeError(status, "another took its name"))

    world.kube.apply(a_profile_manifest("good", {"name": "x"}, uid="good-uid"))
    await world.converge(1)

    assert not [it for it in caplog.records if it.levelno >= logging.WARNING]


async def test_one_object_is_worked_on_in_one_place_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, most = 0, 0

    async def slowly(_: str, send: Callable[[Proxy], Any], **___: Any) -> Any:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        for __ in range(20):
            world.queue.add(GOOD)
            await asyncio.sleep(0)
        busy -= 1
        return send(world.senlin.proxy)

    monkeypatch.setattr(world.session, "call", slowly)
    apply(world, "good")

    await world.converge(2)

    assert most == 1
    assert world.requests() == ["create_profile"]


async def test_no_more_objects_are_worked_on_than_allowed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, most = 0, 0

    async def slowly(_: str, send: Callable[[Proxy], Any], **___: Any) -> Any:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        for __ in range(5):
            await asyncio.sleep(0)
        busy -= 1
        return send(world.senlin.proxy)

    monkeypatch.setattr(world.session, "call", slowly)
    apply(world, *"abcdefghij")

    await world.converge(2)

    assert most == 4  # workers
    assert len(world.requests()) == 10


async def test_draining_lets_an_attempt_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = asyncio.Event()

    async def hang(_: str, send: Callable[[Proxy], Any], **___: Any) -> Any:
        await go_on.wait()
        return send(world.senlin.proxy)

    monkeypatch.setattr(world.session, "call", hang)
    apply(world, "good")
    await world.rest()

    drained = asyncio.create_task(world.controller.drain(5))
    await world.rest()
    assert not drained.done()
    go_on.set()
    await drained

    assert world.reason(GOOD) == "Ready"


async def test_draining_does_not_wait_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: Any, **__: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(world.session, "call", hang)
    apply(world, "good")
    await world.rest()

    await asyncio.wait_for(world.controller.drain(0.01), 1)


async def test_what_has_gone_is_forgotten(world: World) -> None:
    apply(world, "good")
    await world.converge(2)
    assert world.sessions.users == {"good-uid"}

    world.kube.remove(GOOD)
    await world.converge(2)

    assert GOOD not in world.kube
    assert world.sessions.users == set()


async def test_a_successor_is_not_held_back_by_what_its_predecessor_met(world: World) -> None:
    world.senlin.refusals.append(BadRequest("over quota"))
    apply(world, "good")
    await world.converge(2)
    assert world.reason(GOOD) == "Rejected"

    world.kube.succeed(a_profile_manifest("good", uid="another-uid"))
    await world.converge(2)

    assert world.reason(GOOD) == "Ready"
    assert world.sessions.users == {"another-uid"}


async def test_a_successor_of_the_same_name_starts_afresh(world: World) -> None:
    apply(world, "good")
    await world.converge(2)
    world.kube.remove(GOOD)
    await world.converge(2)

    world.kube.apply(a_profile_manifest("good", uid="another-uid"))
    await world.converge(2)

    assert world.requests() == ["create_profile", "delete_profile", "create_profile"]
    assert world.sessions.users == {"another-uid"}
