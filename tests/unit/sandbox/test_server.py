import json
import time
from collections.abc import Iterator
from pathlib import Path
from signal import SIGTERM

import pytest

from sandbox.errors import SandboxError
from sandbox.servers import Server, kill_unrecorded, start_all


def a_server(directory: Path, script: str, **details: object) -> Server:
    """Return one that is ready once its script has made the file `<name>.ready`."""
    name = str(details.pop("name", "fake"))
    ready = directory / f"{name}.ready"
    command = ["/bin/sh", "-c", script.replace("READY", f"touch {ready}")]
    return Server(name, directory, command, is_ready=ready.exists, **details)  # type: ignore[arg-type]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = a_server(tmp_path, "READY; exec sleep 60")
    server.start()
    yield server
    server.stop()


def test_a_started_server_runs_until_it_is_stopped(server: Server) -> None:
    assert server.pid

    server.stop()

    assert server.pid is None


def test_a_server_is_not_started_twice(server: Server) -> None:
    with pytest.raises(SandboxError, match=f"runs already, as process {server.pid}"):
        server.start()


def test_a_paused_server_can_be_stopped(server: Server) -> None:
    server.pause()

    server.stop(SIGTERM)

    assert server.pid is None


def test_one_that_does_not_heed_a_signal_is_killed(tmp_path: Path) -> None:
    server = a_server(tmp_path, "trap '' TERM; READY; while :; do sleep 0.05; done", patience=0.2)
    server.start()

    server.stop()

    assert server.pid is None


def test_another_process_with_the_same_id_is_not_ours(server: Server) -> None:
    record = server.directory / "fake.process"
    ours = record.read_text()
    record.write_text(json.dumps(json.loads(ours) | {"started": "1"}))
    assert server.pid is None

    record.write_text(ours)
    assert server.pid


def test_a_server_whose_record_was_never_written_is_killed(server: Server) -> None:
    pid = server.pid
    record = server.directory / "fake.process"
    ours = record.read_text()
    record.unlink()

    kill_unrecorded(server.directory / "elsewhere")
    record.write_text(ours)
    assert server.pid == pid

    kill_unrecorded(server.directory)
    wait_for_end(server)


def wait_for_end(server: Server) -> None:
    deadline = time.monotonic() + 10
    while server.pid:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_one_that_ends_at_its_start_is_reported_at_once(tmp_path: Path) -> None:
    server = a_server(tmp_path, "echo the port is taken; exit 1")
    begin = time.monotonic()

    with pytest.raises(SandboxError, match="fake ended at its start:\nthe port is taken"):
        server.start()

    assert time.monotonic() - begin < 5


def test_one_that_never_gets_ready_is_reported_in_the_end(tmp_path: Path) -> None:
    server = a_server(tmp_path, "echo still thinking; exec sleep 60")

    with pytest.raises(SandboxError, match=r"does not answer after 0\.5 s:\nstill thinking"):
        start_all([server], seconds=0.5)

    server.stop()


def test_a_server_waits_for_those_that_it_needs(tmp_path: Path) -> None:
    second = a_server(tmp_path, "test -e first.ready && READY; exec sleep 60", name="second")
    second = Server(second.name, tmp_path, second.command, second.is_ready, after=["first"])
    first = a_server(tmp_path, "sleep 0.2; READY; exec sleep 60", name="first")

    ready = start_all([second, first])

    assert list(ready) == ["first", "second"]
    first.stop()
    second.stop()
