"""The plan for a cluster: each row changes one or two fields of a pair that needs no step."""

from dataclasses import replace

import pytest

from senlin_operator.kinds.cluster.desired import Desired
from senlin_operator.kinds.cluster.observed import Observed
from senlin_operator.kinds.cluster.plan import plan
from senlin_operator.kinds.cluster.steps import Check, Create, Delete, Recover, Resize, Update
from senlin_operator.kinds.shared.bindings import Binding
from senlin_operator.model.ownership import OWNER_KEY
from senlin_operator.model.step import Step
from tests.unit.operator.builders import DESIRED_OF_THREE, OBSERVED_OF_THREE

DESIRED = DESIRED_OF_THREE
NODES = ("n1", "n2", "n3")  # in removal order
OBSERVED = OBSERVED_OF_THREE
ERROR = replace(OBSERVED, status="ERROR", active=0)
OTHER = replace(DESIRED, profile_id="p2")
FORMAT = {"node.name.format": "web-$8R"}
NAMED = replace(DESIRED, config=FORMAT, default_names=True)
RECOVER = Recover("c1", "")


def resize(number: int = 3, least: int = 1, most: int = 5) -> Resize:
    return Resize("c1", number, least, most, "")


def update(summary: str, **fields: object) -> Update:
    return Update("c1", fields, summary)


TO_P2 = update("profile p1 → p2", profile_id="p2")


@pytest.mark.parametrize(
    ("desired", "observed", "steps"),
    [
        pytest.param(DESIRED, None, [Create(DESIRED)], id="absent: created"),
        pytest.param(DESIRED, OBSERVED, [], id="no difference: no step"),
        pytest.param(
            DESIRED, replace(OBSERVED, created_at="2026"), [], id="another creation time: no step"
        ),
        pytest.param(
            NAMED, OBSERVED, [], id="made without a format of names: the default is not added"
        ),
        pytest.param(
            replace(NAMED, default_names=False),
            OBSERVED,
            [update("config (node.name.format)", config=FORMAT)],
            id="the manifest has a format of names: updated",
        ),
        pytest.param(
            NAMED,
            replace(OBSERVED, config={"node.name.format": "old-$8R"}),
            [update("config (node.name.format)", config=FORMAT)],
            id="the format of names left the manifest: the default",
        ),
    ],
)
def test_plan(desired: Desired, observed: Observed | None, steps: list[Step]) -> None:
    assert plan(desired, observed) == steps


@pytest.mark.parametrize(
    ("desired", "observed", "steps"),
    [
        pytest.param(
            replace(DESIRED, desired_capacity=4), OBSERVED, [resize(4)], id="a larger size: grown"
        ),
        pytest.param(
            replace(DESIRED, desired_capacity=4, fixed_size=False),
            OBSERVED,
            [],
            id="a larger size, but Senlin owns the size: no step",
        ),
        pytest.param(
            replace(DESIRED, max_size=2, fixed_size=False),
            OBSERVED,
            [Resize(OBSERVED.id, 2, DESIRED.min_size, 2, "")],
            id="Senlin owns the size, above a new maxSize: shrunk to it",
        ),
        pytest.param(
            replace(DESIRED, desired_capacity=1), OBSERVED, [resize(1)], id="a smaller size: shrunk"
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, desired_capacity=4, nodes=4, active=4),
            [resize()],
            id="scaled by others: resized",
        ),
        pytest.param(
            DESIRED, replace(OBSERVED, nodes=2, active=2), [resize()], id="one node missing: grown"
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, desired_capacity=2),
            [resize()],
            id="a wrong record of the size: resized",
        ),
        pytest.param(
            replace(DESIRED, min_size=2), OBSERVED, [resize(least=2)], id="minSize: resized"
        ),
        pytest.param(
            replace(DESIRED, max_size=9), OBSERVED, [resize(most=9)], id="maxSize: resized"
        ),
        pytest.param(
            replace(DESIRED, max_size=-1),
            OBSERVED,
            [resize(most=-1)],
            id="maxSize removed: resized",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, nodes=0, active=0),
            [resize()],
            id="emptied, record 3: a resize to 3, which corrects the record only",
        ),
        pytest.param(
            replace(DESIRED, desired_capacity=1, max_size=2),
            replace(OBSERVED, nodes=0, active=0),
            [resize()],
            id="emptied, and another size: the record is corrected first",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, nodes=0, active=0, desired_capacity=0),
            [resize()],
            id="empty, and recorded as empty: resized",
        ),
        pytest.param(
            replace(DESIRED, min_size=0, desired_capacity=0),
            replace(OBSERVED, min_size=0, desired_capacity=0, nodes=0, active=0),
            [],
            id="no nodes desired, no nodes: no step",
        ),
    ],
)
def test_plan_of_the_size(desired: Desired, observed: Observed, steps: list[Step]) -> None:
    assert plan(desired, observed) == steps


@pytest.mark.parametrize(
    ("desired", "observed", "step"),
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
            id="metadata: added",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, metadata={"tier": "web"}),
            update("metadata (tier)", metadata={}),
            id="metadata: removed",
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
            update("name x → web, profile p1 → p2", name="web", profile_id="p2"),
            id="two fields: one request",
        ),
    ],
)
def test_plan_of_an_update(desired: Desired, observed: Observed, step: Update) -> None:
    assert plan(desired, observed) == [step]


def test_the_owner_marker_is_no_difference() -> None:
    metadata = {OWNER_KEY: "some uid", "tier": "web"}

    assert (
        plan(replace(DESIRED, metadata={"tier": "web"}), replace(OBSERVED, metadata=metadata)) == []
    )


@pytest.mark.parametrize(
    ("desired", "observed", "steps"),
    [
        pytest.param(
            DESIRED,
            replace(OBSERVED, status="WARNING", active=2, unbuilt=1),
            [RECOVER],
            id="one node unbuilt: recovered",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, status="WARNING", active=2),
            [],
            id="one node lost: left to remediation",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, status="WARNING", active=1, unbuilt=1),
            [],
            id="one node lost, one unbuilt: no recovery, as it would touch both",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, status="WARNING"),
            [Check("c1")],
            id="all nodes active, WARNING: checked, so that Senlin evaluates it again",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, status="ERROR"),
            [Check("c1")],
            id="all nodes active, ERROR: checked",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, status="WARNING", active=1, interrupted=2),
            [Check("c1")],
            id="two nodes interrupted by a failed update: checked",
        ),
        pytest.param(
            OTHER,
            replace(
                OBSERVED, status="WARNING", active=1, unbuilt=2, serverless=frozenset(NODES[:2])
            ),
            [resize(1, most=-1), TO_P2, RECOVER],
            id="another profile, nodes without a server: removed first, as the update would fail",
        ),
        pytest.param(
            OTHER,
            replace(ERROR, interrupted=3),
            [Check("c1"), TO_P2],
            id="another profile, nodes interrupted: checked, not removed",
        ),
        pytest.param(
            OTHER,
            ERROR,
            [TO_P2],
            id="another profile, nodes in ERROR that may have servers: not removed",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, status="ERROR", min_size=5, desired_capacity=5),
            [resize()],
            id="below an old minSize: resized, as a check would not help",
        ),
        pytest.param(
            replace(DESIRED, desired_capacity=4),
            replace(OBSERVED, status="WARNING"),
            [resize(4), Check("c1")],
            id="WARNING, and another size: resized before the check",
        ),
        pytest.param(
            replace(DESIRED, desired_capacity=4, name="shop"),
            replace(OBSERVED, status="WARNING", active=2, unbuilt=1),
            [update("name web → shop", name="shop"), resize(4), RECOVER],
            id="every kind of difference: update, size, recovery",
        ),
    ],
)
def test_plan_of_a_recovery(desired: Desired, observed: Observed, steps: list[Step]) -> None:
    assert plan(desired, observed) == steps


@pytest.mark.parametrize(
    ("desired", "observed", "steps"),
    [
        pytest.param(
            DESIRED, replace(ERROR, unbuilt=3), [RECOVER], id="ERROR, no node was built: recovered"
        ),
        pytest.param(DESIRED, ERROR, [], id="ERROR, all nodes lost: no step, a person decides"),
        pytest.param(
            replace(DESIRED, name="shop"),
            replace(ERROR, unbuilt=3),
            [RECOVER, update("name web → shop", name="shop")],
            id="ERROR, another name: recovered first, as Senlin updates nothing in ERROR",
        ),
        pytest.param(
            replace(DESIRED, name="shop", desired_capacity=4),
            ERROR,
            [resize(4), update("name web → shop", name="shop")],
            id="ERROR, another name and size: resized before the update",
        ),
        pytest.param(
            OTHER,
            replace(ERROR, unbuilt=3, serverless=frozenset(NODES)),
            [resize(0, least=0, most=-1), RECOVER, TO_P2],
            id="ERROR, another profile, no node was built: all removed first",
        ),
        pytest.param(
            OTHER,
            replace(ERROR, active=2, unbuilt=1, serverless=frozenset(NODES[:1])),
            [resize(2, least=1, most=-1), RECOVER, TO_P2],
            id="ERROR, another profile, one node unbuilt: that one removed first",
        ),
        pytest.param(
            OTHER,
            replace(ERROR, nodes=0),
            [resize(), TO_P2],
            id="ERROR, another profile, no nodes: filled first, so that Senlin updates it",
        ),
    ],
)
def test_plan_in_error(desired: Desired, observed: Observed, steps: list[Step]) -> None:
    assert plan(desired, observed) == steps


def test_duplicates_are_deleted_first() -> None:
    observed = replace(OBSERVED, duplicates=("c2", "c3"), desired_capacity=2, nodes=2, active=2)

    assert plan(DESIRED, observed) == [Delete("c2"), Delete("c3"), resize()]


@pytest.mark.parametrize(
    ("desired", "observed", "summary"),
    [
        pytest.param(DESIRED, None, "creation of a cluster with 3 nodes", id="created"),
        pytest.param(
            replace(DESIRED, policies=(Binding("y1", "old"),)),
            None,
            "creation of a cluster with 0 nodes, and 3 once its policies are attached",
            id="created, with policies",
        ),
        pytest.param(
            replace(DESIRED, desired_capacity=4), OBSERVED, "desiredCapacity 3 → 4", id="grown"
        ),
        pytest.param(
            DESIRED, replace(OBSERVED, nodes=2, active=2), "nodes 2 → 3", id="one node missing"
        ),
        pytest.param(replace(DESIRED, max_size=9), OBSERVED, "maxSize 5 → 9", id="maxSize"),
        pytest.param(
            OTHER,
            replace(ERROR, unbuilt=3, serverless=frozenset(NODES)),
            "removal of 3 broken nodes before the profile changes",
            id="unbuilt nodes removed",
        ),
        pytest.param(
            DESIRED,
            replace(ERROR, unbuilt=3),
            "another try at 3 nodes that could not be built",
            id="recovered",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, status="WARNING"),
            "comparison of Senlin's records with the servers",
            id="checked",
        ),
        pytest.param(
            DESIRED, replace(OBSERVED, duplicates=("c2",)), "deletion of c2", id="duplicate"
        ),
    ],
)
def test_the_summary_of_a_step_says_what_it_changes(
    desired: Desired, observed: Observed | None, summary: str
) -> None:
    assert plan(desired, observed)[0].summary == summary
