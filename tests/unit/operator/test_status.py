"""The status under construction, rendered and read back."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from senlin_operator.kube.conditions import Condition, ConditionType, Reason
from senlin_operator.kube.objects import RECONCILE_AT
from senlin_operator.kube.status import FAILED, RUNNING, SUCCEEDED, Status, render, same, timestamp
from senlin_operator.model.outcome import Settled, conditions_of
from tests.unit.operator.builders import NOW, a_cluster_manifest, a_condition, a_resource

MOMENT = datetime(2026, 1, 2, tzinfo=UTC)
AVAILABLE = Condition(ConditionType.AVAILABLE, "True", Reason.ENOUGH_NODES, "3 nodes are active.")
FULL = Status(
    id="c1",
    action={"id": "a1", "name": "resize", "status": SUCCEEDED, "startedAt": NOW},
    resource={"name": "web"},
    faults=[{"node": "n1", "reason": "no host"}],
    conditions=[AVAILABLE],
)
SETTLED = conditions_of(Settled("fine"), 0)


def rendered(status: Status, *, before: Any = None, at: datetime = MOMENT) -> dict[str, Any]:
    resource = a_resource(a_cluster_manifest(status=before, generation=4))
    return render(resource, status, SETTLED, at)


def test_a_rendered_status_is_read_back() -> None:
    assert Status.of(rendered(FULL)) == FULL


def test_an_empty_status_is_read_back() -> None:
    assert Status.of(rendered(Status())) == Status()
    assert Status.of({}) == Status()


def test_the_status_has_the_observed_generation() -> None:
    status = rendered(FULL)

    assert status["observedGeneration"] == 4
    assert {it["observedGeneration"] for it in status["conditions"]} == {4}


def test_the_conditions_of_all_sources_are_in_one_list() -> None:
    assert [it["type"] for it in rendered(FULL)["conditions"]] == [
        "Ready",
        "Reconciling",
        "Stalled",
        "ActionSucceeded",
        "Available",
    ]


def test_an_empty_status_has_no_further_fields() -> None:
    assert rendered(Status()).keys() == {"observedGeneration", "conditions", "lastSyncTime"}


def test_a_requested_reconcile_is_acknowledged() -> None:
    resource = a_resource(a_cluster_manifest(annotations={RECONCILE_AT: "now"}))

    assert render(resource, FULL, SETTLED, MOMENT)["lastHandledReconcileAt"] == "now"


def test_a_status_that_differs_only_in_its_time_is_the_same() -> None:
    first = rendered(FULL)

    again = rendered(FULL, before=first, at=MOMENT + timedelta(hours=1))

    assert again["lastSyncTime"] != first["lastSyncTime"]
    assert same(again, first)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "c2"},
        {"observedGeneration": 5},
        {"resource": {"name": "shop"}},
        {"faults": []},
        {"conditions": []},
    ],
)
def test_a_status_with_any_other_difference_is_not_the_same(change: dict[str, Any]) -> None:
    first = rendered(FULL)

    assert not same({**first, **change}, first)


@pytest.mark.parametrize(
    ("action", "running", "status", "reason", "message"),
    [
        pytest.param(
            {"status": RUNNING},
            "a1",
            "Unknown",
            "ActionRunning",
            "resize is running.",
            id="running",
        ),
        pytest.param(
            {"status": SUCCEEDED},
            None,
            "True",
            "ActionSucceeded",
            "resize succeeded.",
            id="succeeded",
        ),
        pytest.param(
            {"status": FAILED, "reason": "node n1: no host"},
            None,
            "False",
            "ActionFailed",
            "node n1: no host",
            id="failed, with a reason",
        ),
        pytest.param(
            {"status": FAILED}, None, "False", "ActionFailed", "resize failed.", id="failed"
        ),
    ],
)
def test_the_condition_of_the_last_action(
    action: dict[str, str], running: str | None, status: Any, reason: str, message: str
) -> None:
    under_construction = Status(action={"id": "a1", "name": "resize", **action})

    assert under_construction.running_action == running
    assert under_construction.action_condition() == [
        Condition(ConditionType.ACTION_SUCCEEDED, status, Reason(reason), message)
    ]


def test_without_an_action_there_is_no_condition_of_it() -> None:
    assert Status().running_action is None
    assert Status().action_condition() == []


def test_only_the_conditions_of_the_kind_are_read_back() -> None:
    status = {"conditions": [a_condition("Ready"), a_condition("ActionSucceeded")]}

    assert Status.of(status).conditions == []


def test_timestamp_is_in_utc() -> None:
    moment = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))

    assert timestamp(moment) == NOW
