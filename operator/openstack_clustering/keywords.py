"""The keywords of the operations, for type checkers and for the check at run time.

The server refuses some unknown attributes and ignores others; openstacksdk drops them. Here a
misspelt keyword is a TypeError.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from openstack_clustering.resources import Cluster, Node, Policy, Profile, Receiver

OneOrMore = str | Sequence[str]  # a sequence matches any of its values


class ListQuery(TypedDict, total=False):
    """Keywords of every list."""

    sort: str
    """Keys, each with an optional direction: `name:desc,created_at`."""
    limit: int
    """Objects in a page; all pages are read. By default one reply has all objects."""
    marker: str
    """The id of the object after which the list starts."""
    global_project: bool
    """Include all projects; for admins."""


class ProfileQuery(ListQuery, total=False):
    """Filters of `profiles`."""

    name: OneOrMore
    type: OneOrMore
    """`os.nova.server-1.0`"""
    metadata: Mapping[str, Any]
    """Pairs in the profile's metadata; the client filters by them, as the server cannot."""


class PolicyQuery(ListQuery, total=False):
    """Filters of `policies`."""

    name: OneOrMore
    type: OneOrMore
    """`senlin.policy.scaling-1.0`"""


class ClusterQuery(ListQuery, total=False):
    """Filters of `clusters`."""

    name: OneOrMore
    status: OneOrMore
    """In upper case."""


class NodeQuery(ListQuery, total=False):
    """Filters of `nodes`."""

    cluster_id: str | Cluster
    name: OneOrMore
    status: OneOrMore
    """In upper case."""


class ReceiverQuery(ListQuery, total=False):
    """Filters of `receivers`."""

    name: OneOrMore
    type: OneOrMore
    """`webhook` or `message`"""
    cluster_id: str | Cluster
    """The whole id, not a name."""
    action: OneOrMore
    user: OneOrMore
    user_id: OneOrMore


class ActionQuery(ListQuery, total=False):
    """Filters of `actions`."""

    name: OneOrMore
    target: OneOrMore | Cluster | Node
    target_id: OneOrMore | Cluster | Node
    action: OneOrMore
    """Such as `CLUSTER_RESIZE`."""
    status: OneOrMore
    """In upper case."""
    cluster_id: str | Cluster
    """Excludes children of checks, recoveries and operations: Senlin stores no cluster for them."""


class EventQuery(ListQuery, total=False):
    """Filters of `events`."""

    obj_id: OneOrMore
    oid: OneOrMore
    obj_name: OneOrMore
    oname: OneOrMore
    obj_type: OneOrMore
    """`CLUSTER` or `NODE`"""
    otype: OneOrMore
    cluster_id: str | Cluster
    action: OneOrMore
    level: OneOrMore
    """CRITICAL, ERROR, WARN, INFO or DEBUG."""


class BindingQuery(TypedDict, total=False):
    """Filters of `cluster_policies`."""

    enabled: bool
    is_enabled: bool
    policy_name: str
    policy_type: str
    """`senlin.policy.scaling-1.0`"""
    sort: str
    """`enabled`, with an optional direction."""


class NoQuery(TypedDict, total=False):
    """Lists that cannot be filtered."""


class SpecAttributes(TypedDict, total=False):
    """Keywords of `validate_profile` and `validate_policy`."""

    name: str
    spec: Mapping[str, Any]
    metadata: Mapping[str, Any]


class NewProfile(TypedDict, total=False):
    """Keywords of `create_profile`."""

    name: str
    spec: Mapping[str, Any]
    """`type`, `version` and `properties`."""
    metadata: Mapping[str, Any]


class ProfileChange(TypedDict, total=False):
    """Keywords of `update_profile`."""

    name: str
    metadata: Mapping[str, Any]
    """Replaces the whole map."""


class NewPolicy(TypedDict, total=False):
    """Keywords of `create_policy`."""

    name: str
    spec: Mapping[str, Any]
    """`type`, `version` and `properties`."""


class PolicyChange(TypedDict, total=False):
    """Keywords of `update_policy`."""

    name: str


class NewCluster(TypedDict, total=False):
    """Keywords of `create_cluster`."""

    name: str
    profile_id: str | Profile
    min_size: int
    """Nodes; default 0."""
    max_size: int
    """Nodes; default -1: no limit."""
    desired_capacity: int
    """Nodes; default `min_size`."""
    timeout: int
    """Seconds that an action may take."""
    metadata: Mapping[str, Any]
    config: Mapping[str, Any]


class ClusterChange(TypedDict, total=False):
    """Keywords of `update_cluster`; for sizes see `resize_cluster`."""

    name: str
    profile_id: str | Profile
    timeout: int
    """Seconds that an action may take."""
    metadata: Mapping[str, Any]
    """Replaces the whole map."""
    config: Mapping[str, Any]
    """Replaces the whole map."""
    is_profile_only: bool
    """With `profile_id`: existing nodes keep their profile."""
    profile_only: bool


class Resize(TypedDict, total=False):
    """Keywords of `resize_cluster`."""

    adjustment_type: str
    """`EXACT_CAPACITY`, `CHANGE_IN_CAPACITY` or `CHANGE_IN_PERCENTAGE`"""
    number: float
    """Nodes or per cent."""
    min_size: int
    max_size: int
    """-1: no limit."""
    min_step: int
    """Nodes; the minimum for a change in per cent."""
    strict: bool
    """Refuse a size beyond a limit; False: use the limit instead."""


class Recovery(TypedDict, total=False):
    """Keywords of `recover_cluster`."""

    operation: str
    """REBOOT, REBUILD or RECREATE"""
    operation_params: Mapping[str, Any]
    check: bool
    check_capacity: bool


class Removal(TypedDict, total=False):
    """Keywords of `remove_nodes_from_cluster`."""

    destroy_after_deletion: bool


class NewNode(TypedDict, total=False):
    """Keywords of `create_node`."""

    name: str
    profile_id: str | Profile
    cluster_id: str | Cluster
    """The cluster then chooses the node's name."""
    role: str
    metadata: Mapping[str, Any]


class NodeChange(TypedDict, total=False):
    """Keywords of `update_node`."""

    name: str
    profile_id: str | Profile
    role: str
    metadata: Mapping[str, Any]
    """Replaces the whole map."""
    tainted: bool
    """Removed first when the cluster shrinks."""


class Adoption(TypedDict, total=False):
    """Keywords of `adopt_node`."""

    type: str
    """`os.nova.server-1.0`"""
    identity: str
    """The id or the name of the existing server or stack."""
    name: str
    role: str
    snapshot: bool
    metadata: Mapping[str, Any]
    overrides: Mapping[str, Any]
    """Properties of the profile that replace those of the existing server or stack."""


class NewReceiver(TypedDict, total=False):
    """Keywords of `create_receiver`."""

    name: str
    type: str
    """`webhook` or `message`"""
    cluster_id: str | Cluster
    action: str
    """Such as `CLUSTER_SCALE_OUT`."""
    params: Mapping[str, Any]
    """The action's inputs, as text: `{"count": "2"}`."""
    actor: Mapping[str, Any]


class ReceiverChange(TypedDict, total=False):
    """Keywords of `update_receiver`."""

    name: str
    action: str
    params: Mapping[str, Any]
    """Replaces the whole map."""


ProfileRef = str | Profile
PolicyRef = str | Policy
ClusterRef = str | Cluster
NodeRef = str | Node
ReceiverRef = str | Receiver
