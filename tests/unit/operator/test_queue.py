"""The work queue, on a clock that only the test moves."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from senlin_operator.kube.objects import Key
from senlin_operator.model.queue import (
    BACKOFF_FIRST,
    BACKOFF_MOST,
    LINE_MOST,
    NAMESPACE_MOST,
    Lane,
    Queue,
    backoff,
)
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


def keys(namespace: str, number: int) -> list[Key]:
    return [Key("SenlinProfile", namespace, f"{at:03}") for at in range(number)]


async def test_the_namespaces_have_turns(queue: Queue) -> None:
    many, few = keys("many", 5), keys("few", 2)
    for key in [*many, *few]:
        queue.add(key)

    assert await take_all(queue) == [many[0], few[0], many[1], few[1], *many[2:]]


async def test_a_namespace_has_no_more_than_its_part_in_work(queue: Queue) -> None:
    flood, [good] = keys("flood", 500), keys("good", 1)
    for key in flood:
        queue.add(key)
    assert await take_all(queue) == flood[:LINE_MOST]

    queue.add(good)
    assert await take_all(queue) == [good]
    queue.done(flood[7])
    assert await take_all(queue) == [flood[LINE_MOST]]


async def test_a_credential_has_no_more_than_its_part_of_the_namespace(clock: Clock) -> None:
    flood, others = keys("team", 500), [Key("SenlinNode", "team", f"{at:03}") for at in range(500)]
    queue = Queue(lambda key: key.kind)
    for key in [*flood, *others[:1]]:
        queue.add(key)
    assert await take_all(queue) == [flood[0], others[0], *flood[1:LINE_MOST]]

    for key in others[1:]:
        queue.add(key)
    assert await take_all(queue) == others[1:LINE_MOST]


async def test_all_credentials_of_a_namespace_have_a_part_in_common(clock: Clock) -> None:
    queue = Queue(lambda key: key.name)  # each has a line of its own
    for key in [*keys("team", 500), *keys("good", 1)]:
        queue.add(key)

    taken = await take_all(queue)

    assert [key.namespace for key in taken].count("team") == NAMESPACE_MOST
    assert keys("good", 1)[0] in taken


async def test_a_key_that_is_added_again_moves_to_its_present_line(clock: Clock) -> None:
    """A deletion that begins while creations hold up the line of its credential."""
    lines: dict[Key, str] = {}
    queue = Queue(lambda key: lines.get(key, "creations"))
    flood = keys("team", LINE_MOST + 5)
    for key in flood:
        queue.add(key)
    await take_all(queue)

    lines[flood[-1]] = "deletions"
    queue.add(flood[-1])

    assert await take_all(queue) == [flood[-1]]


async def test_changes_without_an_end_leave_a_turn_to_resyncs(queue: Queue) -> None:
    changed, resynced = keys("flood", 20), keys("good", 2)
    for key in changed:
        queue.add(key)
    for key in resynced:
        queue.add(key, Lane.BACK)

    taken = await take_all(queue)

    assert [at for at, key in enumerate(taken) if key in resynced] == [7, 15]


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
