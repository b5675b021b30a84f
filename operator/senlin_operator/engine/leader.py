"""Leader election: of several processes one acts, and it stops before another one starts.

The protocol is client-go's (k8s.io/client-go/tools/leaderelection), so `kubectl get lease` reads as
for other controllers. A lease that nobody has renewed for its duration, by the clock of the one who
looks, is free. The holder gives up well before that, and a fence keeps what it had begun from being
sent: a process that was paused finds itself fenced when it goes on.

Several shards share the work by namespace. Each has a lease, and the leases of another number of
shards must all be free before one of this number is taken: so no object ever has two actors.
"""

import asyncio
import logging
import math
import random
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NoReturn

from senlin_operator.kube.client import KubeError
from senlin_operator.kube.leases import Leases, micro_time
from senlin_operator.telemetry import metrics

_DURATION = 15  # seconds that a lease lasts without being renewed
_GIVE_UP = 10.0  # seconds after the last renewal: the rest is for clocks that run apart
_RENEW = 2.0  # seconds between renewals
_ASK = 1.0  # seconds between a standby's looks at the lease
_log = logging.getLogger(__name__)


class LostLease(Exception):
    """The lease could not be renewed in time: another process may act by now."""


class Fence:
    """Keeps a process from writing once it may not be the leader any more."""

    def __init__(self) -> None:
        self._until = math.inf

    def extend(self, until: float) -> None:
        """Allow writes until then, of the monotonic clock."""
        self._until = until

    def check(self) -> None:
        """Raise KubeError unless this process may write now. From any thread."""
        if time.monotonic() > self._until:
            raise KubeError(0, "This process is not the leader any more.")


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of the namespaces."""

    index: int = 0
    count: int = 1

    def has(self, namespace: str) -> bool:
        """Return whether the objects of the namespace are this one's."""
        return zlib.crc32(namespace.encode()) % self.count == self.index

    def lease(self, installation: str) -> str:
        """Return the name of its lease."""
        if self.count == 1:
            return installation
        return f"{installation}-{self.index}-of-{self.count}"


@dataclass(slots=True)
class _Sight:
    """A lease as it was seen to change last, by our own clock."""

    record: Mapping[str, Any]
    at: float = field(default_factory=time.monotonic)

    @property
    def held(self) -> bool:
        if not self.record.get("holderIdentity"):
            return False
        duration = float(self.record.get("leaseDurationSeconds") or _DURATION)
        return time.monotonic() < self.at + duration


class Leader:
    """One process's claim to the lease of its shard."""

    def __init__(
        self, leases: Leases, fence: Fence, *, installation: str, shard: Shard, identity: str
    ) -> None:
        self._leases = leases
        self._fence = fence
        self._installation = installation
        self._name = shard.lease(installation)
        self._rivals = f"-of-{shard.count}" if shard.count > 1 else None
        self._identity = identity
        self._sights: dict[str, _Sight] = {}
        self._document: dict[str, Any] | None = None
        self._since = ""

    async def acquire(self) -> None:
        """Wait until this process is the leader."""
        metrics.LEADER.labels(self._name).set(0)
        _log.info("waiting for the lease", extra={"lease": self._name})
        told = ""
        while True:
            try:
                if await self._try():
                    break
            except KubeError as error:
                if error.status != 409 and told != str(error):  # 409: another one was faster
                    told = str(error)
                    _log.warning("no lease", extra={"lease": self._name, "error": told})
            await asyncio.sleep(random.uniform(_ASK / 2, _ASK))  # noqa: S311 - spread, not secret
        metrics.LEADER.labels(self._name).set(1)
        _log.info("is the leader", extra={"lease": self._name, "identity": self._identity})

    async def keep(self) -> NoReturn:
        """Renew the lease again and again.

        Raises:
            LostLease: It could not be renewed in time.
        """
        renewed = time.monotonic()
        while True:
            await asyncio.sleep(_RENEW)
            began = time.monotonic()
            try:
                if began < renewed + _GIVE_UP:
                    async with asyncio.timeout_at(self._deadline(renewed)):
                        await self._write(self._identity)
                    renewed = began
            except (KubeError, TimeoutError) as error:
                _log.warning("lease not renewed", extra={"error": str(error)})
                if isinstance(error, KubeError) and error.status == 409:
                    raise LostLease("Another process has taken the lease.") from error
            if time.monotonic() > renewed + _GIVE_UP:
                raise LostLease(f"The lease was not renewed for {_GIVE_UP:.0f} seconds.")

    async def release(self) -> None:
        """Let the next one begin at once."""
        metrics.LEADER.labels(self._name).set(0)
        self._fence.extend(-math.inf)
        try:
            await self._write("")
        except KubeError as error:  # it ends by itself
            _log.warning("lease not released", extra={"error": str(error)})

    async def _try(self) -> bool:
        """Take the lease if it is free; return whether it is ours."""
        self._document = await self._leases.get(self._name)
        if self._document and self._sight(self._document).held:
            return False
        if await self._rivalled():
            return False
        self._since = micro_time(datetime.now(UTC))
        await self._write(self._identity)
        # They look for us after they have written as well, so not both of us go on.
        if await self._rivalled():
            await self._write("")
            return False
        return True

    async def _rivalled(self) -> bool:
        """Return whether somebody holds a lease of another number of shards."""
        found = await self._leases.labelled(self._installation)
        return any(
            self._sight(lease).held for lease in found if self._is_rival(lease["metadata"]["name"])
        )

    def _is_rival(self, name: str) -> bool:
        if self._rivals is None:
            return name != self._name
        return not name.endswith(self._rivals)

    def _sight(self, lease: Mapping[str, Any]) -> _Sight:
        name, record = lease["metadata"]["name"], lease["spec"]
        sight = self._sights.get(name)
        if sight is None or sight.record != record:
            sight = self._sights[name] = _Sight(record)
        return sight

    async def _write(self, holder: str) -> None:
        began, now = time.monotonic(), micro_time(datetime.now(UTC))
        old = (self._document or {}).get("spec", {})
        taken = bool(old and holder) and old.get("holderIdentity") != holder
        spec = {
            "holderIdentity": holder,
            "leaseDurationSeconds": _DURATION if holder else 1,
            "acquireTime": self._since,
            "renewTime": now,
            "leaseTransitions": old.get("leaseTransitions", 0) + taken,
        }
        self._document = await self._leases.put(
            self._name, self._installation, spec, self._document
        )
        if holder:
            self._fence.extend(began + _GIVE_UP)

    @staticmethod
    def _deadline(renewed: float) -> float:
        """Return the time of the event loop until which a renewal counts."""
        return asyncio.get_running_loop().time() + renewed + _GIVE_UP - time.monotonic()
