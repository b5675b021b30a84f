"""The fence of the requests to Kubernetes, asked when the connection stands."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import SimpleNamespace

import aiohttp

# Seconds until what the other machine has not acknowledged is dropped, also after the end of this
# process. A write that the fence has let through is there by then, or never.
_UNACKNOWLEDGED = 4.0
_fenced = ContextVar("fenced", default=True)


@contextmanager
def unfenced() -> Iterator[None]:
    """Let this task write although its process may not be the leader, as to ask for a lease."""
    token = _fenced.set(False)
    try:
        yield
    finally:
        _fenced.reset(token)


def traces(may_write: Callable[[], None]) -> list[aiohttp.TraceConfig]:
    """Return what makes a session ask before each write, with nothing of it sent.

    aiohttp calls it `headers sent`, and calls it before it sends them; a failure of it closes the
    connection.

    Args:
        may_write: Raises unless this process may write.
    """

    async def ask(
        _: aiohttp.ClientSession,
        __: SimpleNamespace,
        request: aiohttp.TraceRequestHeadersSentParams,
    ) -> None:
        if request.method != "GET" and _fenced.get():
            may_write()

    config = aiohttp.TraceConfig()
    config.on_request_headers_sent.append(ask)
    return [config]


def open_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    """Return a socket for an address, which keeps no bytes for later."""
    family, type_, protocol, *_ = address
    opened = socket.socket(family, type_, protocol)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        milliseconds = int(_UNACKNOWLEDGED * 1000)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
    return opened
