"""The proxy's faults, and its records of requests."""

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
    """The record of a request that reached the proxy."""

    method: str
    path: str  # with its query
    caller: str  # the User-Agent
    user: str | None  # of the login, or of the token if that was issued through the proxy
    project: str | None
    status: int | None  # of the reply to the caller; None: the connection was reset
    fault: str | None  # the kind of the fault that was applied
    started: float  # seconds since the epoch
    seconds: float


@dataclass(slots=True)
class Fault:
    """A fault, and the requests that it is applied to.

    Attributes:
        kind: `refuse` the connection; `slow`: forward after `delay` seconds; `answer` in the
            server's place; `drop` the connection instead of forwarding; `lose-reply`: forward, then
            drop the connection; `hold` the request until the fault is lifted, then forward it.
        method, path: Regular expressions, for the whole method, and for a part of the path with its
            query; None: all.
        count: How many requests it is applied to; None: all.
        seconds: How long it is in force; None: until it is lifted.
        status, body, headers: Of the reply of `answer`; a body that is not a string becomes JSON.
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
            re.compile(pattern or "")  # an error must reach the caller who sets the fault

    @property
    def closes_port(self) -> bool:
        """Return whether no client can connect at all."""
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
