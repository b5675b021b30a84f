"""An inventory of a fake Senlin that polls when a test says so, and a record of its wake-ups."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from openstack_clustering import Proxy
from senlin_operator.cloud.inventory import Inventory, Subscribers
from senlin_operator.kinds import KINDS
from senlin_operator.kube.objects import Key
from tests.unit.operator.fake_senlin import FakeSenlin


class RecordedInventory:
    """The inventory, what changed in each poll, and which keys each poll requeued."""

    def __init__(self, senlin: FakeSenlin) -> None:
        self.senlin = senlin
        self.changed: list[set[str]] = []
        self.polled: list[set[Key]] = []
        self.during: Callable[[], object] = lambda: None
        self._poll_ended = asyncio.Event()
        self.inventory = Inventory(
            self._call,
            Subscribers(self.changed.append, self._polled, lambda _: True),
            tuple(KINDS.values()),
        )

    async def _call(self, _: str, send: Callable[[Proxy], Any]) -> Any:
        self.during()
        return send(self.senlin.proxy)

    def _polled(self, keys: Iterable[Key]) -> None:
        self.polled.append(set(keys))
        self._poll_ended.set()

    async def poll(self) -> None:
        """Have the project polled once."""
        async with self.running():
            await self.next_poll()

    async def next_poll(self) -> None:
        self._poll_ended.clear()
        await asyncio.wait_for(self._poll_ended.wait(), 3)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        loop = asyncio.create_task(self.inventory.run())
        yield
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
