"""How fast the operator writes to Kubernetes: token buckets, as client-go has them."""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable

from senlin_operator.kube.turns import Turns
from senlin_operator.telemetry import clock

_REMEMBERED_MOST = 4096  # buckets; as many as client-go remembers


class Bucket:
    """Holds tokens up to a number, is full at first, and gets one each time an interval is over.

    Args:
        burst: The number of tokens that it holds.
        interval: Seconds.
    """

    def __init__(self, burst: int, interval: float) -> None:
        self._burst = burst
        self._interval = interval
        self._tokens = float(burst)
        self._at = clock.monotonic()

    def take(self) -> float:
        """Take a token, and return 0; or return the seconds until there is one."""
        now = clock.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) / self._interval)
        self._at = now
        if self._tokens < 1:
            return (1 - self._tokens) * self._interval
        self._tokens -= 1
        return 0.0


class Buckets:
    """A bucket for each object; of too many, the one that was used least recently is forgotten."""

    def __init__(self, burst: int, interval: float) -> None:
        self._burst = burst
        self._interval = interval
        self._known: OrderedDict[Hashable, Bucket] = OrderedDict()

    def take(self, of: Hashable) -> float:
        """Take a token of an object, and return 0; or return the seconds until there is one."""
        bucket = self._known.setdefault(of, Bucket(self._burst, self._interval))
        self._known.move_to_end(of)
        if len(self._known) > _REMEMBERED_MOST:
            self._known.popitem(last=False)
        return bucket.take()


class FairRate:
    """A bucket for all writes. While it is empty, the namespaces have turns."""

    def __init__(self, burst: int, interval: float) -> None:
        self._bucket = Bucket(burst, interval)
        self._waiting: Turns[str, asyncio.Future[None]] = Turns()
        self._serving: asyncio.Task[None] | None = None

    async def admit(self, namespace: str) -> None:
        """Wait until a write in the namespace may be sent."""
        if not self._waiting and not self._bucket.take():
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(namespace, turn)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve(), name="writes")
        await turn

    async def _serve(self) -> None:
        while self._waiting:
            if seconds := self._bucket.take():
                await asyncio.sleep(seconds)
            elif (turn := self._waiting.take()) and not turn.done():
                turn.set_result(None)
