"""Conditions as they are merged into the status."""

import pytest

from senlin_operator.kube.conditions import (
    MESSAGE_LIMIT,
    Condition,
    ConditionStatus,
    ConditionType,
    Reason,
    merge,
)
from tests.unit.operator.builders import NOW, a_condition

LATER = "2026-01-02T00:00:00Z"


def a_ready_condition(
    status: ConditionStatus, message: str = "", reason: Reason = Reason.READY
) -> list[Condition]:
    return [Condition(ConditionType.READY, status, reason, message)]


@pytest.mark.parametrize(
    ("before", "now", "since"),
    [
        pytest.param([], a_ready_condition("True"), LATER, id="new: now"),
        pytest.param([a_condition()], a_ready_condition("True"), NOW, id="unchanged: as before"),
        pytest.param(
            [a_condition()],
            a_ready_condition("True", "other words"),
            NOW,
            id="another message: as before",
        ),
        pytest.param(
            [a_condition()],
            a_ready_condition("True", reason=Reason.BUSY),
            NOW,
            id="another reason: as before",
        ),
        pytest.param([a_condition()], a_ready_condition("False"), LATER, id="another status: now"),
        pytest.param(
            [a_condition(status="Unknown")],
            a_ready_condition("False"),
            LATER,
            id="Unknown before: now",
        ),
        pytest.param(
            [a_condition("Stalled")],
            a_ready_condition("True"),
            LATER,
            id="only another type before: now",
        ),
    ],
)
def test_only_another_status_moves_the_transition_time(
    before: list[dict[str, object]], now: list[Condition], since: str
) -> None:
    merged = merge(before, now, generation=1, now=LATER)

    assert [it["lastTransitionTime"] for it in merged] == [since]


def test_a_written_condition_has_all_fields() -> None:
    assert merge([], a_ready_condition("True", "3 of 3"), generation=7, now=LATER) == [
        {
            "type": "Ready",
            "status": "True",
            "observedGeneration": 7,
            "lastTransitionTime": LATER,
            "reason": "Ready",
            "message": "3 of 3",
        }
    ]


def test_a_condition_that_is_no_longer_published_is_removed() -> None:
    before = [a_condition("Available"), a_condition("Ready")]

    assert [
        it["type"] for it in merge(before, a_ready_condition("True"), generation=1, now=LATER)
    ] == ["Ready"]


def test_a_long_message_is_cut() -> None:
    (merged,) = merge([], a_ready_condition("True", "x" * 5000), generation=1, now=LATER)

    assert merged["message"] == "x" * MESSAGE_LIMIT


@pytest.mark.parametrize("values", [list(ConditionType), list(Reason)])
def test_types_and_reasons_are_camel_case(values: list[str]) -> None:
    assert all(value.isalpha() and value[0].isupper() for value in values)
