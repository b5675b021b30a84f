"""The proxies' process: `python -m sandbox.proxy CONTROL_PORT NAME:PORT:SERVER_PORT …`.

The proxies listen at `--address`; the servers behind them and the control port are on loopback. The
control port accepts `POST /<proxy>/<operation>` with a JSON object of arguments. With
`--certificate` clients speak TLS to the proxies, which speak plain HTTP to the servers.
"""

import argparse
import asyncio
import json
import re
import signal
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web

from sandbox.proxy.faults import Fault
from sandbox.proxy.relay import LINE_LIMIT, Relay, Tokens
from sandbox.settings import LOOPBACK

Operation = Callable[..., Awaitable[Any]]


class Control:
    """The operations on a proxy that another process can call."""

    def __init__(self, relays: dict[str, Relay]) -> None:
        self._relays = relays

    async def serve(self, request: web.BaseRequest) -> web.Response:
        operations: dict[str, Operation] = {
            "requests": self._requests,
            "clear": self._clear,
            "fault": self._fault,
            "hits": self._hits,
            "lift": self._lift,
        }
        _, name, operation = request.path.split("/")
        details = await request.content.read()
        try:
            given = json.loads(details or b"{}")
            return web.json_response(await operations[operation](self._relays[name], **given))
        except (KeyError, TypeError, ValueError, re.error) as error:
            return web.json_response(f"{operation} on {name}: {error!r}", status=400)

    async def _requests(
        self, relay: Relay, caller: str = "", method: str | None = None, path: str = ""
    ) -> Any:
        return [
            asdict(request)
            for request in relay.requests
            if caller in request.caller
            and method in (None, request.method)
            and re.search(path, request.path)
        ]

    async def _clear(self, relay: Relay) -> None:
        relay.requests.clear()

    async def _fault(self, relay: Relay, **details: Any) -> str:
        fault = Fault(**details)
        await relay.add(fault)
        return fault.id

    async def _hits(self, relay: Relay, id: str) -> int:
        return next((fault.hits for fault in relay.faults if fault.id == id), 0)

    async def _lift(self, relay: Relay, id: str | None = None) -> None:
        await relay.lift(lambda fault: id in (None, fault.id))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.proxy")
    parser.add_argument("control_port", type=int)
    parser.add_argument("routes", nargs="+")
    parser.add_argument("--address", default=LOOPBACK)
    parser.add_argument("--certificate", type=Path, help="PEM; its key is beside it, as .key")
    return parser.parse_args()


def tls_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return context


async def main(
    control_port: int, routes: list[str], address: str, certificate: Path | None
) -> None:
    tokens = Tokens()
    tls = tls_context(certificate) if certificate else None
    relays: dict[str, Relay] = {}
    async with server_session() as session:
        for route in routes:
            name, port, server_port = route.split(":")
            relays[name] = Relay(address, int(port), int(server_port), tokens, tls, session)
            await relays[name].open_or_close()
        control = web.Server(Control(relays).serve, access_log=None)
        loop = asyncio.get_running_loop()
        await loop.create_server(control, LOOPBACK, control_port)
        stopped = asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, stopped.set)
        await stopped.wait()


def server_session() -> ClientSession:
    """Return the client side of the proxies.

    It keeps no connections open: if a kept one turns out to be closed, aiohttp sends the request a
    second time, and the client would not see the failure.
    """
    return ClientSession(
        connector=TCPConnector(limit=0, force_close=True),
        timeout=ClientTimeout(),  # none: while a server is paused, its clients must wait
        auto_decompress=False,
        cookie_jar=DummyCookieJar(),
        max_line_size=LINE_LIMIT,
        max_field_size=LINE_LIMIT,
    )


if __name__ == "__main__":
    asyncio.run(main(**vars(arguments())))
