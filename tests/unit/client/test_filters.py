"""Each list sends the server's filters, and compares what the server does not filter by."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from openstack_clustering import (
    Action,
    Cluster,
    ClusterAttr,
    ClusterPolicy,
    Event,
    Node,
    Policy,
    PolicyType,
    Profile,
    ProfileType,
    Proxy,
    Receiver,
    Resource,
    Service,
    exceptions,
)
from openstack_clustering import queries as q
from openstack_clustering.queries import ClusterQuery
from tests.unit.client.fake_cloud import ID, OTHER_ID, Answer, Cloud, error

C = Cluster({"id": ID, "name": "web"})
N = Node({"id": OTHER_ID, "name": "one"})
P = Policy({"id": OTHER_ID, "name": "grow"})
PROFILE = Profile({"id": OTHER_ID, "name": "small"})
LISTS: dict[type[Resource], tuple[type, type]] = {
    Profile: (q.ProfileQuery, q.ProfileValues),
    Policy: (q.PolicyQuery, q.PolicyValues),
    Cluster: (q.ClusterQuery, q.ClusterValues),
    Node: (q.NodeQuery, q.NodeValues),
    Receiver: (q.ReceiverQuery, q.ReceiverValues),
    Action: (q.ActionQuery, q.ActionValues),
    Event: (q.EventQuery, q.EventValues),
    ClusterPolicy: (q.BindingQuery, q.BindingValues),
    ClusterAttr: (q.AttrQuery, q.AttrValues),
    ProfileType: (q.TypeQuery, q.TypeValues),
    PolicyType: (q.TypeQuery, q.TypeValues),
    Service: (q.ServiceQuery, q.ServiceValues),
}

Call = Callable[[Proxy], Any]


@pytest.mark.parametrize(
    ("call", "query"),
    [
        (lambda p: p.clusters(), {}),
        (lambda p: p.clusters(name=None), {}),
        (lambda p: p.clusters(status=["ACTIVE", "ERROR"]), {"status": ["ACTIVE", "ERROR"]}),
        (lambda p: p.clusters(global_project=True), {"global_project": ["true"]}),
        (lambda p: p.clusters(sort="name:desc", limit=5), {"sort": ["name:desc"], "limit": ["5"]}),
        (lambda p: p.nodes(cluster_id=C), {"cluster_id": [ID]}),
        (lambda p: p.actions(target_id=[C, N]), {"target": [ID, OTHER_ID]}),
        (
            lambda p: p.actions(cluster_id=C, status="READY"),
            {"cluster_id": [ID], "status": ["READY"]},
        ),
        (lambda p: p.receivers(user_id="u"), {"user": ["u"]}),
        (lambda p: p.events(obj_type="cluster", obj_id=ID), {"otype": ["CLUSTER"], "oid": [ID]}),
        (lambda p: p.cluster_policies(C, is_enabled=False), {"enabled": ["false"]}),
        (lambda p: p.profiles(type="t", metadata={"a": "b"}), {"type": ["t"]}),
        (lambda p: p.policies(marker=ID), {"marker": [ID]}),
    ],
)
def test_list_sends_its_filters_on_iteration(
    cloud: Cloud, proxy: Proxy, call: Call, query: dict[str, list[str]]
) -> None:
    nouns = ("clusters", "nodes", "actions", "receivers", "events", "profiles", "policies")
    for path in [*nouns, f"clusters/{ID}/policies"]:
        empty: dict[str, list[object]] = {noun: [] for noun in [*nouns, "cluster_policies"]}
        cloud.answer("GET", f"/v1/{path}", Answer(body=empty))

    listed = call(proxy)

    assert inspect.isgenerator(listed)
    assert cloud.received() == []
    assert list(listed) == []
    assert [r.query for r in cloud.received()] == [query]


LISTED = [
    {"id": "1", "metadata": {"a": {"b": "c"}, "d": 1}, "desired_capacity": 2, "profile_id": "p"},
    {"id": "2", "metadata": {"a": {"b": "x"}}, "desired_capacity": 3, "profile_id": OTHER_ID},
    {"id": "3", "nodes": ["n"], "project": "blue"},
]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"metadata": {"a": {"b": "c"}}}, "1"),
        ({"metadata": {"d": 1, "a": {}}}, "1"),
        ({"metadata": {"d": None}}, ""),
        ({"metadata": {}}, "123"),
        ({"desired_capacity": 3}, "2"),
        ({"desired_capacity": [2, 3]}, "12"),
        ({"profile_id": PROFILE}, "2"),
        ({"profile_id": [PROFILE, "p"]}, "12"),
        ({"node_ids": ["n"]}, "3"),
        ({"project_id": "blue"}, "3"),
        ({"id": "2", "desired_capacity": 2}, ""),
        ({"id": None}, "123"),
        ({"max_items": 2}, "12"),
        ({"max_items": 0}, ""),
        ({"max_items": 1, "desired_capacity": [2, 3]}, "1"),
        ({"paginated": False, "limit": 3}, "123"),
    ],
)
def test_what_the_server_does_not_filter_is_compared_in_the_client(
    cloud: Cloud, proxy: Proxy, query: ClusterQuery, found: str
) -> None:
    cloud.answer("GET", "/v1/clusters", Answer(body={"clusters": LISTED}))

    assert [it.id for it in proxy.clusters(**query)] == list(found)
    sent = {key for request in cloud.received() for key in request.query}
    assert sent <= {"limit"}
    assert len(cloud.received()) <= 1


@pytest.mark.parametrize(
    ("call", "path", "document"),
    [
        (lambda p: p.nodes(role="db"), "nodes", {"role": "db"}),
        (lambda p: p.nodes(tainted=True), "nodes", {"tainted": True}),
        (lambda p: p.actions(cause="Derived Action"), "actions", {"cause": "Derived Action"}),
        (lambda p: p.events(status="error"), "events", {"status": "error"}),
        (lambda p: p.profiles(metadata={"a": 1}), "profiles", {"metadata": {"a": 1}}),
        (lambda p: p.policies(spec={"type": "t"}), "policies", {"spec": {"type": "t"}}),
        (lambda p: p.receivers(params={"count": 1}), "receivers", {"params": {"count": 1}}),
        (lambda p: p.services(host="a"), "services", {"host": "a"}),
        (lambda p: p.profile_types(name="t-1.0"), "profile-types", {"name": "t-1.0"}),
        (
            lambda p: p.cluster_policies(C, policy_id=P),
            f"clusters/{ID}/policies",
            {"policy_id": OTHER_ID},
        ),
        (
            lambda p: p.collect_cluster_attrs(C, "name", node_id=N),
            f"clusters/{ID}/attrs/name",
            {"id": OTHER_ID, "value": "x"},
        ),
    ],
)
def test_each_list_is_compared_with_its_values(
    cloud: Cloud, proxy: Proxy, call: Call, path: str, document: dict[str, Any]
) -> None:
    key = path.rpartition("/")[2].replace("-", "_")
    keys = (key, "cluster_policies", "cluster_attributes")
    documents = [{"id": "no"}, {"id": "yes", **document}]
    cloud.answer("GET", f"/v1/{path}", Answer(body=dict.fromkeys(keys, documents)))

    found = list(call(proxy))

    assert len(found) == 1
    assert cloud.received()[0].query == {}


@pytest.mark.parametrize("kind", LISTS, ids=lambda kind: kind.__name__)
def test_every_value_of_an_object_is_a_keyword_of_its_list(kind: type[Resource]) -> None:
    query, values = LISTS[kind]

    names = {name for name in kind._fields if name not in ("path", "cluster_id")}
    assert names <= query.__annotations__.keys()
    assert values.__annotations__.keys() <= kind._fields.keys() & query.__annotations__.keys()


@pytest.mark.parametrize("limit", ["abc", -1, True, None, 2.5])
def test_server_answers_a_wrong_page_size(cloud: Cloud, proxy: Proxy, limit: Any) -> None:
    cloud.answer("GET", "/v1/clusters", Answer(400, error(400, "BadRequest", "No integer.")))

    with pytest.raises(exceptions.BadRequest):
        list(proxy.clusters(limit=limit))
