"""A listening port before a server: hands requests on, unless a fault says otherwise."""

import asyncio
import hashlib
import json
import socket
import ssl
import struct
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from sandbox.proxy.faults import Fault, Request
from sandbox.proxy.http1 import HEAD_LIMIT, Closed, Message, read_reply, read_request, reply
from sandbox.settings import LOOPBACK

REMEMBERED = 500_000  # requests; the oldest are forgotten
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset


@dataclass(frozen=True, slots=True)
class Tokens:
    """Whose a token is, as far as it was fetched through one of the proxies."""

    owners: dict[str, tuple[str, str | None]] = field(default_factory=dict)

    def learn(self, answer: Message) -> None:
        """Remember the token that Keystone hands out in this reply, if it does."""
        if token := answer.headers.get("x-subject-token"):
            with suppress(ValueError, KeyError):
                document = json.loads(answer.body)["token"]
                project = document.get("project", {}).get("name")
                self.owners[_digest(token)] = (document["user"]["name"], project)

    def owner(self, request: Message) -> tuple[str | None, str | None]:
        """Return user and project; a login by password has only the user that it names."""
        if request.start_line.startswith("POST /v3/auth/tokens"):
            with suppress(ValueError, KeyError, TypeError):
                identity = json.loads(request.body)["auth"]["identity"]
                return identity["password"]["user"]["name"], None
        return self.owners.get(_digest(request.headers.get("x-auth-token", "")), (None, None))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Connection:
    """A client's connection, and the one to the server that belongs to it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._server: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, port: int, request: Message, method: str) -> Message:
        """Send a request to the server; return its reply."""
        if self._server is None or self._server[0].at_eof():
            self._server = await asyncio.open_connection(LOOPBACK, port, limit=HEAD_LIMIT)
        reader, writer = self._server
        writer.write(request.raw)
        await writer.drain()
        answer = await read_reply(reader, method)
        if answer.is_last:
            writer.close()
            self._server = None
        return answer

    def reset(self) -> None:
        """Close the client's connection as a server does that has died."""
        connection: socket.socket = self.writer.get_extra_info("socket")
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.close()

    def close(self) -> None:
        self.writer.close()
        if self._server:
            self._server[1].close()


class Relay:
    """The proxy before one server."""

    def __init__(
        self,
        address: str,
        port: int,
        server_port: int,
        tokens: Tokens,
        tls: ssl.SSLContext | None,
    ) -> None:
        self.requests: deque[Request] = deque(maxlen=REMEMBERED)
        self.faults: list[Fault] = []
        self._address, self._port, self._server_port = address, port, server_port
        self._tokens, self._tls = tokens, tls
        self._listener: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._turn = asyncio.Lock()

    async def add(self, fault: Fault) -> None:
        self.faults.append(fault)
        await self.open_or_close()
        if fault.closes_port and fault.seconds:
            loop = asyncio.get_running_loop()
            loop.call_later(fault.seconds + 0.001, lambda: loop.create_task(self.open_or_close()))

    async def lift(self, wanted: Callable[[Fault], bool]) -> None:
        """Remove faults; requests that they hold go on."""
        for fault in filter(wanted, self.faults):
            fault.lifted.set()
        self.faults = [fault for fault in self.faults if not wanted(fault)]
        await self.open_or_close()

    async def open_or_close(self) -> None:
        """Listen, unless a fault refuses all connections."""
        async with self._turn:
            closed = any(fault.closes_port and not fault.is_over for fault in self.faults)
            if closed and self._listener:
                self._listener.close()
                self._listener = None
                for connection in list(self._connections):
                    connection.reset()
            elif not closed and not self._listener:
                self._listener = await asyncio.start_server(
                    self._serve, self._address, self._port, limit=HEAD_LIMIT, ssl=self._tls
                )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer)
        self._connections.add(connection)
        try:
            while await self._relay(connection, await read_request(reader)):
                pass
        except Closed:
            connection.close()
        except (OSError, asyncio.IncompleteReadError):  # the server is not there, or broke off
            connection.reset()
        finally:
            self._connections.discard(connection)

    async def _relay(self, connection: Connection, request: Message) -> bool:
        """Handle one request; return whether the connection goes on."""
        method, path, _ = request.start_line.split(" ", 2)
        fault = next((fault for fault in self.faults if fault.meets(method, path)), None)
        started, clock = time.time(), time.perf_counter()
        result = _NOTHING
        try:
            result = await self._result(connection, request, method, fault)
        finally:  # before the answer is sent: who has it finds the request recorded
            user, project = self._tokens.owner(request)
            self.requests.append(
                Request(
                    method=method,
                    path=path,
                    caller=request.headers.get("user-agent", ""),
                    user=user,
                    project=project,
                    status=result.status,
                    fault=fault.kind if fault else None,
                    started=started,
                    seconds=time.perf_counter() - clock,
                )
            )
        if result.answer is None:
            connection.reset()
            return False
        connection.writer.write(result.answer)
        await connection.writer.drain()
        if request.is_last or result.is_last:
            connection.close()
            return False
        return True

    async def _result(
        self, connection: Connection, request: Message, method: str, fault: Fault | None
    ) -> "Result":
        """Return what the client is told, once the fault and the server have had their say."""
        if fault:
            fault.hits += 1
            match fault.kind:
                case "refuse" | "drop":
                    return _NOTHING
                case "answer":
                    return Result(fault.status, reply(fault.status, fault.headers, fault.body))
                case "slow":
                    await asyncio.sleep(fault.delay)
                case "hold":
                    await fault.lifted.wait()
                case "lose-reply":
                    await connection.ask(self._server_port, request, method)
                    return _NOTHING
        answer = await connection.ask(self._server_port, request, method)
        self._tokens.learn(answer)
        return Result(answer.status, answer.raw, answer.is_last)


@dataclass(frozen=True, slots=True)
class Result:
    """What a client is told; no answer means that its connection is reset."""

    status: int | None
    answer: bytes | None
    is_last: bool = False


_NOTHING = Result(None, None)
