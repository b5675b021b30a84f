"""A client that is closed while a thread waits for a reply."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from openstack_clustering import Connection
from openstack_clustering.exceptions import ConnectFailure


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that accepts connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_closing_ends_a_request_in_progress(silent: socket.socket) -> None:
    address = f"http://127.0.0.1:{silent.getsockname()[1]}/v3"
    auth = {"username": "u", "password": "p", "project_name": "x", "default_domain": "d"}
    document = {"clouds": {"c": {"auth": {"auth_url": address, **auth}}}}
    connection = Connection("c", clouds=document, timeout=60)
    failures: list[Exception] = []

    def ask() -> None:
        try:
            connection.cluster.get_build_info()
        except ConnectFailure as error:
            failures.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    accepted, _ = silent.accept()
    accepted.recv(1)  # the request is under way
    began = time.monotonic()

    connection.close(abort=True)
    thread.join(10)

    accepted.close()
    assert len(failures) == 1
    assert time.monotonic() - began < 10  # not the timeout
    with pytest.raises(ConnectFailure):  # nor does a later one wait
        connection.cluster.get_build_info()
