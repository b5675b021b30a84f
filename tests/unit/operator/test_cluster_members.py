"""What is done about a cluster some of whose nodes have SenlinNodes of their own."""

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

# Three wanted. The nodes a and b are declared by SenlinNodes, and are in; x is Senlin's own.
DESIRED = replace(DESIRED_OF_THREE, declared={"uid-a": "node-a", "uid-b": "node-b"})
OBSERVED = replace(
    OBSERVED_OF_THREE, removal_order=("x", "a", "b"), members_by_owner={"uid-a": "a", "uid-b": "b"}
)
FREE = replace(DESIRED, declared={})
# What SEEN becomes when somebody else than b is in: b has not joined.
WITHOUT_B = replace(OBSERVED, members_by_owner={"uid-a": "a"}, removal_order=("x", "y", "a"))
LEAVES = replace(DESIRED, declared={"uid-a": "node-a"}, leaving=frozenset(["uid-b"]))


def resize(number: int = 3, least: int = 1, most: int = 5) -> Resize:
    return Resize("c1", number, least, most, "")


def drop(*nodes: str) -> RemoveNodes:
    return RemoveNodes("c1", nodes, "")


@pytest.mark.parametrize(
    ("spec", "size"),
    [
        pytest.param(FREE, 3, id="none declared: all are Senlin's"),
        pytest.param(DESIRED, 1, id="two declared: the third is Senlin's"),
        pytest.param(
            replace(DESIRED, desired_capacity=1), 0, id="more declared than wanted: none is"
        ),
        pytest.param(replace(DESIRED, desired_capacity=2), 0, id="all declared: it is made empty"),
    ],
)
def test_room_is_left_for_the_declared_at_the_creation(spec: Desired, size: int) -> None:
    created = Create(replace(spec, desired_capacity=size, min_size=min(spec.min_size, size)))

    assert plan(spec, None) == [created]


@pytest.mark.parametrize(
    ("spec", "observed", "number"),
    [
        pytest.param(DESIRED, OBSERVED, 3, id="all in: as wanted"),
        pytest.param(DESIRED, WITHOUT_B, 2, id="one has not joined: its place is kept free"),
        pytest.param(
            replace(DESIRED, desired_capacity=1),
            OBSERVED,
            2,
            id="more are in than wanted: none is given up",
        ),
        pytest.param(LEAVES, OBSERVED, 3, id="one leaves: its place is not filled before it has"),
        pytest.param(
            replace(LEAVES, desired_capacity=2),
            OBSERVED,
            3,
            id="fewer wanted and one leaves: it is the one",
        ),
        pytest.param(
            replace(LEAVES, desired_capacity=2),
            replace(OBSERVED, nodes=2, members_by_owner={"uid-a": "a"}),
            2,
            id="it has left",
        ),
        pytest.param(
            replace(DESIRED, fixed_size=False), WITHOUT_B, 3, id="a size that Senlin owns is kept"
        ),
        pytest.param(
            replace(DESIRED, fixed_size=False, max_size=2),
            OBSERVED,
            2,
            id="a size that Senlin owns, beyond a new limit",
        ),
    ],
)
def test_desired(spec: Desired, observed: Observed, number: int) -> None:
    assert target_size(spec, observed) == number


@pytest.mark.parametrize(
    ("spec", "observed", "steps"),
    [
        pytest.param(DESIRED, OBSERVED, [], id="all in: left alone"),
        pytest.param(
            DESIRED, WITHOUT_B, [drop("x")], id="no room for who joins: one of Senlin's goes"
        ),
        pytest.param(
            DESIRED,
            replace(WITHOUT_B, desired_capacity=2, nodes=2, active=2, removal_order=("x", "a")),
            [],
            id="room for who joins: waited for",
        ),
        pytest.param(
            replace(DESIRED, desired_capacity=2),
            OBSERVED,
            [drop("x")],
            id="fewer wanted: never a declared one",
        ),
        pytest.param(
            replace(DESIRED, desired_capacity=1),
            replace(OBSERVED, desired_capacity=2, nodes=2, active=2, removal_order=("a", "b")),
            [],
            id="only declared ones are left: none goes",
        ),
        pytest.param(
            replace(DESIRED, desired_capacity=4), OBSERVED, [resize(4)], id="more wanted: grown"
        ),
        pytest.param(LEAVES, OBSERVED, [], id="one leaves: it goes by itself"),
        pytest.param(
            LEAVES,
            replace(
                OBSERVED, desired_capacity=2, nodes=2, active=2, members_by_owner={"uid-a": "a"}
            ),
            [resize()],
            id="it has left: another one takes its place",
        ),
        pytest.param(
            replace(LEAVES, min_size=3),
            replace(OBSERVED, min_size=3),
            [resize(least=2)],
            id="the least size gives way for who leaves",
        ),
        pytest.param(
            replace(DESIRED, min_size=3),
            replace(WITHOUT_B, min_size=3),
            [Resize("c1", 3, 2, -1, ""), drop("x")],
            id="and for who joins",
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
            [resize(2, least=2)],
            id="below the least size until it has joined",
        ),
        pytest.param(
            replace(FREE, desired_capacity=2),
            OBSERVED,
            [resize(2)],
            id="nodes that were declared once count",
        ),
    ],
)
def test_plan(spec: Desired, observed: Observed, steps: list[Step]) -> None:
    assert plan(spec, observed) == steps


OTHER = replace(DESIRED, profile_id="p2")
TO_P2 = Update("c1", {"profile_id": "p2"}, "profile_id p1 → p2")


@pytest.mark.parametrize(
    ("spec", "broken", "steps"),
    [
        pytest.param(OTHER, "x", [drop("x"), TO_P2], id="one of Senlin's: it is given up"),
        pytest.param(OTHER, "a", [TO_P2], id="a declared one: its SenlinNode decides"),
    ],
)
def test_what_no_update_can_reach(spec: Desired, broken: str, steps: list[Step]) -> None:
    observed = replace(OBSERVED, serverless=frozenset([broken]), active=2)

    assert plan(spec, observed)[: len(steps)] == steps


@pytest.mark.parametrize(
    ("spec", "profile_mismatch", "steps"),
    [
        pytest.param(DESIRED, ("x",), [UpdateNode("c1", "x", "p1")], id="brought back"),
        pytest.param(DESIRED, ("a", "x"), [UpdateNode("c1", "x", "p1")], id="but no declared one"),
        pytest.param(OTHER, ("x",), [TO_P2], id="nothing to bring back before the next change"),
    ],
)
def test_nodes_that_a_change_of_profile_reached_before_it_broke_off(
    spec: Desired, profile_mismatch: tuple[str, ...], steps: list[Step]
) -> None:
    assert plan(spec, replace(OBSERVED, profile_mismatch=profile_mismatch)) == steps


def test_who_has_not_joined_is_named() -> None:
    observed = replace(WITHOUT_B, desired_capacity=2, nodes=2, active=2)
    waiting = Waiting(Reason.MEMBERS_PENDING, "SenlinNode node-b has not joined yet.")

    assert readiness(DESIRED, observed) == waiting


def test_more_declared_than_wanted_is_told() -> None:
    outcome = readiness(replace(DESIRED, desired_capacity=1), OBSERVED)

    assert isinstance(outcome, Blocked)
    assert outcome.reason == Reason.TOO_MANY_MEMBERS
    assert "node-a, node-b" in outcome.message


def test_of_a_size_that_senlin_owns_none_are_too_many() -> None:
    spec = replace(DESIRED, desired_capacity=1, fixed_size=False)

    assert readiness(spec, OBSERVED) == Settled("3 of 3 nodes are active.")
