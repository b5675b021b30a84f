"""The work queue on a clock that only the test moves."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from senlin_operator.kube.objects import Key
from senlin_operator.model.queue import BACKOFF_FIRST, BACKOFF_MOST, Lane, Queue, backoff
from tests.unit.operator.builders import Clock, taken

A, B, C = (Key("SenlinCluster", "team", name) for name in "abc")


@pytest.fixture
def queue(clock: Clock) -> Queue:
    return Queue()


async def test_keys_come_in_the_order_in_which_they_went(queue: Queue) -> None:
    for key in (B, A, C):
        queue.add(key)

    assert await taken(queue) == [B, A, C]


async def test_a_key_is_queued_once(queue: Queue) -> None:
    for key in (A, B, A):
        queue.add(key)

    assert await taken(queue) == [A, B]


async def test_people_come_before_housekeeping(queue: Queue) -> None:
    queue.add(A, Lane.BACK)
    queue.add(B)

    assert await taken(queue) == [B, A]


async def test_a_key_moves_to_the_better_lane_and_never_back(queue: Queue) -> None:
    queue.add(A, Lane.BACK)
    queue.add(B, Lane.BACK)
    queue.add(C)

    queue.add(B)
    queue.add(C, Lane.BACK)

    assert await taken(queue) == [C, B, A]


async def test_a_key_in_work_is_given_to_nobody_else(queue: Queue) -> None:
    queue.add(A)
    assert await taken(queue) == [A]

    queue.add(A)

    assert await taken(queue) == []


async def test_a_key_that_was_added_meanwhile_comes_back_once(queue: Queue) -> None:
    queue.add(A)
    await taken(queue)
    queue.add(A, Lane.BACK)
    queue.add(A)
    queue.add(B, Lane.BACK)

    queue.done(A)

    assert await taken(queue) == [A, B]


async def test_a_key_does_not_come_back_by_itself(queue: Queue) -> None:
    queue.add(A)
    await taken(queue)

    queue.done(A)

    assert await taken(queue) == []


async def test_a_later_key_waits_for_its_time(queue: Queue, clock: Clock) -> None:
    queue.add_after(A, 5)

    clock.advance(4.9)
    assert await taken(queue) == []
    clock.advance(0.1)
    assert await taken(queue) == [A]


@pytest.mark.parametrize("seconds", [(5, 2, 9), (2, 5, 9), (9, 5, 2)])
async def test_of_several_times_the_earliest_counts(
    queue: Queue, clock: Clock, seconds: tuple[float, ...]
) -> None:
    for later in seconds:
        queue.add_after(A, later)

    clock.advance(2)
    assert await taken(queue) == [A]
    queue.done(A)
    clock.advance(100)
    assert await taken(queue) == []


async def test_a_pass_clears_the_timer(queue: Queue, clock: Clock) -> None:
    queue.add_after(A, 5)
    queue.add(A)
    assert await taken(queue) == [A]
    queue.done(A)

    clock.advance(100)

    assert await taken(queue) == []


async def test_a_time_that_is_set_during_the_pass_stays(queue: Queue, clock: Clock) -> None:
    queue.add(A)
    await taken(queue)
    queue.add_after(A, 5)
    queue.done(A)

    clock.advance(5)

    assert await taken(queue) == [A]


async def test_a_time_that_comes_during_the_pass_is_not_lost(queue: Queue, clock: Clock) -> None:
    queue.add(A)
    await taken(queue)
    queue.add_after(A, 5)
    clock.advance(5)
    assert await taken(queue) == []

    queue.done(A)

    assert await taken(queue) == [A]


async def test_a_later_key_comes_in_its_lane(queue: Queue, clock: Clock) -> None:
    queue.add_after(A, 1, Lane.BACK)
    queue.add_after(B, 2)

    clock.advance(2)

    assert await taken(queue) == [B, A]


async def test_get_waits_for_a_key(queue: Queue) -> None:
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    assert not waiting.done()

    queue.add(A)

    assert await asyncio.wait_for(waiting, 1) == A


async def test_get_wakes_by_itself_when_a_time_comes() -> None:
    queue = Queue()  # the real clock
    queue.add_after(A, 0.01)

    assert await asyncio.wait_for(queue.get(), 1) == A


@given(st.integers(1, 2000))
def test_backoff_grows_within_bounds(failures: int) -> None:
    least, most = (backoff(failures, pick) for pick in (min, max))

    assert BACKOFF_FIRST <= most <= BACKOFF_MOST
    assert least == most / 2
    assert most <= backoff(failures + 1, max)


@given(st.integers(1, 2000))
def test_backoff_is_spread(failures: int) -> None:
    assert backoff(failures, min) <= backoff(failures) <= backoff(failures, max)


def test_backoff_reaches_its_limit() -> None:
    assert backoff(20, max) == BACKOFF_MOST
