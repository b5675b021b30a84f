"""The control of Nova: its servers, and faults for them. The simulated cloud's is here as well."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Protocol, Self

from sandbox.control import Caller, ControlledFault


class Lift(Protocol):
    """A fault that can be lifted; at the end of a `with` statement it is."""

    def lift(self) -> None:
        """End it."""

    def __enter__(self) -> Self:
        """Return it."""

    def __exit__(self, *_: object) -> None:
        """Lift it."""


class Nova(ABC):
    """Lists servers, and sets faults for them.

    `name` is a shell pattern for server names, or the id of a server that exists. A server has the
    name of its node unless the profile sets another. `metadata` maps keys of a server's metadata to
    patterns: keys of the profile, or `cluster_id`, `cluster_node_id` and `cluster_node_index`,
    which Senlin adds. Servers survive a restart of Nova, which is Senlin's process in the simulated
    cloud; faults do not.
    """

    def __init__(self, control_url: str) -> None:
        self._control = Caller(control_url)

    @abstractmethod
    def servers(
        self, name: str = "*", *, metadata: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """Return the matching servers, oldest first."""

    @abstractmethod
    def boot(
        self,
        name: str,
        *,
        flavor: str = "m1.tiny",
        image: str = "cirros",
        user: str = "blue-1",
        **attributes: Any,
    ) -> dict[str, Any]:
        """Make a server, on the network private, that is not in Senlin; return it.

        Args:
            name: The server's name.
            flavor: Name or id.
            image: Name or id.
            user: Whose it is; the simulated Nova shows each server to all projects.
            attributes: Such as `metadata`, `availability_zone` or `key_name`. A server without
                `key_name` can only be adopted by Senlin 16 if the request overrides it.
        """

    @abstractmethod
    def server_groups(self, name: str = "*") -> list[dict[str, Any]]:
        """Return the server groups, which affinity policies make."""

    @abstractmethod
    def pool_members(self, name: str = "*") -> list[dict[str, Any]]:
        """Return the members of load balancers' pools; a member has the name of its server."""

    @abstractmethod
    def load_balancers(self, name: str = "*") -> list[dict[str, Any]]:
        """Return the load balancers of policies, named `senlin-lb-` plus a cluster's name."""

    @abstractmethod
    def down(self, seconds: float | None = None, *, text: str | None = None) -> Lift:
        """Let every request to Nova, Glance and Neutron fail, for all clusters.

        Nobody can connect to them; or with a text, they answer 503 with it.
        """

    @abstractmethod
    def make_image(self, name: str) -> None:
        """Make an image that all projects can use."""

    @abstractmethod
    def delete_image(self, name: str) -> None:
        """Delete an image."""

    @abstractmethod
    def vanish(self, name: str = "*", *, metadata: Mapping[str, str] | None = None) -> int:
        """Delete servers without Senlin's knowledge; return how many."""

    @abstractmethod
    def break_server(
        self, name: str = "*", *, status: str = "ERROR", metadata: Mapping[str, str] | None = None
    ) -> int:
        """Give servers a status; return how many."""

    def fail_builds(
        self,
        name: str = "*",
        *,
        count: int | None = None,
        text: str = "No valid host was found.",
        refuse: bool = False,
        metadata: Mapping[str, str] | None = None,
    ) -> ControlledFault:
        """Let the next `count` builds (None: all) end in ERROR, or with `refuse` not start.

        A build that fails has the text as its fault, in Nova's words: "Build of instance …
        aborted: <text>". Senlin 16 shows it nowhere. A build that is refused has it as the text of
        Nova's reply.
        """
        kind = "refuse-build" if refuse else "fail-build"
        return self._plan(kind, name=name, count=count, text=text, metadata=metadata)

    def slow_builds(
        self,
        seconds: float,
        name: str = "*",
        *,
        count: int | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> ControlledFault:
        """Let builds take that long; lifting the fault finishes those in progress."""
        return self._plan("slow-build", name=name, seconds=seconds, count=count, metadata=metadata)

    def no_valid_host(
        self,
        name: str = "*",
        *,
        count: int | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> ControlledFault:
        """Let the scheduler find no host, for builds and for resizes, which Nova has accepted.

        Senlin 16 waits 10 minutes for such a resize.
        """
        return self._plan("no-valid-host", name=name, count=count, metadata=metadata)

    def refuse_resize(
        self, name: str = "*", *, count: int | None = None, text: str = "Quota exceeded for cores."
    ) -> ControlledFault:
        """Refuse to give servers another flavor."""
        return self._plan("refuse-resize", name=name, count=count, text=text)

    def refuse_deletion(
        self,
        name: str = "*",
        *,
        count: int | None = None,
        text: str = "The server cannot be deleted.",
        metadata: Mapping[str, str] | None = None,
    ) -> ControlledFault:
        """Refuse to delete servers."""
        return self._plan("refuse-deletion", name=name, count=count, text=text, metadata=metadata)

    def lift(self, name: str | None = None) -> None:
        """End the faults that were set with this name pattern; None: all."""
        self._control.call("lift", name=name)

    def _plan(self, kind: str, **details: Any) -> ControlledFault:
        return ControlledFault(self._control, self._control.call("plan", kind=kind, **details))


class SimulatedNova(Nova):
    """The simulated Nova, which runs in Senlin's process."""

    def servers(
        self, name: str = "*", *, metadata: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._control.call("servers", name=name, metadata=metadata)
        return found

    def boot(
        self,
        name: str,
        *,
        flavor: str = "m1.tiny",
        image: str = "cirros",
        user: str = "blue-1",
        **attributes: Any,
    ) -> dict[str, Any]:
        server: dict[str, Any] = self._control.call(
            "boot", name=name, flavor=flavor, image=image, **attributes
        )
        return server

    def server_groups(self, name: str = "*") -> list[dict[str, Any]]:
        return self._objects("server-group", name)

    def pool_members(self, name: str = "*") -> list[dict[str, Any]]:
        return self._objects("member", name)

    def load_balancers(self, name: str = "*") -> list[dict[str, Any]]:
        return self._objects("balancer", name)

    def down(self, seconds: float | None = None, *, text: str | None = None) -> ControlledFault:
        return self._plan("down", seconds=seconds, text=text or "")

    def make_image(self, name: str) -> None:
        self._control.call("make_image", name=name)

    def delete_image(self, name: str) -> None:
        self._control.call("delete_image", name=name)

    def vanish(self, name: str = "*", *, metadata: Mapping[str, str] | None = None) -> int:
        return int(self._control.call("vanish", name=name, metadata=metadata))

    def break_server(
        self, name: str = "*", *, status: str = "ERROR", metadata: Mapping[str, str] | None = None
    ) -> int:
        return int(self._control.call("break", name=name, status=status, metadata=metadata))

    def _objects(self, kind: str, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._control.call("objects", kind=kind, name=name)
        return found
