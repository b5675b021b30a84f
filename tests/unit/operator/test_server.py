"""The server of probes and metrics, on real connections."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from email.message import Message
from pathlib import Path

import pytest
import requests

from sandbox.control import fetch
from sandbox.pki import issue, make_cloud_pki
from sandbox.settings import free_port
from senlin_operator.telemetry import exposition, server
from senlin_operator.telemetry.exposition import Certificate, MetricsPage
from senlin_operator.telemetry.health import Health
from senlin_operator.telemetry.server import Page, Port, Reply, serve
from tests.unit.operator.builders import Clock
from tests.unit.operator.log_capture import LogCapture

LOOPBACK = "127.0.0.1"


@contextmanager
def served(pages: Mapping[str, Page], certificate: Certificate | None = None) -> Iterator[int]:
    port = free_port()
    stop = serve([Port(LOOPBACK, port, pages, certificate.context if certificate else None)])
    try:
        yield port
    finally:
        stop()


@pytest.fixture(scope="module")
def health() -> Health:
    return Health()


@pytest.fixture(scope="module")
def port(health: Health) -> Iterator[int]:
    """One server for all tests that leave it as it is."""

    async def broken(_: Message) -> Reply:
        raise ValueError("a bug")

    pages: dict[str, Page] = {**health.pages(), "/metrics": MetricsPage(), "/broken": broken}
    with served(pages) as port:
        yield port


def test_readyz_follows_the_process(port: int, health: Health) -> None:
    assert fetch("GET", f"http://{LOOPBACK}:{port}/readyz").status_code == 503

    health.ready = True

    assert fetch("GET", f"http://{LOOPBACK}:{port}/readyz").status_code == 200


def test_livez_fails_without_a_recent_heartbeat(port: int, health: Health, clock: Clock) -> None:
    health.heartbeat()
    assert fetch("GET", f"http://{LOOPBACK}:{port}/livez").status_code == 200

    clock.advance(31)
    assert fetch("GET", f"http://{LOOPBACK}:{port}/livez").status_code == 500

    health.heartbeat()
    assert fetch("GET", f"http://{LOOPBACK}:{port}/livez?verbose").status_code == 200


@pytest.mark.parametrize(
    ("accept", "answer"),
    [
        ("application/openmetrics-text;version=1.0.0,text/plain;q=0.5", "openmetrics-text"),
        ("text/plain", "text/plain; version="),
        ("*/*", "text/plain; version="),
        ("text/plain;version=x.y", "text/plain; version="),
    ],
)
def test_the_format_of_metrics_follows_the_accept_header(
    port: int, accept: str, answer: str
) -> None:
    reply = fetch("GET", f"http://{LOOPBACK}:{port}/metrics", headers={"Accept": accept})

    assert answer in reply.headers["Content-Type"]
    assert "workqueue_depth" in reply.text
    assert reply.text.endswith("# EOF\n") == ("openmetrics" in answer)


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (b"GET /livez HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK"),
        (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 404 Not Found"),
        (b"POST /metrics HTTP/1.1\r\n\r\n", b"HTTP/1.1 405 Method Not Allowed"),
        (b"GET /livez\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"\x16\x03\x01\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"GET /broken HTTP/1.1\r\n\r\n", b"HTTP/1.1 500 Internal Server Error"),
        (b"GET /" + b"x" * 9000, b"HTTP/1.1 431 Request Header Fields Too Large"),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", b"HTTP/1.1 431 Request Header"),
        (b"GET /metrics HTTP/1.1\r\nAccept: text/plain;version=1.0.0\r\n\t\r\n\r\n", b"HTTP/1.1 2"),
    ],
)
def test_what_a_request_gets(port: int, logs: LogCapture, request_: bytes, line: bytes) -> None:
    with socket.create_connection((LOOPBACK, port), timeout=10) as connection:
        connection.sendall(request_)
        reply = connection.recv(65536)

    head, _, _ = reply.partition(b"\r\n\r\n")
    assert head.startswith(line)
    assert b"\r\nConnection: close" in head


def test_many_connections_that_say_nothing_hold_up_nobody(port: int) -> None:
    """Not even those that come after them: the oldest gives way. They take no threads."""
    before = threading.active_count()
    with ExitStack() as stack:
        idle = [
            stack.enter_context(socket.create_connection((LOOPBACK, port), timeout=10))
            for _ in range(200)
        ]
        for connection in idle[::2]:
            with suppress(OSError):  # the server has closed it
                connection.sendall(b"GET /livez HTTP/1.1\r\nA: ")

        assert fetch("GET", f"http://{LOOPBACK}:{port}/livez", seconds=5).ok
        assert fetch("GET", f"http://{LOOPBACK}:{port}/metrics", seconds=5).ok
        with suppress(ConnectionResetError):  # it was closed with something unread
            assert idle[0].recv(1) == b""
        assert threading.active_count() <= before + 1  # one that computes the metrics


def test_a_connection_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_DEADLINE", 0.1)

    with (
        served({}) as port,
        socket.create_connection((LOOPBACK, port), timeout=10) as slow,
    ):
        slow.sendall(b"GET /livez")
        assert slow.recv(1) == b""


def test_scrapes_at_one_time_cost_what_one_costs(clock: Clock) -> None:
    computed = 0

    async def scrapes() -> None:
        nonlocal computed
        page = MetricsPage()

        def compute() -> bytes:
            nonlocal computed
            computed += 1
            return b"page %d" % computed

        together = await asyncio.gather(*(page._page("text", compute) for _ in range(20)))
        assert set(together) == {b"page 1"}
        assert await page._page("text", compute) == b"page 1"
        clock.advance(1.1)
        assert await page._page("text", compute) == b"page 2"
        for number in range(10):
            await page._page(f"text; version={number}", compute)
        assert len(page._pages) == exposition._FORMATS

    asyncio.run(scrapes())
    assert computed == 12


def test_a_certificate_is_read_again_when_it_is_renewed(tmp_path: Path) -> None:
    make_cloud_pki(tmp_path)

    def renew() -> str:
        issue(tmp_path, "tls", "operator", server=True)
        return (tmp_path / "tls.crt").read_text()

    def shown(port: int) -> str:
        return ssl.get_server_certificate((LOOPBACK, port), timeout=10)

    first = renew()
    with served(Health().pages(), Certificate(tmp_path)) as port:
        assert shown(port).split() == first.split()
        second = renew()
        assert shown(port).split() == second.split() != first.split()
        (tmp_path / "tls.key").write_text("no key")
        assert shown(port).split() == second.split()
        reply = fetch("GET", f"https://{LOOPBACK}:{port}/livez", authority=tmp_path / "ca.crt")
        assert reply.status_code == 200


def test_without_a_certificate_it_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"tls.key are no certificate and its key: .*No such file"):
        Certificate(tmp_path)


def test_an_address_in_use_is_named(port: int) -> None:
    with pytest.raises(OSError, match=f"at 127.0.0.1, port {port}: Address already in use"):
        serve([Port(LOOPBACK, free_port(), {}), Port(LOOPBACK, port, {})])


def test_a_stopped_server_refuses_connections() -> None:
    with served({}) as port:
        pass

    with pytest.raises(requests.ConnectionError):
        fetch("GET", f"http://{LOOPBACK}:{port}/livez")
