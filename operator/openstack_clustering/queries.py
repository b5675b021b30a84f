"""The keywords of lists, for type checkers and for the check at run time.

The server filters by some values. By the other values of the listed objects, those of the classes
`…Values`, the client filters what the server lists.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, TypedDict

from openstack_clustering.resources import Cluster, Node, Policy, Profile

OneOrMore: TypeAlias = str | Sequence[str]  # a sequence matches any of its values
Numbers: TypeAlias = int | Sequence[int]
Pairs: TypeAlias = Mapping[str, Any]  # matches a map that has these pairs


class Part(TypedDict, total=False):
    """Keywords of every list: how much of it is read."""

    max_items: int
    """No more objects than these."""
    paginated: bool
    """False: one request only, so with a `limit` the first page."""


class ListQuery(Part, total=False):
    """Keywords of every list that the server sorts, and splits into pages."""

    sort: str
    """Keys, each with an optional direction: `name:desc,created_at`."""
    limit: int | str
    """Objects in a page; all pages are read. By default one reply has all objects."""
    marker: str
    """The id of the object after which the list starts."""
    global_project: bool
    """Include all projects; for admins."""


class OwnedValues(TypedDict, total=False):
    """What the client compares in every list of objects of a project."""

    id: OneOrMore
    project_id: OneOrMore
    user_id: OneOrMore
    domain_id: OneOrMore
    created_at: OneOrMore
    updated_at: OneOrMore


class ProfileValues(OwnedValues, total=False):
    """What the client compares in `profiles`."""

    spec: Pairs
    metadata: Pairs


class PolicyValues(OwnedValues, total=False):
    """What the client compares in `policies`."""

    spec: Pairs
    data: Pairs


class ClusterValues(OwnedValues, total=False):
    """What the client compares in `clusters`."""

    profile_id: str | Profile | Sequence[str | Profile]
    profile_name: OneOrMore
    min_size: Numbers
    max_size: Numbers
    desired_capacity: Numbers
    timeout: Numbers
    status_reason: OneOrMore
    node_ids: Sequence[str]
    policies: Sequence[str]
    config: Pairs
    metadata: Pairs
    data: Pairs
    dependents: Pairs
    is_profile_only: bool
    init_at: OneOrMore


class NodeValues(OwnedValues, total=False):
    """What the client compares in `nodes`."""

    profile_id: str | Profile | Sequence[str | Profile]
    profile_name: OneOrMore
    physical_id: OneOrMore
    index: Numbers
    role: OneOrMore
    status_reason: OneOrMore
    metadata: Pairs
    data: Pairs
    dependents: Pairs
    details: Pairs
    tainted: bool
    init_at: OneOrMore


class ReceiverValues(TypedDict, total=False):
    """What the client compares in `receivers`."""

    id: OneOrMore
    project_id: OneOrMore
    domain_id: OneOrMore
    created_at: OneOrMore
    updated_at: OneOrMore
    params: Pairs
    actor: Pairs
    channel: Pairs


class ActionValues(OwnedValues, total=False):
    """What the client compares in `actions`."""

    cause: OneOrMore
    owner_id: OneOrMore
    interval: Numbers
    start_at: float
    end_at: float
    timeout: Numbers
    status_reason: OneOrMore
    inputs: Pairs
    outputs: Pairs
    depends_on: Sequence[str]
    depended_by: Sequence[str]


class EventValues(TypedDict, total=False):
    """What the client compares in `events`."""

    id: OneOrMore
    generated_at: OneOrMore
    user_id: OneOrMore
    project_id: OneOrMore
    status: OneOrMore
    status_reason: OneOrMore
    meta_data: Pairs


class BindingValues(TypedDict, total=False):
    """What the client compares in `cluster_policies`."""

    id: OneOrMore
    policy_id: str | Policy | Sequence[str | Policy]
    cluster_id: OneOrMore
    cluster_name: OneOrMore
    priority: Numbers
    data: Pairs


class AttrValues(TypedDict, total=False):
    """What the client compares in `collect_cluster_attrs`."""

    node_id: str | Node | Sequence[str | Node]
    attr_value: Any


class TypeValues(TypedDict, total=False):
    """What the client compares in `profile_types` and `policy_types`."""

    id: OneOrMore
    name: OneOrMore
    schema: Pairs
    support_status: Pairs
    version: OneOrMore


class ServiceValues(TypedDict, total=False):
    """What the client compares in `services`."""

    id: OneOrMore
    binary: OneOrMore
    host: OneOrMore
    topic: OneOrMore
    status: OneOrMore
    state: OneOrMore
    disabled_reason: OneOrMore
    updated_at: OneOrMore


class ProfileQuery(ListQuery, ProfileValues, total=False):
    """Filters of `profiles`."""

    name: OneOrMore
    type: OneOrMore
    """`os.nova.server-1.0`"""


class PolicyQuery(ListQuery, PolicyValues, total=False):
    """Filters of `policies`."""

    name: OneOrMore
    type: OneOrMore
    """`senlin.policy.scaling-1.0`"""


class ClusterQuery(ListQuery, ClusterValues, total=False):
    """Filters of `clusters`."""

    name: OneOrMore
    status: OneOrMore
    """In upper case."""


class NodeQuery(ListQuery, NodeValues, total=False):
    """Filters of `nodes`."""

    cluster_id: str | Cluster
    name: OneOrMore
    status: OneOrMore
    """In upper case."""


class ReceiverQuery(ListQuery, ReceiverValues, total=False):
    """Filters of `receivers`."""

    name: OneOrMore
    type: OneOrMore
    """`webhook` or `message`"""
    cluster_id: str | Cluster
    """The whole id, not a name."""
    action: OneOrMore
    user: OneOrMore
    user_id: OneOrMore


class ActionQuery(ListQuery, ActionValues, total=False):
    """Filters of `actions`."""

    name: OneOrMore
    target: OneOrMore | Cluster | Node | Sequence[Cluster | Node]
    target_id: OneOrMore | Cluster | Node | Sequence[Cluster | Node]
    action: OneOrMore
    """Such as `CLUSTER_RESIZE`."""
    status: OneOrMore
    """In upper case."""
    cluster_id: str | Cluster
    """Excludes children of checks, recoveries and operations: Senlin stores no cluster for them."""


class EventQuery(ListQuery, EventValues, total=False):
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


class BindingQuery(Part, BindingValues, total=False):
    """Filters of `cluster_policies`."""

    enabled: bool
    is_enabled: bool
    policy_name: str
    policy_type: str
    """`senlin.policy.scaling-1.0`"""
    sort: str
    """`enabled`, with an optional direction."""


class AttrQuery(Part, AttrValues, total=False):
    """Filters of `collect_cluster_attrs`."""


class TypeQuery(Part, TypeValues, total=False):
    """Filters of `profile_types` and `policy_types`."""


class ServiceQuery(Part, ServiceValues, total=False):
    """Filters of `services`."""
