"""Where the probes and the metrics can be reached."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.control import fetch
from senlin_operator.telemetry.health import Health
from senlin_operator.telemetry.server import Port, serve


def test_without_a_host_they_answer_at_the_addresses_of_both_families() -> None:
    addresses = ["127.0.0.1", *(["[::1]"] if socket.has_dualstack_ipv6() else [])]

    with served(None) as port:
        answers = [fetch("GET", f"http://{it}:{port}/livez").status_code for it in addresses]

    assert answers == [200] * len(addresses)


def test_with_a_host_they_answer_there_alone() -> None:
    with served("127.0.0.1") as port:
        assert fetch("GET", f"http://127.0.0.1:{port}/livez").status_code == 200
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.2", port))


@contextmanager
def served(host: str | None) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stop = serve([Port(host, port, Health().pages())])
    yield port
    stop()
