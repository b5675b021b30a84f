"""Entry point: `senlin-operator`, or `python -m senlin_operator`."""

import signal
import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    # The kernel drops signals to the first process of a container unless it has a handler. Until
    # the event loop installs one, seconds later, a pod would outlast its whole grace period.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    from senlin_operator import cli  # takes most of those seconds

    sys.exit(cli.main())


if __name__ == "__main__":
    main()
