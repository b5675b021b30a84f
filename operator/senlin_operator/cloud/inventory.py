"""The content of a project in Senlin: one polling loop per credential, shared by all resources.

Senlin has neither a watch nor a "changed since" filter. So the loop lists all objects, compares
them with the previous poll, and wakes the owners of the objects that changed. A whole poll costs
the same number of requests for one cluster and for a thousand. In a project where that takes long,
a partial poll reads only what is in question, and whole ones are rare.
"""

import asyncio
import copy
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from openstack_clustering import ClientException, Proxy
from openstack_clustering.exceptions import AuthenticationFailed, ConfigException, EndpointNotFound
from senlin_operator.cloud.pace import Pace
from senlin_operator.cloud.polls import Poll, Subjects, partial, whole
from senlin_operator.cloud.snapshot import CloudObject, ListedKind, Snapshot, Watched, differences
from senlin_operator.kube.objects import Key
from senlin_operator.telemetry import clock

_OPERATION = "look"  # a poll's name in metrics and traces; public, as dashboards use it
# The login fails, and will until a person changes something.
REFUSALS = (AuthenticationFailed, ConfigException, EndpointNotFound)
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Subscribers:
    """The callbacks of a poll."""

    changed: Callable[[set[str]], None]  # takes cloud ids and owners' uids
    polled: Callable[[Iterable[Key]], None]  # takes the keys that waited
    # Whether a resource stands for the cloud object with that id, or made it. From any thread.
    matters: Callable[[str], bool]


@dataclass(slots=True)
class Inventory:
    """The loop and its latest snapshot, used from the event loop.

    From other threads, as that of the metrics server, only the properties may be read.
    """

    call: Callable[[str, Callable[[Proxy], Any]], Awaitable[Any]]
    subscribers: Subscribers
    kinds: Sequence[ListedKind]
    pace: Pace = field(default_factory=Pace)
    snapshot: Snapshot | None = None
    error: ClientException | None = None  # of the latest poll
    _awaiting: dict[Key, str | None] = field(default_factory=dict)  # with what each waits for
    _watched: dict[str, Watched] = field(default_factory=dict)  # by action id
    _sending: set[str] = field(default_factory=set)  # the locks of requests in flight
    _held: dict[str, float] = field(default_factory=dict)  # locks, and until when
    _requested: asyncio.Event = field(default_factory=asyncio.Event)
    _created: float = field(default_factory=lambda: clock.monotonic())

    def requeue_after_poll(self, key: Key, id_: str | None) -> None:
        """Request a poll, and wake the key after it. A poll that has begun does not count.

        Args:
            key: The key.
            id_: The cloud object that the poll must show; None: it must be a whole one.
        """
        known = self._awaiting.get(key, id_)
        self._awaiting[key] = id_ if id_ == known else None
        self._requested.set()

    def watch(self, action_id: str, target: str, lock: str | None = None) -> None:
        """Watch an action: once it has ended, the snapshot has it in `ended`.

        Args:
            action_id: The action.
            target: The cloud object that the action works on.
            lock: The id of the cluster, or of the node in none, that the action locks.
        """
        if action_id not in self._watched:
            self._watched[action_id] = Watched(target, lock)
            self._requested.set()

    def unwatch(self, action_id: str) -> None:
        """Forget an action that has ended."""
        self._watched.pop(action_id, None)

    def unwatch_all(self, target: str) -> None:
        """Forget the actions on a cloud object that has no resource any more."""
        self._watched = {
            id_: action for id_, action in self._watched.items() if action.target != target
        }

    def locked(self, lock: str, by: str | None = None) -> bool:
        """Return whether a request or an action of this process has the lock.

        A cluster and its declared nodes are reconciled independently, so two of them could start
        an action from the same snapshot. Senlin refuses the second action too late, if at all.

        Args:
            lock: The id of the cluster, or of the node in none.
            by: The cloud object whose own actions do not count; None: all actions count.
        """
        over = self.snapshot.ended.keys() | self.snapshot.unknown if self.snapshot else ()
        running = (action for id_, action in self._watched.items() if id_ not in over)
        held = lock in self._sending or self._held.get(lock, 0.0) > clock.monotonic()
        return held or any(action.lock == lock and action.target != by for action in running)

    @contextmanager
    def locking(self, lock: str | None) -> Iterator[None]:
        """Have the lock while a request is in flight; afterwards its watched action has it."""
        if lock is None:
            yield
            return
        self._sending.add(lock)
        try:
            yield
        finally:
            self._sending.discard(lock)

    def hold(self, lock: str | None, seconds: float) -> None:
        """Have the lock for a while: Senlin may still carry out a request without an answer."""
        now = clock.monotonic()
        self._held = {other: until for other, until in self._held.items() if until > now}
        if lock is not None:
            self._held[lock] = now + seconds

    @property
    def age(self) -> float:
        """Return the seconds since the latest successful poll began, or else since the start."""
        return clock.monotonic() - (self.snapshot.polled if self.snapshot else self._created)

    @property
    def in_flight(self) -> int:
        """Return the number of watched actions that had not ended in the latest poll."""
        ended = self.snapshot.ended if self.snapshot else {}
        return sum(id_ not in ended for id_ in list(self._watched))

    @property
    def refused(self) -> bool:
        """Return whether Keystone refused the credential, or its catalogue has no Senlin."""
        return isinstance(self.error, REFUSALS)

    async def run(self) -> None:
        """Poll the project for ever."""
        failures = 0
        while True:
            began = clock.monotonic()
            awaiting, self._awaiting = self._awaiting, {}
            self._requested.clear()
            try:
                await self._poll(began, awaiting)
                failures = 0
            except ClientException as error:
                failures += 1
                self._failed(error)
            except Exception:  # noqa: BLE001 - a bug must not end the polling
                failures += 1
                _log.exception("the poll raised an unexpected error, which is a bug")
                self._failed(
                    ClientException("The project cannot be polled, by a bug: see the log.")
                )
            self.subscribers.polled(awaiting)
            await self._pause(began, failures)

    async def _poll(self, began: float, awaiting: Mapping[Key, str | None]) -> None:
        before = self.snapshot
        snapshot, changed = await self._taken(began, awaiting)
        if self.error:
            _log.info("the project can be polled again")
        self.snapshot, self.error = snapshot, None
        if changed:
            self.pace.activity()
        if before is not None:
            self.subscribers.changed(changed)

    async def _taken(
        self, began: float, awaiting: Mapping[Key, str | None]
    ) -> tuple[Snapshot, set[str]]:
        """Return the snapshot of a partial poll where that is enough, else of a whole one.

        What has changed is found in the thread of the poll: in a large project that would hold up
        the event loop.
        """
        before, kinds, watched = self.snapshot, self.kinds, dict(self._watched)
        ended = before.ended if before else {}
        known = {id_: action for id_, action in ended.items() if id_ in watched}
        poll = Poll(began, watched, known, newest=self.pace.saves)
        subjects = self._subjects(awaiting)
        listed = before is not None and before.objects.keys() == {it.resource_type for it in kinds}
        if before is None or subjects is None or not listed or self.pace.whole_is_due(before.began):
            taken: tuple[Snapshot, set[str]] = await self.call(
                _OPERATION, lambda proxy: _compared(before, whole(proxy, kinds, poll))
            )
            self.pace.whole_took(clock.monotonic() - began)
            return taken
        limit, matters = self.pace.limit, self.subscribers.matters
        read: tuple[Snapshot, set[str]] = await self.call(
            _OPERATION,
            lambda proxy: _compared(
                before, partial(proxy, kinds, poll, before, subjects, matters, limit)
            ),
        )
        return read

    def _subjects(self, awaiting: Mapping[Key, str | None]) -> Subjects | None:
        """Return the cloud objects that are waited for; None: all are."""
        types = {kind.name: kind.resource_type for kind in self.kinds}
        subjects: dict[str, type[CloudObject]] = {}
        for key, id_ in awaiting.items():
            type_ = types.get(key.kind) or (self.snapshot and self.snapshot.type_of(id_ or ""))
            if id_ is None or not type_:
                return None
            subjects[id_] = type_
        return subjects

    def _failed(self, error: ClientException) -> None:
        refused_before = self.refused
        if type(error) is not type(self.error):
            _log.warning("the project cannot be polled", extra={"error": str(error)})
        # Without its traceback and its causes, which have the whole reply: that may be large.
        self.error = copy.copy(error)
        if self.refused and not refused_before and self.snapshot:
            # Every object of the project reports the refusal, each once.
            lists = self.snapshot.objects.values()
            ids = {id_ for objects in lists for id_ in objects}
            self.subscribers.changed(ids | {it.uid for it in self.snapshot.markers.values()})

    async def _pause(self, began: float, failures: int) -> None:
        took = clock.monotonic() - began
        if failures:
            await asyncio.sleep(self.pace.after_failures(failures))
            return
        await asyncio.gather(
            asyncio.sleep(self.pace.minimum(took)),
            self._until_requested(self.pace.until_next(took, busy=self._busy)),
        )

    async def _until_requested(self, seconds: float) -> None:
        """Wait until a poll is requested, at most for so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._requested.wait()
                self.pace.activity()

    @property
    def _busy(self) -> bool:
        if self.snapshot is None:
            return True
        return bool(self.snapshot.unfinished or self.in_flight)


def _compared(before: Snapshot | None, snapshot: Snapshot) -> tuple[Snapshot, set[str]]:
    """Return the snapshot, and what has changed in it."""
    return snapshot, differences(before, snapshot) if before else set()
