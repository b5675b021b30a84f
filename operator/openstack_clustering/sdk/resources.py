"""The client's objects in openstacksdk's dialect: its values and no others, and a `location`."""

from typing import TYPE_CHECKING, Any, Self

from openstack_clustering import resources as own
from openstack_clustering._resource import Resource

if TYPE_CHECKING:
    from openstack_clustering.sdk.connection import Connection


class Munch(dict[str, Any]):
    """A dict whose items are attributes, too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __repr__(self) -> str:
        return f"Munch({super().__repr__()})"

    def toDict(self) -> dict[str, Any]:  # noqa: N802 - openstacksdk's name
        """Return it as plain dicts, as writers of YAML want it."""
        return {key: it.toDict() if isinstance(it, Munch) else it for key, it in self.items()}


class Dialect(Resource):
    """What openstacksdk's objects have beyond the client's."""

    _hidden: tuple[str, ...] = ()  # values that openstacksdk does not have
    _added: tuple[str, ...] = ()  # values that it has and that are always None, or an id's

    _connection: "Connection | None" = None

    def __init__(
        self,
        raw: dict[str, Any] | None = None,
        action_id: str | None = None,
        connection: "Connection | None" = None,
        **attrs: Any,
    ) -> None:
        """Make an object of the server's document, or of attributes by openstacksdk's names."""
        given = {self._fields.get(name, name): value for name, value in attrs.items()}
        super().__init__(given if raw is None else {**raw, **given}, action_id)
        self._connection = connection

    @classmethod
    def new(cls, **attrs: Any) -> Self:
        """Return an object with the attributes, as of one that is still to be created."""
        return cls(**attrs)

    existing = new

    @property
    def location(self) -> Munch | None:  # type: ignore[override]
        """The cloud, the region and the project; None for an object that no server sent."""
        if self._connection is None:
            return None
        return self._connection.location_of(self.get("project_id"))

    def to_dict(
        self,
        body: bool = True,
        headers: bool = True,
        computed: bool = True,
        ignore_none: bool = False,
        original_names: bool = False,
        _to_munch: bool = False,
    ) -> dict[str, Any]:
        """Return the values that openstacksdk has, by its names.

        Args:
            body: Include the values of the server's document.
            headers: Without effect, as objects have no values of headers.
            computed: Include the `location`.
            ignore_none: Leave out what is None.
            original_names: Use the server's names.
            _to_munch: Return a dict whose items are attributes.
        """
        names = [*self._fields, *(name for name in self._added if name not in self._fields)]
        values = {name: self.get(name) for name in names if body and name not in self._hidden}
        if original_names:
            values = {self._fields.get(name, name): value for name, value in values.items()}
        if computed:
            values["location"] = self.location
        kept = {key: value for key, value in values.items() if value is not None or not ignore_none}
        return Munch(kept) if _to_munch else kept

    toDict = to_dict  # noqa: N815 - openstacksdk's name

    def __len__(self) -> int:
        return len(self.to_dict())

    def copy(self) -> dict[str, Any]:
        """Return the values."""
        return self.to_dict()


class Profile(Dialect, own.Profile):
    """A template for nodes."""


class ProfileValidate(Dialect, own.ProfileValidate):
    """A validated profile."""


class Policy(Dialect, own.Policy):
    """A rule that can be attached to clusters."""


class PolicyValidate(Dialect, own.PolicyValidate):
    """A validated policy."""


class Cluster(Dialect, own.Cluster):
    """A group of nodes."""

    _hidden = ("policies",)


class Node(Dialect, own.Node):
    """One server or stack."""


class NodeDetail(Dialect, own.NodeDetail):
    """A node with its `details`."""


class Receiver(Dialect, own.Receiver):
    """Starts an action when its webhook is called or a message arrives."""


class Action(Dialect, own.Action):
    """A unit of work on a cluster or a node."""


class Event(Dialect, own.Event):
    """Something that happened to a cluster or a node."""

    _added = ("name",)


class ClusterPolicy(Dialect, own.ClusterPolicy):
    """The binding of a policy to a cluster."""

    _hidden = ("cluster_id", "priority")
    _added = ("name",)


class ClusterAttr(Dialect, own.ClusterAttr):
    """The value of one node."""

    _hidden = ("cluster_id", "path")
    _added = ("id", "name")


class BuildInfo(Dialect, own.BuildInfo):
    """The revisions of the server's API and engine."""

    _added = ("id", "name")


class ProfileType(Dialect, own.ProfileType):
    """A profile type of this server."""

    _hidden = ("version",)


class PolicyType(Dialect, own.PolicyType):
    """A policy type of this server."""

    _hidden = ("version",)


class Service(Dialect, own.Service):
    """One of the processes of the clustering service."""

    _hidden = ("topic",)
    _added = ("name",)


KINDS: dict[type[Resource], type[Dialect]] = {
    kind.__mro__[2]: kind for kind in Dialect.__subclasses__()
}
