"""Entry point: `senlin-operator`, or `python -m senlin_operator`."""

import sys

from senlin_operator import cli


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(cli.main())


if __name__ == "__main__":
    main()
