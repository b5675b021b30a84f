"""The workers: a bound on the reconciles at work, which one that waits for OpenStack is not."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


class Workers:
    """Tasks that share a number of permits; each gives its permit back while it waits.

    What is limited is the work of the event loop, and the requests to Kubernetes at once. A task
    that waits costs memory alone, which the queue bounds for each namespace.
    """

    def __init__(self, number: int) -> None:
        self._permits = asyncio.Semaphore(number)
        self._tasks: set[asyncio.Task[None]] = set()

    async def free(self) -> None:
        """Wait for a permit, and take it; `start` must follow."""
        await self._permits.acquire()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run the work in a task, with the permit that was taken for it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Give the permit of this task back meanwhile; in any other task, do nothing."""
        if asyncio.current_task() not in self._tasks:
            yield
            return
        self._permits.release()
        try:
            yield
        finally:
            await self._permits.acquire()

    async def drain(self, seconds: float) -> None:
        """Wait for the tasks, at most for so many seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._permits.release()
