"""The objects of the clustering service, with the names that openstacksdk gives to their values.

Times are the server's text: they differ in form between two replies of the same object (`…Z` after
a POST, microseconds without a zone in lists of policies and events), so nothing is made of them.
"""

from typing import Any, TypeAlias

from openstack_clustering.resource import Field, Resource

Map: TypeAlias = dict[str, Any]


class Owned(Resource):
    """What belongs to a project."""

    __slots__ = ()

    user_id: Field[str] = Field("user")
    project_id: Field[str] = Field("project")
    domain_id: Field[str | None] = Field("domain")
    created_at: Field[str | None] = Field()
    updated_at: Field[str | None] = Field()


class Profile(Owned):
    """What nodes are made of; its spec never changes."""

    __slots__ = ()
    _shown = ("name", "id", "type")

    type: Field[str] = Field()
    spec: Field[Map] = Field()
    metadata: Field[Map] = Field()


class ProfileValidate(Profile):
    """The answer to a validation: the profile that would be, without an id."""

    __slots__ = ()


class Policy(Owned):
    """A rule that clusters can be bound to; its spec never changes."""

    __slots__ = ()
    _shown = ("name", "id", "type")

    type: Field[str] = Field()
    spec: Field[Map] = Field()
    data: Field[Map] = Field()


class PolicyValidate(Policy):
    """The answer to a validation: the policy that would be, without an id."""

    __slots__ = ()


class Cluster(Owned):
    """Nodes of one profile, and how many there should be."""

    __slots__ = ()
    _shown = ("name", "id", "status")

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
    config: Field[Map] = Field()
    metadata: Field[Map] = Field()
    data: Field[Map] = Field()
    dependents: Field[Map] = Field()
    is_profile_only: Field[bool | None] = Field("profile_only")
    init_at: Field[str | None] = Field()


class Node(Owned):
    """One server or stack, in a cluster or by itself."""

    __slots__ = ()
    _shown = ("name", "id", "status")

    profile_id: Field[str] = Field()
    profile_name: Field[str] = Field()
    cluster_id: Field[str] = Field()
    """'' for an orphan."""
    physical_id: Field[str | None] = Field()
    """The id of the server or stack; None if there is none."""
    index: Field[int] = Field()
    """Its number in the cluster, never used twice; -1 for an orphan."""
    role: Field[str | None] = Field()
    status: Field[str] = Field()
    status_reason: Field[str] = Field()
    metadata: Field[Map] = Field()
    data: Field[Map] = Field()
    dependents: Field[Map] = Field()
    details: Field[Map | None] = Field()
    """What Nova or Heat says about it; only after `get_node(…, details=True)`."""
    tainted: Field[bool] = Field()
    init_at: Field[str | None] = Field()


class NodeDetail(Node):
    """A node with its `details`."""

    __slots__ = ()


class Receiver(Owned):
    """Starts an action when it is called (webhook) or gets a message."""

    __slots__ = ()
    _shown = ("name", "id", "type")  # not the channel: its URL is a credential

    type: Field[str] = Field()
    cluster_id: Field[str] = Field()
    action: Field[str] = Field()
    params: Field[Map] = Field()
    actor: Field[Map] = Field()
    channel: Field[Map] = Field()
    """Of a webhook: `alarm_url`. Who knows it can trigger the receiver: keep it secret."""


class Action(Owned):
    """A piece of work, done or to do."""

    __slots__ = ()
    _shown = ("name", "id", "status")

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
    """Children that have not ended yet."""
    depended_by: Field[list[str]] = Field()


class Event(Resource):
    """Something that happened to a cluster or a node."""

    __slots__ = ()
    _without = ("name",)
    _shown = ("id", "level", "action", "obj_name", "status")

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
    """The binding of a policy to a cluster; its id is not the policy's."""

    __slots__ = ()
    _without = ("name",)
    _shown = ("policy_name", "policy_id", "cluster_id", "is_enabled")

    policy_id: Field[str] = Field()
    policy_name: Field[str] = Field()
    policy_type: Field[str] = Field()
    cluster_id: Field[str] = Field()
    cluster_name: Field[str] = Field()
    is_enabled: Field[bool] = Field("enabled")
    priority: Field[int] = Field()
    data: Field[Map] = Field()


class ClusterAttr(Resource):
    """One node's value of what `collect_cluster_attrs` asked for."""

    __slots__ = ()
    _without = ("id", "name")
    _shown = ("node_id", "attr_value")

    node_id: Field[str] = Field("id")
    attr_value: Field[Any] = Field("value")
    cluster_id: Field[str] = Field()
    path: Field[str] = Field()


class BuildInfo(Resource):
    """Which revisions of the API and of the engine are running."""

    __slots__ = ()
    _without = ("id", "name")
    _shown = ("api", "engine")

    api: Field[Map] = Field()
    engine: Field[Map] = Field()


class Typed(Resource):
    """A kind of profile or policy; its name includes the version (`os.nova.server-1.0`)."""

    __slots__ = ()
    _without = ("id",)
    _shown = ("name",)

    schema: Field[Map | None] = Field()
    """What its properties may be; only when it was asked for by name."""
    support_status: Field[Any] = Field()
    version: Field[str | None] = Field()


class ProfileType(Typed):
    """A kind of profile that this server knows."""

    __slots__ = ()


class PolicyType(Typed):
    """A kind of policy that this server knows."""

    __slots__ = ()


class Service(Resource):
    """One of the service's own processes."""

    __slots__ = ()
    _without = ("name",)
    _shown = ("binary", "host", "status", "state")

    binary: Field[str] = Field()
    host: Field[str] = Field()
    topic: Field[str] = Field()
    status: Field[str] = Field()
    """enabled or disabled."""
    state: Field[str] = Field()
    """up or down."""
    disabled_reason: Field[str | None] = Field()
    updated_at: Field[str] = Field()
