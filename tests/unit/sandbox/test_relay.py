"""The proxy's forwarding, between a client's socket and a server that replies with given bytes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from sandbox.proxy.__main__ import server_session
from sandbox.proxy.faults import Fault
from sandbox.proxy.relay import Relay, Tokens
from sandbox.settings import free_port

CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"5;x=y\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n"
TEXT = b"hello0123456789abcdef"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

Exchange = Callable[[bytes, bytes], Awaitable[tuple[bytes, bytes]]]


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    async with server_session() as session:
        relay = Relay("127.0.0.1", free_port(), free_port(), Tokens(), None, session)
        await relay.open_or_close()
        yield relay
        await relay.add(Fault(kind="refuse"))  # closes the port


@pytest.fixture
async def exchange(relay: Relay) -> AsyncIterator[Exchange]:
    """Send a request through the proxy; return what the client got, and what the server got."""
    received = bytearray()
    reply = b""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.extend(await reader.readuntil(b"\r\n\r\n"))
        length = received.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
        received.extend(await reader.readexactly(int(length or 0)))
        writer.write(reply)
        await writer.drain()
        writer.close()

    async def exchange(request: bytes, answer: bytes) -> tuple[bytes, bytes]:
        nonlocal reply
        reply = answer
        received.clear()
        reader, writer = await asyncio.open_connection("127.0.0.1", relay._port)
        try:
            writer.write(request)
            async with asyncio.timeout(5):
                return await reader.read(), bytes(received)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", relay._server_port)
    yield exchange
    server.close()


def asked(method: str, fields: bytes = b"", body: bytes = b"") -> bytes:
    head = f"{method} /a?b=%2F HTTP/1.1\r\nHost: cloud:1\r\nConnection: close\r\n"
    return head.encode() + fields + b"\r\n" + body


@pytest.mark.parametrize(
    ("request_", "body"),
    [
        pytest.param(asked("GET"), b"", id="no body"),
        pytest.param(asked("POST", b"Content-Length: 2\r\n", b"{}"), b"{}", id="a length"),
        pytest.param(
            asked("POST", CHUNKED, CHUNKS),
            TEXT,
            id="chunks",
        ),
    ],
)
async def test_a_request_is_forwarded(exchange: Exchange, request_: bytes, body: bytes) -> None:
    reply, received = await exchange(request_, OK)

    assert received.startswith(request_.split(b" ")[0] + b" /a?b=%2F HTTP/1.1\r\n")
    assert received.endswith(b"\r\n\r\n" + body)
    assert reply.startswith(b"HTTP/1.1 200 OK\r\n")
    assert reply.endswith(b"\r\n\r\n{}")


async def test_headers_are_forwarded_as_they_are(exchange: Exchange) -> None:
    fields = b"X-Auth-Token: t\r\nUser-Agent: me/1\r\n"
    repeated = b"HTTP/1.1 200 OK\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 0\r\n\r\n"

    reply, received = await exchange(asked("GET", fields), repeated)

    for line in (b"Host: cloud:1", *fields.splitlines()):
        assert line in received
    assert b"Accept" not in received
    assert b"X-A: 1\r\nX-A: 2\r\n" in reply


@pytest.mark.parametrize(
    ("method", "sent", "body"),
    [
        pytest.param("GET", b"200 OK\r\n" + CHUNKED + b"\r\n" + CHUNKS, TEXT, id="chunks"),
        pytest.param("GET", b"200 OK\r\n\r\nall that follows", b"all that follows", id="no length"),
        pytest.param("DELETE", b"204 No Content\r\n\r\n", b"", id="204: no body"),
        pytest.param("GET", b"599 Odd\r\nContent-Length: 0\r\n\r\n", b"", id="an unknown status"),
    ],
)
async def test_a_reply_is_forwarded(
    exchange: Exchange, method: str, sent: bytes, body: bytes
) -> None:
    reply, _ = await exchange(asked(method), b"HTTP/1.1 " + sent)

    assert reply.startswith(b"HTTP/1.1 " + sent.split(b"\r\n")[0])
    assert reply.partition(b"\r\n\r\n")[2] == body


async def test_a_reply_to_head_keeps_its_length(exchange: Exchange) -> None:
    reply, _ = await exchange(asked("HEAD"), b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n")

    assert b"Content-Length: 7\r\n" in reply
    assert reply.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nhal"])
async def test_a_reply_that_breaks_off_is_a_reset(
    relay: Relay, exchange: Exchange, sent: bytes
) -> None:
    with pytest.raises(ConnectionResetError):
        await exchange(asked("GET"), sent)

    assert [request.status for request in relay.requests] == [None]


async def test_an_answer_of_a_fault(relay: Relay, exchange: Exchange) -> None:
    await relay.add(Fault(kind="answer", status=429, headers={"Retry-After": "3"}, body={"a": 1}))

    reply, received = await exchange(asked("GET"), OK)

    assert received == b""
    assert reply.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
    assert b"Retry-After: 3\r\n" in reply
    assert b"Content-Type: application/json\r\n" in reply
    assert reply.endswith(b'\r\n\r\n{"a": 1}')
