"""Entry point: `senlin-operator`, or `python -m senlin_operator`."""

import signal
import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    # The first process of a container never hears of a signal that nobody has asked for: until the
    # event loop does, which is seconds away, a pod would outlast its whole grace period.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    from senlin_operator import cli  # takes most of that time

    sys.exit(cli.main())


if __name__ == "__main__":
    main()
