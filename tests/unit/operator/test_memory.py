"""What the process remembers of an object, on a clock that the test moves."""

import math

import pytest

from senlin_operator.kinds.cluster.steps import Check
from senlin_operator.kube.conditions import Reason
from senlin_operator.model.memory import (
    GRACE,
    TRANSIENT,
    TRANSIENT_AFTER_FAILURE,
    UNCLEAR,
    Freshness,
    Memory,
    Retry,
)
from senlin_operator.model.outcome import REPROBE, Blocked, Failed
from senlin_operator.model.step import StepResult
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
        pytest.param(a_cluster_manifest(), 0, id="no finalizer: any snapshot counts"),
        pytest.param(
            a_cluster_manifest(status=ready("c1")), 0, id="an id, no finalizer: any snapshot counts"
        ),
        pytest.param(
            a_cluster_manifest(**WITH_FINALIZER, status=ready("c1")),
            0,
            id="finalizer and id: any snapshot counts",
        ),
        pytest.param(
            a_cluster_manifest(**WITH_FINALIZER),
            GRACE,
            id="finalizer, no id: a create request may be in flight",
        ),
    ],
)
def test_the_first_snapshot_that_counts(manifest: Document, pause: float, clock: Clock) -> None:
    not_before = Memory.of(a_resource(manifest)).freshness.not_before

    assert not_before == (pytest.approx(clock() + pause, abs=0.1) if pause else 0)


@pytest.mark.parametrize(
    ("manifest", "pause"),
    [
        pytest.param(a_cluster_manifest(), 0, id="no finalizer: absence is believed at once"),
        pytest.param(
            a_cluster_manifest(**WITH_FINALIZER),
            GRACE,
            id="finalizer, no id: a create request may be in flight",
        ),
        pytest.param(
            a_cluster_manifest(**WITH_FINALIZER, status=ready("c1")),
            GRACE,
            id="finalizer and id: the request for a replacement may be in flight",
        ),
    ],
)
def test_the_first_snapshot_that_proves_absence(
    manifest: Document, pause: float, clock: Clock
) -> None:
    absent_not_before = Memory.of(a_resource(manifest)).freshness.absent_not_before

    assert absent_not_before == (pytest.approx(clock() + pause, abs=0.1) if pause else 0)


def test_an_import_is_chosen_from_a_snapshot_made_after_it_was_met(clock: Clock) -> None:
    manifest = a_cluster_manifest()
    manifest["spec"] |= {"managementPolicy": "unmanaged", "import": {"filter": {"name": "theirs"}}}

    chosen = Memory.of(a_resource(manifest | {"status": ready("c1")})).freshness
    not_chosen = Memory.of(a_resource(manifest)).freshness

    assert chosen.not_before == 0
    assert not_chosen.not_before == pytest.approx(clock(), abs=0.1)


def test_a_snapshot_from_before_a_request_is_stale(clock: Clock) -> None:
    memory = Memory()

    memory.freshness.request_sent()

    assert memory.freshness.not_before == pytest.approx(clock(), abs=0.1)


def test_an_unclear_request_makes_snapshots_stale_for_longer(clock: Clock) -> None:
    memory = Memory()

    memory.freshness.request_sent(unclear=True)

    assert memory.freshness.not_before == pytest.approx(clock() + UNCLEAR, abs=0.1)


def test_without_a_failure_nothing_is_pending() -> None:
    assert Memory().retry.pending("desired state") is None


def test_a_failure_is_pending_until_its_pause_is_over(clock: Clock) -> None:
    memory = Memory()
    memory.retry.fail(FAILED, "desired state")

    assert memory.retry.pending("desired state") == FAILED
    clock.advance(2)
    assert memory.retry.pending("desired state") is None


def test_failures_in_a_row_have_longer_pauses(clock: Clock) -> None:
    memory = Memory()
    for _ in range(8):
        memory.retry.fail(FAILED, "desired state")

    clock.advance(100)

    assert memory.retry.failures == 8
    assert memory.retry.pending("desired state") == FAILED


def test_a_blocked_object_has_the_pause_of_its_outcome(clock: Clock) -> None:
    memory = Memory()
    memory.retry.fail(BLOCKED, "desired state")

    clock.advance(REPROBE - 1)
    assert memory.retry.pending("desired state") == BLOCKED
    clock.advance(1)
    assert memory.retry.pending("desired state") is None


def test_another_desired_state_ends_the_pause() -> None:
    memory = Memory()
    memory.retry.fail(BLOCKED, "desired state")

    assert memory.retry.pending("another desired state") is None
    assert memory.retry.pending("desired state") is None  # the failure is forgotten
    assert memory.retry.failures == 0


def test_a_reset_forgets_the_failures() -> None:
    memory = Memory()
    memory.retry.fail(BLOCKED, "desired state")

    memory.retry.reset()

    assert (memory.retry.failures, memory.retry.failure, memory.retry.pending("desired state")) == (
        0,
        None,
        None,
    )


def test_a_requested_reconcile_ends_the_pause(clock: Clock) -> None:
    memory = Memory()
    memory.retry.fail(BLOCKED, "desired state")

    memory.request_reconcile("now")

    assert memory.retry.pending("desired state") is None
    assert memory.freshness.not_before == pytest.approx(clock(), abs=0.1)
    assert (memory.requested, memory.checked_at) == ("now", -math.inf)


def test_a_transient_status_lasts_too_long_after_its_limit(clock: Clock) -> None:
    memory = Memory()

    assert not memory.transient_too_long(transient=True)
    clock.advance(TRANSIENT - 1)
    assert not memory.transient_too_long(transient=True)
    clock.advance(1)
    assert memory.transient_too_long(transient=True)


def test_a_transient_status_after_a_failed_action_has_a_shorter_limit(clock: Clock) -> None:
    memory = Memory()

    assert not memory.transient_too_long(transient=True, after_failure=True)
    clock.advance(TRANSIENT_AFTER_FAILURE - 1)
    assert not memory.transient_too_long(transient=True, after_failure=True)
    clock.advance(1)
    assert memory.transient_too_long(transient=True, after_failure=True)
    assert not memory.transient_too_long(transient=True)


def test_a_final_status_in_between_starts_the_limit_again(clock: Clock) -> None:
    memory = Memory()
    memory.transient_too_long(transient=True)
    clock.advance(TRANSIENT + 1)

    assert not memory.transient_too_long(transient=False)
    assert not memory.transient_too_long(transient=True)


CHECK = Check("c1")


def test_an_accepted_step_makes_earlier_snapshots_stale_and_counts_as_a_check(
    clock: Clock,
) -> None:
    memory = Memory(checked_at=-math.inf)

    memory.step_accepted(CHECK, StepResult("c1", "a1"))

    assert memory.freshness.not_before == pytest.approx(clock(), abs=0.1)
    assert memory.retry.last_step == CHECK
    assert memory.check_due_in(60) == pytest.approx(60, abs=0.1)
    assert memory.replaced is None


def test_a_step_that_replaces_the_object_is_remembered_by_its_id() -> None:
    memory = Memory()

    memory.step_accepted(CHECK, StepResult("c1", "a1", replaced=True))

    assert memory.replaced == "c1"


def test_a_request_does_not_make_absence_doubtful() -> None:
    freshness = Freshness()

    freshness.request_sent(unclear=True)

    assert freshness.absent_not_before == 0.0


def test_a_failure_forgets_the_last_step() -> None:
    """Otherwise the same step would count as one without an effect when it is sent again."""
    retry = Retry(last_step=CHECK)

    retry.fail(FAILED, "desired state")

    assert retry.last_step is None


def test_the_pause_that_is_left(clock: Clock) -> None:
    retry = Retry()
    assert retry.pause_left() <= 0

    retry.fail(BLOCKED, "desired state")
    clock.advance(100)

    assert retry.pause_left() == pytest.approx(REPROBE - 100, abs=0.1)


def test_a_forced_reconcile_counts_until_the_failures_are_reset() -> None:
    memory = Memory()
    memory.request_reconcile("now")
    assert memory.retry.forced

    memory.retry.fail(FAILED, "desired state")
    assert memory.retry.forced
    memory.retry.reset()

    assert not memory.retry.forced


def test_a_routine_check_is_due_after_its_interval(clock: Clock) -> None:
    memory = Memory()
    memory.check_begins()

    clock.advance(301)

    assert memory.check_due_in(300) <= 0
