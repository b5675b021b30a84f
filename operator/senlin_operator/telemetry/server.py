"""A small HTTP server for probes and metrics, on a thread with an event loop of its own.

So a stalled event loop of the operator is made visible instead of stalling the server with it. A
connection takes no thread, and has one request: many that say nothing hold up nobody.
"""

import asyncio
import contextlib
import http.client
import io
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from email.message import Message
from functools import partial
from http import HTTPStatus
from threading import Thread
from typing import NamedTuple

_DEADLINE = 30.0  # seconds from the acceptance of a connection to the end of the reply
_CONNECTIONS = 100  # of a port at once; with TLS each takes 300 KB, and the pod has 512 MiB
_BACKLOG = 512  # connections that the kernel has accepted, and the server has not
_HEAD = 8192  # bytes of the request line and the headers
_PAUSE = 1.0  # seconds, when no connection can be accepted, such as for want of file descriptors
_log = logging.getLogger(__name__)


class Reply(NamedTuple):
    """What a page answers."""

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"


Page = Callable[[Message], Awaitable[Reply]]  # of the headers of the request


@dataclass(frozen=True)
class Port:
    """Where pages are served.

    Attributes:
        host: The IPv4 or IPv6 address; None: all addresses of both families.
        number: The port.
        pages: The pages by their paths.
        tls: Returns the TLS context for the next connection; None: plain HTTP.
    """

    host: str | None
    number: int
    pages: Mapping[str, Page]
    tls: Callable[[], ssl.SSLContext] | None = None


def serve(ports: Iterable[Port]) -> Callable[[], None]:
    """Serve pages; return a function that stops it, after which no page runs any more.

    Raises:
        OSError: An address or a port is not to be had.
    """
    with contextlib.ExitStack() as stack:
        bound = [(stack.enter_context(_bound(port)), port) for port in ports]
        stack.pop_all()
    loop = asyncio.new_event_loop()
    Thread(target=_run, args=(loop,), name="probes and metrics", daemon=True).start()
    for listener, port in bound:
        asyncio.run_coroutine_threadsafe(_accept(listener, port), loop)

    def stop() -> None:
        asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result()
        loop.call_soon_threadsafe(loop.stop)

    return stop


def _bound(port: Port) -> socket.socket:
    # A pod may have an IPv6 address, and a node may have IPv4 only.
    both = not port.host and socket.has_dualstack_ipv6()
    six = both or ":" in (port.host or "")
    family = socket.AF_INET6 if six else socket.AF_INET
    address = (port.host or "", port.number)
    try:
        listener = socket.create_server(
            address, family=family, backlog=_BACKLOG, dualstack_ipv6=both
        )
    except OSError as error:
        where = f"{port.host or 'any address'}, port {port.number}"
        raise OSError(f"Nothing can be served at {where}: {error.strerror}.") from error
    listener.setblocking(False)
    return listener


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
    loop.close()


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()


async def _accept(listener: socket.socket, port: Port) -> None:
    """Accept connections; beyond the limit, the oldest gives way to the newest."""
    loop = asyncio.get_running_loop()
    open_: dict[asyncio.Task[None], None] = {}
    with listener:
        while True:
            try:
                connection, _ = await loop.sock_accept(listener)
            except OSError:
                await asyncio.sleep(_PAUSE)
                continue
            task = loop.create_task(_converse(connection, port))
            open_[task] = None
            task.add_done_callback(partial(_end, open_, connection))
            if len(open_) > _CONNECTIONS:
                next(iter(open_)).cancel()


def _end(
    open_: dict[asyncio.Task[None], None], connection: socket.socket, task: asyncio.Task[None]
) -> None:
    del open_[task]
    connection.close()  # here, as a task that is cancelled before it began runs no `finally`


async def _converse(connection: socket.socket, port: Port) -> None:
    """Read a request, and reply; whatever the client does, the connection ends in time."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_HEAD)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport: asyncio.Transport | None = None
    try:
        async with asyncio.timeout(_DEADLINE):
            tls = port.tls() if port.tls else None
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=tls)
            reply = await _reply(reader, port.pages)
            writer = asyncio.StreamWriter(transport, protocol, reader, loop)
            writer.write(_encoded(reply))
            writer.close()
            await writer.wait_closed()
    except (TimeoutError, EOFError, OSError):
        pass  # probes and scrapes are frequent, and strangers may connect: nothing is logged
    finally:
        if transport:
            transport.abort()


async def _reply(reader: asyncio.StreamReader, pages: Mapping[str, Page]) -> Reply:
    """Read the head of a request; return the reply.

    Raises:
        IncompleteReadError: The client has closed the connection.
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        line, _, fields = head.partition(b"\r\n")
        headers = http.client.parse_headers(io.BytesIO(fields))
    except (asyncio.LimitOverrunError, http.client.HTTPException):
        return Reply(431, b"the request line and the headers are too long\n")
    method, _, rest = line.decode("latin-1").partition(" ")
    target, _, version = rest.partition(" ")
    if not version.startswith("HTTP/1."):
        return Reply(400, b"not HTTP/1.1\n")
    page = pages.get(target.partition("?")[0])
    if page is None:
        return Reply(404, f"one of {', '.join(pages)}\n".encode())
    if method != "GET":
        return Reply(405, b"only GET\n")
    try:
        return await page(headers)
    except Exception:  # noqa: BLE001 - a bug in one page must not end the server
        _log.exception("a page cannot be shown")
        return Reply(500, b"see the log\n")


def _encoded(reply: Reply) -> bytes:
    lines = [
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
        f"Content-Type: {reply.content_type}",
        f"Content-Length: {len(reply.body)}",
        "Connection: close",
    ]
    if reply.status == HTTPStatus.UNAUTHORIZED:
        lines.append("WWW-Authenticate: Bearer")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + reply.body
