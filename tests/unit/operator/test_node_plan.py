"""The plan for a node: each row has its desired state, its observed state and the steps."""

from dataclasses import replace
from typing import Any

import pytest

from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kinds.node.desired import Adoption, Desired
from senlin_operator.kinds.node.membership import membership_blocked
from senlin_operator.kinds.node.observed import ADOPTED, Observed
from senlin_operator.kinds.node.plan import plan
from senlin_operator.kinds.node.status import readiness
from senlin_operator.kinds.node.steps import (
    Adopt,
    Check,
    ClaimProfile,
    Create,
    Delete,
    Join,
    Leave,
    Recover,
    ReplaceUnbuilt,
    Update,
)
from senlin_operator.kinds.shared.bindings import Binding
from senlin_operator.kinds.shared.remediation import Remediation
from senlin_operator.kube.conditions import Reason
from senlin_operator.model.outcome import Blocked, Settled, Waiting
from senlin_operator.model.ownership import OWNER_KEY
from senlin_operator.model.step import Step
from tests.unit.operator.builders import a_cluster, a_node, a_policy, a_snapshot, an_action

DESIRED = Desired(name="one", profile_id="p1")
PROJECT = a_snapshot(
    clusters=[a_cluster("c1", name="web"), a_cluster("c2", name="shop")],
    nodes=[a_node(f"n{i}", f"c{1 + i % 2}") for i in range(6)],  # three nodes in each
)
OBSERVED = Observed(id="n1", name="one", profile_id="p1", physical_id="s1", snapshot=PROJECT)
ADOPTION = Adoption(identity="s1", type="os.nova.server-1.0")
ADOPTING = Desired(name="one", adoption=ADOPTION)
MEMBER = replace(DESIRED, cluster_id="c1")
IN_CLUSTER = replace(OBSERVED, cluster_id="c1", index=1)
RECOVER = replace(DESIRED, remediation=Remediation(recover=True))
REBUILD = replace(DESIRED, remediation=Remediation(recover=True, operation="REBUILD"))
BROKEN = replace(OBSERVED, status="ERROR", reason="It does not answer.")
LOST = replace(BROKEN, physical_id=None)
UNBUILT = replace(LOST, unbuilt=True)
JOIN, LEAVE = Join("n1", "c1", "web"), Leave("n1", "c1", "web")
RECREATE = Recover("n1", "")
DELETION = Binding("y1", "grace", True, "senlin.policy.deletion-1.0")
HEALTH = Binding("y2", "doctor", True, "senlin.policy.health-1.1")


def update(summary: str, **fields: Any) -> Update:
    return Update("n1", fields, summary)


@pytest.mark.parametrize(
    ("desired", "observed", "steps"),
    [
        pytest.param(DESIRED, None, [Create(DESIRED)], id="absent: created"),
        pytest.param(MEMBER, None, [Create(MEMBER)], id="absent, to join a cluster: created first"),
        pytest.param(
            ADOPTING, None, [Adopt(ADOPTING, ADOPTION)], id="absent, to adopt a server: adopted"
        ),
        pytest.param(DESIRED, OBSERVED, [], id="no difference: no step"),
        pytest.param(MEMBER, IN_CLUSTER, [], id="no difference, in its cluster: no step"),
        pytest.param(ADOPTING, OBSERVED, [], id="adopted: its profile is no difference"),
        pytest.param(
            replace(DESIRED, name="two"),
            OBSERVED,
            [update("name one → two", name="two")],
            id="name",
        ),
        pytest.param(
            replace(DESIRED, profile_id="p2"),
            OBSERVED,
            [update("profile p1 → p2", profile_id="p2")],
            id="profile",
        ),
        pytest.param(
            replace(DESIRED, metadata={"a": "1"}),
            replace(OBSERVED, metadata={OWNER_KEY: "u", "b": "2"}),
            [update("metadata (a, b)", metadata={"a": "1"})],
            id="metadata",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, metadata={OWNER_KEY: "u"}),
            [],
            id="the owner's marker: no step",
        ),
        pytest.param(
            replace(DESIRED, role="first"),
            OBSERVED,
            [update("role none → first", role="first")],
            id="role",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, tainted=True),
            [update("tainted True → False", tainted=False)],
            id="tainted by others: reverted",
        ),
        pytest.param(
            replace(DESIRED, name="two", role="first", tainted=True),
            OBSERVED,
            [
                update(
                    "name one → two, tainted False → True, role none → first",
                    name="two",
                    tainted=True,
                    role="first",
                )
            ],
            id="several fields: one update",
        ),
        pytest.param(
            ADOPTING,
            replace(OBSERVED, unclaimed_profile="p9"),
            [ClaimProfile("n1", "p9")],
            id="just adopted: its profile is claimed",
        ),
        pytest.param(
            replace(ADOPTING, metadata={"a": "1"}),
            replace(OBSERVED, adopted=True),
            [update("metadata (a)", metadata={"a": "1", ADOPTED: "yes"})],
            id="adopted: an update of the metadata keeps that record",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, duplicates=("n8", "n9")),
            [Delete("n8"), Delete("n9")],
            id="duplicates: deleted",
        ),
    ],
)
def test_plan(desired: Desired, observed: Observed | None, steps: list[Step]) -> None:
    assert plan(desired, observed) == steps


ROLE = replace(MEMBER, role="first")
SET_ROLE = update("role none → first", role="first")


@pytest.mark.parametrize(
    ("desired", "observed", "steps"),
    [
        pytest.param(MEMBER, OBSERVED, [JOIN], id="joins"),
        pytest.param(ROLE, OBSERVED, [JOIN, SET_ROLE], id="joins, then gets its role"),
        pytest.param(
            ROLE,
            replace(OBSERVED, role="first"),
            [JOIN, SET_ROLE],
            id="joins, then gets its role again, as Senlin resets it",
        ),
        pytest.param(DESIRED, IN_CLUSTER, [LEAVE], id="leaves"),
        pytest.param(
            replace(DESIRED, cluster_id="c2"),
            IN_CLUSTER,
            [LEAVE, Join("n1", "c2", "shop")],
            id="leaves, then joins another cluster",
        ),
        pytest.param(
            replace(MEMBER, name="two"),
            OBSERVED,
            [update("name one → two", name="two"), JOIN],
            id="is updated, then joins",
        ),
        pytest.param(MEMBER, BROKEN, [], id="ERROR: does not join"),
        pytest.param(
            DESIRED, replace(BROKEN, cluster_id="c1"), [LEAVE], id="ERROR, with a server: leaves"
        ),
        pytest.param(
            DESIRED,
            replace(LOST, cluster_id="c1"),
            [],
            id="no server: does not leave, as Senlin would subtract it and keep it",
        ),
        pytest.param(
            RECOVER,
            replace(LOST, cluster_id="c1"),
            [RECREATE],
            id="no server, Recover: recovered before it leaves",
        ),
        pytest.param(
            DESIRED,
            replace(IN_CLUSTER, policies=(DELETION,)),
            [],
            id="a deletion policy would destroy the server: does not leave",
        ),
        pytest.param(
            DESIRED,
            replace(IN_CLUSTER, policies=(replace(DELETION, enabled=False),)),
            [LEAVE],
            id="a disabled deletion policy: leaves",
        ),
        pytest.param(
            DESIRED,
            replace(IN_CLUSTER, policies=(HEALTH,)),
            [LEAVE],
            id="policies of other types: leaves",
        ),
    ],
)
def test_plan_of_membership(desired: Desired, observed: Observed, steps: list[Step]) -> None:
    assert plan(desired, observed) == steps


@pytest.mark.parametrize(
    ("desired", "observed", "steps"),
    [
        pytest.param(DESIRED, UNBUILT, [RECREATE], id="unbuilt: recovered"),
        pytest.param(
            replace(DESIRED, name="two"),
            UNBUILT,
            [RECREATE],
            id="unbuilt, another name: recovered before the update",
        ),
        pytest.param(
            replace(DESIRED, profile_id="p2"),
            UNBUILT,
            [ReplaceUnbuilt("n1")],
            id="unbuilt, another profile: replaced",
        ),
        pytest.param(
            replace(DESIRED, profile_id="p2"),
            LOST,
            [],
            id="lost, another profile: no step, a person decides",
        ),
        pytest.param(DESIRED, LOST, [], id="lost, Report: no step"),
        pytest.param(DESIRED, BROKEN, [], id="broken, Report: no step"),
        pytest.param(RECOVER, BROKEN, [RECREATE], id="broken, Recover: recreated"),
        pytest.param(
            REBUILD, BROKEN, [Recover("n1", "", "REBUILD")], id="broken, REBUILD: rebuilt"
        ),
        pytest.param(
            REBUILD, LOST, [RECREATE], id="lost, REBUILD: recreated, as there is no server"
        ),
        pytest.param(
            RECOVER,
            replace(OBSERVED, status="WARNING"),
            [RECREATE],
            id="WARNING, Recover: recreated",
        ),
        pytest.param(
            RECOVER,
            replace(BROKEN, interrupted=True),
            [Check("n1")],
            id="interrupted: checked, as its server may work",
        ),
        pytest.param(
            replace(DESIRED, name="two"),
            BROKEN,
            [],
            id="broken, another name: no update, as Senlin would set it ACTIVE",
        ),
        pytest.param(
            RECOVER,
            replace(BROKEN, policies=(HEALTH,)),
            [],
            id="broken, a health policy: no step",
        ),
        pytest.param(
            RECOVER,
            replace(BROKEN, policies=(replace(HEALTH, enabled=False),)),
            [RECREATE],
            id="broken, a disabled health policy: recreated",
        ),
    ],
)
def test_plan_of_a_recovery(desired: Desired, observed: Observed, steps: list[Step]) -> None:
    assert plan(desired, observed) == steps


def a_project(
    busy: bool = False, nodes: int = 3, policies: tuple[Any, ...] = (), **cluster: Any
) -> Snapshot:
    """Return a project with one cluster."""
    return a_snapshot(
        clusters=[a_cluster("c1", name="web", **cluster)],
        nodes=[a_node(f"n{i}") for i in range(nodes)],
        policies=policies,
        unfinished=[an_action()] if busy else [],
    )


AT_MAXIMUM = "Cluster web may not have more nodes than 3."
AT_MINIMUM = "Cluster web may not have fewer nodes than 3."


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        pytest.param(a_project(max_size=4), None, id="room for one: joins"),
        pytest.param(a_project(max_size=-1), None, id="no limit: joins"),
        pytest.param(
            a_project(max_size=3), Waiting(Reason.NO_ROOM, AT_MAXIMUM, 3.0), id="at maxSize: waits"
        ),
        pytest.param(
            a_project(max_size=3, desired_capacity=2),
            Waiting(Reason.NO_ROOM, AT_MAXIMUM, 3.0),
            id="at maxSize, above desired_capacity: waits",
        ),
        pytest.param(
            a_project(max_size=3, nodes=2),
            Waiting(Reason.NO_ROOM, AT_MAXIMUM, 3.0),
            id="at maxSize by Senlin's record, one node missing: waits",
        ),
        pytest.param(
            a_project(busy=True),
            Waiting(Reason.BUSY, "Senlin is at work on cluster web: CLUSTER_RESIZE.", 3.0),
            id="an action on the cluster: waits",
        ),
        pytest.param(
            a_snapshot(),
            Waiting(Reason.REFERENCE_NOT_READY, "Senlin has no cluster c1 (any more).", 3.0),
            id="the cluster is deleted: waits",
        ),
    ],
)
def test_what_blocks_a_node_from_joining(snapshot: Snapshot, outcome: Waiting | None) -> None:
    observed = replace(OBSERVED, snapshot=snapshot)

    assert membership_blocked(MEMBER, observed) == outcome
    assert plan(MEMBER, observed) == ([] if outcome else [JOIN])


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        pytest.param(a_project(min_size=2), None, id="above minSize: leaves"),
        pytest.param(
            a_project(min_size=3), Waiting(Reason.NO_ROOM, AT_MINIMUM, 3.0), id="at minSize: waits"
        ),
        pytest.param(
            a_project(min_size=3, nodes=4),
            Waiting(Reason.NO_ROOM, AT_MINIMUM, 3.0),
            id="at minSize by Senlin's record: waits",
        ),
        pytest.param(
            a_project(min_size=3, desired_capacity=4),
            Waiting(Reason.NO_ROOM, AT_MINIMUM, 3.0),
            id="at minSize, below desired_capacity: waits",
        ),
        pytest.param(a_snapshot(), None, id="the cluster is deleted: leaves"),
    ],
)
def test_what_blocks_a_node_from_leaving(snapshot: Snapshot, outcome: Waiting | None) -> None:
    observed = replace(IN_CLUSTER, snapshot=snapshot)

    assert membership_blocked(DESIRED, observed) == outcome


@pytest.mark.parametrize(
    ("properties", "destroys"),
    [
        pytest.param({}, True, id="not set: destroys"),
        pytest.param({"destroy_after_deletion": True}, True, id="set to true: destroys"),
        pytest.param({"destroy_after_deletion": False}, False, id="set to false: does not destroy"),
    ],
)
def test_a_deletion_policy_that_would_destroy_the_server_blocks_leaving(
    properties: Any, destroys: bool
) -> None:
    spec = {"type": "senlin.policy.deletion", "version": "1.0", "properties": properties}
    snapshot = a_project(policies=(a_policy("y1", spec=spec),))

    outcome = membership_blocked(
        DESIRED, replace(IN_CLUSTER, policies=(DELETION,), snapshot=snapshot)
    )

    assert isinstance(outcome, Blocked) == destroys
    if isinstance(outcome, Blocked):
        assert outcome.reason == Reason.UNSAFE
        assert "cluster web, because of policy grace" in outcome.message


@pytest.mark.parametrize(
    ("desired", "observed", "ready", "message"),
    [
        pytest.param(DESIRED, OBSERVED, True, "Node one is active.", id="active: ready"),
        pytest.param(
            MEMBER,
            IN_CLUSTER,
            True,
            "Node one is active in cluster web.",
            id="active in its cluster: ready",
        ),
        pytest.param(
            DESIRED,
            BROKEN,
            False,
            "Senlin says ERROR: It does not answer.",
            id="broken: not ready, and why",
        ),
        pytest.param(
            MEMBER,
            BROKEN,
            False,
            "Senlin says ERROR: It does not answer.",
            id="broken, not in its cluster: not ready, and why",
        ),
        pytest.param(
            DESIRED,
            replace(LOST, cluster_id="c1"),
            False,
            "The node has no server, so it cannot leave cluster web: It does not answer.",
            id="no server: cannot leave its cluster",
        ),
        pytest.param(
            RECOVER,
            replace(BROKEN, policies=(HEALTH,)),
            False,
            "Senlin says ERROR; remediation is left to policy doctor: It does not answer.",
            id="left to a health policy",
        ),
    ],
)
def test_readiness(desired: Desired, observed: Observed, ready: bool, message: str) -> None:
    reason = Reason.READY if ready else Reason.DEGRADED

    assert readiness(desired, observed) == Settled(message, ready, reason)


@pytest.mark.parametrize(
    ("step", "summary"),
    [
        pytest.param(Create(DESIRED), "creation of node one", id="create"),
        pytest.param(Adopt(ADOPTING, ADOPTION), "adoption of s1", id="adopt"),
        pytest.param(JOIN, "entry into cluster web", id="join"),
        pytest.param(LEAVE, "exit from cluster web", id="leave"),
        pytest.param(Check("n1"), "comparison of Senlin's records with the servers", id="check"),
    ],
)
def test_the_summary_of_a_step_says_what_it_changes(step: Step, summary: str) -> None:
    assert step.summary == summary
