"""The objects of the clustering service, with openstacksdk's names for their values.

Times stay the server's text, because their format differs between replies about one object: `…Z`
after a POST, microseconds without a zone in lists of policies and events.
"""

from typing import Any, TypeAlias

from openstack_clustering._resource import Field, Resource

Map: TypeAlias = dict[str, Any]


class Owned(Resource):
    """An object that belongs to a project."""

    __slots__ = ()

    user_id: Field[str] = Field("user")
    project_id: Field[str] = Field("project")
    domain_id: Field[str | None] = Field("domain")
    created_at: Field[str | None] = Field()
    updated_at: Field[str | None] = Field()


class Profile(Owned):
    """A template for nodes; its spec never changes."""

    __slots__ = ()
    _repr_names = ("name", "id", "type")

    type: Field[str] = Field()
    spec: Field[Map] = Field()
    metadata: Field[Map] = Field()


class ProfileValidate(Profile):
    """A validated profile, which was not created and has no id."""

    __slots__ = ()


class Policy(Owned):
    """A rule that can be attached to clusters; its spec never changes."""

    __slots__ = ()
    _repr_names = ("name", "id", "type")

    type: Field[str] = Field()
    spec: Field[Map] = Field()
    data: Field[Map] = Field()


class PolicyValidate(Policy):
    """A validated policy, which was not created and has no id."""

    __slots__ = ()


class Cluster(Owned):
    """A group of nodes, with a profile for new ones and a desired size."""

    __slots__ = ()
    _repr_names = ("name", "id", "status")

    profile_id: Field[str] = Field()
    profile_name: Field[str] = Field()
    min_size: Field[int] = Field()
    max_size: Field[int] = Field()
    """-1: no limit."""
    desired_capacity: Field[int] = Field()
    timeout: Field[int] = Field()
    """Seconds that an action may take."""
    status: Field[str] = Field()
    status_reason: Field[str] = Field()
    node_ids: Field[list[str]] = Field("nodes")
    policies: Field[list[str]] = Field()
    """The ids of the bindings of its policies."""
    config: Field[Map] = Field()
    metadata: Field[Map] = Field()
    data: Field[Map] = Field()
    dependents: Field[Map] = Field()
    is_profile_only: Field[bool | None] = Field("profile_only")
    init_at: Field[str | None] = Field()


class Node(Owned):
    """One server or stack, in a cluster or as an orphan."""

    __slots__ = ()
    _repr_names = ("name", "id", "status")

    profile_id: Field[str] = Field()
    profile_name: Field[str] = Field()
    cluster_id: Field[str] = Field()
    """'' for an orphan."""
    physical_id: Field[str | None] = Field()
    """The id of the server or stack; None if it has none."""
    index: Field[int] = Field()
    """Its number in the cluster, which is never reused; -1 for an orphan."""
    role: Field[str | None] = Field()
    status: Field[str] = Field()
    status_reason: Field[str] = Field()
    metadata: Field[Map] = Field()
    data: Field[Map] = Field()
    dependents: Field[Map] = Field()
    details: Field[Map | None] = Field()
    """Nova's or Heat's description; only after `get_node(…, details=True)`."""
    tainted: Field[bool] = Field()
    init_at: Field[str | None] = Field()


class NodeDetail(Node):
    """A node with its `details`."""

    __slots__ = ()


class Receiver(Owned):
    """Starts an action when its webhook is called or a message arrives."""

    __slots__ = ()
    _repr_names = ("name", "type")  # neither the URL in the channel, nor the id it follows from

    type: Field[str] = Field()
    cluster_id: Field[str] = Field()
    action: Field[str] = Field()
    params: Field[Map] = Field()
    actor: Field[Map] = Field()
    channel: Field[Map] = Field()
    """For a webhook: `alarm_url`. Keep it secret: it is all that a caller needs."""


class Action(Owned):
    """A unit of work on a cluster or a node: queued, running or ended."""

    __slots__ = ()
    _repr_names = ("name", "id", "status")

    action: Field[str] = Field()
    target_id: Field[str] = Field("target")
    cluster_id: Field[str] = Field()
    cause: Field[str] = Field()
    owner_id: Field[str | None] = Field("owner")
    interval: Field[int] = Field()
    start_at: Field[float | None] = Field("start_time")
    """Seconds since 1970."""
    end_at: Field[float | None] = Field("end_time")
    """Seconds since 1970."""
    timeout: Field[int] = Field()
    """Seconds."""
    status: Field[str] = Field()
    status_reason: Field[str] = Field()
    inputs: Field[Map] = Field()
    outputs: Field[Map] = Field()
    depends_on: Field[list[str]] = Field()
    """The ids of child actions that have not ended."""
    depended_by: Field[list[str]] = Field()


class Event(Resource):
    """Something that happened to a cluster or a node."""

    __slots__ = ()
    _excluded = ("name",)
    _repr_names = ("id", "level", "action", "obj_name", "status")

    generated_at: Field[str] = Field("timestamp")
    obj_id: Field[str] = Field("oid")
    obj_name: Field[str] = Field("oname")
    obj_type: Field[str] = Field("otype")
    """CLUSTER or NODE."""
    cluster_id: Field[str | None] = Field()
    level: Field[str] = Field()
    """CRITICAL, ERROR, WARN, INFO or DEBUG."""
    user_id: Field[str] = Field("user")
    project_id: Field[str] = Field("project")
    action: Field[str] = Field()
    status: Field[str] = Field()
    status_reason: Field[str] = Field()
    meta_data: Field[Map] = Field()


class ClusterPolicy(Resource):
    """The binding of a policy to a cluster; it has an id of its own."""

    __slots__ = ()
    _excluded = ("name",)
    _repr_names = ("policy_name", "policy_id", "cluster_id", "is_enabled")

    policy_id: Field[str] = Field()
    policy_name: Field[str] = Field()
    policy_type: Field[str] = Field()
    cluster_id: Field[str] = Field()
    cluster_name: Field[str] = Field()
    is_enabled: Field[bool] = Field("enabled")
    priority: Field[int] = Field()
    data: Field[Map] = Field()


class ClusterAttr(Resource):
    """The value of one node from `collect_cluster_attrs`."""

    __slots__ = ()
    _excluded = ("id", "name")
    _repr_names = ("node_id", "attr_value")

    node_id: Field[str] = Field("id")
    attr_value: Field[Any] = Field("value")
    cluster_id: Field[str] = Field()
    path: Field[str] = Field()


class BuildInfo(Resource):
    """The revisions of the server's API and engine."""

    __slots__ = ()
    _excluded = ("id", "name")
    _repr_names = ("api", "engine")

    api: Field[Map] = Field()
    engine: Field[Map] = Field()


class Typed(Resource):
    """A profile type or policy type; its name has the version in it (`os.nova.server-1.0`)."""

    __slots__ = ()
    _repr_names = ("name",)

    id: Field[str] = Field("name")
    schema: Field[Map | None] = Field()
    """The schema of its properties; only from `get_profile_type` and `get_policy_type`."""
    support_status: Field[Any] = Field()
    version: Field[str | None] = Field()


class ProfileType(Typed):
    """A profile type of this server."""

    __slots__ = ()


class PolicyType(Typed):
    """A policy type of this server."""

    __slots__ = ()


class Service(Resource):
    """One of the processes of the clustering service."""

    __slots__ = ()
    _excluded = ("name",)
    _repr_names = ("binary", "host", "status", "state")

    binary: Field[str] = Field()
    host: Field[str] = Field()
    topic: Field[str] = Field()
    status: Field[str] = Field()
    """enabled or disabled."""
    state: Field[str] = Field()
    """up or down."""
    disabled_reason: Field[str | None] = Field()
    updated_at: Field[str] = Field()
