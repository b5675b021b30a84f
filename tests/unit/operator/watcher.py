"""An inventory of a small Senlin that looks when a test says so, and whom it wakes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from openstack_clustering import Proxy
from senlin_operator.cloud.inventory import Inventory, Waking
from senlin_operator.kube.objects import Key
from tests.unit.operator.fake_senlin import FakeSenlin


class Watcher:
    """An inventory of a small Senlin, and whom it wakes."""

    def __init__(self, senlin: FakeSenlin) -> None:
        self.senlin = senlin
        self.changed: list[set[str]] = []
        self.looked: list[set[Key]] = []
        self.during: Callable[[], object] = lambda: None
        self._ticked = asyncio.Event()
        self.inventory = Inventory(self._call, Waking(self.changed.append, self._looked))

    async def _call(self, _: str, send: Callable[[Proxy], Any]) -> Any:
        self.during()
        return send(self.senlin.proxy)

    def _looked(self, keys: Iterable[Key]) -> None:
        self.looked.append(set(keys))
        self._ticked.set()

    async def tick(self) -> None:
        """Let it look once."""
        async with self.running():
            await self.next_look()

    async def next_look(self) -> None:
        self._ticked.clear()
        await asyncio.wait_for(self._ticked.wait(), 3)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        loop = asyncio.create_task(self.inventory.run())
        yield
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
