"""Starting and stopping, from Python and by command, also when it goes wrong."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox import Sandbox
from sandbox.errors import SandboxError
from tests.sandbox.api import Senlin, unique, wait_for

REPOSITORY = Path(__file__).parents[2]


def processes_of(directory: Path) -> list[str]:
    """Return the commands that run with something of this directory."""
    commands = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        if str(directory) in command and int(process.name) != os.getpid():
            commands.append(command)
    return commands


def command(*arguments: str | Path, stdin: int | None = None) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*arguments: str | Path) -> tuple[int, str]:
    process = command(*arguments)
    output, errors = process.communicate(timeout=60)
    return process.returncode, output + errors


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "place"
    if (tmp_path / "place" / "sandbox.json").exists():
        Sandbox.attach(tmp_path / "place").down()
    assert processes_of(tmp_path) == []


@pytest.mark.thorough
def test_two_at_once_know_nothing_of_each_other(sandbox: Sandbox) -> None:
    name = unique("only-here")
    with Sandbox.up() as second:
        second.kubernetes.call("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        assert not sandbox.kubernetes.exists(f"/api/v1/namespaces/{name}")
        with Senlin(second) as senlin:
            senlin.active_cluster(name, 1)
        assert sandbox.nova.servers(f"{name}-*") == []
        there = {"X-Auth-Token": second.token()}
        reply = requests.get(f"{sandbox.senlin.url}/v1/clusters", headers=there, timeout=10)
        assert reply.status_code == 401
        temporary = second.directory

    assert not temporary.exists()
    assert processes_of(temporary) == []


@pytest.mark.thorough
def test_the_command_from_up_to_down(directory: Path) -> None:
    here = ("--dir", directory)
    assert run("up", *here)[0] == 0
    assert run("status", *here)[0] == 0
    again, message = run("up", *here)
    assert again != 0
    assert f"A sandbox runs in {directory} already" in message

    _, exports = run("env", *here)
    shell = f'{exports}\nkubectl create configmap kept && echo "$OS_CLOUD" "$OS_CLIENT_CONFIG_FILE"'
    done = subprocess.run(["/bin/sh", "-ec", shell], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "configmap/kept created",
        f"blue {directory / 'clouds.yaml'}",
    ]

    assert run("down", *here)[0] == 0
    assert processes_of(directory) == []
    assert run("status", *here)[0] == 1

    assert run("up", *here)[0] == 0
    assert "kept" in Sandbox.attach(directory).kubectl("get", "configmap")
    assert run("down", "--purge", *here)[0] == 0
    assert not directory.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_start_leaves_no_process(directory: Path, number: signal.Signals) -> None:
    process = command("up", "--dir", directory)
    wait_for(lambda: (directory / "kube-apiserver.process").exists())

    process.send_signal(number)

    _, errors = process.communicate(timeout=20)
    assert process.returncode != 0
    assert "Traceback" not in errors
    assert processes_of(directory) == []


def test_a_killed_owner_takes_its_sandbox_along(tmp_path: Path) -> None:
    program = (
        "import time; from sandbox import Sandbox\n"
        "print(Sandbox.up(kubernetes=False).directory, flush=True); time.sleep(600)"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        directory = Path(owner.stdout.readline().strip())
        assert processes_of(directory)
        owner.kill()

    wait_for(lambda: not processes_of(directory))
    assert not directory.exists()


def test_a_server_that_cannot_start_is_reported_with_its_log(directory: Path) -> None:
    with Sandbox.up(directory, kubernetes=False) as sandbox:
        port = int(str(sandbox.servers["proxy"].command[3]))
    with socket.create_server(("127.0.0.1", port)), pytest.raises(SandboxError) as failed:
        Sandbox.up(directory, kubernetes=False)

    assert "proxy ended at its start" in str(failed.value)
    assert "address already in use" in str(failed.value)
    assert processes_of(directory) == []


def test_there_is_nothing_to_stop_where_nothing_was_started(tmp_path: Path) -> None:
    code, message = run("down", "--dir", tmp_path)

    assert code != 0
    assert f"There is no sandbox in {tmp_path}" in message
