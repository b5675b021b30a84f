"""Start, watch and stop a server: a process of its own that outlives the one that started it.

Everything needed to find a server again is in files, so that any process can control it.
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
MARK = "SENLIN_SANDBOX"  # names a server's directory in its environment
KILL_SECONDS = 10
POLL_SECONDS = 0.03

# Our own children among the servers: they must be waited for, or they stay as zombies.
_children: set[int] = set()


@dataclass(frozen=True, slots=True)
class Server:
    """A program with its arguments, its log and its process, if it runs."""

    name: str
    directory: Path
    command: Sequence[str | Path]
    is_ready: Callable[[], bool]
    after: Sequence[str] = ()  # servers that must be ready before this one is launched
    environment: Mapping[str, str] = field(default_factory=dict)
    patience: float = 10  # seconds that it has to end by itself

    @property
    def log(self) -> Path:
        return self.directory / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """The process id; None if it does not run."""
        with suppress(FileNotFoundError):
            recorded = json.loads(self._record.read_text())
            if recorded["started"] and _started(recorded["pid"]) == recorded["started"]:
                return int(recorded["pid"])
        return None

    def start(self) -> None:
        """Launch it and wait until it answers.

        Raises:
            SandboxError: It runs already, it ended at once, or it does not get ready.
        """
        if self.pid:
            raise SandboxError(f"{self.name} runs already, as process {self.pid}.")
        start_all([self])

    def stop(self, signal: int = SIGTERM) -> None:
        """Send the signal and wait for the end; kill it if its patience is not enough."""
        self.send(signal)
        self.resume()  # what is paused cannot end
        if not self._ends_within(self.patience):
            self.send(SIGKILL)
            self._ends_within(KILL_SECONDS)
        self._record.unlink(missing_ok=True)

    def restart(self, signal: int = SIGTERM) -> None:
        self.stop(signal)
        self.start()

    def pause(self) -> None:
        """Freeze it: its port accepts connections, but nothing answers."""
        self.send(SIGSTOP)

    def resume(self) -> None:
        self.send(SIGCONT)

    def send(self, number: int) -> None:
        """Send a signal, if it runs."""
        if pid := self.pid:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def launch(self) -> None:
        """Start the process; do not wait for it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [str(part) for part in self.command],
                cwd=self.directory,
                env={**os.environ, **NO_PROXY, MARK: str(self.directory), **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # the terminal's Ctrl-C is for us, who then stop it
            )
        process.returncode = 0  # or it would be a warning that we end before the server does
        _children.add(process.pid)
        record = {"pid": process.pid, "started": _started(process.pid)}
        partial = self._record.with_suffix(".partial")
        partial.write_text(json.dumps(record))
        partial.replace(self._record)  # others may be reading

    def ended_early(self) -> SandboxError:
        """Return the error for a process that is gone before it was ready."""
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
    """Launch the servers side by side, each after those it needs; wait until all answer.

    Returns:
        The seconds after which each was ready.

    Raises:
        SandboxError: One ended, or does not answer in time; its last log lines are in the message.
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
    """End all of them at once, and wait."""
    for server in servers:
        server.send(signal)
    for server in servers:
        server.stop(signal)


def kill_unrecorded(directory: Path) -> None:
    """Kill what runs for this directory though no file says so: its start was interrupted."""
    marked = f"{MARK}={directory}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile, or belongs to someone else
            if marked in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), SIGKILL)


def _started(pid: int) -> str | None:
    """Return when the process was started, in the kernel's ticks; None if it is gone.

    With it a recorded process is not mistaken for a later one that got the same id.
    """
    if pid in _children:
        with suppress(ChildProcessError):  # another thread was faster
            if os.waitpid(pid, os.WNOHANG) != (0, 0):  # a zombie no more
                _children.discard(pid)
    process = Path(f"/proc/{pid}")
    try:
        # After the program's name, which may hold anything, come the state and 18 more fields.
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        threads = os.listdir(process / "task")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # Its first thread may be a zombie while others end; its ports are free once it is alone.
    is_gone = fields[0] in "ZX" and len(threads) <= 1
    return None if is_gone else fields[19]
