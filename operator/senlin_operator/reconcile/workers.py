"""The workers: a bound on the reconciles at work, which one that waits for OpenStack is not."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from senlin_operator.kube.turns import Turns

_NEW = ""  # the line of what has not begun; no namespace has that name


class Workers:
    """Tasks that share a number of permits; each gives its permit back while it waits.

    What is limited is the work of the event loop, and the requests to Kubernetes at once. A task
    that waits costs memory alone, which the queue bounds for each namespace. For a permit, the
    namespaces have turns.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: Turns[str, asyncio.Future[None]] = Turns()
        self._tasks: dict[asyncio.Task[Any] | None, str] = {}  # with the namespace
        self._at_work: set[asyncio.Task[Any] | None] = set()  # those that have a permit

    async def free(self) -> None:
        """Wait for a permit, and take it; `start` must follow."""
        await self._acquire(_NEW)

    def start(self, work: Coroutine[Any, Any, None], namespace: str) -> None:
        """Run the work in a task, with the permit that was taken for it."""
        task = asyncio.create_task(work)
        self._tasks[task] = namespace
        self._at_work.add(task)
        task.add_done_callback(self._end)

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Give the permit of this task back meanwhile; in any other task, do nothing."""
        task = asyncio.current_task()
        if task not in self._at_work:
            yield
            return
        self._at_work.discard(task)
        self._release()
        try:
            yield
        finally:
            await self._acquire(self._tasks[task])
            self._at_work.add(task)

    async def drain(self, seconds: float) -> None:
        """Wait for the tasks, at most for so many seconds."""
        if tasks := list(filter(None, self._tasks)):
            await asyncio.wait(tasks, timeout=seconds)

    async def _acquire(self, line: str) -> None:
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.add(line, turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._waiting.remove(line, turn)
            else:
                self._release()  # it had got the permit already
            raise

    def _release(self) -> None:
        if turn := self._waiting.take():
            turn.set_result(None)
        else:
            self._free += 1

    def _end(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        if task in self._at_work:
            self._at_work.discard(task)
            self._release()
