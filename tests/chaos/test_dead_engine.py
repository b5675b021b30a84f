"""An engine that was stopped leaves actions behind that run for ever, and keep their locks."""

import os

import pytest

from tests.chaos.test_outages import lonely_world
from tests.operator.world import World

__all__ = ["lonely_world"]


def test_the_action_of_a_dead_engine_is_cancelled_and_its_work_done_again(
    lonely_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = lonely_world
    world.sandbox.nova.slow_builds(3600, world.nodes_named())
    world.apply(world.secret(), world.profile(), world.cluster(timeoutSeconds=5))
    world.waits_for("ActionRunning")
    world.eventually(lambda: len(world.sandbox.nova.servers()) == 3, "being built")

    monkeypatch.setitem(os.environ, "SENLIN_LEAVES_DEAD_ACTIONS", "yes")
    world.sandbox.servers["senlin"].restart()  # the slow builds are forgotten by it

    cluster = world.ready(seconds=240)
    assert cluster["status"]["resource"]["nodes"] == {"total": 3, "active": 3, "unhealthy": 0}
    assert "CancellingAction" in [reason for reason, _ in world.events("web")]
