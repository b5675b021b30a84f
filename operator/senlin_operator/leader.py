"""Leader election: of several processes one acts, and it stops before another one starts.

The protocol is client-go's (k8s.io/client-go/tools/leaderelection), so `kubectl get lease` reads as
for other controllers. A lease is free when its holder has not renewed it for its duration, by the
clock of the candidate. The holder gives up well before that. A fence then stops each write that it
has not sent yet: a process that was paused finds itself fenced when it continues.

Several shards share the work by namespace. Each shard has a lease. A shard takes its lease only
while the leases of any other number of shards are free, so no object ever has two actors.
"""

import asyncio
import logging
import math
import os
import random
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from senlin_operator.kube.client import KubeError
from senlin_operator.kube.leases import Leases, micro_time
from senlin_operator.telemetry import clock, metrics

_DURATION = 15  # seconds that a lease lasts without being renewed
# As client-go names them; all in seconds.
_RENEW_DEADLINE = 10.0  # after the last renewal; the rest of the duration is for clock drift
_RENEW_PERIOD = 2.0
_RETRY_PERIOD = 1.0  # of a standby
_GRACE = 1.0  # for the event loop to end the process by itself, and for the last words
_POLL = 0.05
_LAST_WRITES = 3.0  # for the replies to the last writes
_HANGS = "the lease has run out and the process hangs: it ends"
_log = logging.getLogger(__name__)


class LostLease(Exception):
    """The lease could not be renewed in time: another process may be the leader by now."""


class Fence:
    """Stops the writes of a process that may not be the leader any more. From any thread."""

    def __init__(self) -> None:
        self._until = math.inf
        self._lock = threading.Lock()
        self._writing: set[int] = set()  # ids of threads

    def extend(self, until: float) -> None:
        """Allow writes until that time of the monotonic clock."""
        self._until = until

    def close(self) -> None:
        """Allow no further write."""
        with self._lock:
            self._until = -math.inf

    @property
    def remaining(self) -> float:
        """The seconds for which writes are allowed."""
        return self._until - clock.monotonic()

    @property
    def writing(self) -> bool:
        """Whether a thread has begun a write that has not ended."""
        return bool(self._writing)

    def check(self) -> None:
        """Raise KubeError unless this process may write now."""
        if self.remaining < 0:
            raise KubeError(0, "This process is not the leader any more.")

    def begin_write(self) -> None:
        """Note that this thread writes; raise KubeError unless this process may write now."""
        with self._lock:
            self.check()
            self._writing.add(threading.get_ident())

    def end_write(self) -> None:
        """Note that this thread writes no more, if it did."""
        with self._lock:
            self._writing.discard(threading.get_ident())


class Watchdog(threading.Thread):
    """Ends the process when its fence has been down for a second.

    `Leader.keep` does that, too, as long as the event loop runs. This thread does it when the loop
    hangs, or goes on after a pause and is slow.
    """

    def __init__(self, fence: Fence) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._fence = fence
        self._stopped = threading.Event()

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *_: object) -> None:
        self._stopped.set()

    def run(self) -> None:
        """Wait for the end of the lease, or of this watch."""
        while not self._stopped.wait(max(0.0, self._fence.remaining + _GRACE)):
            if self._fence.remaining + _GRACE <= 0:
                # In a thread of its own: what hangs may hold the log's lock.
                words = threading.Thread(target=_log.critical, args=(_HANGS,), daemon=True)
                words.start()
                words.join(_GRACE)
                os._exit(1)


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of the namespaces."""

    index: int = 0
    count: int = 1

    def has(self, namespace: str) -> bool:
        return zlib.crc32(namespace.encode()) % self.count == self.index

    def lease(self, installation: str) -> str:
        if self.count == 1:
            return installation
        return f"{installation}-{self.index}-of-{self.count}"


@dataclass(slots=True)
class _ObservedLease:
    """The latest record of a lease, and when this process first saw it, by its own clock."""

    record: Mapping[str, Any]
    at: float = field(default_factory=lambda: clock.monotonic())

    @property
    def held(self) -> bool:
        if not self.record.get("holderIdentity"):
            return False
        duration = float(self.record.get("leaseDurationSeconds") or _DURATION)
        return clock.monotonic() < self.at + duration


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
        self._observed_leases: dict[str, _ObservedLease] = {}
        self._document: dict[str, Any] | None = None
        self._since = ""

    async def acquire(self) -> None:
        """Wait until this process is the leader."""
        metrics.LEADER.labels(self._name).set(0)
        _log.info("waiting for the lease", extra={"lease": self._name})
        logged = ""
        while True:
            try:
                if await self._try():
                    break
            except KubeError as error:
                if error.status != 409 and logged != str(error):  # 409: another process was faster
                    logged = str(error)
                    _log.warning(
                        "the lease cannot be read or written",
                        extra={"lease": self._name, "error": logged},
                    )
            await asyncio.sleep(random.uniform(_RETRY_PERIOD / 2, _RETRY_PERIOD))  # noqa: S311 - spread, not secret
        metrics.LEADER.labels(self._name).set(1)
        _log.info(
            "this process is the leader", extra={"lease": self._name, "identity": self._identity}
        )

    async def keep(self) -> NoReturn:
        """Renew the lease for ever.

        Raises:
            LostLease: It could not be renewed in time.
        """
        renewed = clock.monotonic()
        while True:
            await asyncio.sleep(_RENEW_PERIOD)
            began = clock.monotonic()
            try:
                if began < renewed + _RENEW_DEADLINE:
                    async with asyncio.timeout_at(self._deadline(renewed)):
                        await self._write(self._identity)
                    renewed = began
            except (KubeError, TimeoutError) as error:
                _log.warning("the lease was not renewed", extra={"error": str(error)})
                if isinstance(error, KubeError) and error.status == 409:
                    raise LostLease("Another process has taken the lease.") from error
            if clock.monotonic() > renewed + _RENEW_DEADLINE:
                raise LostLease(f"The lease was not renewed for {_RENEW_DEADLINE:.0f} seconds.")

    async def release(self) -> None:
        """Release the lease, so that a standby takes over at once.

        While a thread still waits for the reply to a write, the lease is left to run out: Senlin
        may carry the write out only after the standby has looked.
        """
        metrics.LEADER.labels(self._name).set(0)
        self._fence.close()
        until = clock.monotonic() + _LAST_WRITES
        while self._fence.writing:
            if clock.monotonic() > until:
                _log.warning("the lease is not released, as a request has no reply yet")
                return
            await asyncio.sleep(_POLL)
        try:
            await self._write("")
        except KubeError as error:  # it expires by itself
            _log.warning("the lease was not released", extra={"error": str(error)})

    async def _try(self) -> bool:
        """Take the lease if it is free; return whether this process holds it."""
        self._document = await self._leases.get(self._name)
        if self._document and self._observe(self._document).held:
            return False
        if await self._other_shard_count_active():
            return False
        self._since = micro_time(clock.utcnow())
        await self._write(self._identity)
        # Other shard counts check again after their write, too, so never do both proceed.
        if await self._other_shard_count_active():
            await self._write("")
            return False
        return True

    async def _other_shard_count_active(self) -> bool:
        """Return whether a process holds a lease of another number of shards."""
        found = await self._leases.labelled(self._installation)
        return any(
            self._observe(lease).held
            for lease in found
            if self._is_rival(lease["metadata"]["name"])
        )

    def _is_rival(self, name: str) -> bool:
        if self._rivals is None:
            return name != self._name
        return not name.endswith(self._rivals)

    def _observe(self, lease: Mapping[str, Any]) -> _ObservedLease:
        name, record = lease["metadata"]["name"], lease["spec"]
        observed = self._observed_leases.get(name)
        if observed is None or observed.record != record:
            observed = self._observed_leases[name] = _ObservedLease(record)
        return observed

    async def _write(self, holder: str) -> None:
        began, now = clock.monotonic(), micro_time(clock.utcnow())
        old = (self._document or {}).get("spec", {})
        transition = bool(old and holder) and old.get("holderIdentity") != holder
        spec = {
            "holderIdentity": holder,
            "leaseDurationSeconds": _DURATION if holder else 1,
            "acquireTime": self._since,
            "renewTime": now,
            "leaseTransitions": old.get("leaseTransitions", 0) + transition,
        }
        self._document = await self._leases.put(
            self._name, self._installation, spec, self._document
        )
        if holder:
            self._fence.extend(began + _RENEW_DEADLINE)

    @staticmethod
    def _deadline(renewed: float) -> float:
        """Return the time of the event loop until which a renewal counts."""
        return asyncio.get_running_loop().time() + renewed + _RENEW_DEADLINE - clock.monotonic()
