"""Start, watch and stop a server: a process that outlives the one that started it.

Its process id is in a file, so any process can control it.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM

from sandbox.errors import SandboxError
from sandbox.settings import LOOPBACK, PODS_ADDRESS
from tools.run import last_lines

START_SECONDS = 120
NO_PROXY = dict.fromkeys(("NO_PROXY", "no_proxy"), f"{LOOPBACK},{PODS_ADDRESS}")
DIRECTORY_VARIABLE = "SENLIN_SANDBOX"  # in a server's environment: its sandbox's directory
KILL_SECONDS = 10
POLL_SECONDS = 0.03

# The servers that this process started: it must wait for them, or they stay as zombies.
_children: set[int] = set()


@dataclass(frozen=True, slots=True)
class Server:
    """A program with its arguments, its log and, while it runs, its process."""

    name: str
    directory: Path
    command: Sequence[str | Path]
    is_ready: Callable[[], bool]
    after: Sequence[str] = ()  # servers that must be ready before this one is launched
    environment: Mapping[str, str] = field(default_factory=dict)
    patience: float = 10  # seconds between the signal to stop and SIGKILL

    @property
    def log(self) -> Path:
        return self.directory / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """The process id, or None if it is not running."""
        with suppress(FileNotFoundError):
            recorded = json.loads(self._record.read_text())
            if recorded["started"] and _started(recorded["pid"]) == recorded["started"]:
                return int(recorded["pid"])
        return None

    def start(self) -> None:
        """Launch the server and wait until it is ready.

        Raises:
            SandboxError: It is running already, it ended at once, or it is not ready in time.
        """
        if self.pid:
            raise SandboxError(f"{self.name} runs already, as process {self.pid}.")
        start_all([self])

    def stop(self, signal: int = SIGTERM) -> None:
        """Send the signal and wait for the end; kill the server after `patience` seconds."""
        self.send(signal)
        self.resume()  # a paused process does not handle signals
        if not self._ends_within(self.patience):
            self.send(SIGKILL)
            self._ends_within(KILL_SECONDS)
        self._record.unlink(missing_ok=True)

    def restart(self, signal: int = SIGTERM) -> None:
        self.stop(signal)
        self.start()

    def pause(self) -> None:
        """Freeze it: the kernel still accepts connections on its port, but it does not reply."""
        self.send(SIGSTOP)

    def resume(self) -> None:
        self.send(SIGCONT)

    def send(self, number: int) -> None:
        """Send a signal, if the server is running."""
        if pid := self.pid:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def launch(self) -> None:
        """Start the process without waiting until it is ready."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [str(part) for part in self.command],
                cwd=self.directory,
                env={
                    **os.environ,
                    **NO_PROXY,
                    DIRECTORY_VARIABLE: str(self.directory),
                    **self.environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C must not reach it before we stop it
            )
        process.returncode = 0  # else Popen warns if this process ends before the server
        _children.add(process.pid)
        record = {"pid": process.pid, "started": _started(process.pid)}
        partial = self._record.with_suffix(".partial")
        partial.write_text(json.dumps(record))
        partial.replace(self._record)  # others may be reading

    def ended_early(self) -> SandboxError:
        """Return the error for a process that ended before it was ready."""
        return SandboxError(f"{self.name} ended at its start:\n{self.log_end()}")

    def log_end(self) -> str:
        with self.log.open("rb") as log:
            return last_lines(log)

    @property
    def _record(self) -> Path:
        return self.directory / f"{self.name}.process"

    def _ends_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.pid:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True


def start_all(servers: Sequence[Server], seconds: float = START_SECONDS) -> dict[str, float]:
    """Launch the servers in parallel, each after those it needs; wait until all are ready.

    Returns:
        The seconds after which each was ready.

    Raises:
        SandboxError: A server ended, or is not ready in time; the message has the end of its log.
    """
    begin = time.monotonic()
    ready: dict[str, float] = {}
    launched: list[Server] = []
    names = {server.name for server in servers}
    while len(ready) < len(servers):
        for server in servers:
            needed = names & set(server.after)
            if server not in launched and needed <= ready.keys():
                server.launch()
                launched.append(server)
        for server in launched:
            if server.name in ready:
                continue
            if not server.pid:
                raise server.ended_early()
            if server.is_ready():
                ready[server.name] = time.monotonic() - begin
            elif time.monotonic() - begin > seconds:
                raise SandboxError(
                    f"{server.name} does not answer after {seconds:g} s:\n{server.log_end()}"
                )
        time.sleep(POLL_SECONDS)
    return ready


def stop_all(servers: Sequence[Server], signal: int = SIGTERM) -> None:
    """Send the signal to all servers, then wait for each."""
    for server in servers:
        server.send(signal)
    for server in servers:
        server.stop(signal)


def kill_unrecorded(directory: Path) -> None:
    """Kill servers of this directory whose start was interrupted before it was recorded."""
    variable = f"{DIRECTORY_VARIABLE}={directory}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile, or belongs to another user
            if variable in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), SIGKILL)


def _started(pid: int) -> str | None:
    """Return the start time of a process in the kernel's ticks, or None if it has ended.

    The time tells a recorded process from a later one with the same id.
    """
    if pid in _children:
        with suppress(ChildProcessError):  # another thread has waited for it
            if os.waitpid(pid, os.WNOHANG) != (0, 0):  # it had ended
                _children.discard(pid)
    process = Path(f"/proc/{pid}")
    try:
        # The program's name may contain anything; the state and 18 more fields follow it.
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        threads = os.listdir(process / "task")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The first thread may be a zombie while others still run, and its ports are in use until then.
    has_ended = fields[0] in "ZX" and len(threads) <= 1
    return None if has_ended else fields[19]
