"""A clock that the test moves, and small worlds that go by it."""

import logging
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.unit.operator.builders import (
    Clock,
    a_cluster,
    a_cluster_manifest,
    a_node,
    a_secret_manifest,
)
from tests.unit.operator.fake_senlin import FakeSenlin
from tests.unit.operator.fake_world import PROFILE, SMALL, THREE, WEB, World, set_clock
from tests.unit.operator.log_capture import Lines
from tests.unit.operator.watcher import Watcher

pytest.register_assert_rewrite("tests.unit.operator.harness")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Have the engine read a clock that can be put forward; the event loop keeps the real one."""
    clock = Clock()
    set_clock(clock, monkeypatch)
    return clock


@pytest.fixture
async def world(clock: Clock) -> AsyncIterator[World]:
    """Return a world with credentials and nothing else."""
    async with World(clock).running() as world:
        world.kube.apply(a_secret_manifest())
        await world.rest()
        yield world


@pytest.fixture
async def settled(world: World) -> World:
    """Return a world with a profile and a cluster of three, both Ready and at rest."""
    world.kube.apply(PROFILE)
    world.kube.apply(a_cluster_manifest("web", THREE))
    await world.converge()
    assert (world.reason(SMALL), world.reason(WEB)) == ("Ready", "Ready")
    world.requests()
    world.writes()
    world.recorder.events.clear()
    return world


@pytest.fixture
def watcher() -> Watcher:
    """Return one of a project with a profile and a cluster of three."""
    senlin = FakeSenlin(["p1"])
    senlin.put(a_cluster("c1"), [a_node("n1"), a_node("n2"), a_node("n3")])
    return Watcher(senlin)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """Leave logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()  # `configure` closes those that it replaces
    yield Lines(capsys)
    root.handlers[:] = handlers
    root.setLevel(level)
