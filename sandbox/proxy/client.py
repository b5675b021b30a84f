"""The control of the proxies, which run in another process."""

from collections.abc import Mapping
from typing import Any

from sandbox.control import Caller, ControlledFault
from sandbox.proxy.faults import Kind, Request


class ProxyFault(ControlledFault):
    """A fault of a proxy, which counts the requests that it is applied to."""

    @property
    def hits(self) -> int:
        """How many requests it was applied to."""
        return int(self._control.call("hits", id=self._id))


class Proxy:
    """The fault proxy in front of one server; `url` is the server's address for all clients."""

    def __init__(self, url: str, control_url: str) -> None:
        self.url = url
        self._control = Caller(control_url)

    def requests(
        self, caller: str | None = None, method: str | None = None, path: str | None = None
    ) -> list[Request]:
        """Return the requests since the last `clear`, oldest first.

        Args:
            caller: A part of the User-Agent.
            method: The exact method.
            path: A regular expression that is searched in the path with its query.
        """
        found = self._control.call("requests", caller=caller, method=method, path=path)
        return [Request(**request) for request in found]

    def clear(self) -> None:
        """Remove all recorded requests."""
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
    ) -> ProxyFault:
        """Set a fault for matching requests; `sandbox.proxy.faults.Fault` has the parameters."""
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
        return ProxyFault(self._control, self._control.call("fault", **details))

    def lift_all(self) -> None:
        """End all faults."""
        self._control.call("lift")
