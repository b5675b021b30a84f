"""Print the client's log as openstacksdk prints its own."""

import logging
import sys
from collections.abc import Sequence
from typing import TextIO

_FORMAT = "%(asctime)s.%(msecs)03d %(process)d %(levelname)s %(name)s %(message)s"


def enable_logging(
    debug: bool = False,
    http_debug: bool = False,
    path: str | None = None,
    stream: TextIO | None = None,
    format_stream: bool = False,
    format_template: str = _FORMAT,
    handlers: Sequence[logging.Handler] | None = None,
) -> None:
    """Print a line for each request; bodies, tokens and webhooks are in none.

    Args:
        debug: Print the requests, too; otherwise warnings alone.
        http_debug: The same.
        path: A file to append to.
        stream: A stream to print to; None: stderr, unless there is a path.
        format_stream: Print with `format_template` to the stream, too.
        format_template: The format of the lines in the file.
        handlers: Handlers to use instead.
    """
    formatter = logging.Formatter(format_template)
    chosen = list(handlers or ())
    if not chosen and (stream or not path):
        chosen.append(logging.StreamHandler(stream or sys.stderr))
        chosen[0].setFormatter(formatter if format_stream else None)
    if not handlers and path:
        chosen.append(logging.FileHandler(path))
        chosen[-1].setFormatter(formatter)
    log = logging.getLogger("openstack_clustering")
    log.setLevel(logging.DEBUG if debug or http_debug else logging.WARNING)
    for before in log.handlers:
        before.close()
    log.handlers = chosen
