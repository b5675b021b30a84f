"""The keywords of the operations, for type checkers and for the check at run time.

The server refuses some unknown attributes and ignores others, and below its microversion it ignores
known ones too; openstacksdk drops what it does not know. Here a misspelt keyword is a TypeError.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from openstack_clustering.resources import Cluster, Node, Policy, Profile, Receiver

Words = str | Sequence[str]  # several: any of them


class ListQuery(TypedDict, total=False):
    """What every list takes."""

    sort: str
    """Keys, each perhaps with a direction: `name:desc,created_at`."""
    limit: int
    """Objects in a page; all pages are read. Without it everything comes in one reply."""
    marker: str
    """The id after which to start."""
    global_project: bool
    """Of all projects; for admins."""


class ProfileQuery(ListQuery, total=False):
    """Filters of `profiles`."""

    name: Words
    type: Words
    """`os.nova.server-1.0`"""
    metadata: Mapping[str, Any]
    """Pairs that the profile's metadata has; compared here, as the server cannot."""


class PolicyQuery(ListQuery, total=False):
    """Filters of `policies`."""

    name: Words
    type: Words
    """`senlin.policy.scaling-1.0`"""


class ClusterQuery(ListQuery, total=False):
    """Filters of `clusters`."""

    name: Words
    status: Words
    """In capitals."""


class NodeQuery(ListQuery, total=False):
    """Filters of `nodes`."""

    cluster_id: str | Cluster
    name: Words
    status: Words
    """In capitals."""


class ReceiverQuery(ListQuery, total=False):
    """Filters of `receivers`."""

    name: Words
    type: Words
    """`webhook` or `message`"""
    cluster_id: str | Cluster
    """The whole id; not a name."""
    action: Words
    user: Words
    user_id: Words


class ActionQuery(ListQuery, total=False):
    """Filters of `actions`."""

    name: Words
    target: Words | Cluster | Node
    target_id: Words | Cluster | Node
    action: Words
    """`CLUSTER_RESIZE` and the like."""
    status: Words
    """In capitals."""
    cluster_id: str | Cluster
    """Not of the children of checks, recoveries and operations: Senlin stores none there."""


class EventQuery(ListQuery, total=False):
    """Filters of `events`."""

    obj_id: Words
    oid: Words
    obj_name: Words
    oname: Words
    obj_type: Words
    """`CLUSTER` or `NODE`"""
    otype: Words
    cluster_id: str | Cluster
    action: Words
    level: Words
    """CRITICAL, ERROR, WARN, INFO or DEBUG."""


class BindingQuery(TypedDict, total=False):
    """Filters of `cluster_policies`."""

    enabled: bool
    is_enabled: bool
    policy_name: str
    policy_type: str
    """`senlin.policy.scaling-1.0`"""
    sort: str
    """`enabled`, perhaps with a direction."""


class NoQuery(TypedDict, total=False):
    """Lists that cannot be filtered."""


class SpecAttributes(TypedDict, total=False):
    """What a validation takes."""

    name: str
    spec: Mapping[str, Any]
    metadata: Mapping[str, Any]


class NewProfile(TypedDict, total=False):
    """What `create_profile` takes."""

    name: str
    spec: Mapping[str, Any]
    """`type`, `version` and `properties`."""
    metadata: Mapping[str, Any]


class ProfileChange(TypedDict, total=False):
    """What `update_profile` takes."""

    name: str
    metadata: Mapping[str, Any]
    """Replaces the whole map."""


class NewPolicy(TypedDict, total=False):
    """What `create_policy` takes."""

    name: str
    spec: Mapping[str, Any]
    """`type`, `version` and `properties`."""


class PolicyChange(TypedDict, total=False):
    """What `update_policy` takes."""

    name: str


class NewCluster(TypedDict, total=False):
    """What `create_cluster` takes."""

    name: str
    profile_id: str | Profile
    min_size: int
    """Nodes; 0 if left out."""
    max_size: int
    """Nodes; -1, if left out: no limit."""
    desired_capacity: int
    """Nodes; `min_size` if left out."""
    timeout: int
    """Seconds that an action may take."""
    metadata: Mapping[str, Any]
    config: Mapping[str, Any]


class ClusterChange(TypedDict, total=False):
    """What `update_cluster` takes; for sizes see `resize_cluster`."""

    name: str
    profile_id: str | Profile
    timeout: int
    """Seconds that an action may take."""
    metadata: Mapping[str, Any]
    """Replaces the whole map."""
    config: Mapping[str, Any]
    """Replaces the whole map."""
    is_profile_only: bool
    """With `profile_id`: for nodes to come; those that are there keep theirs."""
    profile_only: bool


class Resize(TypedDict, total=False):
    """What `resize_cluster` takes."""

    adjustment_type: str
    """`EXACT_CAPACITY`, `CHANGE_IN_CAPACITY` or `CHANGE_IN_PERCENTAGE`"""
    number: float
    """Nodes, or per cent."""
    min_size: int
    max_size: int
    """-1: no limit."""
    min_step: int
    """Nodes; of a change in per cent."""
    strict: bool
    """Whether what breaks a limit is refused; else it is trimmed."""


class Recovery(TypedDict, total=False):
    """What `recover_cluster` takes."""

    operation: str
    """REBOOT, REBUILD or RECREATE"""
    operation_params: Mapping[str, Any]
    check: bool
    check_capacity: bool


class Removal(TypedDict, total=False):
    """What `remove_nodes_from_cluster` takes."""

    destroy_after_deletion: bool


class NewNode(TypedDict, total=False):
    """What `create_node` takes."""

    name: str
    profile_id: str | Profile
    cluster_id: str | Cluster
    """The cluster then chooses the node's name."""
    role: str
    metadata: Mapping[str, Any]


class NodeChange(TypedDict, total=False):
    """What `update_node` takes."""

    name: str
    profile_id: str | Profile
    role: str
    metadata: Mapping[str, Any]
    """Replaces the whole map."""
    tainted: bool
    """To be taken first when the cluster shrinks."""


class Adoption(TypedDict, total=False):
    """What `adopt_node` takes."""

    type: str
    """`os.nova.server-1.0`"""
    identity: str
    """The id or the name of the server or stack that becomes a node."""
    name: str
    role: str
    snapshot: bool
    metadata: Mapping[str, Any]
    overrides: Mapping[str, Any]
    """Properties of the profile that shall not be as they are found."""


class NewReceiver(TypedDict, total=False):
    """What `create_receiver` takes."""

    name: str
    type: str
    """`webhook` or `message`"""
    cluster_id: str | Cluster
    action: str
    """`CLUSTER_SCALE_OUT` and the like."""
    params: Mapping[str, Any]
    """The action's inputs, as text: `{"count": "2"}`."""
    actor: Mapping[str, Any]


class ReceiverChange(TypedDict, total=False):
    """What `update_receiver` takes."""

    name: str
    action: str
    params: Mapping[str, Any]
    """Replaces the whole map."""


ProfileRef = str | Profile
PolicyRef = str | Policy
ClusterRef = str | Cluster
NodeRef = str | Node
ReceiverRef = str | Receiver
