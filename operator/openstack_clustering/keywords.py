"""The keywords of changes, for type checkers and for the check at run time.

The server refuses some unknown attributes and ignores others; openstacksdk drops them. Here a
misspelt keyword is a TypeError. Those of lists are in `queries.py`.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias, TypedDict

from openstack_clustering.resources import Cluster, Node, Policy, Profile, Receiver

ProfileRef: TypeAlias = str | Profile
PolicyRef: TypeAlias = str | Policy
ClusterRef: TypeAlias = str | Cluster
NodeRef: TypeAlias = str | Node
ReceiverRef: TypeAlias = str | Receiver


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


class NodeRecovery(TypedDict, total=False):
    """Keywords of `recover_node`."""

    operation: str
    """REBOOT, REBUILD or RECREATE"""
    operation_params: Mapping[str, Any]
    check: bool
    """Check the node first."""
    delete_timeout: int
    """Seconds."""
    force_recreate: bool
    """Recreate it even if the old server cannot be deleted."""


class Attachment(TypedDict, total=False):
    """Keywords of `attach_policy_to_cluster` and `update_cluster_policy`."""

    enabled: bool
    is_enabled: bool


class ActionChange(TypedDict, total=False):
    """Keywords of `update_action`."""

    status: str
    """CANCELLED; Senlin takes no other."""
    force: bool
    """As of `cancel_action`."""


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
