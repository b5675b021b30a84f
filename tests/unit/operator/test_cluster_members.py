"""What is done about a cluster some of whose nodes have SenlinNodes of their own."""

from dataclasses import replace

import pytest

from senlin_operator.engine.outcome import Blocked, Settled, Waiting
from senlin_operator.kinds.cluster import Drop, Observed, Resize, Spec, Step, Update, plan, verdict
from senlin_operator.kinds.cluster_plan import Create, Realign, desired
from senlin_operator.kube.conditions import Reason
from tests.unit.operator.builders import SEEN_OF_THREE, SPEC_OF_THREE

# Three wanted. The nodes a and b are declared by SenlinNodes, and are in; x is Senlin's own.
SPEC = replace(SPEC_OF_THREE, declared={"uid-a": "node-a", "uid-b": "node-b"})
SEEN = replace(SEEN_OF_THREE, expendable=("x", "a", "b"), marked={"uid-a": "a", "uid-b": "b"})
FREE = replace(SPEC, declared={})
# What SEEN becomes when somebody else than b is in: b has not joined.
WITHOUT_B = replace(SEEN, marked={"uid-a": "a"}, expendable=("x", "y", "a"))
LEAVES = replace(SPEC, declared={"uid-a": "node-a"}, leaving=frozenset(["uid-b"]))


def resize(number: int = 3, least: int = 1, most: int = 5) -> Resize:
    return Resize("c1", number, least, most, "")


def drop(*nodes: str) -> Drop:
    return Drop("c1", nodes, "")


@pytest.mark.parametrize(
    ("spec", "size"),
    [
        pytest.param(FREE, 3, id="none declared: all are Senlin's"),
        pytest.param(SPEC, 1, id="two declared: the third is Senlin's"),
        pytest.param(replace(SPEC, desired=1), 0, id="more declared than wanted: none is"),
        pytest.param(replace(SPEC, desired=2), 0, id="all declared: it is made empty"),
    ],
)
def test_room_is_left_for_the_declared_at_the_creation(spec: Spec, size: int) -> None:
    created = Create(replace(spec, desired=size, min_size=min(spec.min_size, size)))

    assert plan(spec, None) == [created]


@pytest.mark.parametrize(
    ("spec", "seen", "number"),
    [
        pytest.param(SPEC, SEEN, 3, id="all in: as wanted"),
        pytest.param(SPEC, WITHOUT_B, 2, id="one has not joined: its place is kept free"),
        pytest.param(
            replace(SPEC, desired=1), SEEN, 2, id="more are in than wanted: none is given up"
        ),
        pytest.param(LEAVES, SEEN, 3, id="one leaves: its place is not filled before it has"),
        pytest.param(
            replace(LEAVES, desired=2), SEEN, 3, id="fewer wanted and one leaves: it is the one"
        ),
        pytest.param(
            replace(LEAVES, desired=2),
            replace(SEEN, nodes=2, marked={"uid-a": "a"}),
            2,
            id="it has left",
        ),
        pytest.param(
            replace(SPEC, fixed_size=False), WITHOUT_B, 3, id="a size that Senlin owns is kept"
        ),
        pytest.param(
            replace(SPEC, fixed_size=False, max_size=2),
            SEEN,
            2,
            id="a size that Senlin owns, beyond a new limit",
        ),
    ],
)
def test_desired(spec: Spec, seen: Observed, number: int) -> None:
    assert desired(spec, seen) == number


@pytest.mark.parametrize(
    ("spec", "seen", "steps"),
    [
        pytest.param(SPEC, SEEN, [], id="all in: left alone"),
        pytest.param(
            SPEC, WITHOUT_B, [drop("x")], id="no room for who joins: one of Senlin's goes"
        ),
        pytest.param(
            SPEC,
            replace(WITHOUT_B, desired=2, nodes=2, active=2, expendable=("x", "a")),
            [],
            id="room for who joins: waited for",
        ),
        pytest.param(
            replace(SPEC, desired=2), SEEN, [drop("x")], id="fewer wanted: never a declared one"
        ),
        pytest.param(
            replace(SPEC, desired=1),
            replace(SEEN, desired=2, nodes=2, active=2, expendable=("a", "b")),
            [],
            id="only declared ones are left: none goes",
        ),
        pytest.param(replace(SPEC, desired=4), SEEN, [resize(4)], id="more wanted: grown"),
        pytest.param(LEAVES, SEEN, [], id="one leaves: it goes by itself"),
        pytest.param(
            LEAVES,
            replace(SEEN, desired=2, nodes=2, active=2, marked={"uid-a": "a"}),
            [resize()],
            id="it has left: another one takes its place",
        ),
        pytest.param(
            replace(LEAVES, min_size=3),
            replace(SEEN, min_size=3),
            [resize(least=2)],
            id="the least size gives way for who leaves",
        ),
        pytest.param(
            replace(SPEC, min_size=3),
            replace(WITHOUT_B, min_size=3),
            [Resize("c1", 3, 2, -1, ""), drop("x")],
            id="and for who joins",
        ),
        pytest.param(
            replace(SPEC, min_size=3),
            replace(WITHOUT_B, min_size=3, desired=2, nodes=2, active=2, expendable=("x", "a")),
            [resize(2, least=2)],
            id="below the least size until it has joined",
        ),
        pytest.param(
            replace(FREE, desired=2), SEEN, [resize(2)], id="nodes that were declared once count"
        ),
    ],
)
def test_plan(spec: Spec, seen: Observed, steps: list[Step]) -> None:
    assert plan(spec, seen) == steps


OTHER = replace(SPEC, profile_id="p2")
TO_P2 = Update("c1", {"profile_id": "p2"}, "profile_id p1 → p2")


@pytest.mark.parametrize(
    ("spec", "broken", "steps"),
    [
        pytest.param(OTHER, "x", [drop("x"), TO_P2], id="one of Senlin's: it is given up"),
        pytest.param(OTHER, "a", [TO_P2], id="a declared one: its SenlinNode decides"),
    ],
)
def test_what_no_update_can_reach(spec: Spec, broken: str, steps: list[Step]) -> None:
    seen = replace(SEEN, serverless=frozenset([broken]), active=2)

    assert plan(spec, seen)[: len(steps)] == steps


@pytest.mark.parametrize(
    ("spec", "strays", "steps"),
    [
        pytest.param(SPEC, ("x",), [Realign("c1", "x", "p1")], id="brought back"),
        pytest.param(SPEC, ("a", "x"), [Realign("c1", "x", "p1")], id="but no declared one"),
        pytest.param(OTHER, ("x",), [TO_P2], id="nothing to bring back before the next change"),
    ],
)
def test_nodes_that_a_change_of_profile_reached_before_it_broke_off(
    spec: Spec, strays: tuple[str, ...], steps: list[Step]
) -> None:
    assert plan(spec, replace(SEEN, strays=strays)) == steps


def test_who_has_not_joined_is_named() -> None:
    seen = replace(WITHOUT_B, desired=2, nodes=2, active=2)
    waiting = Waiting(Reason.MEMBERS_PENDING, "SenlinNode node-b has not joined yet.")

    assert verdict(SPEC, seen) == waiting


def test_more_declared_than_wanted_is_told() -> None:
    outcome = verdict(replace(SPEC, desired=1), SEEN)

    assert isinstance(outcome, Blocked)
    assert outcome.reason == Reason.TOO_MANY_MEMBERS
    assert "node-a, node-b" in outcome.message


def test_of_a_size_that_senlin_owns_none_are_too_many() -> None:
    spec = replace(SPEC, desired=1, fixed_size=False)

    assert verdict(spec, SEEN) == Settled("3 of 3 nodes are active.")
