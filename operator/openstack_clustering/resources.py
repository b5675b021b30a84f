"""The objects of the clustering service, with the names that openstacksdk gives to their values.

Times are the server's text: they differ in form between two replies of the same object (`…Z` after
a POST, microseconds without a zone in lists of policies and events), so nothing is made of them.
"""

from typing import Any

from openstack_clustering.resource import Field, Resource

Map = dict[str, Any]


class Owned(Resource):
    """What belongs to a project."""

    __slots__ = ()

    user_id = Field[str]("user")
    project_id = Field[str]("project")
    domain_id = Field[str | None]("domain")
    created_at = Field[str | None]()
    updated_at = Field[str | None]()


class Profile(Owned):
    """What nodes are made of; its spec never changes."""

    __slots__ = ()
    _shown = ("name", "id", "type")

    type = Field[str]()
    spec = Field[Map]()
    metadata = Field[Map]()


class ProfileValidate(Profile):
    """The answer to a validation: the profile that would be, without an id."""

    __slots__ = ()


class Policy(Owned):
    """A rule that clusters can be bound to; its spec never changes."""

    __slots__ = ()
    _shown = ("name", "id", "type")

    type = Field[str]()
    spec = Field[Map]()
    data = Field[Map]()


class PolicyValidate(Policy):
    """The answer to a validation: the policy that would be, without an id."""

    __slots__ = ()


class Cluster(Owned):
    """Nodes of one profile, and how many there should be."""

    __slots__ = ()
    _shown = ("name", "id", "status")

    profile_id = Field[str]()
    profile_name = Field[str]()
    min_size = Field[int]()
    max_size = Field[int]()
    """-1: no limit."""
    desired_capacity = Field[int]()
    timeout = Field[int]()
    """Seconds that an action may take."""
    status = Field[str]()
    status_reason = Field[str]()
    node_ids = Field[list[str]]("nodes")
    config = Field[Map]()
    metadata = Field[Map]()
    data = Field[Map]()
    dependents = Field[Map]()
    is_profile_only = Field[bool | None]("profile_only")
    init_at = Field[str | None]()


class Node(Owned):
    """One server or stack, in a cluster or by itself."""

    __slots__ = ()
    _shown = ("name", "id", "status")

    profile_id = Field[str]()
    profile_name = Field[str]()
    cluster_id = Field[str]()
    """'' for an orphan."""
    physical_id = Field[str | None]()
    """The id of the server or stack; None if there is none."""
    index = Field[int]()
    """Its number in the cluster, never used twice; -1 for an orphan."""
    role = Field[str | None]()
    status = Field[str]()
    status_reason = Field[str]()
    metadata = Field[Map]()
    data = Field[Map]()
    dependents = Field[Map]()
    details = Field[Map | None]()
    """What Nova or Heat says about it; only after `get_node(…, details=True)`."""
    tainted = Field[bool]()
    init_at = Field[str | None]()


class NodeDetail(Node):
    """A node with its `details`."""

    __slots__ = ()


class Receiver(Owned):
    """Starts an action when it is called (webhook) or gets a message."""

    __slots__ = ()
    _shown = ("name", "id", "type")  # not the channel: its URL is a credential

    type = Field[str]()
    cluster_id = Field[str]()
    action = Field[str]()
    params = Field[Map]()
    actor = Field[Map]()
    channel = Field[Map]()
    """Of a webhook: `alarm_url`. Who knows it can trigger the receiver: keep it secret."""


class Action(Owned):
    """A piece of work, done or to do."""

    __slots__ = ()
    _shown = ("name", "id", "status")

    action = Field[str]()
    target_id = Field[str]("target")
    cluster_id = Field[str]()
    cause = Field[str]()
    owner_id = Field[str | None]("owner")
    interval = Field[int]()
    start_at = Field[float | None]("start_time")
    """Seconds since 1970."""
    end_at = Field[float | None]("end_time")
    """Seconds since 1970."""
    timeout = Field[int]()
    """Seconds."""
    status = Field[str]()
    status_reason = Field[str]()
    inputs = Field[Map]()
    outputs = Field[Map]()
    depends_on = Field[list[str]]()
    """Children that have not ended yet."""
    depended_by = Field[list[str]]()


class Event(Resource):
    """Something that happened to a cluster or a node."""

    __slots__ = ()
    _without = ("name",)
    _shown = ("id", "level", "action", "obj_name", "status")

    generated_at = Field[str]("timestamp")
    obj_id = Field[str]("oid")
    obj_name = Field[str]("oname")
    obj_type = Field[str]("otype")
    """CLUSTER or NODE."""
    cluster_id = Field[str | None]()
    level = Field[str]()
    """CRITICAL, ERROR, WARN, INFO or DEBUG."""
    user_id = Field[str]("user")
    project_id = Field[str]("project")
    action = Field[str]()
    status = Field[str]()
    status_reason = Field[str]()
    meta_data = Field[Map]()


class ClusterPolicy(Resource):
    """The binding of a policy to a cluster; its id is not the policy's."""

    __slots__ = ()
    _without = ("name",)
    _shown = ("policy_name", "policy_id", "cluster_id", "is_enabled")

    policy_id = Field[str]()
    policy_name = Field[str]()
    policy_type = Field[str]()
    cluster_id = Field[str]()
    cluster_name = Field[str]()
    is_enabled = Field[bool]("enabled")
    priority = Field[int]()
    data = Field[Map]()


class ClusterAttr(Resource):
    """One node's value of what `collect_cluster_attrs` asked for."""

    __slots__ = ()
    _without = ("id", "name")
    _shown = ("node_id", "attr_value")

    node_id = Field[str]("id")
    attr_value = Field[Any]("value")
    cluster_id = Field[str]()
    path = Field[str]()


class BuildInfo(Resource):
    """Which revisions of the API and of the engine are running."""

    __slots__ = ()
    _without = ("id", "name")
    _shown = ("api", "engine")

    api = Field[Map]()
    engine = Field[Map]()


class Typed(Resource):
    """A kind of profile or policy; its name includes the version (`os.nova.server-1.0`)."""

    __slots__ = ()
    _without = ("id",)
    _shown = ("name",)

    schema = Field[Map | None]()
    """What its properties may be; only when it was asked for by name."""
    support_status = Field[Any]()
    version = Field[str | None]()


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

    binary = Field[str]()
    host = Field[str]()
    topic = Field[str]()
    status = Field[str]()
    """enabled or disabled."""
    state = Field[str]()
    """up or down."""
    disabled_reason = Field[str | None]()
    updated_at = Field[str]()
