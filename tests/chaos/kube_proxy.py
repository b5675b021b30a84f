"""A proxy before the API server that breaks watches in the ways that servers and networks do."""

import asyncio
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aiohttp import (
    AddrInfoType,
    ClientError,
    ClientSession,
    ClientTimeout,
    StreamReader,
    TCPConnector,
    hdrs,
    web,
)
from yarl import URL

from sandbox import Sandbox
from sandbox.settings import LOOPBACK, free_port

_DROPPED = (hdrs.CONNECTION, hdrs.TRANSFER_ENCODING, hdrs.CONTENT_LENGTH, hdrs.CONTENT_ENCODING)


class KubeProxy:
    """Speaks to the server as the administrator, and plain HTTP to its clients.

    Attributes:
        url: The address for clients.
        answered: How many requests it has answered in the place of the server.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        pki = sandbox.directory / "pki"
        self._tls = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        self._tls.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        self._server = sandbox.kubernetes.url
        self._port = free_port()
        self.url = f"http://{LOOPBACK}:{self._port}"
        self.answered = 0
        self._faults: list[tuple[re.Pattern[str], web.Response]] = []
        self._watches: set[asyncio.Task[None]] = set()
        self._sockets: list[socket.socket] = []  # all that were opened to the server
        self._last = b""  # what is sent before a watch ends
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))
        self._thread.start()
        assert self._ready.wait(10)

    def break_watches(self, last: bytes) -> int:
        """End all open watches after these bytes; return how many there were."""
        return asyncio.run_coroutine_threadsafe(self._break(last), self._loop).result(10)

    @property
    def watches(self) -> int:
        """Return how many watches are open."""
        return len(self._watches)

    @contextmanager
    def answering(self, path: str, status: int, body: str = "") -> Iterator[None]:
        """Answer requests whose path and query match, in the place of the server."""
        self.answered = 0
        self._faults.append((re.compile(path), web.Response(status=status, text=body)))
        yield
        self._faults.pop()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(40)  # TLS gives a server half a minute to end a connection
        self._loop.close()

    async def _run(self) -> None:
        self._end = asyncio.Event()
        connector = TCPConnector(ssl=self._tls, limit=0, socket_factory=self._socket)
        async with ClientSession(connector=connector, timeout=ClientTimeout()) as self._session:
            runner = web.ServerRunner(web.Server(self._relay), shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, LOOPBACK, self._port).start()
            self._ready.set()
            await self._end.wait()
            await self._break(b"")
            await runner.cleanup()
        # TLS ends in the background, and a socket has no event for that.
        while any(it.fileno() >= 0 for it in self._sockets):  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    def _socket(self, address: AddrInfoType) -> socket.socket:
        family, kind, protocol, *_ = address
        opened = socket.socket(family, kind, protocol)
        self._sockets.append(opened)
        return opened

    async def _relay(self, request: web.BaseRequest) -> web.StreamResponse:
        for pattern, answer in self._faults:
            if pattern.search(request.path_qs):
                self.answered += 1
                return web.Response(
                    status=answer.status, text=answer.text, content_type="application/json"
                )
        headers = {k: v for k, v in request.headers.items() if k not in (hdrs.HOST, *_DROPPED)}
        async with self._session.request(
            request.method,
            URL(self._server + request.raw_path, encoded=True),
            headers={**headers, "Accept-Encoding": "identity"},
            data=await request.read() or None,
        ) as reply:
            kept = {k: v for k, v in reply.headers.items() if k.title() not in _DROPPED}
            if "watch" not in request.query:
                return web.Response(status=reply.status, headers=kept, body=await reply.read())
            response = web.StreamResponse(status=reply.status, headers=kept)
            await response.prepare(request)
            copying = asyncio.create_task(_copy(reply.content, response))
            self._watches.add(copying)
            await asyncio.wait([copying])
            self._watches.remove(copying)
            with suppress(ConnectionError):
                await response.write(self._last)
            return response

    async def _break(self, last: bytes) -> int:
        self._last = last
        broken = list(self._watches)
        for copying in broken:
            copying.cancel()
        if broken:
            await asyncio.wait(broken)
        return len(broken)


async def _copy(source: StreamReader, response: web.StreamResponse) -> None:
    with suppress(ClientError, ConnectionError):
        while line := await source.readline():  # so that a break is between two events
            await response.write(line)
