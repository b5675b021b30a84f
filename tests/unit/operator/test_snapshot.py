"""A snapshot of a project: its indexes, and the difference to the one before."""

from typing import Any

import pytest

from openstack_clustering import Action, Cluster, Node, Policy, Profile
from senlin_operator.cloud.snapshot import CloudObject, differences
from senlin_operator.kinds.cluster.kind import ClusterKind
from senlin_operator.kinds.policy.kind import PolicyKind
from senlin_operator.model.kind import AnyKind
from senlin_operator.model.ownership import OWNER_KEY
from tests.unit.operator.builders import (
    UID,
    a_cluster,
    a_node,
    a_policy,
    a_profile,
    a_receiver,
    a_snapshot,
    an_action,
)


@pytest.mark.parametrize(
    ("action", "concerns"),
    [
        pytest.param(an_action(), True, id="on the cluster"),
        pytest.param(an_action(target="n1", cluster_id=""), True, id="on a node, as by a check"),
        pytest.param(an_action(target="n9", cluster_id="c1"), True, id="on a deleted node"),
        pytest.param(an_action(target="c2", cluster_id="c2"), False, id="on another cluster"),
        pytest.param(
            an_action(target="n2", cluster_id=""), False, id="on a node of another cluster"
        ),
    ],
)
def test_actions_of_a_cluster(action: Action, concerns: bool) -> None:
    snapshot = a_snapshot(nodes=[a_node("n1"), a_node("n2", "c2")], unfinished=[action])

    assert snapshot.actions_of("c1") == ([action] if concerns else [])
    assert snapshot.actions_of("n1") == ([action] if concerns else [])


@pytest.mark.parametrize(
    ("action", "concerns"),
    [
        pytest.param(an_action(target="n1", cluster_id=""), True, id="on it"),
        pytest.param(an_action(target="n2", cluster_id=""), False, id="on another node"),
        pytest.param(an_action(), False, id="on a cluster"),
    ],
)
def test_actions_of_a_node_alone(action: Action, concerns: bool) -> None:
    snapshot = a_snapshot(nodes=[a_node("n1", ""), a_node("n2", "")], unfinished=[action])

    assert snapshot.actions_of("n1") == ([action] if concerns else [])


@pytest.mark.parametrize(
    ("resource", "owner"),
    [
        (a_cluster(), UID),
        (a_cluster(uid=None), None),
        (a_cluster(metadata=None), None),
        (a_policy(), UID),
        (a_policy(name=f"grow.by.two.{UID}"), UID),
        (a_policy(name="grow"), None),
        (a_policy(name=".grow"), None),
    ],
)
def test_owner_uid(resource: CloudObject, owner: str | None) -> None:
    kind: AnyKind = PolicyKind() if isinstance(resource, Policy) else ClusterKind()
    marker = kind.marker(resource)
    assert (marker and marker.uid) == owner


BEFORE: dict[str, Any] = {
    "clusters": [a_cluster()],
    "nodes": [a_node()],
    "profiles": [a_profile("p1", "owner")],
    "policies": [a_policy("y1", "ruler")],
    "receivers": [a_receiver("r1", "caller")],
}


@pytest.mark.parametrize(
    ("now", "changed"),
    [
        pytest.param({}, set(), id="nothing"),
        pytest.param({"clusters": [a_cluster(status="WARNING")]}, {"c1", UID}, id="status"),
        pytest.param({"clusters": []}, {"c1", UID}, id="a cluster was deleted"),
        pytest.param(
            {"clusters": [a_cluster(), a_cluster("c2", "x")]}, {"c2", "x"}, id="a new cluster"
        ),
        pytest.param(
            {"clusters": [a_cluster(), a_cluster("c2", uid=None)]},
            {"c2"},
            id="a new cluster without an owner",
        ),
        pytest.param(
            {"clusters": [a_cluster(metadata={OWNER_KEY: "x"})]},
            {"c1", UID, "x"},
            id="another owner",
        ),
        pytest.param({"nodes": [a_node(status="ERROR")]}, {"n1", "c1"}, id="a node changed"),
        pytest.param({"nodes": [a_node(), a_node("n2")]}, {"n2", "c1"}, id="a new node"),
        pytest.param({"nodes": []}, {"n1", "c1"}, id="a node was deleted"),
        pytest.param(
            {"nodes": [a_node(), a_node("n2", "", metadata={OWNER_KEY: "x"})]},
            {"n2", "x"},
            id="a new node with an owner, in no cluster",
        ),
        pytest.param(
            {"profiles": [a_profile("p1", "owner", name="x")]},
            {"p1", "owner"},
            id="a profile changed",
        ),
        pytest.param(
            {"policies": [a_policy("y1", uid=None)]},
            {"y1", "ruler"},
            id="a policy lost its owner's marker",
        ),
        pytest.param({"policies": []}, {"y1", "ruler"}, id="a policy was deleted"),
        pytest.param(
            {"receivers": [a_receiver("r2", "caller")]},
            {"r1", "r2", "caller"},
            id="a receiver was replaced",
        ),
        pytest.param({"unfinished": [an_action()]}, {"c1", "a1"}, id="an action has begun"),
        pytest.param(
            {"unfinished": [an_action(target="n1", cluster_id="")]},
            {"n1", "a1"},
            id="an action on a node has begun",
        ),
        pytest.param(
            {"ended": [an_action(status="FAILED")]}, {"c1", "a1"}, id="an action has ended"
        ),
    ],
)
def test_differences(now: dict[str, Any], changed: set[str]) -> None:
    assert differences(a_snapshot(**BEFORE), a_snapshot(**{**BEFORE, **now})) == changed


def test_an_action_that_is_no_longer_listed_is_a_difference() -> None:
    """Only so does a poll show the end of an action that is not watched."""
    assert differences(a_snapshot(unfinished=[an_action()]), a_snapshot()) == {"c1", "a1"}


PROJECT = a_snapshot(
    clusters=[a_cluster("c1"), a_cluster("c2", uid=None)],
    nodes=[
        a_node("n3"),
        a_node("n1", metadata={OWNER_KEY: "x"}),
        a_node("n2", "c2"),
        a_node("n4", "", metadata={OWNER_KEY: UID}),
    ],
    policies=[a_policy("y2"), a_policy("y1"), a_policy("y3", uid=None)],
)


def test_all_has_the_objects_of_one_kind_by_id() -> None:
    assert PROJECT.all(Cluster) == {"c1": a_cluster("c1"), "c2": a_cluster("c2", uid=None)}
    assert PROJECT.all(Profile) == {}


@pytest.mark.parametrize(
    ("type_", "cluster_id", "members"),
    [
        pytest.param(Node, "c1", ["n3", "n1"], id="a cluster: its nodes, in the list's order"),
        pytest.param(Node, "c9", [], id="an unknown cluster: none"),
        pytest.param(Node, "", [], id="no cluster: not the nodes in none"),
        pytest.param(Policy, "c1", [], id="another kind: none"),
    ],
)
def test_members(type_: type[CloudObject], cluster_id: str, members: list[str]) -> None:
    assert [it.id for it in PROJECT.members(type_, cluster_id)] == members


@pytest.mark.parametrize(
    ("type_", "uid", "owned"),
    [
        pytest.param(Cluster, UID, ["c1"], id="clusters"),
        pytest.param(Node, UID, ["n4"], id="nodes"),
        pytest.param(Policy, UID, ["y1", "y2"], id="policies: by name suffix, sorted"),
        pytest.param(Profile, UID, [], id="no profiles: none"),
        pytest.param(Cluster, "unknown uid", [], id="an unknown owner: none"),
    ],
)
def test_owned(type_: type[CloudObject], uid: str, owned: list[str]) -> None:
    assert PROJECT.owned(type_, uid) == owned


@pytest.mark.parametrize(
    ("id_", "uid", "found"),
    [
        pytest.param("y2", UID, ("y2", []), id="by its id: no duplicates are searched"),
        pytest.param("y3", UID, ("y3", []), id="by its id, though it has no marker"),
        pytest.param(None, UID, ("y1", ["y2"]), id="by the marker: the first by id"),
        pytest.param("y9", UID, ("y1", ["y2"]), id="an unknown id: by the marker"),
        pytest.param("n4", UID, ("y1", ["y2"]), id="an id of another kind: by the marker"),
        pytest.param("y9", "unknown uid", (None, []), id="neither: absent"),
    ],
)
def test_find(id_: str | None, uid: str, found: tuple[str | None, list[str]]) -> None:
    policy, duplicates = PROJECT.find(Policy, id_, uid)

    assert (policy and policy.id, duplicates) == found


def test_holds_knows_the_ids_of_all_kinds() -> None:
    assert [id_ for id_ in ("c1", "n4", "y3", "p1", "c9") if PROJECT.holds(id_)] == [
        "c1",
        "n4",
        "y3",
    ]


def test_owners_within_are_the_owners_of_members() -> None:
    assert PROJECT.owners_within(["c1", "c2", "c9"]) == {"x"}
