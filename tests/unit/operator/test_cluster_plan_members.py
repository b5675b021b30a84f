"""The plan for a cluster of which SenlinNodes own some nodes."""

from dataclasses import replace

import pytest

from senlin_operator.kinds.cluster.desired import Desired
from senlin_operator.kinds.cluster.observed import Observed
from senlin_operator.kinds.cluster.plan import plan, target_size
from senlin_operator.kinds.cluster.status import readiness
from senlin_operator.kinds.cluster.steps import Create, RemoveNodes, Resize, Update, UpdateNode
from senlin_operator.kube.conditions import Reason
from senlin_operator.model.outcome import Blocked, Settled, Waiting
from senlin_operator.model.step import Step
from tests.unit.operator.builders import DESIRED_OF_THREE, OBSERVED_OF_THREE

# Three nodes are desired. SenlinNodes declare a and b, which are members; x is undeclared.
DESIRED = replace(DESIRED_OF_THREE, declared={"uid-a": "node-a", "uid-b": "node-b"})
OBSERVED = replace(
    OBSERVED_OF_THREE, removal_order=("x", "a", "b"), members_by_owner={"uid-a": "a", "uid-b": "b"}
)
NONE_DECLARED = replace(DESIRED, declared={})
# OBSERVED with an undeclared node y in place of b, which has not joined.
WITHOUT_B = replace(OBSERVED, members_by_owner={"uid-a": "a"}, removal_order=("x", "y", "a"))
B_LEAVES = replace(DESIRED, declared={"uid-a": "node-a"}, leaving=frozenset(["uid-b"]))


def resize(number: int = 3, min_size: int = 1, max_size: int = 5) -> Resize:
    return Resize("c1", number, min_size, max_size, "")


def remove(*nodes: str) -> RemoveNodes:
    return RemoveNodes("c1", nodes, "")


@pytest.mark.parametrize(
    ("desired", "size"),
    [
        pytest.param(NONE_DECLARED, 3, id="none declared: created with all nodes"),
        pytest.param(DESIRED, 1, id="two declared: created with one node"),
        pytest.param(
            replace(DESIRED, desired_capacity=1), 0, id="more declared than desired: created empty"
        ),
        pytest.param(replace(DESIRED, desired_capacity=2), 0, id="all declared: created empty"),
    ],
)
def test_a_new_cluster_has_room_for_its_declared_members(desired: Desired, size: int) -> None:
    created = Create(replace(desired, desired_capacity=size, min_size=min(desired.min_size, size)))

    assert plan(desired, None) == [created]


@pytest.mark.parametrize(
    ("desired", "observed", "number"),
    [
        pytest.param(DESIRED, OBSERVED, 3, id="all have joined: desiredCapacity"),
        pytest.param(DESIRED, WITHOUT_B, 2, id="one has not joined: room for it"),
        pytest.param(
            replace(DESIRED, desired_capacity=1),
            OBSERVED,
            2,
            id="more declared members than desired: none is removed",
        ),
        pytest.param(
            B_LEAVES, OBSERVED, 3, id="one leaves: its place is not filled before it has left"
        ),
        pytest.param(
            replace(B_LEAVES, desired_capacity=2),
            OBSERVED,
            3,
            id="a smaller size and one leaves: no other node is removed",
        ),
        pytest.param(
            replace(B_LEAVES, desired_capacity=2),
            replace(OBSERVED, nodes=2, members_by_owner={"uid-a": "a"}),
            2,
            id="it has left: the smaller size",
        ),
        pytest.param(
            replace(DESIRED, fixed_size=False), WITHOUT_B, 3, id="Senlin owns the size: unchanged"
        ),
        pytest.param(
            replace(DESIRED, fixed_size=False, max_size=2),
            OBSERVED,
            2,
            id="Senlin owns the size, above a new maxSize: maxSize",
        ),
    ],
)
def test_target_size(desired: Desired, observed: Observed, number: int) -> None:
    assert target_size(desired, observed) == number


@pytest.mark.parametrize(
    ("desired", "observed", "steps"),
    [
        pytest.param(DESIRED, OBSERVED, [], id="all have joined: no step"),
        pytest.param(
            DESIRED,
            WITHOUT_B,
            [remove("x")],
            id="no room for a member that joins: an undeclared node is removed",
        ),
        pytest.param(
            DESIRED,
            replace(WITHOUT_B, desired_capacity=2, nodes=2, active=2, removal_order=("x", "a")),
            [],
            id="room for a member that joins: no step",
        ),
        pytest.param(
            replace(DESIRED, desired_capacity=2),
            OBSERVED,
            [remove("x")],
            id="a smaller size: the undeclared node is removed",
        ),
        pytest.param(
            replace(DESIRED, desired_capacity=1),
            replace(OBSERVED, desired_capacity=2, nodes=2, active=2, removal_order=("a", "b")),
            [],
            id="a smaller size, only declared members: no step",
        ),
        pytest.param(
            replace(DESIRED, desired_capacity=4), OBSERVED, [resize(4)], id="a larger size: grown"
        ),
        pytest.param(B_LEAVES, OBSERVED, [], id="one leaves: no step, it leaves by itself"),
        pytest.param(
            B_LEAVES,
            replace(
                OBSERVED, desired_capacity=2, nodes=2, active=2, members_by_owner={"uid-a": "a"}
            ),
            [resize()],
            id="one has left: grown",
        ),
        pytest.param(
            replace(B_LEAVES, min_size=3),
            replace(OBSERVED, min_size=3),
            [resize(min_size=2)],
            id="one leaves at minSize: minSize is lowered until it has left",
        ),
        pytest.param(
            replace(DESIRED, min_size=3),
            replace(WITHOUT_B, min_size=3),
            [Resize("c1", 3, 2, -1, ""), remove("x")],
            id="one joins at minSize: minSize is lowered, then a node removed",
        ),
        pytest.param(
            replace(DESIRED, min_size=3),
            replace(
                WITHOUT_B,
                min_size=3,
                desired_capacity=2,
                nodes=2,
                active=2,
                removal_order=("x", "a"),
            ),
            [resize(2, min_size=2)],
            id="below minSize until it has joined",
        ),
        pytest.param(
            replace(NONE_DECLARED, desired_capacity=2),
            OBSERVED,
            [resize(2)],
            id="formerly declared nodes count: shrunk",
        ),
    ],
)
def test_plan(desired: Desired, observed: Observed, steps: list[Step]) -> None:
    assert plan(desired, observed) == steps


OTHER = replace(DESIRED, profile_id="p2")
TO_P2 = Update("c1", {"profile_id": "p2"}, "profile p1 → p2")


@pytest.mark.parametrize(
    ("desired", "broken", "steps"),
    [
        pytest.param(OTHER, "x", [remove("x"), TO_P2], id="an undeclared node: removed"),
        pytest.param(OTHER, "a", [TO_P2], id="a declared node: left to its SenlinNode"),
    ],
)
def test_a_node_without_a_server_before_a_change_of_profile(
    desired: Desired, broken: str, steps: list[Step]
) -> None:
    observed = replace(OBSERVED, serverless=frozenset([broken]), active=2)

    assert plan(desired, observed)[: len(steps)] == steps


@pytest.mark.parametrize(
    ("desired", "profile_mismatch", "steps"),
    [
        pytest.param(
            DESIRED,
            {"x": "p2"},
            [UpdateNode("c1", "x", "p1")],
            id="an undeclared node: updated to the cluster's profile",
        ),
        pytest.param(
            DESIRED,
            {"a": "p2", "x": "p2"},
            [UpdateNode("c1", "x", "p1")],
            id="a declared and an undeclared node: only the latter",
        ),
        pytest.param(
            OTHER, {"x": "p3"}, [TO_P2], id="another change of profile: no separate update"
        ),
    ],
)
def test_nodes_with_the_profile_of_an_aborted_change(
    desired: Desired, profile_mismatch: dict[str, str], steps: list[Step]
) -> None:
    assert plan(desired, replace(OBSERVED, profile_mismatch=profile_mismatch)) == steps


def test_readiness_names_members_that_have_not_joined() -> None:
    observed = replace(WITHOUT_B, desired_capacity=2, nodes=2, active=2)
    waiting = Waiting(Reason.MEMBERS_PENDING, "SenlinNode node-b has not joined yet.")

    assert readiness(DESIRED, observed) == waiting


def test_readiness_is_blocked_by_more_declared_members_than_desired() -> None:
    outcome = readiness(replace(DESIRED, desired_capacity=1), OBSERVED)

    assert isinstance(outcome, Blocked)
    assert outcome.reason == Reason.TOO_MANY_MEMBERS
    assert "node-a, node-b" in outcome.message


def test_declared_members_are_never_too_many_when_senlin_owns_the_size() -> None:
    desired = replace(DESIRED, desired_capacity=1, fixed_size=False)

    assert readiness(desired, OBSERVED) == Settled("3 of 3 nodes are active.")
