"""What the proxy does to requests, and what it remembers of them."""

import asyncio
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["refuse", "slow", "answer", "drop", "lose-reply", "hold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that came through the proxy."""

    method: str
    path: str  # with its query
    caller: str  # the User-Agent
    user: str | None  # who asks, if the token was fetched through the Keystone proxy, or logs in
    project: str | None
    status: int | None  # what the caller was told; None: nothing
    fault: str | None  # the kind of the fault that it met
    started: float  # seconds since the epoch
    seconds: float


@dataclass(slots=True)
class Fault:
    """What to do to which requests.

    Attributes:
        kind: `refuse` the connection; be `slow` (`delay` seconds, then go on); `answer` in the
            server's place; `drop` the connection instead of forwarding; `lose-reply`: forward,
            then drop it; `hold` the request until the fault is lifted.
        method, path: Regular expressions; the path, with its query, is searched.
        count: How many requests meet it; None: all.
        seconds: For how long it is in force; None: until it is lifted.
        status, body, headers: Of an `answer`; a body that is no text is sent as JSON.
        delay: Seconds that a `slow` request waits.
    """

    kind: Kind
    method: str | None = None
    path: str | None = None
    count: int | None = None
    seconds: float | None = None
    status: int = 500
    body: object = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 1.0
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    hits: int = 0
    lifted: asyncio.Event = field(default_factory=asyncio.Event)
    ends: float = field(init=False)

    def __post_init__(self) -> None:
        self.ends = time.monotonic() + (self.seconds or float("inf"))
        for pattern in (self.method, self.path):
            re.compile(pattern or "")  # complain to who sets it

    @property
    def closes_port(self) -> bool:
        """Return whether nobody can even connect."""
        return (self.kind, self.method, self.path, self.count) == ("refuse", None, None, None)

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.ends or self.hits == self.count

    def meets(self, method: str, path: str) -> bool:
        return (
            not self.is_over
            and re.fullmatch(self.method or ".*", method) is not None
            and re.search(self.path or "", path) is not None
        )
