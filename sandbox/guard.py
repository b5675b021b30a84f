"""Stops a sandbox when the process that owns it has ended, even by SIGKILL.

`python -m sandbox.guard OWNER DIRECTORY`. The kernel's parent-death signal would not do: it depends
on the thread that started a server, and a test may restart a server from any process or thread.
"""

import os
import select
import signal
import sys
from pathlib import Path

from sandbox.servers import Server
from tools.run import Command

REPOSITORY = Path(__file__).parents[1]


def guard(directory: Path, owner: int | None) -> Server:
    """Return the guard as a server of the sandbox in that directory."""
    command: Command = [sys.executable, "-m", "sandbox.guard", str(owner), directory]
    environment = {"PYTHONPATH": str(REPOSITORY)}
    return Server("guard", directory, command, is_ready=lambda: True, environment=environment)


def main() -> None:
    owner, directory = int(sys.argv[1]), Path(sys.argv[2])
    # Ctrl-C also reaches this process. The owner handles it, and then stops the guard itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        watched = os.pidfd_open(owner)
    except ProcessLookupError:
        pass  # it has ended already
    else:
        select.select([watched], [], [])
    from sandbox.sandbox import Sandbox

    Sandbox.attach(directory).down()


if __name__ == "__main__":
    main()
