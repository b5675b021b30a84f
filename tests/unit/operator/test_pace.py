"""How long an inventory waits between two polls."""

import random

import pytest

from senlin_operator.cloud.pace import Pace
from tests.unit.operator.builders import Clock

IDLE = 30.0


@pytest.fixture
def pace(clock: Clock) -> Pace:
    """The pace of a project in which something has changed just now."""
    return Pace(IDLE)


@pytest.mark.parametrize(
    ("took", "pause"),
    [
        pytest.param(0.1, 0.9, id="a fast poll: one second between two starts"),
        pytest.param(3.0, 3.0, id="a slower poll: as long as the poll took"),
        pytest.param(40.0, 5.0, id="a very slow poll: the limit"),
    ],
)
def test_the_minimum_pause(took: float, pause: float) -> None:
    assert Pace(IDLE).minimum(took) == pytest.approx(pause)


@pytest.mark.parametrize(
    ("unchanged", "pause"),
    [
        pytest.param(0, 0, id="changed just now: none"),
        pytest.param(60, 3, id="changed a minute ago: short"),
        pytest.param(600, IDLE, id="changed ten minutes ago: that of an idle project"),
        pytest.param(86_400, IDLE, id="changed yesterday: that of an idle project"),
    ],
)
def test_the_pause_of_a_busy_project_without_changes_grows(
    pace: Pace, clock: Clock, unchanged: float, pause: float
) -> None:
    clock.advance(unchanged)

    assert pace.until_next(0, busy=True) == pytest.approx(pause, abs=0.01)


def test_a_change_ends_the_long_pauses(pace: Pace, clock: Clock) -> None:
    clock.advance(600)
    pace.activity()

    assert pace.until_next(0, busy=True) == pytest.approx(0, abs=0.01)


def test_the_first_idle_pause_is_random_and_later_ones_are_regular(
    pace: Pace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, _: low)

    pauses = [pace.until_next(1, busy=False) for _ in range(3)]
    pace.activity()
    pauses += [pace.until_next(1, busy=False) for _ in range(2)]

    assert pauses == [14, 29, 29, 14, 29]


def test_failures_in_a_row_lengthen_the_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda _, high: high)

    assert [Pace(IDLE).after_failures(it) for it in (1, 2, 3, 5, 5000)] == [2, 4, 8, 30, 30]


@pytest.mark.parametrize(
    ("wholes", "saves", "limit", "interval"),
    [
        pytest.param([], False, 0, 0, id="none yet: the first is whole"),
        pytest.param([0.1], False, 1, 0, id="fast: all are whole"),
        pytest.param(
            [0.1, 3.2, 0.9], False, 1, 0, id="a busy machine: the fastest of three counts"
        ),
        pytest.param([0.1, 3.2, 3.2, 3.4], True, 32, 160, id="slow: 2 percent of the time"),
        pytest.param(
            [0.5], True, 5, IDLE, id="not that slow: as often as an idle project is polled"
        ),
        pytest.param([60.0], True, 600, 600, id="very slow: every ten minutes"),
    ],
)
def test_how_often_a_project_is_polled_as_a_whole(
    pace: Pace, clock: Clock, wholes: list[float], saves: bool, limit: int, interval: float
) -> None:
    for took in wholes:
        pace.whole_took(took)

    began = clock()
    clock.advance(max(interval - 1, 0))
    assert (pace.saves, pace.limit, pace.whole_is_due(began)) == (saves, limit, not saves)
    clock.advance(2)
    assert pace.whole_is_due(began)
