"""The workers' permits: how many tasks work at once, and what one does while it waits."""

import asyncio

import pytest

from senlin_operator.reconcile.workers import Workers


class Crowd:
    """Tasks that work, then wait for an answer that they have in common, then work again."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self.answer = asyncio.Event()
        self.at_work = self.most = self.began = self.ended = 0
        self.has_ended = asyncio.Event()

    async def __call__(self) -> None:
        self.began += 1
        await self._work()
        async with self.workers.waiting():
            await self.answer.wait()
        await self._work()
        self.ended += 1
        self.has_ended.set()

    async def _work(self) -> None:
        self.at_work += 1
        self.most = max(self.most, self.at_work)
        for _ in range(3):
            await asyncio.sleep(0)
        self.at_work -= 1


async def start(workers: Workers, crowd: Crowd, number: int) -> None:
    for _ in range(number):
        await workers.free()
        workers.start(crowd(), "team")


@pytest.fixture
def workers() -> Workers:
    return Workers(2)


async def test_a_task_that_waits_leaves_its_permit_to_others(workers: Workers) -> None:
    crowd = Crowd(workers)

    await asyncio.wait_for(start(workers, crowd, 50), 1)

    assert (crowd.began, crowd.ended) == (50, 0)


async def test_after_its_wait_a_task_needs_a_permit_again(workers: Workers) -> None:
    crowd = Crowd(workers)
    await asyncio.wait_for(start(workers, crowd, 50), 1)

    crowd.answer.set()
    await workers.drain(1)

    assert (crowd.ended, crowd.most) == (50, 2)


async def test_other_tasks_have_no_permit_to_give_back(workers: Workers) -> None:
    async with workers.waiting():
        pass
    working = [asyncio.Event(), asyncio.Event()]
    for event in working:
        await workers.free()
        workers.start(hold(event), "team")

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(workers.free(), 0.01)
    for event in working:
        event.set()
    await workers.drain(1)


async def hold(event: asyncio.Event) -> None:
    await event.wait()


async def test_after_its_wait_a_task_waits_behind_one_of_each_namespace(workers: Workers) -> None:
    flood, good = Crowd(workers), Crowd(workers)
    await start(workers, flood, 50)
    await workers.free()
    workers.start(good(), "good")
    await asyncio.sleep(0.01)

    flood.answer.set()
    good.answer.set()
    await good.has_ended.wait()

    assert flood.ended < 6
    await workers.drain(1)


async def test_a_task_that_is_cancelled_while_it_waits_costs_no_permit(workers: Workers) -> None:
    crowd = Crowd(workers)
    await start(workers, crowd, 10)
    others = asyncio.all_tasks() - {asyncio.current_task()}

    for task in others:
        task.cancel()
    await workers.drain(1)

    await has_two_permits(workers)


async def test_a_task_that_is_cancelled_while_it_waits_for_a_permit_costs_none(
    workers: Workers,
) -> None:
    crowd, events = Crowd(workers), [asyncio.Event(), asyncio.Event()]
    await start(workers, crowd, 10)
    await asyncio.sleep(0.01)
    waiting = asyncio.all_tasks() - {asyncio.current_task()}
    for event in events:
        await workers.free()
        workers.start(hold(event), "team")
    crowd.answer.set()
    await asyncio.sleep(0.01)

    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    for event in events:
        event.set()
    await workers.drain(1)

    await has_two_permits(workers)


async def has_two_permits(workers: Workers) -> None:
    for _ in range(2):
        await asyncio.wait_for(workers.free(), 1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(workers.free(), 0.01)
