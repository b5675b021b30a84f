"""What is done about a cluster: a row differs from the settled pair in one thing or two."""

from dataclasses import replace

import pytest

from senlin_operator.kinds.cluster.desired import Desired
from senlin_operator.kinds.cluster.observed import Observed
from senlin_operator.kinds.cluster.plan import plan
from senlin_operator.kinds.cluster.steps import Check, Create, Delete, Recover, Resize, Update
from senlin_operator.model.ownership import OWNER_KEY
from senlin_operator.model.step import Step
from tests.unit.operator.builders import DESIRED_OF_THREE, OBSERVED_OF_THREE

DESIRED = DESIRED_OF_THREE
NODES = ("n1", "n2", "n3")  # the worst first
OBSERVED = OBSERVED_OF_THREE
ERROR = replace(OBSERVED, status="ERROR", active=0)
OTHER = replace(DESIRED, profile_id="p2")
RECOVER = Recover("c1", "")


def resize(number: int = 3, least: int = 1, most: int = 5) -> Resize:
    return Resize("c1", number, least, most, "")


def update(summary: str, **fields: object) -> Update:
    return Update("c1", fields, summary)


TO_P2 = update("profile_id p1 → p2", profile_id="p2")


@pytest.mark.parametrize(
    ("spec", "observed", "steps"),
    [
        pytest.param(DESIRED, None, [Create(DESIRED)], id="absent: created"),
        pytest.param(DESIRED, OBSERVED, [], id="as it should be: left alone"),
        pytest.param(DESIRED, replace(OBSERVED, created_at="2026"), [], id="its age: no matter"),
    ],
)
def test_plan(spec: Desired, observed: Observed | None, steps: list[Step]) -> None:
    assert plan(spec, observed) == steps


@pytest.mark.parametrize(
    ("spec", "observed", "steps"),
    [
        pytest.param(
            replace(DESIRED, desired_capacity=4), OBSERVED, [resize(4)], id="more wanted: grown"
        ),
        pytest.param(
            replace(DESIRED, desired_capacity=4, fixed_size=False),
            OBSERVED,
            [],
            id="Senlin's: kept",
        ),
        pytest.param(
            replace(DESIRED, max_size=2, fixed_size=False),
            OBSERVED,
            [Resize(OBSERVED.id, 2, DESIRED.min_size, 2, "")],
            id="Senlin's, beyond a new limit: trimmed",
        ),
        pytest.param(
            replace(DESIRED, desired_capacity=1), OBSERVED, [resize(1)], id="fewer wanted: shrunk"
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, desired_capacity=4, nodes=4, active=4),
            [resize()],
            id="scaled by others",
        ),
        pytest.param(
            DESIRED, replace(OBSERVED, nodes=2, active=2), [resize()], id="one gone: grown"
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, desired_capacity=2),
            [resize()],
            id="a wrong record: put right",
        ),
        pytest.param(replace(DESIRED, min_size=2), OBSERVED, [resize(least=2)], id="minSize"),
        pytest.param(replace(DESIRED, max_size=9), OBSERVED, [resize(most=9)], id="maxSize"),
        pytest.param(
            replace(DESIRED, max_size=-1), OBSERVED, [resize(most=-1)], id="maxSize: no limit"
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, nodes=0, active=0),
            [resize()],
            id="emptied: Senlin takes three for no change, and sets its record right",
        ),
        pytest.param(
            replace(DESIRED, desired_capacity=1, max_size=2),
            replace(OBSERVED, nodes=0, active=0),
            [resize()],
            id="emptied, and something else wanted: the record comes first",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, nodes=0, active=0, desired_capacity=0),
            [resize()],
            id="empty, and recorded as such: an exact size will do",
        ),
        pytest.param(
            replace(DESIRED, min_size=0, desired_capacity=0),
            replace(OBSERVED, min_size=0, desired_capacity=0, nodes=0, active=0),
            [],
            id="none wanted, none there: left alone",
        ),
    ],
)
def test_plan_of_the_size(spec: Desired, observed: Observed, steps: list[Step]) -> None:
    assert plan(spec, observed) == steps


@pytest.mark.parametrize(
    ("spec", "observed", "step"),
    [
        pytest.param(
            DESIRED, replace(OBSERVED, name="x"), update("name x → web", name="web"), id="name"
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, timeout=60),
            update("timeout 60 → 3600", timeout=3600),
            id="timeout",
        ),
        pytest.param(
            replace(DESIRED, metadata={"tier": "web"}),
            OBSERVED,
            update("metadata (tier)", metadata={"tier": "web"}),
            id="metadata to add",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, metadata={"tier": "web"}),
            update("metadata (tier)", metadata={}),
            id="metadata to take away",
        ),
        pytest.param(
            replace(DESIRED, config={"node.name.format": "web-$I"}),
            OBSERVED,
            update("config (node.name.format)", config={"node.name.format": "web-$I"}),
            id="config",
        ),
        pytest.param(OTHER, OBSERVED, TO_P2, id="profile"),
        pytest.param(
            OTHER,
            replace(OBSERVED, name="x"),
            update("name x → web, profile_id p1 → p2", name="web", profile_id="p2"),
            id="two fields: one request",
        ),
    ],
)
def test_plan_of_an_update(spec: Desired, observed: Observed, step: Update) -> None:
    assert plan(spec, observed) == [step]


def test_the_operators_own_mark_is_no_difference() -> None:
    metadata = {OWNER_KEY: "some uid", "tier": "web"}

    assert (
        plan(replace(DESIRED, metadata={"tier": "web"}), replace(OBSERVED, metadata=metadata)) == []
    )


@pytest.mark.parametrize(
    ("spec", "observed", "steps"),
    [
        pytest.param(
            DESIRED,
            replace(OBSERVED, status="WARNING", active=2, unbuilt=1),
            [RECOVER],
            id="one never built: another try",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, status="WARNING", active=2),
            [],
            id="one lost: remediation's, not the plan's",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, status="WARNING", active=1, unbuilt=1),
            [],
            id="one lost, one never built: recovery would touch both",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, status="WARNING"),
            [Check("c1")],
            id="all active, yet WARNING: Senlin weighs it anew",
        ),
        pytest.param(
            DESIRED, replace(OBSERVED, status="ERROR"), [Check("c1")], id="the same in ERROR"
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, status="WARNING", active=1, interrupted=2),
            [Check("c1")],
            id="left UPDATING by an update that failed: looked at",
        ),
        pytest.param(
            OTHER,
            replace(
                OBSERVED, status="WARNING", active=1, unbuilt=2, serverless=frozenset(NODES[:2])
            ),
            [resize(1, most=-1), TO_P2, RECOVER],
            id="an update would fail on nodes without a server: they go first",
        ),
        pytest.param(
            OTHER,
            replace(ERROR, interrupted=3),
            [Check("c1"), TO_P2],
            id="nodes that merely could not be updated are not thrown away",
        ),
        pytest.param(
            OTHER, ERROR, [TO_P2], id="nor are nodes in ERROR that may have their servers still"
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, status="ERROR", min_size=5, desired_capacity=5),
            [resize()],
            id="below an old minimum: no check would help",
        ),
        pytest.param(
            replace(DESIRED, desired_capacity=4),
            replace(OBSERVED, status="WARNING"),
            [resize(4), Check("c1")],
            id="WARNING, and another size wanted: the resize weighs it, too",
        ),
        pytest.param(
            replace(DESIRED, desired_capacity=4, name="shop"),
            replace(OBSERVED, status="WARNING", active=2, unbuilt=1),
            [update("name web → shop", name="shop"), resize(4), RECOVER],
            id="everything at once: update, size, repair",
        ),
    ],
)
def test_plan_of_a_repair(spec: Desired, observed: Observed, steps: list[Step]) -> None:
    assert plan(spec, observed) == steps


@pytest.mark.parametrize(
    ("spec", "observed", "steps"),
    [
        pytest.param(
            DESIRED, replace(ERROR, unbuilt=3), [RECOVER], id="none was built: another try"
        ),
        pytest.param(DESIRED, ERROR, [], id="all lost: a person decides"),
        pytest.param(
            replace(DESIRED, name="shop"),
            replace(ERROR, unbuilt=3),
            [RECOVER, update("name web → shop", name="shop")],
            id="Senlin updates nothing in ERROR: the repair comes first",
        ),
        pytest.param(
            replace(DESIRED, name="shop", desired_capacity=4),
            ERROR,
            [resize(4), update("name web → shop", name="shop")],
            id="and the size before the update",
        ),
        pytest.param(
            OTHER,
            replace(ERROR, unbuilt=3, serverless=frozenset(NODES)),
            [resize(0, least=0, most=-1), RECOVER, TO_P2],
            id="none can be built by this profile: given up before the next one",
        ),
        pytest.param(
            OTHER,
            replace(ERROR, active=2, unbuilt=1, serverless=frozenset(NODES[:1])),
            [resize(2, least=1, most=-1), RECOVER, TO_P2],
            id="one cannot: that one is given up",
        ),
        pytest.param(
            OTHER,
            replace(ERROR, nodes=0),
            [resize(), TO_P2],
            id="no node at all: filled up, so that Senlin updates it",
        ),
    ],
)
def test_plan_in_error(spec: Desired, observed: Observed, steps: list[Step]) -> None:
    assert plan(spec, observed) == steps


def test_duplicates_go_first() -> None:
    observed = replace(OBSERVED, duplicates=("c2", "c3"), desired_capacity=2, nodes=2, active=2)

    assert plan(DESIRED, observed) == [Delete("c2"), Delete("c3"), resize()]


@pytest.mark.parametrize(
    ("spec", "observed", "summary"),
    [
        pytest.param(DESIRED, None, "creation of 3 nodes", id="created"),
        pytest.param(
            replace(DESIRED, desired_capacity=4), OBSERVED, "desiredCapacity 3 → 4", id="grown"
        ),
        pytest.param(DESIRED, replace(OBSERVED, nodes=2, active=2), "nodes 2 → 3", id="one gone"),
        pytest.param(replace(DESIRED, max_size=9), OBSERVED, "maxSize 5 → 9", id="limit"),
        pytest.param(
            OTHER,
            replace(ERROR, unbuilt=3, serverless=frozenset(NODES)),
            "removal of 3 broken nodes before the profile changes",
            id="given up",
        ),
        pytest.param(
            DESIRED,
            replace(ERROR, unbuilt=3),
            "another try at 3 nodes that could not be built",
            id="repaired",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, status="WARNING"),
            "check of what Senlin knows of the servers",
            id="checked",
        ),
        pytest.param(
            DESIRED, replace(OBSERVED, duplicates=("c2",)), "deletion of c2", id="duplicate"
        ),
    ],
)
def test_a_step_says_what_it_changes(
    spec: Desired, observed: Observed | None, summary: str
) -> None:
    assert plan(spec, observed)[0].summary == summary
