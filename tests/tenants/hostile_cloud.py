"""A cloud that a tenant runs against everybody else: Keystone and Senlin at one address.

By default it logs everybody in and has empty lists. Rules say what it does instead: never answer,
answer by drips, send whatever it likes. Below each first part of the path there is one more such
cloud, so one server is many: `clouds("a")` and `clouds("b")` share nothing but the rules.
"""

import asyncio
import json
import re
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

LOOPBACK = "127.0.0.1"
PASSWORD, TOKEN = "s3cr3t-Pa55", "t0k3n-0f-Mallory"  # nobody is to see them
LISTS = ("actions", "clusters", "nodes", "profiles", "policies", "receivers")
FOREVER = 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class Request:
    """A request as a rule gets it."""

    method: str
    cloud: str  # the first part of the path
    path: str  # the rest of it, with the query
    body: bytes
    head: str  # the lines before the body

    @property
    def bare_path(self) -> str:
        """The path without the query."""
        return self.path.partition("?")[0]

    @property
    def port(self) -> int:
        """The server's own port, as the request names it."""
        named = re.search(r"^host: .*:(\d+)\r$", self.head, re.IGNORECASE | re.MULTILINE)
        assert named
        return int(named[1])


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole reply. A body that is not bytes becomes JSON; a redirect is a status and a header."""

    body: object = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the reply as it is sent."""
        yield _head(self.status, len(self._content), self.headers)
        yield self._content

    @property
    def _content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing at all; the connection stays open."""

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield nothing, for ever."""
        await asyncio.sleep(FOREVER)
        yield b""


@dataclass(frozen=True, slots=True)
class Drip:
    """A reply of which a byte comes now and then; it never ends."""

    pause: float = 0.5  # seconds

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the head, then a byte after each pause."""
        yield _head(200, 10**9, {})
        while True:
            yield b" "
            await asyncio.sleep(self.pause)


@dataclass(frozen=True, slots=True)
class Flood:
    """A reply of many equal chunks."""

    chunk: bytes
    number: int
    headers: Mapping[str, str] = field(default_factory=dict)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the head and each chunk."""
        yield _head(200, len(self.chunk) * self.number, self.headers)
        for _ in range(self.number):
            yield self.chunk


Reply = Answer | Silence | Drip | Flood
Rule = Reply | Callable[[Request], Reply]


class HostileCloud:
    """The server, on a thread of its own; it ends with the `with` statement.

    Attributes:
        requests: How often each method and path was asked for, without queries, in all clouds.
    """

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str]] = Counter()
        self._rules: list[tuple[re.Pattern[str], Rule]] = []  # the latest one first
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._wait_for(self._start())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._wait_for(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def does(self, method: str, path: str, rule: Rule, *, of: str = ".*") -> None:
        """Set what it does with requests that fit regular expressions, each as a whole.

        Args:
            method: For the method.
            path: For the path without its query.
            rule: The reply, or what makes it of the request.
            of: For the name of the cloud.
        """
        self._rules.insert(0, (re.compile(f"{method} {of} {path}"), rule))

    def clouds(self, name: str, **overrides: Any) -> dict[str, Any]:
        """Return a clouds.yaml for one of the clouds; its entry is called `openstack`."""
        return {"clouds": {"openstack": self.entry(name) | overrides}}

    def entry(self, name: str) -> dict[str, Any]:
        """Return the entry of clouds.yaml for one of the clouds."""
        auth = {
            "auth_url": f"{self.url(name)}/v3",
            "username": "mallory",
            "password": PASSWORD,
            "project_name": name,
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        return {"auth": auth, "region_name": "RegionOne"}

    def url(self, name: str) -> str:
        """Return the address of one of the clouds."""
        return f"http://{LOOPBACK}:{self.port}/{name}"

    def _wait_for(self, work: Awaitable[None]) -> None:
        async def done() -> None:
            await work

        asyncio.run_coroutine_threadsafe(done(), self._loop).result(10)

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._accept, LOOPBACK, 0, backlog=1000)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        this = asyncio.current_task()
        # Among them are those of asyncio, which make a connection of what it has accepted.
        while others := asyncio.all_tasks() - {this}:
            for task in others & self._connections:
                task.cancel()
            await asyncio.wait(others)
        for _ in range(10):  # turns of the loop: an aborted transport is closed in a few of them
            await asyncio.sleep(0)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._loop.create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        # Not in the task: one that is cancelled before it begins would leave the connection open.
        task.add_done_callback(lambda _: writer.transport.abort())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await _read(reader)
                self.requests[request.method, request.bare_path] += 1
                async for chunk in self._reply(request).chunks():
                    writer.write(chunk)
                    await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has gone, or the test ends

    def _reply(self, request: Request) -> Reply:
        for pattern, rule in self._rules:
            if pattern.fullmatch(f"{request.method} {request.cloud} {request.bare_path}"):
                return rule(request) if callable(rule) else rule
        return self._usual(request)

    def _usual(self, request: Request) -> Reply:
        match request.method, request.bare_path:
            case "POST", "/v3/auth/tokens":
                return a_login(request.cloud, self.url(request.cloud))
            case "GET", "/" | "/v1":
                version = {"id": "1.0", "min_version": "1.0", "max_version": "1.14"}
                return Answer({"versions": [version]}, 300)
            case "GET", path if (listed := path.removeprefix("/v1/")) in LISTS:
                return Answer({listed: []})
        return Answer({"error": {"code": 404, "message": "Nothing is here."}}, 404)


def a_login(project: str, endpoint: str) -> Answer:
    """Return a successful login to a project, with Senlin at that address."""
    domain = {"id": "default", "name": "Default"}
    listed = {
        "id": "e",
        "interface": "public",
        "region": "RegionOne",
        "region_id": "RegionOne",
        "url": endpoint,
    }
    token = {
        "methods": ["password"],
        "user": {"id": "u", "name": "mallory", "domain": domain},
        "project": {"id": "p", "name": project, "domain": domain},
        "roles": [],
        "issued_at": "2026-01-01T00:00:00.000000Z",
        "expires_at": "2099-01-01T00:00:00.000000Z",
        "catalog": [{"type": "clustering", "id": "s", "name": "senlin", "endpoints": [listed]}],
    }
    return Answer({"token": token}, 201, {"X-Subject-Token": TOKEN})


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    method, target, _ = head.split(" ", 2)
    length = re.search(r"content-length: *(\d+)", head, re.IGNORECASE)
    body = await reader.readexactly(int(length[1])) if length else b""
    _, cloud, *rest = target.split("/", 2)
    return Request(method, cloud, f"/{rest[0] if rest else ''}", body, head)


def _head(status: int, length: int, headers: Mapping[str, str]) -> bytes:
    usual = {"Content-Type": "application/json", "Content-Length": str(length)}
    lines = [f"{name}: {value}\r\n" for name, value in (usual | dict(headers)).items()]
    return f"HTTP/1.1 {status} Whatever\r\n{''.join(lines)}\r\n".encode()
