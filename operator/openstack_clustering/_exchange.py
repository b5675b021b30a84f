"""One request and its reply, held to limits: a deadline, a size, and where it may go.

The timeouts of urllib3 hold for each wait alone, so a server that sends a byte a minute keeps its
client for ever; and requests reads and unpacks a body of any size. Here a request has one deadline,
from the search for the server's address to the last byte of the reply.

An `Exchange` has the limits of the request that this thread is sending. The connections find it in
a context variable, as nothing that urllib3 passes on could carry it.
"""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from typing import Any, NamedTuple

import requests
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
)
from urllib3.util.connection import allowed_gai_family

from openstack_clustering.exceptions import ClientException

MEBIBYTE = 2**20
ENCODING = "gzip"  # the only one that is asked for, and accepted
_ENCODINGS = ("", "identity", ENCODING, f"x-{ENCODING}")
_CHUNK = 2**15  # bytes

# Called with the host of a URL, the address that is about to be connected to, and the port; raises
# a ClientException unless that is allowed. The address is None if a proxy connects to the host.
Guard = Callable[[str, str | None, int], None]
# Called with the bytes of each part of a reply; returns why the rest is not read, or no text.
ReplyGuard = Callable[[int], str]


class Limits(NamedTuple):
    """The limits of a client's requests."""

    timeout: float  # seconds for a whole request
    connect_timeout: float | None  # seconds to connect, and again to send; None: `timeout`
    reply: int  # bytes of an unpacked body
    list: int  # bytes of an unpacked list
    guard: Guard | None = None
    reply_guard: ReplyGuard | None = None


class UnacceptableReply(requests.exceptions.RequestException):
    """A reply that is not read to its end; a RequestException, as keystoneauth1 expects one."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(f"the reply ({status}) has {problem}")
        self.status = status
        self.problem = problem


class Exchange(NamedTuple):
    """The limits of one request."""

    deadline: float  # of the monotonic clock
    limit: int  # bytes of the unpacked body
    connect_timeout: float | None = None  # seconds
    guard: Guard | None = None
    before_send: Callable[[], None] | None = None
    reply_guard: ReplyGuard | None = None

    def remaining(self) -> float:
        """Return the seconds until the deadline; raise TimeoutError if it has passed."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the deadline of the request has passed")
        return seconds

    def read(self, response: requests.Response) -> bytes:
        """Return the unpacked body.

        Raises:
            UnacceptableReply: It is too large, or packed in a way that was not asked for.
            RequestException: The connection broke, or the deadline has passed.
        """
        packing = response.headers.get("Content-Encoding", "").strip().lower()
        if packing not in _ENCODINGS:
            response.close()
            raise UnacceptableReply(
                response.status_code, "a Content-Encoding that was not asked for"
            )
        chunks, size = [], 0
        try:
            for chunk in response.iter_content(_CHUNK):
                size += len(chunk)
                problem = f"more than {self.limit / MEBIBYTE:g} MiB" if size > self.limit else ""
                if self.reply_guard and not problem:
                    problem = self.reply_guard(len(chunk))
                if problem:
                    response.close()
                    raise UnacceptableReply(response.status_code, problem)
                chunks.append(chunk)
            return b"".join(chunks)
        finally:
            chunks.clear()  # an error has this frame in its traceback, and may be kept


_current: ContextVar[Exchange] = ContextVar("exchange")


@contextmanager
def limited(exchange: Exchange) -> Iterator[None]:
    """Hold the connections of this thread to the limits of a request."""
    token = _current.set(exchange)
    try:
        yield
    finally:
        _current.reset(token)


class _TimedReader(RawIOBase):
    """Reads from a socket until the deadline of the request, however little comes at a time."""

    def __init__(self, sock: Any, exchange: Exchange) -> None:
        self._sock, self._exchange = sock, exchange
        self._raw = sock.makefile("rb", buffering=0)  # keeps the socket open until it is closed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._exchange.remaining())
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedSocket:
    """A socket, as far as http.client's response needs one."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock

    def makefile(self, _: str) -> BufferedReader:
        return BufferedReader(_TimedReader(self._sock, _current.get()))


class _Response(HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(_TimedSocket(sock), *args, **kwargs)  # type: ignore[arg-type]


class LimitedConnection(HTTPConnection):
    """Connects only where the guard allows it, and asks `before_send` once it is connected."""

    response_class = _Response

    def _new_conn(self) -> socket.socket:
        """Connect to the first allowed address that accepts it.

        The guard sees each address, and what it has seen is connected to: a name that resolves
        differently the second time gains nothing.
        """
        name = self._dns_host
        failure: Exception = NewConnectionError(self, "the name has no address")
        try:
            for address in self._addresses():
                try:
                    return self._connected(address)
                except (ClientException, NewConnectionError, ConnectTimeoutError) as error:
                    failure = error
        finally:
            self._dns_host = name
        raise failure

    def _connected(self, address: str) -> socket.socket:
        exchange = _current.get()
        if exchange.guard and self.proxy is None:
            exchange.guard(self.host.strip("[]"), address, self.port)
        self._dns_host = address
        self._bound_timeout()
        sock = super()._new_conn()
        self._bound_timeout()
        sock.settimeout(self.timeout)  # of the TLS handshake
        if exchange.connect_timeout and hasattr(socket, "TCP_USER_TIMEOUT"):
            # What the other machine has not acknowledged by then is not sent again, not even after
            # this process has ended, whose last bytes the kernel would otherwise keep for minutes.
            milliseconds = int(exchange.connect_timeout * 1000)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        return sock

    def _bound_timeout(self) -> None:
        """Let the next step take no longer than the request may."""
        try:
            remaining = _current.get().remaining()
        except TimeoutError as error:
            raise ConnectTimeoutError(self, str(error)) from error
        self.timeout = min(self.timeout or remaining, remaining)

    def _addresses(self) -> list[str]:
        host = self._dns_host.strip("[]")
        try:
            found = socket.getaddrinfo(host, self.port, allowed_gai_family(), socket.SOCK_STREAM)
        except UnicodeError as error:
            raise LocationParseError(f"'{host}', label empty or too long") from error
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        """Send a request; a connection comes first, so that `before_send` is asked last."""
        if self.sock is None:
            self.connect()
        self._bound_timeout()
        before_send = _current.get().before_send
        if before_send:
            before_send()
        super().request(method, url, *args, **kwargs)


class LimitedTLSConnection(LimitedConnection, HTTPSConnection):
    """The same for HTTPS."""
