"""The proxies as a process: `python -m sandbox.proxy CONTROL_PORT NAME:PORT:SERVER_PORT …`.

Clients find the proxies at `--address`; the servers behind them and the control port are on
loopback. The latter takes `POST /<proxy>/<operation>` with a JSON object of arguments. With
`--certificate` clients speak TLS to the proxies; the servers behind them do not.
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

from sandbox.proxy.faults import Fault
from sandbox.proxy.http1 import HEAD_LIMIT, Closed, read_request, reply
from sandbox.proxy.relay import Relay, Tokens
from sandbox.settings import LOOPBACK

_JSON = {"Content-Type": "application/json"}
Operation = Callable[..., Awaitable[Any]]


class Control:
    """What can be asked of a proxy, from another process."""

    def __init__(self, relays: dict[str, Relay]) -> None:
        self._relays = relays

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await read_request(reader)
                _, name, operation = request.start_line.split(" ")[1].split("/")
                status, answer = await self._call(name, operation, request.body)
                writer.write(reply(status, _JSON, json.dumps(answer)))
                await writer.drain()
        except (Closed, OSError):
            writer.close()

    async def _call(self, name: str, operation: str, body: bytes) -> tuple[int, Any]:
        operations: dict[str, Operation] = {
            "requests": self._requests,
            "clear": self._clear,
            "fault": self._fault,
            "hits": self._hits,
            "lift": self._lift,
        }
        try:
            return 200, await operations[operation](self._relays[name], **json.loads(body or b"{}"))
        except (KeyError, TypeError, ValueError, re.error) as error:
            return 400, f"{operation} on {name}: {error!r}"

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
    for route in routes:
        name, port, server_port = route.split(":")
        relays[name] = Relay(address, int(port), int(server_port), tokens, tls)
        await relays[name].open_or_close()
    control = Control(relays)
    await asyncio.start_server(control.serve, LOOPBACK, control_port, limit=HEAD_LIMIT)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()


if __name__ == "__main__":
    asyncio.run(main(**vars(arguments())))
