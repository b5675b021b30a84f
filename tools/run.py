"""Run a program to its end: builds and installations, with their output kept for the error."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

ERROR_LINES = 20  # of the output of a program that fails


class ToolError(Exception):
    """A program failed, or the machine lacks something; the message says what to do or why."""


Command = Sequence[str | Path]


def run(command: Command, *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    """Run a program in a process group of its own, which is killed if this call is interrupted.

    Raises:
        ToolError: It ended with an error; the last lines of its output are in the message.
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
            raise ToolError(f"`{shown}` ended with code {code}:\n{last_lines(output)}")


def output_of(command: Command, *, env: Mapping[str, str] | None = None) -> str:
    """Run a program; return what it prints on standard output.

    Raises:
        ToolError: It ended with an error; its standard error is in the message.
    """
    words = [str(part) for part in command]
    done = subprocess.run(words, env={**os.environ, **(env or {})}, capture_output=True, text=True)
    if done.returncode:
        raise ToolError(f"`{' '.join(words)}` failed: {done.stderr.strip()}")
    return done.stdout


def last_lines(output: IO[bytes]) -> str:
    """Return the end of a log."""
    output.seek(0)
    return "\n".join(output.read().decode(errors="replace").splitlines()[-ERROR_LINES:])
