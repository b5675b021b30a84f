"""What is remembered of an object, on a clock that the test moves."""

import math

import pytest

from senlin_operator.kube.conditions import Reason
from senlin_operator.model.memory import GRACE, TRANSIENT, TRANSIENT_AFTER_FAILURE, UNCLEAR, Memory
from senlin_operator.model.outcome import REPROBE, Blocked, Failed
from tests.unit.operator.builders import (
    WITH_FINALIZER,
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
        pytest.param(
            a_cluster_manifest(**WITH_FINALIZER, status=ready("c1")), 0, id="guarded, id known"
        ),
        pytest.param(
            a_cluster_manifest(**WITH_FINALIZER),
            GRACE,
            id="guarded, no id: a create may be under way",
        ),
    ],
)
def test_the_first_look_that_is_believed(manifest: Document, pause: float, clock: Clock) -> None:
    fence = Memory.of(a_resource(manifest)).freshness.not_before

    assert fence == (pytest.approx(clock() + pause, abs=0.1) if pause else 0)


@pytest.mark.parametrize(
    ("manifest", "pause"),
    [
        pytest.param(a_cluster_manifest(), 0, id="never touched: nothing can be there"),
        pytest.param(
            a_cluster_manifest(**WITH_FINALIZER), GRACE, id="guarded: it may be on its way"
        ),
        pytest.param(
            a_cluster_manifest(**WITH_FINALIZER, status=ready("c1")),
            GRACE,
            id="it had an id: another one may be on its way",
        ),
    ],
)
def test_the_first_look_whose_silence_is_believed(
    manifest: Document, pause: float, clock: Clock
) -> None:
    doubt = Memory.of(a_resource(manifest)).freshness.absent_not_before

    assert doubt == (pytest.approx(clock() + pause, abs=0.1) if pause else 0)


def test_a_look_from_before_a_request_is_not_believed(clock: Clock) -> None:
    memory = Memory()

    memory.freshness.request_sent()

    assert memory.freshness.not_before == pytest.approx(clock(), abs=0.1)


def test_an_unclear_request_is_given_time_to_show(clock: Clock) -> None:
    memory = Memory()

    memory.freshness.request_sent(unclear=True)

    assert memory.freshness.not_before == pytest.approx(clock() + UNCLEAR, abs=0.1)


def test_nothing_is_held_at_first() -> None:
    assert Memory().retry.pending("spec") is None


def test_a_failure_is_held_until_its_time(clock: Clock) -> None:
    memory = Memory()
    memory.retry.fail(FAILED, "spec")

    assert memory.retry.pending("spec") == FAILED
    clock.advance(2)
    assert memory.retry.pending("spec") is None


def test_failures_in_a_row_are_held_longer(clock: Clock) -> None:
    memory = Memory()
    for _ in range(8):
        memory.retry.fail(FAILED, "spec")

    clock.advance(100)

    assert memory.retry.failures == 8
    assert memory.retry.pending("spec") == FAILED


def test_what_is_blocked_is_tried_again_after_its_own_pause(clock: Clock) -> None:
    memory = Memory()
    memory.retry.fail(BLOCKED, "spec")

    clock.advance(REPROBE - 1)
    assert memory.retry.pending("spec") == BLOCKED
    clock.advance(1)
    assert memory.retry.pending("spec") is None


def test_another_spec_is_not_held() -> None:
    memory = Memory()
    memory.retry.fail(BLOCKED, "spec")

    assert memory.retry.pending("another spec") is None
    assert memory.retry.pending("spec") is None  # it is forgotten, not put aside
    assert memory.retry.failures == 0


def test_success_forgets_the_failures() -> None:
    memory = Memory()
    memory.retry.fail(BLOCKED, "spec")

    memory.retry.reset()

    assert (memory.retry.failures, memory.retry.failure, memory.retry.pending("spec")) == (
        0,
        None,
        None,
    )


def test_a_person_who_asks_is_not_held(clock: Clock) -> None:
    memory = Memory()
    memory.retry.fail(BLOCKED, "spec")

    memory.request_reconcile("now")

    assert memory.retry.pending("spec") is None
    assert memory.freshness.not_before == pytest.approx(clock(), abs=0.1)
    assert (memory.requested, memory.checked_at) == ("now", -math.inf)


def test_what_moves_for_long_is_stuck(clock: Clock) -> None:
    memory = Memory()

    assert not memory.transient_too_long(transient=True)
    clock.advance(TRANSIENT - 1)
    assert not memory.transient_too_long(transient=True)
    clock.advance(1)
    assert memory.transient_too_long(transient=True)


def test_what_a_failed_action_left_moving_is_stuck_soon(clock: Clock) -> None:
    memory = Memory()

    assert not memory.transient_too_long(transient=True, after_failure=True)
    clock.advance(TRANSIENT_AFTER_FAILURE - 1)
    assert not memory.transient_too_long(transient=True, after_failure=True)
    clock.advance(1)
    assert memory.transient_too_long(transient=True, after_failure=True)
    assert not memory.transient_too_long(transient=True)


def test_what_came_to_rest_in_between_is_not_stuck(clock: Clock) -> None:
    memory = Memory()
    memory.transient_too_long(transient=True)
    clock.advance(TRANSIENT + 1)

    assert not memory.transient_too_long(transient=False)
    assert not memory.transient_too_long(transient=True)
