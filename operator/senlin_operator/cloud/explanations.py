"""What Nova and Heat say where Senlin's words are generic: asked rarely, and remembered."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, NamedTuple, Protocol, TypeVar

from senlin_operator.cloud.heat import Heat
from senlin_operator.cloud.nova import Nova
from senlin_operator.telemetry import clock

K = TypeVar("K")
T = TypeVar("T")

_REMEMBERED = 1000  # answers
_READ = 3  # servers whose faults are read at once
_RETRY = 60.0  # seconds until the same is asked again
# Seconds for which the next tries of an unexplained build are watched: longer than their pauses.
_WATCHED = 900.0
# Seconds for which a cause also explains the next tries of the same node: several of them.
_EARLIER = 3600.0


class Subject(NamedTuple):
    """A node of which Nova or Heat is asked."""

    node_id: str
    name: str
    server_id: str | None  # None: Senlin has not recorded it, or it is a stack
    is_stack: bool = False


class Read(Protocol):
    """Calls a question from a thread; None: it must not, or there is no answer."""

    def __call__(self, question: Callable[[], T | None]) -> Awaitable[T | None]: ...


class Answers(Generic[K]):
    """Asks a question about each key by a function, and remembers the answers for a while."""

    def __init__(self, ask: Callable[[K], Awaitable[str | None]], *, lasting: bool = False) -> None:
        """Take the function; lasting: an answer holds for ever, and only its lack is retried."""
        self._ask = ask
        self._lasting = lasting
        self._known: OrderedDict[K, tuple[str | None, float]] = OrderedDict()

    def knows(self, key: K) -> bool:
        """Return whether the answer about a key costs no request."""
        _, until = self._known.get(key, (None, 0.0))
        return until > clock.monotonic() or (self._lasting and self.has(key))

    def has(self, key: K) -> bool:
        """Return whether there was an answer about a key."""
        return self._known.get(key, (None, 0.0))[0] is not None

    async def of(self, key: K) -> str | None:
        """Return the answer about a key; None: there is none."""
        if not self.knows(key):
            self.learn(key, await self._ask(key))
        return self._known[key][0]

    def learn(self, key: K, answer: str | None) -> None:
        """Remember an answer that came by another way."""
        self._known[key] = answer, clock.monotonic() + _RETRY
        self._known.move_to_end(key)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


class Explanations:
    """The answers of Nova and Heat in one project. Used from the event loop only.

    Attributes:
        causes: By the id of a server: why it failed.
        states: By node: a phrase about its server or stack, such as `Nova says SHUTOFF`.
    """

    def __init__(self, read: Read, nova: Nova, heat: Heat) -> None:
        self._read, self._nova, self._heat = read, nova, heat
        self._watched_until = 0.0  # of the monotonic clock
        self._builds: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self.causes = Answers(self._cause, lasting=True)
        self.states = Answers(self._state)

    async def watch(self) -> None:
        """Learn the faults of servers that are in ERROR now, while a build is unexplained.

        Senlin deletes a server within seconds after it failed. From then on Nova tells only
        administrators why, so others learn it from the next try of the build.
        """
        if clock.monotonic() < self._watched_until:
            faults = await self._read(lambda: self._nova.faults(self.causes.has)) or {}
            unlisted = [server_id for server_id, fault in faults.items() if fault is None]
            # All at once: Senlin deletes them just now.
            found = await asyncio.gather(*map(self._fault, unlisted[:_READ]))
            faults |= dict(zip(unlisted, found, strict=False))
            for server_id, fault in faults.items():
                if fault is not None:
                    self.causes.learn(server_id, fault)

    def of_build(self, node_id: str, cause: str | None) -> str | None:
        """Return why the last build of a node failed, as far as anybody says it.

        Each try has a server of its own, and the fault of one may be missed. The cause of an
        earlier try then stays, else the message would come and go with each try.

        Args:
            node_id: The node.
            cause: Why its last server failed, if that is known.
        """
        if cause is not None:
            self._builds[node_id] = cause, clock.monotonic() + _EARLIER
            self._builds.move_to_end(node_id)
            if len(self._builds) > _REMEMBERED:
                self._builds.popitem(last=False)
        known, until = self._builds.get(node_id, (None, 0.0))
        return known if until > clock.monotonic() else None

    async def _cause(self, server_id: str) -> str | None:
        cause = await self._read(lambda: self._nova.cause(server_id))
        if cause is None:
            self._watched_until = clock.monotonic() + _WATCHED
        return cause

    async def _fault(self, server_id: str) -> str | None:
        return await self._read(lambda: self._nova.fault(server_id))

    async def _state(self, subject: Subject) -> str | None:
        node_id, name, server_id, is_stack = subject
        if is_stack:
            state = await self._read(lambda: self._heat.state(node_id))
            return state and f"Heat says {state}"
        state = await self._read(lambda: self._nova.state(node_id, name, server_id))
        return state and f"Nova says {state}"
