"""The standard output of a command, whose reader may go before the end."""

import os
import sys

_READER_GONE = 141  # as a shell has it for a program that ends by SIGPIPE


def reader_gone() -> int:
    """Return the exit code once the reader is gone, such as `head`; nothing more is printed."""
    # Python writes what is left at its end, and would complain then.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _READER_GONE
