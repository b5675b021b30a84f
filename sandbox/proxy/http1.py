"""HTTP/1.1 messages as bytes: just enough to know where each one ends."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

HEAD_LIMIT = 256 * 1024  # bytes; the catalogue and tokens are far below
_BODYLESS = {204, 304}


class Closed(Exception):
    """The other side has closed the connection between two messages."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a reply, exactly as it came."""

    start_line: str
    headers: Mapping[str, str]  # names in lower case; of repeated ones the last
    head: bytes
    body: bytes

    @property
    def raw(self) -> bytes:
        return self.head + self.body

    @property
    def status(self) -> int:
        return int(self.start_line.split(" ", 2)[1])

    @property
    def is_last(self) -> bool:
        """Return whether its sender closes the connection after it."""
        connection = self.headers.get("connection", "").lower()
        old = self.start_line.startswith("HTTP/1.0") or self.start_line.endswith("HTTP/1.0")
        return connection == "close" or (old and connection != "keep-alive")


async def read_request(reader: asyncio.StreamReader) -> Message:
    """Return the next request.

    Raises:
        Closed: There is none.
    """
    head, start_line, headers = await _read_head(reader)
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = await _read_chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Message(start_line, headers, head, body)


async def read_reply(reader: asyncio.StreamReader, method: str) -> Message:
    """Return the reply to a request of that method."""
    head, start_line, headers = await _read_head(reader)
    status = int(start_line.split(" ", 2)[1])
    if method == "HEAD" or status in _BODYLESS:
        body = b""
    elif headers.get("transfer-encoding", "").lower() == "chunked":
        body = await _read_chunks(reader)
    elif "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    else:
        body = await reader.read()
    return Message(start_line, headers, head, body)


def reply(status: int, headers: Mapping[str, str], body: object) -> bytes:
    """Return a reply as bytes; a body that is no text becomes JSON."""
    content_type = "text/html" if isinstance(body, str) else "application/json"
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    fields = {"Content-Type": content_type, **headers, "Content-Length": str(len(content))}
    lines = [f"HTTP/1.1 {status} {_phrase(status)}", *(f"{k}: {v}" for k, v in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + content


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


async def _read_head(reader: asyncio.StreamReader) -> tuple[bytes, str, dict[str, str]]:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise Closed from error
    start_line, *lines = head.decode("latin-1").split("\r\n")
    fields = (line.partition(":") for line in lines if line)
    return head, start_line, {name.lower(): value.strip() for name, _, value in fields}


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.split(b";")[0], 16)
        body += line + await reader.readexactly(size + 2)
        if size == 0:
            return body
