"""Calls to the control ports of our own processes."""

from typing import Any

import requests

from sandbox.tools import SandboxError

SECONDS = 30


class Caller:
    """Calls operations by name, with keyword arguments; None means not given."""

    def __init__(self, url: str) -> None:
        self._url = url

    def call(self, operation: str, **arguments: Any) -> Any:
        given = {name: value for name, value in arguments.items() if value is not None}
        # A connection for each call: the process behind it may be restarted at any time.
        reply = requests.post(f"{self._url}/{operation}", json=given, timeout=SECONDS)
        if not reply.ok:
            raise SandboxError(f"{operation} was refused: {reply.text}")
        return reply.json()
