"""The ports of servers that start at the same time."""

import subprocess
import sys

from sandbox.settings import PORT_RANGE, free_port

SCRIPT = """
import sys
from sandbox import settings
print(*(settings._reserve(int(port)) for port in sys.argv[1:]))
"""


def test_no_other_process_is_given_a_port_that_nobody_listens_at_yet() -> None:
    ports = [free_port(), PORT_RANGE.start - 1]  # the second is never given

    command = [sys.executable, "-c", SCRIPT, *map(str, ports)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)

    assert ran.stdout.split() == ["False", "True"]
