"""From wanted conditions to written ones."""

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


def wanted(
    status: ConditionStatus, message: str = "", reason: Reason = Reason.READY
) -> list[Condition]:
    return [Condition(ConditionType.READY, status, reason, message)]


@pytest.mark.parametrize(
    ("before", "now", "since"),
    [
        pytest.param([], wanted("True"), LATER, id="new"),
        pytest.param([a_condition()], wanted("True"), NOW, id="as before"),
        pytest.param([a_condition()], wanted("True", "other words"), NOW, id="another message"),
        pytest.param([a_condition()], wanted("True", reason=Reason.BUSY), NOW, id="another reason"),
        pytest.param([a_condition()], wanted("False"), LATER, id="flipped"),
        pytest.param([a_condition(status="Unknown")], wanted("False"), LATER, id="no longer open"),
        pytest.param([a_condition("Stalled")], wanted("True"), LATER, id="another type's time"),
    ],
)
def test_the_transition_time_moves_with_the_status_only(
    before: list[dict[str, object]], now: list[Condition], since: str
) -> None:
    merged = merge(before, now, generation=1, now=LATER)

    assert [it["lastTransitionTime"] for it in merged] == [since]


def test_a_condition_as_it_is_written() -> None:
    assert merge([], wanted("True", "3 of 3"), generation=7, now=LATER) == [
        {
            "type": "Ready",
            "status": "True",
            "observedGeneration": 7,
            "lastTransitionTime": LATER,
            "reason": "Ready",
            "message": "3 of 3",
        }
    ]


def test_what_is_not_wanted_any_more_goes_away() -> None:
    before = [a_condition("Available"), a_condition("Ready")]

    assert [it["type"] for it in merge(before, wanted("True"), generation=1, now=LATER)] == [
        "Ready"
    ]


def test_a_long_message_is_cut() -> None:
    (merged,) = merge([], wanted("True", "x" * 5000), generation=1, now=LATER)

    assert merged["message"] == "x" * MESSAGE_LIMIT


@pytest.mark.parametrize("values", [list(ConditionType), list(Reason)])
def test_words_are_camel_case_for_the_api(values: list[str]) -> None:
    assert all(value.isalpha() and value[0].isupper() for value in values)
