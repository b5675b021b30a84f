"""How long an inventory waits between two looks."""

import random

import pytest

from senlin_operator.cloud.pace import Pace
from tests.unit.operator.builders import Clock

IDLE = 30.0


@pytest.fixture
def at_work(clock: Clock) -> Pace:
    """The pace of a project in which something has changed just now."""
    return Pace(IDLE)


@pytest.mark.parametrize(
    ("took", "pause"),
    [
        pytest.param(0.1, 0.9, id="a second from one to the next"),
        pytest.param(3.0, 3.0, id="as long as the look took"),
        pytest.param(40.0, 5.0, id="a slow cloud: no longer than it needs"),
    ],
)
def test_the_pause_that_is_always_kept(took: float, pause: float) -> None:
    assert Pace(IDLE).minimum(took) == pytest.approx(pause)


@pytest.mark.parametrize(
    ("unchanged", "pause"),
    [
        pytest.param(0, 0, id="it has just changed"),
        pytest.param(60, 3, id="a minute ago"),
        pytest.param(600, IDLE, id="ten minutes ago"),
        pytest.param(86_400, IDLE, id="an action whose engine died yesterday"),
    ],
)
def test_what_goes_on_for_long_is_asked_for_less_often(
    at_work: Pace, clock: Clock, unchanged: float, pause: float
) -> None:
    clock.advance(unchanged)

    assert at_work.until_next(0, busy=True) == pytest.approx(pause, abs=0.01)


def test_a_change_brings_the_fast_pace_back(at_work: Pace, clock: Clock) -> None:
    clock.advance(600)
    at_work.activity()

    assert at_work.until_next(0, busy=True) == pytest.approx(0, abs=0.01)


def test_projects_part_when_they_come_to_rest_and_then_keep_time(
    at_work: Pace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, _: low)

    pauses = [at_work.until_next(1, busy=False) for _ in range(3)]
    at_work.activity()
    pauses += [at_work.until_next(1, busy=False) for _ in range(2)]

    assert pauses == [14, 29, 29, 14, 29]


def test_failures_in_a_row_are_answered_by_longer_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda _, high: high)

    assert [Pace(IDLE).after_failures(it) for it in (1, 2, 3, 5, 5000)] == [2, 4, 8, 30, 30]
