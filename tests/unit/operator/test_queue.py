"""The work queue, on a clock that only the test moves."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from senlin_operator.kube.objects import Key
from senlin_operator.model.queue import BACKOFF_FIRST, BACKOFF_MOST, Lane, Queue, backoff
from tests.unit.operator.builders import Clock, take_all

A, B, C = (Key("SenlinCluster", "team", name) for name in "abc")


@pytest.fixture
def queue(clock: Clock) -> Queue:
    return Queue()


async def test_keys_are_given_out_in_the_order_in_which_they_were_added(queue: Queue) -> None:
    for key in (B, A, C):
        queue.add(key)

    assert await take_all(queue) == [B, A, C]


async def test_a_key_is_queued_once(queue: Queue) -> None:
    for key in (A, B, A):
        queue.add(key)

    assert await take_all(queue) == [A, B]


async def test_the_front_lane_is_served_first(queue: Queue) -> None:
    queue.add(A, Lane.BACK)
    queue.add(B)

    assert await take_all(queue) == [B, A]


async def test_a_key_moves_to_the_front_lane_and_never_back(queue: Queue) -> None:
    queue.add(A, Lane.BACK)
    queue.add(B, Lane.BACK)
    queue.add(C)

    queue.add(B)
    queue.add(C, Lane.BACK)

    assert await take_all(queue) == [C, B, A]


async def test_a_key_in_work_is_not_given_out_again(queue: Queue) -> None:
    queue.add(A)
    assert await take_all(queue) == [A]

    queue.add(A)

    assert await take_all(queue) == []


async def test_a_key_added_while_in_work_is_given_out_once_more(queue: Queue) -> None:
    queue.add(A)
    await take_all(queue)
    queue.add(A, Lane.BACK)
    queue.add(A)
    queue.add(B, Lane.BACK)

    queue.done(A)

    assert await take_all(queue) == [A, B]


async def test_a_key_is_not_requeued_by_itself(queue: Queue) -> None:
    queue.add(A)
    await take_all(queue)

    queue.done(A)

    assert await take_all(queue) == []


async def test_a_delayed_key_waits_for_its_time(queue: Queue, clock: Clock) -> None:
    queue.add_after(A, 5)

    clock.advance(4.9)
    assert await take_all(queue) == []
    clock.advance(0.1)
    assert await take_all(queue) == [A]


@pytest.mark.parametrize("seconds", [(5, 2, 9), (2, 5, 9), (9, 5, 2)])
async def test_the_earliest_of_several_times_counts(
    queue: Queue, clock: Clock, seconds: tuple[float, ...]
) -> None:
    for later in seconds:
        queue.add_after(A, later)

    clock.advance(2)
    assert await take_all(queue) == [A]
    queue.done(A)
    clock.advance(100)
    assert await take_all(queue) == []


async def test_giving_a_key_out_clears_its_timer(queue: Queue, clock: Clock) -> None:
    queue.add_after(A, 5)
    queue.add(A)
    assert await take_all(queue) == [A]
    queue.done(A)

    clock.advance(100)

    assert await take_all(queue) == []


async def test_a_timer_set_while_in_work_stays(queue: Queue, clock: Clock) -> None:
    queue.add(A)
    await take_all(queue)
    queue.add_after(A, 5)
    queue.done(A)

    clock.advance(5)

    assert await take_all(queue) == [A]


async def test_a_timer_that_fires_while_in_work_is_not_lost(queue: Queue, clock: Clock) -> None:
    queue.add(A)
    await take_all(queue)
    queue.add_after(A, 5)
    clock.advance(5)
    assert await take_all(queue) == []

    queue.done(A)

    assert await take_all(queue) == [A]


async def test_a_delayed_key_is_queued_in_its_lane(queue: Queue, clock: Clock) -> None:
    queue.add_after(A, 1, Lane.BACK)
    queue.add_after(B, 2)

    clock.advance(2)

    assert await take_all(queue) == [B, A]


async def test_get_waits_for_a_key(queue: Queue) -> None:
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    assert not waiting.done()

    queue.add(A)

    assert await asyncio.wait_for(waiting, 1) == A


async def test_get_returns_when_a_timer_fires() -> None:
    queue = Queue()  # the real clock
    queue.add_after(A, 0.01)

    assert await asyncio.wait_for(queue.get(), 1) == A


@given(st.integers(1, 2000))
def test_backoff_grows_within_bounds(failures: int) -> None:
    shortest, longest = (backoff(failures, pick) for pick in (min, max))

    assert BACKOFF_FIRST <= longest <= BACKOFF_MOST
    assert shortest == longest / 2
    assert longest <= backoff(failures + 1, max)


@given(st.integers(1, 2000))
def test_backoff_is_random_within_its_bounds(failures: int) -> None:
    assert backoff(failures, min) <= backoff(failures) <= backoff(failures, max)


def test_backoff_reaches_its_limit() -> None:
    assert backoff(20, max) == BACKOFF_MOST
