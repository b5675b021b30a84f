"""HTTP requests to a sandbox's servers, and calls to the control ports of proxy and Nova."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import requests

from sandbox.errors import SandboxError

SECONDS = 30


def fetch(
    method: str,
    url: str,
    body: object = None,
    *,
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    authority: Path | None = None,
) -> requests.Response:
    """Make one request, on a new connection; return the reply.

    The body is sent as JSON, unless it is bytes. No connection is kept, because a test may restart
    the server at any time.
    """
    with requests.Session() as session:
        session.trust_env = False  # the environment may name an HTTP proxy
        session.verify = str(authority) if authority else True
        if isinstance(body, bytes):
            headers = {"Content-Type": "application/octet-stream", **(headers or {})}
            return session.request(method, url, data=body, headers=headers, timeout=seconds)
        return session.request(method, url, json=body, headers=headers, timeout=seconds)


def answers(url: str) -> bool:
    """Return whether an HTTP server replies at that URL, with any status."""
    try:
        fetch("GET", url, seconds=2)
    except requests.RequestException:
        return False
    return True


class Caller:
    """Calls operations by name, with keyword arguments; those that are None are left out."""

    def __init__(self, url: str) -> None:
        self._url = url

    def call(self, operation: str, **arguments: Any) -> Any:
        """Call an operation; return its result.

        Raises:
            SandboxError: There is no such operation, or it refuses its arguments.
        """
        given = {name: value for name, value in arguments.items() if value is not None}
        reply = fetch("POST", f"{self._url}/{operation}", given)
        if not reply.ok:
            raise SandboxError(f"{operation} was refused: {reply.text}")
        return reply.json()


class ControlledFault:
    """A fault that was set in another process; at the end of a `with` statement it is lifted."""

    def __init__(self, control: Caller, id: str) -> None:
        self._control, self._id = control, id

    def lift(self) -> None:
        """End it: a request that it holds is forwarded, a build that it slows down is finished."""
        self._control.call("lift", id=self._id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.lift()
