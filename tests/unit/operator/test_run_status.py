"""The status of a SenlinOperation: its begin, its end, and the times between."""

from datetime import UTC, datetime
from typing import Any

import pytest

from senlin_operator.kube.conditions import Condition, ConditionType, Reason
from senlin_operator.kube.objects import Resource
from senlin_operator.kube.status import Status, render
from senlin_operator.model.outcome import Blocked, Failed, Outcome, Settled, Waiting
from senlin_operator.reconcile import run_status
from tests.unit.operator.builders import NOW, Clock, Document, a_resource, an_operation_manifest

pytestmark = pytest.mark.usefixtures("clock")
RUNNING: Document = {"id": "a1", "name": "check", "status": "RUNNING", "startedAt": NOW}
SUSPENDED = Condition(ConditionType.SUSPENDED, "True", Reason.SUSPENDED, "")


def an_operation(**spec: Any) -> Resource:
    return a_resource(an_operation_manifest(spec=spec))


def a_status(**run: Any) -> Status:
    return Status(run={"operation": "check", **run})


def ago(clock: Clock, seconds: float) -> str:
    return datetime.fromtimestamp(clock() - seconds, UTC).isoformat()


@pytest.mark.parametrize(
    ("status", "in_flight", "finished"),
    [
        pytest.param(a_status(), False, False, id="not begun"),
        pytest.param(a_status(startTime="x"), False, False, id="begun"),
        pytest.param(a_status(sending={}), True, False, id="sent"),
        pytest.param(Status(action=RUNNING), True, False, id="its action runs"),
        pytest.param(Status(action=RUNNING | {"status": "FAILED"}), False, False, id="failed"),
        pytest.param(a_status(completionTime="x"), False, True, id="over"),
        pytest.param(
            Status(action=RUNNING, run={"completionTime": "x"}),
            False,
            True,
            id="over, though its action goes on",
        ),
    ],
)
def test_where_it_stands(status: Status, in_flight: bool, finished: bool) -> None:
    assert run_status.is_in_flight(status) == in_flight
    assert status.finished == finished


def test_the_begin_is_recorded_once(clock: Clock) -> None:
    status = Status()
    run_status.begin(status, "check")
    began = status.run["startTime"]
    clock.advance(60)

    run_status.begin(status, "check")

    assert status.run == {"startTime": began, "operation": "check"}
    assert status.conditions == []


def test_what_was_suspended_goes_on() -> None:
    status = Status(conditions=[SUSPENDED])

    run_status.begin(status, "check")

    assert [(it.status, it.reason) for it in status.conditions] == [("False", Reason.RESUMED)]


def test_the_time_does_not_count_while_it_is_suspended() -> None:
    status = a_status(startTime="x")

    outcome = run_status.suspend(status, "check")

    assert "startTime" not in status.run
    assert (outcome.ready, outcome.reason) == (False, Reason.SUSPENDED)
    assert [(it.type, it.status) for it in status.conditions] == [("Suspended", "True")]


@pytest.mark.parametrize("failed", [True, False])
def test_the_end(failed: bool) -> None:
    status = a_status(sending={}, target={"id": "c1"})
    resumed = Condition(ConditionType.SUSPENDED, "False", Reason.RESUMED, "")
    status.conditions = [resumed]
    outcome: Outcome
    if failed:
        outcome = run_status.fail(an_operation(), status, Reason.REJECTED, "no")
        assert outcome == Blocked(Reason.REJECTED, "no", requeue_after=0.1)
    else:
        outcome = run_status.complete(an_operation(), status, "yes")
        assert outcome == Settled("yes", reason=Reason.COMPLETE, requeue_after=0.1)

    assert status.run.keys() == {"operation", "target", "completionTime"}
    assert [it.type for it in status.conditions] == [
        "Failed" if failed else "Complete",
        "Suspended",
    ]


def test_a_status_survives_a_restart(clock: Clock) -> None:
    status = a_status(target={"type": "cluster", "id": "c1", "name": "web"}, failed=1)
    status.action = RUNNING
    run_status.fail(an_operation(), status, Reason.RESULT_UNKNOWN, "lost")
    now = datetime.fromtimestamp(clock(), UTC)

    again = Status.of(render(an_operation(), status, [], now))

    assert (again.run, again.action) == (status.run, status.action)
    assert again.conditions == status.conditions


@pytest.mark.parametrize(("limit", "left"), [(None, None), (60, 50), (5, -5)])
def test_seconds_left(clock: Clock, limit: int | None, left: float | None) -> None:
    resource = an_operation(**({"timeoutSeconds": limit} if limit else {}))

    found = run_status.seconds_left(resource, a_status(startTime=ago(clock, 10)))

    assert found == (None if left is None else pytest.approx(left, abs=0.1))


@pytest.mark.parametrize(
    ("failed", "seconds", "left"),
    [(1, 0, 10), (1, 4, 6), (1, 11, -1), (2, 0, 20), (3, 0, 40), (6, 0, 320), (5000, 0, 360)],
)
def test_the_pause_after_a_failure(clock: Clock, failed: int, seconds: float, left: float) -> None:
    status = a_status(failed=failed)
    status.action = {**RUNNING, "status": "FAILED", "endedAt": ago(clock, seconds)}

    assert run_status.pause_left(status) == pytest.approx(left, abs=0.1)


@pytest.mark.parametrize(
    ("run", "action"),
    [
        pytest.param({}, None, id="nothing was sent"),
        pytest.param({"failed": 1}, RUNNING, id="it runs again"),
        pytest.param({}, RUNNING | {"status": "FAILED", "endedAt": "x"}, id="none is counted"),
    ],
)
def test_no_pause(run: Document, action: Document | None) -> None:
    assert run_status.pause_left(Status(run=run, action=action)) == 0


def test_the_pause_of_an_action_whose_end_has_no_time(clock: Clock) -> None:
    status = a_status(failed=1)
    status.action = {**RUNNING, "status": "FAILED", "startedAt": ago(clock, 3)}

    assert run_status.pause_left(status) == pytest.approx(7, abs=0.1)


@pytest.mark.parametrize(
    ("outcome", "left", "requeue"),
    [
        pytest.param(Waiting(Reason.BUSY, "", 5), 3, 3, id="its time is over sooner"),
        pytest.param(Waiting(Reason.BUSY, "", 5), 30, 5, id="its time is over later"),
        pytest.param(Waiting(Reason.BUSY, ""), 30, 30, id="nothing else wakes it"),
        pytest.param(Waiting(Reason.BUSY, "", 5), None, 5, id="any time"),
        pytest.param(Waiting(Reason.BUSY, "", 5), -1, 5, id="its time is over"),
        pytest.param(Blocked(Reason.CREDENTIALS_MISSING, ""), 30, 30, id="blocked"),
    ],
)
def test_it_is_woken_when_its_time_is_over(
    outcome: Waiting | Blocked, left: float | None, requeue: float
) -> None:
    woken = run_status.woken_in_time(outcome, left)

    assert isinstance(woken, Waiting | Blocked)
    assert woken.requeue_after == requeue


@pytest.mark.parametrize("outcome", [Settled(""), Failed(Reason.CLOUD_ERROR, "")])
def test_other_outcomes_stay(outcome: Outcome) -> None:
    assert run_status.woken_in_time(outcome, 3) is outcome
