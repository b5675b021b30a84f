"""The fence and the watchdog, over real sockets and in real processes."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from openstack_clustering import Connection
from senlin_operator import leader
from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.leader import Fence, Watchdog
from tests.unit.client import fake_cloud
from tests.unit.client.raw_server import answering

PROFILE = {"type": "os.nova.server", "version": "1.0", "properties": {}}
VERSIONS = json.dumps({"versions": [{"id": "1.0", "min_version": "1.0", "max_version": "1.14"}]})


class FullServer:
    """A Senlin that tells its versions, and then accepts no connection until it is told to."""

    def __init__(self, resources: ExitStack) -> None:
        self._resources = resources
        self._listener = resources.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        self._listener.settimeout(5)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def tell_versions(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            connection.recv(2**16)
            head = (
                f"HTTP/1.1 300 OK\r\nConnection: close\r\nContent-Length: {len(VERSIONS)}\r\n\r\n"
            )
            connection.sendall((head + VERSIONS).encode())
        for _ in range(2):  # the queue of the kernel
            waiting = self._resources.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(self._listener.getsockname())

    def accept_all(self) -> bytes:
        """Return all that is received within three seconds."""
        received, until = b"", time.monotonic() + 3
        while (left := until - time.monotonic()) > 0:
            self._listener.settimeout(left)
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                break
            connection.settimeout(0.2)
            with connection:
                try:
                    received += connection.recv(2**16)
                except TimeoutError:
                    continue
        return received


@pytest.fixture
def full_server() -> Iterator[FullServer]:
    with ExitStack() as resources:
        yield FullServer(resources)


def test_a_write_that_waits_for_its_connection_is_stopped_by_the_fence(
    full_server: FullServer,
) -> None:
    """DNS, TCP and TLS may take longer than the lease."""
    fence = Fence()

    def create() -> Any:
        settings = cloud.clouds(clustering_endpoint_override=full_server.url)
        with Connection(clouds=settings, timeout=20, before_request=before_request) as connection:
            return connection.cluster.create_profile(name="p", spec=PROFILE)

    def before_request(method: str) -> None:
        if method != "GET":
            fence.begin_write()

    with fake_cloud.running() as cloud, ThreadPoolExecutor(1) as threads:
        creating: Future[Any] = threads.submit(create)
        full_server.tell_versions()
        time.sleep(0.3)  # the fence as it was before would have been asked by now
        fence.close()
        received = full_server.accept_all()

        with pytest.raises(KubeError, match="not the leader"):
            creating.result(20)

    assert received == b""


@pytest.mark.parametrize("always", [True, False])
async def test_a_write_to_kubernetes_is_stopped_when_its_connection_stands(
    tmp_path: Path, always: bool
) -> None:
    """A lease is asked for by a process that is fenced."""
    lines: list[bytes] = []

    class Allowed:
        asked = 0

        def may_write(self) -> None:
            self.asked += 1
            if self.asked > 1:  # the first question comes before the connection
                raise KubeError(0, "fenced")

    allowed = Allowed()
    with answering(lambda _: (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",), lines) as url:
        kube = await KubeClient.connect(str(kubeconfig(tmp_path, url)), {})
        kube.may_write = allowed.may_write
        try:
            if always:
                assert await kube.send("POST", "/leases", body={}, always=True) == {}
            else:
                with pytest.raises(KubeError, match="fenced"):
                    await kube.send("POST", "/secrets", body={})
            assert await kube.send("GET", "/secrets") == {}
        finally:
            await kube.close()

    sent = {line.split()[1] for line in lines}
    assert sent == ({b"/leases", b"/secrets"} if always else {b"/secrets"})
    assert [line.split()[0] for line in lines] == ([b"POST"] if always else []) + [b"GET"]
    assert allowed.asked == (0 if always else 2)


def kubeconfig(directory: Path, url: str) -> Path:
    path = directory / "kubeconfig"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
    }
    path.write_text(json.dumps(document))
    return path


def test_a_write_is_under_way_until_its_thread_says_so() -> None:
    fence = Fence()
    begun, ended = threading.Event(), threading.Event()

    def write() -> None:
        fence.begin_write()
        begun.set()
        ended.wait(5)
        fence.end_write()

    thread = threading.Thread(target=write)
    thread.start()
    begun.wait(5)
    fence.end_write()  # of another thread
    assert fence.writing
    fence.close()
    assert fence.writing
    ended.set()
    thread.join()

    assert not fence.writing
    with pytest.raises(KubeError):
        fence.begin_write()
    assert not fence.writing


HANGS = """
import sys, time, threading
from senlin_operator.leader import Fence, Watchdog
from senlin_operator.telemetry import clock
fence = Fence()
fence.extend(clock.monotonic() + float(sys.argv[1]))
with Watchdog(fence):
    print("watched", flush=True)
    {hang}
print("left", flush=True)
time.sleep(float(sys.argv[2]))
"""
BUSY = "while True: pass"
HOLDS_THE_LOG = "import logging; logging.lastResort.acquire(); time.sleep(60)"


@pytest.mark.parametrize("hang", [BUSY, HOLDS_THE_LOG])
def test_a_process_that_hangs_is_ended(hang: str) -> None:
    """Also if it computes without end, or holds the lock of the log."""
    run = subprocess.run(
        [sys.executable, "-c", HANGS.format(hang=hang), "0.2", "0"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (run.returncode, run.stdout) == (1, "watched\n")


def test_a_process_that_has_stopped_to_lead_is_not_ended() -> None:
    run = subprocess.run(
        [sys.executable, "-c", HANGS.format(hang="pass"), "0.1", "1.5"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (run.returncode, run.stdout) == (0, "watched\nleft\n")


async def test_a_renewed_lease_keeps_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr(leader, "_GRACE", 0.05)
    monkeypatch.setattr(os, "_exit", ended.append)
    fence = Fence()
    fence.extend(time.monotonic() + 0.1)
    with Watchdog(fence):
        for _ in range(10):
            await asyncio.sleep(0.05)
            fence.extend(time.monotonic() + 0.1)
    assert ended == []
