"""Ends a sandbox when the process that owns it has ended, even by SIGKILL.

`python -m sandbox.guard OWNER DIRECTORY`. It does not depend on who has started which server, as
the kernel's parent-death signal would: a test may restart one from any process or thread.
"""

import os
import select
import signal
import sys
from pathlib import Path


def main() -> None:
    owner, directory = int(sys.argv[1]), Path(sys.argv[2])
    # The owner's terminal sends them to its group; the owner stops us once it has tidied up.
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
