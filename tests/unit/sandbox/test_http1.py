import asyncio

import pytest

from sandbox.proxy.http1 import Closed, Message, read_reply, read_request, reply

CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n"


def reader(data: bytes) -> asyncio.StreamReader:
    stream = asyncio.StreamReader()
    stream.feed_data(data)
    stream.feed_eof()
    return stream


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n", id="no body"),
        pytest.param(b"POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", id="a length"),
        pytest.param(b"POST /a HTTP/1.1\r\n" + CHUNKED, id="chunks"),
    ],
)
async def test_a_request_is_passed_on_as_it_came(data: bytes) -> None:
    stream = reader(data + b"GET /next HTTP/1.1\r\n\r\n")

    first, second = await read_request(stream), await read_request(stream)

    assert first.raw == data
    assert second.start_line == "GET /next HTTP/1.1"
    with pytest.raises(Closed):
        await read_request(stream)


@pytest.mark.parametrize(
    ("method", "data"),
    [
        pytest.param("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", id="a length"),
        pytest.param("GET", b"HTTP/1.1 200 OK\r\n" + CHUNKED, id="chunks"),
        pytest.param("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", id="HEAD: no body"),
        pytest.param("DELETE", b"HTTP/1.1 204 No Content\r\n\r\n", id="204: no body"),
    ],
)
async def test_a_reply_ends_where_it_ends(method: str, data: bytes) -> None:
    stream = reader(data + b"HTTP/1.1 500 Next\r\nContent-Length: 0\r\n\r\n")

    assert (await read_reply(stream, method)).raw == data
    assert (await read_reply(stream, method)).status == 500


async def test_a_reply_without_a_length_ends_with_the_connection() -> None:
    data = b"HTTP/1.0 200 OK\r\n\r\nall that follows"

    message = await read_reply(reader(data), "GET")

    assert message.raw == data
    assert message.is_last


@pytest.mark.parametrize(
    ("start_line", "connection", "expected"),
    [
        pytest.param("GET / HTTP/1.1", "", False, id="1.1: kept"),
        pytest.param("GET / HTTP/1.1", "close", True, id="1.1: closed if asked for"),
        pytest.param("GET / HTTP/1.0", "", True, id="1.0: closed"),
        pytest.param("HTTP/1.0 200 OK", "Keep-Alive", False, id="1.0: kept if asked for"),
    ],
)
def test_the_last_message_on_a_connection(start_line: str, connection: str, expected: bool) -> None:
    assert Message(start_line, {"connection": connection}, b"", b"").is_last is expected


async def test_an_answer_of_our_own_can_be_read_again() -> None:
    message = await read_reply(reader(reply(429, {"Retry-After": "3"}, {"a": 1})), "GET")

    assert (message.status, message.headers["retry-after"]) == (429, "3")
    assert (message.headers["content-type"], message.body) == ("application/json", b'{"a": 1}')
