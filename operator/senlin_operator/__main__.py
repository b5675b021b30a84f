"""Entry point: `senlin-operator`, or `python -m senlin_operator`."""

import os
import signal
import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    # The kernel drops signals to the first process of a container unless it has a handler. Until
    # the event loop installs one, seconds later, a pod would outlast its whole grace period.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    from senlin_operator import cli  # takes most of those seconds

    # Seconds. While many threads parse replies, the event loop waits that long for each step.
    sys.setswitchinterval(0.001)
    code = cli.main()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)  # without waiting for threads: a cloud that does not answer has some of them


if __name__ == "__main__":
    main()
