"""What is remembered of an object, on a clock that the test moves."""

import math

import pytest

from senlin_operator.engine.memory import GRACE, LEFT, MOVING, UNCLEAR, Memory
from senlin_operator.engine.outcome import REPROBE, Blocked, Failed
from senlin_operator.kube.conditions import Reason
from tests.unit.operator.builders import (
    GUARDED,
    Clock,
    Document,
    a_cluster_manifest,
    a_resource,
    ready,
)

FAILED = Failed(Reason.CLOUD_ERROR, "Senlin answers 500")
BLOCKED = Blocked(Reason.REJECTED, "Senlin refuses it")


@pytest.mark.parametrize(
    ("manifest", "pause"),
    [
        pytest.param(a_cluster_manifest(), 0, id="never touched: nothing to wait for"),
        pytest.param(a_cluster_manifest(status=ready("c1")), 0, id="its id is known"),
        pytest.param(a_cluster_manifest(**GUARDED, status=ready("c1")), 0, id="guarded, id known"),
        pytest.param(
            a_cluster_manifest(**GUARDED), GRACE, id="guarded, no id: a create may be under way"
        ),
    ],
)
def test_the_first_look_that_is_believed(manifest: Document, pause: float, clock: Clock) -> None:
    fence = Memory.of(a_resource(manifest)).fence

    assert fence == (pytest.approx(clock() + pause, abs=0.1) if pause else 0)


@pytest.mark.parametrize(
    ("manifest", "pause"),
    [
        pytest.param(a_cluster_manifest(), 0, id="never touched: nothing can be there"),
        pytest.param(a_cluster_manifest(**GUARDED), GRACE, id="guarded: it may be on its way"),
        pytest.param(
            a_cluster_manifest(**GUARDED, status=ready("c1")),
            GRACE,
            id="it had an id: another one may be on its way",
        ),
    ],
)
def test_the_first_look_whose_silence_is_believed(
    manifest: Document, pause: float, clock: Clock
) -> None:
    doubt = Memory.of(a_resource(manifest)).doubt

    assert doubt == (pytest.approx(clock() + pause, abs=0.1) if pause else 0)


def test_a_look_from_before_a_request_is_not_believed(clock: Clock) -> None:
    memory = Memory()

    memory.acted()

    assert memory.fence == pytest.approx(clock(), abs=0.1)


def test_an_unclear_request_is_given_time_to_show(clock: Clock) -> None:
    memory = Memory()

    memory.acted(unclear=True)

    assert memory.fence == pytest.approx(clock() + UNCLEAR, abs=0.1)


def test_nothing_is_held_at_first() -> None:
    assert Memory().held("spec") is None


def test_a_failure_is_held_until_its_time(clock: Clock) -> None:
    memory = Memory()
    memory.fail(FAILED, "spec")

    assert memory.held("spec") == FAILED
    clock.advance(2)
    assert memory.held("spec") is None


def test_failures_in_a_row_are_held_longer(clock: Clock) -> None:
    memory = Memory()
    for _ in range(8):
        memory.fail(FAILED, "spec")

    clock.advance(100)

    assert memory.failures == 8
    assert memory.held("spec") == FAILED


def test_what_is_blocked_is_tried_again_after_its_own_pause(clock: Clock) -> None:
    memory = Memory()
    memory.fail(BLOCKED, "spec")

    clock.advance(REPROBE - 1)
    assert memory.held("spec") == BLOCKED
    clock.advance(1)
    assert memory.held("spec") is None


def test_another_spec_is_not_held() -> None:
    memory = Memory()
    memory.fail(BLOCKED, "spec")

    assert memory.held("another spec") is None
    assert memory.held("spec") is None  # it is forgotten, not put aside
    assert memory.failures == 0


def test_success_forgets_the_failures() -> None:
    memory = Memory()
    memory.fail(BLOCKED, "spec")

    memory.succeed()

    assert (memory.failures, memory.failure, memory.held("spec")) == (0, None, None)


def test_a_person_who_asks_is_not_held(clock: Clock) -> None:
    memory = Memory()
    memory.fail(BLOCKED, "spec")

    memory.ask("now")

    assert memory.held("spec") is None
    assert memory.fence == pytest.approx(clock(), abs=0.1)
    assert (memory.asked, memory.checked_at) == ("now", -math.inf)


def test_what_moves_for_long_is_stuck(clock: Clock) -> None:
    memory = Memory()

    assert not memory.stuck(moving=True)
    clock.advance(MOVING - 1)
    assert not memory.stuck(moving=True)
    clock.advance(1)
    assert memory.stuck(moving=True)


def test_what_a_failed_action_left_moving_is_stuck_soon(clock: Clock) -> None:
    memory = Memory()

    assert not memory.stuck(moving=True, explained=True)
    clock.advance(LEFT - 1)
    assert not memory.stuck(moving=True, explained=True)
    clock.advance(1)
    assert memory.stuck(moving=True, explained=True)
    assert not memory.stuck(moving=True)


def test_what_came_to_rest_in_between_is_not_stuck(clock: Clock) -> None:
    memory = Memory()
    memory.stuck(moving=True)
    clock.advance(MOVING + 1)

    assert not memory.stuck(moving=False)
    assert not memory.stuck(moving=True)
