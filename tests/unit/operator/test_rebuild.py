"""Changes of an image and recoveries by REBUILD, which Senlin 16 as released cannot do."""

from dataclasses import replace
from typing import Any

import pytest

from openstack_clustering import Profile
from senlin_operator.kinds import kinds_for
from senlin_operator.kinds.cluster import plan as of_cluster
from senlin_operator.kinds.cluster import status as status_of_cluster
from senlin_operator.kinds.cluster.steps import Recover, RemoveNodes, Resize, Update, UpdateNode
from senlin_operator.kinds.node import plan as of_node
from senlin_operator.kinds.node import status as status_of_node
from senlin_operator.kinds.node import steps as steps_of_node
from senlin_operator.kinds.shared.bindings import Binding
from senlin_operator.kinds.shared.in_place import Content
from senlin_operator.kinds.shared.remediation import Remediation
from senlin_operator.kube.conditions import Reason
from senlin_operator.model.outcome import Blocked, Settled
from tests.unit.operator import builders
from tests.unit.operator.builders import (
    DESIRED_OF_THREE,
    OBSERVED_OF_THREE,
    a_cluster_manifest,
    a_profile_manifest,
)
from tests.unit.operator.environment import THREE, WEB, Environment

NODES = ("n1", "n2", "n3")


def content(image: str) -> Content:
    return Content(image, "os.nova.server", "1.0", {"image": image})


def of_senlin(id_: str, image: str) -> Profile:
    spec = {"type": "os.nova.server", "version": "1.0", "properties": {"image": image}}
    return builders.a_profile(id_, uid=None, name=image, spec=spec)


OBSERVED = replace(
    OBSERVED_OF_THREE, all_profiles={"p1": of_senlin("p1", "old")}, removal_order=NODES
)
IN_PLACE = replace(DESIRED_OF_THREE, profile_id="p2", profile=content("new"), repaired=False)
REPLACE = replace(IN_PLACE, replaces=True)
REPAIRED = replace(IN_PLACE, repaired=True)
TOLD = "profile old → new (image old → new)"
TO_P2 = Update("c1", {"profile_id": "p2"}, TOLD)
TO_P2_ALONE = Update("c1", {"profile_id": "p2", "is_profile_only": True}, TOLD)
OF_OTHERS = of_senlin("p2", "new")
MOVED = replace(
    OBSERVED,
    profile_id="p2",
    all_profiles={"p1": of_senlin("p1", "old"), "p2": OF_OTHERS},
    profile_mismatch=dict.fromkeys(NODES, "p1"),
)


@pytest.mark.parametrize(
    ("desired", "observed", "steps"),
    [
        pytest.param(IN_PLACE, OBSERVED, [], id="another image: not sent"),
        pytest.param(REPAIRED, OBSERVED, [TO_P2], id="another image, Senlin is repaired: sent"),
        pytest.param(
            replace(IN_PLACE, profile=content("old")),
            OBSERVED,
            [Update("c1", {"profile_id": "p2"}, "profile p1 → p2")],
            id="the same image: sent",
        ),
        pytest.param(
            replace(IN_PLACE, profile=None),
            OBSERVED,
            [Update("c1", {"profile_id": "p2"}, "profile p1 → p2")],
            id="unknown image: sent",
        ),
        pytest.param(
            replace(IN_PLACE, profile=None),
            replace(OBSERVED, all_profiles=MOVED.all_profiles),
            [],
            id="another image, of an unmanaged profile: not sent",
        ),
        pytest.param(
            replace(IN_PLACE, desired_capacity=4),
            OBSERVED,
            [Resize("c1", 4, 1, 5, "")],
            id="another image and size: only the size",
        ),
        pytest.param(
            REPLACE, OBSERVED, [TO_P2_ALONE], id="another image, Replace: of the cluster alone"
        ),
        pytest.param(
            REPLACE, MOVED, [RemoveNodes("c1", ("n1",), "")], id="Replace: the first is removed"
        ),
        pytest.param(
            REPLACE,
            replace(MOVED, active=2, status="WARNING", unbuilt=1),
            [Recover("c1", "")],
            id="Replace, a node does not work: it comes first",
        ),
        pytest.param(
            REPLACE,
            replace(
                MOVED,
                nodes=2,
                active=2,
                desired_capacity=2,
                profile_mismatch=dict.fromkeys(NODES[1:], "p1"),
            ),
            [Resize("c1", 3, 1, 5, "")],
            id="Replace, one is missing: it is created first",
        ),
        pytest.param(
            REPLACE,
            replace(MOVED, profile_mismatch={}, min_size=0),
            [Resize("c1", 3, 1, 5, "")],
            id="Replace, all are new: minSize is set back",
        ),
        pytest.param(
            replace(REPLACE, desired_capacity=1, min_size=1),
            replace(MOVED, nodes=1, active=1, desired_capacity=1, min_size=1),
            [Resize("c1", 1, 0, 5, ""), RemoveNodes("c1", ("n1",), "")],
            id="Replace, at minSize: the limit makes room first",
        ),
        pytest.param(
            replace(IN_PLACE, repaired=False),
            replace(MOVED, profile_mismatch={"n1": "p1", "n2": "p1", "n3": "p3"}),
            [UpdateNode("c1", "n3", "p2")],
            id="nodes of another profile: those with another image are left",
        ),
    ],
)
def test_plan_of_a_cluster(desired: Any, observed: Any, steps: list[Any]) -> None:
    assert of_cluster.plan(desired, observed) == steps


def test_a_refused_image_is_told() -> None:
    outcome = status_of_cluster.readiness(IN_PLACE, OBSERVED)

    assert isinstance(outcome, Blocked)
    assert outcome.reason == Reason.UNSAFE
    assert outcome.message == (
        "Senlin 16 as released cannot change the image of a server, from old to new: it would stop "
        "the server, and fail. Set strategy.type to Replace, which replaces the nodes one after "
        "the other, or put it back, or set the operator's --senlin-repaired if this Senlin is "
        "repaired."
    )


REBUILD = Remediation(recover=True, operation="REBUILD")
LOST_ONE = replace(OBSERVED, active=2, status="WARNING")


@pytest.mark.parametrize(
    ("repaired", "serverless", "operation"),
    [(False, (), None), (True, (), "REBUILD"), (False, ("n1",), "RECREATE")],
)
def test_rebuild_of_a_cluster(repaired: bool, serverless: tuple[str], operation: str) -> None:
    desired = replace(DESIRED_OF_THREE, remediation=REBUILD, repaired=repaired)
    observed = replace(LOST_ONE, serverless=frozenset(serverless))

    steps = of_cluster.plan(desired, observed)
    outcome = status_of_cluster.readiness(desired, observed)

    assert steps == ([Recover("c1", "", operation)] if operation else [])
    assert isinstance(outcome, Settled)
    assert (outcome.reason == Reason.REMEDIATION_HELD) is (operation is None)
    assert ("cannot rebuild a server" in outcome.message) is (operation is None)


@pytest.fixture
def node() -> tuple[Any, Any]:
    """Return a pair of a node that needs no step, of a profile in the snapshot."""
    profile = of_senlin("p1", "old")
    snapshot = builders.a_snapshot(profiles=[profile], nodes=[builders.a_node(cluster="")])
    kind = kinds_for(repaired=False)["SenlinNode"]
    observed = kind.observe(snapshot, "n1", builders.UID)
    return replace(kind.desired_from(observed), repaired=False), observed


def test_an_image_of_a_node_is_not_changed(node: tuple[Any, Any]) -> None:
    desired, observed = node
    changed = replace(desired, profile_id="p2", profile=content("new"))

    outcome = status_of_node.readiness(changed, observed)

    assert of_node.plan(changed, observed) == []
    assert of_node.plan(replace(changed, repaired=True), observed) != []
    assert isinstance(outcome, Blocked)
    assert "Make another SenlinNode, or put it back" in outcome.message


def test_an_image_of_an_unmanaged_profile_is_not_given_to_a_node(node: tuple[Any, Any]) -> None:
    desired, observed = node
    profiles = [*observed.snapshot.all(Profile).values(), OF_OTHERS]
    observed = replace(observed, snapshot=builders.a_snapshot(profiles=profiles))
    changed = replace(desired, profile_id="p2", profile=None)

    assert of_node.plan(changed, observed) == []
    assert isinstance(status_of_node.readiness(changed, observed), Blocked)


def test_a_health_policy_recovers_in_place_of_a_rebuild(node: tuple[Any, Any]) -> None:
    desired, observed = node
    health = (Binding("y1", "healing", type="senlin.policy.health-1.2"),)
    broken = replace(observed, status="ERROR", policies=health)
    cluster = replace(DESIRED_OF_THREE, remediation=REBUILD, repaired=False)

    for outcome in (
        status_of_node.readiness(replace(desired, remediation=REBUILD), broken),
        status_of_cluster.readiness(cluster, replace(LOST_ONE, policies=health)),
    ):
        assert isinstance(outcome, Settled)
        assert "remediation is left to policy healing" in outcome.message
        assert "cannot rebuild" not in outcome.message


def test_rebuild_of_a_node(node: tuple[Any, Any]) -> None:
    desired, observed = node
    desired = replace(desired, remediation=REBUILD)
    broken = replace(observed, status="ERROR")

    outcome = status_of_node.readiness(desired, broken)

    assert of_node.plan(desired, broken) == []
    assert (outcome.reason, "cannot rebuild" in outcome.message) == (Reason.REMEDIATION_HELD, True)
    repaired = replace(desired, repaired=True)
    assert of_node.plan(repaired, broken) == [steps_of_node.Recover("n1", "", "REBUILD")]


async def test_nodes_are_replaced_one_after_the_other(env: Environment) -> None:
    small = a_profile_manifest(resource={"properties": {"image": "old"}}, uid="small-uid")
    large = a_profile_manifest("large", resource={"properties": {"image": "new"}}, uid="large-uid")
    for each in (
        small,
        large,
        a_cluster_manifest("web", THREE | {"strategy": {"type": "Replace"}}),
    ):
        env.kube.apply(each)
    await env.converge()
    before = {node.id for node in env.senlin.nodes()}
    env.requests()

    env.kube.apply(
        a_cluster_manifest(
            "web", THREE | {"strategy": {"type": "Replace"}, "profileRef": {"name": "large"}}
        )
    )
    await env.converge(30)

    assert env.reason(WEB) == "Ready"
    nodes = list(env.senlin.nodes())
    [cluster] = env.senlin.clusters()
    assert {node.profile_id for node in nodes} == {cluster.profile_id}
    assert len(nodes) == 3
    assert not before & {node.id for node in nodes}
    assert (cluster.min_size, cluster.desired_capacity) == (1, 3)
    one = ["remove_nodes_from_cluster", "resize_cluster"]
    assert env.requests() == ["update_cluster", *one * 3]
