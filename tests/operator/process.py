"""The operator as a process, for one tenant or for many."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from requests import RequestException

from sandbox import Sandbox
from sandbox.control import fetch
from sandbox.settings import LOOPBACK, free_port
from senlin_operator.leader import Shard

SANDBOX = "127.0.0.0/8,0.0.0.0/0"  # its servers are on loopback
PROGRAM = [sys.executable, "-m", "senlin_operator"]


class Operator:
    """A real operator process that watches one namespace."""

    def __init__(
        self, kubeconfig: Path | None, namespace: str, log: Path, program: list[str]
    ) -> None:
        self._kubeconfig = kubeconfig
        self._namespace = namespace
        self.log = log
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *flags: str, **environ: str) -> None:
        """Start it; unless the flags say otherwise, it polls more often than by default."""
        usual = {
            **({"--kubeconfig": str(self._kubeconfig)} if self._kubeconfig else {}),
            "--namespaces": self._namespace,
            "--probe-port": "0",
            "--metrics-port": "0",
            "--metrics-authentication": "none",
            "--log-format": "console",
            "--inventory-interval": "3",
            "--allowed-endpoints": SANDBOX,
        }
        arguments = [word for flag in usual.items() for word in flag] + list(flags)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._program, "run", *arguments],
                stdout=log,
                stderr=log,
                env={**os.environ, **environ},
            )

    def stop(self) -> int:
        """End it as Kubernetes does; return its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        return self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze it, as a machine does that is suspended; `resume` lets it go on."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        self._send(signal.SIGCONT)

    def hang(self) -> None:
        """Let the event loop of a `tests.chaos.hanging_operator` hang."""
        self._send(signal.SIGUSR1)

    def _send(self, number: signal.Signals) -> None:
        assert self._process
        self._process.send_signal(number)

    def wait(self, seconds: float) -> int:
        """Wait until it ends by itself; return its exit code."""
        assert self._process
        code = self._process.wait(seconds)
        self._process = None
        return code

    @property
    def threads(self) -> int:
        """Return how many threads it has."""
        assert self._process
        return len(list(Path(f"/proc/{self._process.pid}/task").iterdir()))

    @property
    def peak_memory(self) -> int:
        """Return the most memory that it has had at a time, in bytes."""
        assert self._process
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        return self.wait(30)


class SharedOperator:
    """An operator process that serves all tenants in its shard, one test after the other.

    Every worker of pytest-xdist has one. They watch the same API server, and never the same
    namespace: each has a shard of its own, and one shard is left for those whom nobody serves.
    """

    def __init__(self, sandbox: Sandbox, shard: Shard, log: Path) -> None:
        self._sandbox = sandbox
        self._operator = Operator(sandbox.kubeconfig, "", log, PROGRAM)
        self._port = free_port()
        self.shard = shard

    def start(self) -> None:
        """Start it, unless it runs and is healthy."""
        if self.healthy:
            return
        self.kill()
        self._port = free_port()
        flags = {
            "--host": LOOPBACK,
            "--probe-port": self._port,
            "--shards": self.shard.count,
            "--shard": self.shard.index,
        }
        self._operator.start(*(str(word) for flag in flags.items() for word in flag))

    def kill(self) -> None:
        self._operator.kill()

    @property
    def healthy(self) -> bool:
        """Whether it runs, and its liveness probe succeeds."""
        if not self._operator.running:
            return False
        try:
            return bool(fetch("GET", f"http://{LOOPBACK}:{self._port}/livez").ok)
        except RequestException:
            return False

    def log_size(self) -> int:
        return self._operator.log.stat().st_size

    def tail(self) -> str:
        """Return the end of the log, whatever it is about."""
        return "\n".join(self._operator.log.read_text().splitlines()[-40:])

    def log_of(self, namespace: str, start: int) -> str:
        """Return the lines about a namespace from that byte of the log on."""
        with self._operator.log.open("rb") as log:
            log.seek(start)
            text = log.read().decode()
        return "".join(entry for entry in entries(text) if namespace in entry)


def entries(log: str) -> Iterator[str]:
    """Yield the entries of a log; one with a traceback has many lines."""
    return (entry for entry in re.split(_TIMESTAMP, log, flags=re.MULTILINE) if entry)


_TIMESTAMP = r"^(?=\d{4}-\d\d-\d\dT)"
