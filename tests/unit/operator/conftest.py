"""A clock that the test moves, and environments that read it."""

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
from tests.unit.operator.environment import PROFILE, SMALL, THREE, WEB, Environment, set_clock
from tests.unit.operator.fake_senlin import FakeSenlin
from tests.unit.operator.log_capture import LogCapture
from tests.unit.operator.recorded_inventory import RecordedInventory

pytest.register_assert_rewrite("tests.unit.operator.harness")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Have the operator read a clock that can be advanced; the event loop keeps the real one."""
    clock = Clock()
    set_clock(clock, monkeypatch)
    return clock


@pytest.fixture
async def env(clock: Clock) -> AsyncIterator[Environment]:
    """Return an environment with a Secret of credentials and nothing else."""
    async with Environment(clock).running() as env:
        env.kube.apply(a_secret_manifest())
        await env.until_idle()
        yield env


@pytest.fixture
async def ready_env(env: Environment) -> Environment:
    """Return an environment with a profile and a cluster of three nodes, both Ready and idle."""
    env.kube.apply(PROFILE)
    env.kube.apply(a_cluster_manifest("web", THREE))
    await env.converge()
    assert (env.reason(SMALL), env.reason(WEB)) == ("Ready", "Ready")
    env.requests()
    env.writes()
    env.recorder.events.clear()
    return env


@pytest.fixture
def recorded() -> RecordedInventory:
    """Return the inventory of a project with a profile and a cluster of three nodes."""
    senlin = FakeSenlin(["p1"])
    senlin.put(a_cluster("c1"), [a_node("n1"), a_node("n2"), a_node("n3")])
    return RecordedInventory(senlin)


@pytest.fixture
def logs(capsys: pytest.CaptureFixture[str]) -> Iterator[LogCapture]:
    """Return what is logged, and restore the logging configuration afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()  # `configure` closes those that it replaces
    yield LogCapture(capsys)
    root.handlers[:] = handlers
    root.setLevel(level)
