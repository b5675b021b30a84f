"""What names an object: an id, a name, the beginning of an id; and what cannot be one."""

from collections.abc import Callable
from typing import Any

import pytest

from openstack_clustering import Cluster, Node, Proxy, exceptions
from tests.unit.client.fake_cloud import ACTION_ID, ID, OTHER_ID, Answer, Cloud, cluster, error

N = Node({"id": OTHER_ID, "name": "one"})
LOCATION = {"Location": f"http://senlin/v1/actions/{ACTION_ID}"}
Call = Callable[[Proxy], Any]

NAMELESS = ["../profiles", "a/b", "a b", "a?b", "a#b", "%", "", ".", "..", "a" * 256]
CALLS: list[Callable[[Proxy, Any], object]] = [
    lambda p, value: p.get_cluster(value),
    lambda p, value: p.find_cluster(value, ignore_missing=False),
    lambda p, value: p.update_cluster(value, name="x"),
    lambda p, value: p.delete_cluster(value, ignore_missing=False),
    lambda p, value: p.check_cluster(value),
    lambda p, value: list(p.collect_cluster_attrs(value, "name")),
    lambda p, value: p.cluster_policies(value),
    lambda p, value: p.get_cluster_policy("grow", value),
    lambda p, value: list(p.nodes(cluster_id=value)),
]


@pytest.mark.parametrize("value", [None, 5, b"web", ["web"], {"id": "x"}, N])
@pytest.mark.parametrize("call", CALLS[:-1])
def test_what_is_no_name_is_refused_before_sending(
    cloud: Cloud, proxy: Proxy, call: Callable[[Proxy, object], object], value: object
) -> None:
    with pytest.raises(exceptions.InvalidIdentity):
        call(proxy, value)

    assert cloud.received() == []


@pytest.mark.parametrize("value", NAMELESS)
@pytest.mark.parametrize("call", CALLS)
def test_name_that_no_object_can_have_is_missing_before_sending(
    cloud: Cloud, proxy: Proxy, call: Callable[[Proxy, object], object], value: str
) -> None:
    with pytest.raises(exceptions.ResourceNotFound):
        call(proxy, value)

    assert cloud.received() == []


def test_name_that_no_object_can_have_is_missing_like_any_other(cloud: Cloud, proxy: Proxy) -> None:
    assert proxy.find_profile("no such") is None
    proxy.delete_profile("no such")
    assert proxy.delete_cluster("no such", force_delete=True) is None
    assert cloud.received() == []


def test_name_that_could_begin_an_id_is_looked_up_before_a_change(
    cloud: Cloud, proxy: Proxy
) -> None:
    named = cluster(name="c7", id=ID)
    cloud.answer("GET", "/v1/clusters", Answer(body={"clusters": [named]}))
    cloud.answer("DELETE", f"/v1/clusters/{ID}", Answer(202, None, LOCATION))

    assert proxy.delete_cluster("c7", ignore_missing=False)
    assert [(r.method, r.query) for r in cloud.received()] == [
        ("GET", {"name": ["c7"]}),
        ("DELETE", {}),
    ]


def test_missing_name_that_could_begin_an_id_deletes_nothing(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", "/v1/clusters", Answer(body={"clusters": []}))

    assert proxy.delete_cluster("c7") is None
    with pytest.raises(exceptions.ResourceNotFound):
        proxy.delete_cluster("c7", ignore_missing=False)
    assert cloud.received("DELETE") == []


def test_names_that_could_begin_an_id_are_looked_up_in_bodies_and_filters_too(
    cloud: Cloud, proxy: Proxy
) -> None:
    small, web = {"id": OTHER_ID, "name": "ab"}, {"id": ID, "name": "c7"}
    cloud.answer("GET", "/v1/profiles", Answer(body={"profiles": [small]}))
    cloud.answer("GET", "/v1/clusters", Answer(body={"clusters": [web]}))
    cloud.answer("GET", "/v1/nodes", Answer(body={"nodes": []}))
    cloud.answer("POST", "/v1/nodes", Answer(202, {"node": {"id": ID}}, LOCATION))

    proxy.create_node(name="one", profile_id="ab", cluster_id="c7")
    assert cloud.received("POST")[0].body["node"] == {
        "name": "one",
        "profile_id": OTHER_ID,
        "cluster_id": ID,
    }

    cloud.answer("GET", "/v1/clusters/c7", Answer(body={"cluster": web}))
    assert list(proxy.nodes(cluster_id="c7")) == []
    assert cloud.received("GET", "/v1/nodes")[0].query == {"cluster_id": [ID]}


def test_get_accepts_the_beginning_of_an_id(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID[:4]}", Answer(body={"cluster": cluster()}))

    assert proxy.get_cluster(ID[:4]).id == ID


def test_get_refuses_a_wildcard(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", "/v1/clusters/____", Answer(body={"cluster": cluster()}))

    with pytest.raises(exceptions.ResourceNotFound, match="____"):
        proxy.get_cluster("____")


def test_name_that_is_not_ascii_is_found(cloud: Cloud, proxy: Proxy) -> None:
    named = cluster(name="集群")
    cloud.answer("GET", "/v1/clusters", Answer(body={"clusters": [named]}))
    cloud.answer("GET", f"/v1/clusters/{ID}", Answer(body={"cluster": named}))

    assert proxy.find_cluster("集群") == Cluster(named)
    assert proxy.get_cluster("集群") == Cluster(named)


START = ID[:8]


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda p: list(p.nodes(cluster_id=START)), "/v1/nodes"),
        (lambda p: list(p.cluster_policies(START)), f"/v1/clusters/{ID}/policies"),
        (lambda p: list(p.collect_cluster_attrs(START, "name")), f"/v1/clusters/{ID}/attrs/name"),
        (lambda p: p.get_cluster_policy(START, START), f"/v1/clusters/{ID}/policies/{ID}"),
    ],
)
def test_read_may_name_a_cluster_by_the_beginning_of_its_id(
    cloud: Cloud, proxy: Proxy, call: Call, path: str
) -> None:
    for noun, plural in (("cluster", "clusters"), ("policy", "policies")):
        cloud.answer("GET", f"/v1/{plural}/{START}", Answer(body={noun: cluster()}))
    lists: dict[str, Any] = {"nodes": [], "cluster_policies": [], "cluster_attributes": []}
    empty = {**lists, "cluster_policy": {}}
    cloud.answer("GET", path, Answer(body=empty))

    call(proxy)

    assert cloud.received()[-1].path == path


def test_change_by_the_beginning_of_an_id_is_sent_with_the_whole_id(
    cloud: Cloud, proxy: Proxy
) -> None:
    cloud.answer("GET", "/v1/clusters", Answer(body={"clusters": []}))
    cloud.answer("GET", f"/v1/clusters/{START}", Answer(body={"cluster": cluster()}))
    cloud.answer("DELETE", f"/v1/clusters/{ID}", Answer(202, None, LOCATION))

    assert proxy.find_cluster(START) == Cluster(cluster())
    assert proxy.delete_cluster(START)
    assert [(r.method, r.path) for r in cloud.received()[-3:]] == [
        ("GET", "/v1/clusters"),
        ("GET", f"/v1/clusters/{START}"),
        ("DELETE", f"/v1/clusters/{ID}"),
    ]


def test_beginning_of_several_ids_or_of_none_changes_nothing(cloud: Cloud, proxy: Proxy) -> None:
    several = Answer(400, error(400, "MultipleChoices", "Multiple results found."))
    missing = Answer(404, error(404, "ResourceNotFound", "Not found."))
    cloud.answer("GET", "/v1/clusters", Answer(body={"clusters": []}))
    cloud.answer("GET", f"/v1/clusters/{START}", several, missing)

    with pytest.raises(exceptions.DuplicateResource):
        proxy.delete_cluster(START)
    assert proxy.delete_cluster(START) is None
    assert cloud.received("DELETE") == []


@pytest.mark.parametrize("short", [ID[:7], "_" * 8, "abcdefgh"])
def test_short_or_other_text_is_no_beginning_of_an_id_in_a_change(
    cloud: Cloud, proxy: Proxy, short: str
) -> None:
    cloud.answer("GET", "/v1/clusters", Answer(body={"clusters": []}))
    cloud.answer("GET", f"/v1/clusters/{short}", Answer(body={"cluster": cluster()}))

    assert proxy.find_cluster(short) is None
