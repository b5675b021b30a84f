"""How a test controls the proxies, which are a process of their own."""

from collections.abc import Mapping
from typing import Any, Self

from sandbox.control import Caller
from sandbox.proxy.faults import Kind, Request


class Fault:
    """A fault that was set; used in a `with` statement it is lifted at the end."""

    def __init__(self, control: Caller, id: str) -> None:
        self._control, self._id = control, id

    @property
    def hits(self) -> int:
        """How many requests have met it."""
        return int(self._control.call("hits", id=self._id))

    def lift(self) -> None:
        """End it; a request that it holds goes on."""
        self._control.call("lift", id=self._id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.lift()


class Proxy:
    """The fault proxy before one server; `url` is where all clients find that server."""

    def __init__(self, url: str, control_url: str) -> None:
        self.url = url
        self._control = Caller(control_url)

    def requests(
        self, caller: str | None = None, method: str | None = None, path: str | None = None
    ) -> list[Request]:
        """Return what came through since the last `clear`, oldest first.

        Args:
            caller: A part of the User-Agent.
            method: Exactly.
            path: A regular expression that is searched in the path with its query.
        """
        found = self._control.call("requests", caller=caller, method=method, path=path)
        return [Request(**request) for request in found]

    def clear(self) -> None:
        """Forget all requests."""
        self._control.call("clear")

    def fault(
        self,
        kind: Kind,
        *,
        method: str | None = None,
        path: str | None = None,
        count: int | None = None,
        seconds: float | None = None,
        status: int | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        delay: float | None = None,
    ) -> Fault:
        """Do something to matching requests from now on; see `sandbox.proxy.faults.Fault`."""
        details: dict[str, Any] = {
            "kind": kind,
            "method": method,
            "path": path,
            "count": count,
            "seconds": seconds,
            "status": status,
            "body": body,
            "headers": headers,
            "delay": delay,
        }
        return Fault(self._control, self._control.call("fault", **details))

    def lift_all(self) -> None:
        """End all faults."""
        self._control.call("lift")
