"""The proxy in front of one server: forwards requests, unless a fault applies to them.

Methods, paths, headers and bodies are forwarded unchanged; their framing is aiohttp's. No fault
depends on exact bytes, and neither Keystone nor Senlin streams a reply. To reset a connection, the
one thing that HTTP libraries do not offer, this module uses aiohttp's transport.
"""

import asyncio
import hashlib
import json
import socket
import ssl
import struct
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import ClientError, ClientResponse, ClientSession, hdrs, web
from multidict import CIMultiDict
from yarl import URL

from sandbox.proxy.faults import Fault, Request
from sandbox.settings import LOOPBACK

REMEMBERED = 500_000  # requests; older ones are dropped
LINE_LIMIT = 256 * 1024  # bytes; long lines are for the server to refuse, not for the proxy
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset
# These headers are about one connection; aiohttp sends its own on either side.
HOP_BY_HOP = (hdrs.CONNECTION, hdrs.KEEP_ALIVE, hdrs.TRANSFER_ENCODING)
# Headers that aiohttp would add to a request without them.
ADDED = (hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.CONTENT_TYPE, hdrs.USER_AGENT)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The owners of the tokens that were fetched through one of the proxies."""

    owners: dict[str, tuple[str, str | None]] = field(default_factory=dict)

    def learn(self, reply: web.Response) -> None:
        """Remember the token that Keystone issues in this reply, if it does."""
        if token := reply.headers.get("X-Subject-Token"):
            with suppress(ValueError, KeyError):
                document = json.loads(reply.text or "")["token"]
                project = document.get("project", {}).get("name")
                self.owners[_digest(token)] = (document["user"]["name"], project)

    def owner(self, request: web.BaseRequest, body: bytes) -> tuple[str | None, str | None]:
        """Return user and project; a login by password has only the user that it names."""
        if request.method == "POST" and request.raw_path.startswith("/v3/auth/tokens"):
            with suppress(ValueError, KeyError, TypeError):
                identity = json.loads(body)["auth"]["identity"]
                return identity["password"]["user"]["name"], None
        return self.owners.get(_digest(request.headers.get("X-Auth-Token", "")), (None, None))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Relay:
    """The proxy before one server."""

    def __init__(
        self,
        address: str,
        port: int,
        server_port: int,
        tokens: Tokens,
        tls: ssl.SSLContext | None,
        session: ClientSession,
    ) -> None:
        self.requests: deque[Request] = deque(maxlen=REMEMBERED)
        self.faults: list[Fault] = []
        self._address, self._port, self._server_port = address, port, server_port
        self._tokens, self._tls, self._session = tokens, tls, session
        self._server = web.Server(
            self._relay, access_log=None, max_line_size=LINE_LIMIT, max_field_size=LINE_LIMIT
        )
        self._listener: asyncio.Server | None = None
        self._turn = asyncio.Lock()

    async def add(self, fault: Fault) -> None:
        self.faults.append(fault)
        await self.open_or_close()
        if fault.closes_port and fault.seconds:
            loop = asyncio.get_running_loop()
            loop.call_later(fault.seconds + 0.001, lambda: loop.create_task(self.open_or_close()))

    async def lift(self, wanted: Callable[[Fault], bool]) -> None:
        """Remove faults; requests that they hold are forwarded."""
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
                for connection in self._server.connections:
                    _reset(connection.transport)
            elif not closed and not self._listener:
                loop = asyncio.get_running_loop()
                self._listener = await loop.create_server(
                    self._server, self._address, self._port, ssl=self._tls
                )

    async def _relay(self, request: web.BaseRequest) -> web.Response:
        """Handle one request; if there is no reply for the client, reset its connection."""
        body = await request.content.read()
        method, path = request.method, request.raw_path
        fault = next((fault for fault in self.faults if fault.meets(method, path)), None)
        started, clock = time.time(), time.perf_counter()
        reply = None
        try:
            reply = await self._reply(request, body, fault)
        except (ClientError, OSError):  # the server does not run, or broke the connection
            pass
        finally:  # before the reply is sent: a client that has it finds the request recorded
            user, project = self._tokens.owner(request, body)
            self.requests.append(
                Request(
                    method=method,
                    path=path,
                    caller=request.headers.get(hdrs.USER_AGENT, ""),
                    user=user,
                    project=project,
                    status=reply.status if reply else None,
                    fault=fault.kind if fault else None,
                    started=started,
                    seconds=time.perf_counter() - clock,
                )
            )
        if reply is None:
            _reset(request.transport)
        return reply or web.Response()

    async def _reply(
        self, request: web.BaseRequest, body: bytes, fault: Fault | None
    ) -> web.Response | None:
        """Return the reply of the server or of a fault; None: the client gets no reply."""
        if fault:
            fault.hits += 1
            match fault.kind:
                case "refuse" | "drop":
                    return None
                case "answer":
                    return _answer(fault.status, fault.headers, fault.body)
                case "slow":
                    await asyncio.sleep(fault.delay)
                case "hold":
                    await fault.lifted.wait()
                case "lose-reply":
                    await self._forward(request, body)
                    return None
        reply = await self._forward(request, body)
        self._tokens.learn(reply)
        return reply

    async def _forward(self, request: web.BaseRequest, body: bytes) -> web.Response:
        """Send a request to the server; return its reply."""
        target = URL(f"http://{LOOPBACK}:{self._server_port}{request.raw_path}", encoded=True)
        headers = _without(request.headers, *HOP_BY_HOP, hdrs.CONTENT_LENGTH)
        async with self._session.request(
            request.method,
            target,
            headers=headers,
            data=body or None,
            skip_auto_headers=ADDED,
            allow_redirects=False,
        ) as reply:
            return await _copy(reply)


async def _copy(reply: ClientResponse) -> web.Response:
    content = await reply.read()
    # The reply to HEAD has the length that the body would have.
    unless_head = () if reply.method == "HEAD" else (hdrs.CONTENT_LENGTH,)
    headers = _without(reply.headers, *HOP_BY_HOP, *unless_head)
    return web.Response(status=reply.status, reason=reply.reason, headers=headers, body=content)


def _answer(status: int, headers: Mapping[str, str], body: object) -> web.Response:
    """Return a reply in the server's place; a body that is not a string becomes JSON."""
    content_type = "text/html" if isinstance(body, str) else "application/json"
    content = body if isinstance(body, str) else json.dumps(body)
    fields = CIMultiDict({hdrs.CONTENT_TYPE: content_type})
    fields.update(headers)
    return web.Response(status=status, headers=fields, body=content.encode())


def _without(headers: Mapping[str, str], *names: str) -> CIMultiDict[str]:
    left_out = {name.lower() for name in names}
    return CIMultiDict((key, it) for key, it in headers.items() if key.lower() not in left_out)


def _reset(transport: asyncio.Transport | None) -> None:
    """Close a client's connection by a reset, as the kernel does when a server is killed."""
    if transport:
        connection: socket.socket = transport.get_extra_info("socket")
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        transport.abort()
