"""Run a program to its end: builds and installations, with their output kept for the error."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

ERROR_LINES = 20  # of its output, when a program fails


class SandboxError(Exception):
    """Something that the sandbox needs did not work; the message says what and shows its log."""


Command = Sequence[str | Path]


def run(command: Command, *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    """Run a program in a process group of its own, which does not outlive an interruption.

    Raises:
        SandboxError: It ended with an error; the last lines of its output are in the message.
    """
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        try:
            code = process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        if code:
            shown = " ".join(map(str, command))
            raise SandboxError(f"`{shown}` ended with code {code}:\n{last_lines(output)}")


def output_of(command: Command, *, env: Mapping[str, str] | None = None) -> str:
    """Run a program; return what it prints on standard output.

    Raises:
        SandboxError: It ended with an error; what it says of it is in the message.
    """
    words = [str(part) for part in command]
    done = subprocess.run(words, env={**os.environ, **(env or {})}, capture_output=True, text=True)
    if done.returncode:
        raise SandboxError(f"`{' '.join(words)}` failed: {done.stderr.strip()}")
    return done.stdout


def last_lines(output: IO[bytes]) -> str:
    """Return the end of a log."""
    output.seek(0)
    return "\n".join(output.read().decode(errors="replace").splitlines()[-ERROR_LINES:])
