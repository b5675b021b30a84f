"""A row is what a node should be, what it is, and the steps from the one to the other."""

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
AROUND = a_snapshot(
    clusters=[a_cluster("c1", name="web"), a_cluster("c2", name="shop")],
    nodes=[a_node(f"n{i}", f"c{1 + i % 2}") for i in range(6)],  # three in each
)
OBSERVED = Observed(id="n1", name="one", profile_id="p1", physical_id="s1", snapshot=AROUND)
ADOPTION = Adoption(identity="s1", type="os.nova.server-1.0")
ADOPTING = Desired(name="one", adoption=ADOPTION)
MEMBER = replace(DESIRED, cluster_id="c1")
INSIDE = replace(OBSERVED, cluster_id="c1", index=1)
RECOVER = replace(DESIRED, remediation=Remediation(recover=True))
REBUILD = replace(DESIRED, remediation=Remediation(recover=True, operation="REBUILD"))
BROKEN = replace(OBSERVED, status="ERROR", reason="It does not answer.")
LOST = replace(BROKEN, physical_id=None)
UNBUILT = replace(LOST, unbuilt=True)
JOIN, LEAVE = Join("n1", "c1", "web"), Leave("n1", "c1", "web")
AGAIN = Recover("n1", "")
DELETION = Binding("y1", "grace", True, "senlin.policy.deletion-1.0")
HEALTH = Binding("y2", "doctor", True, "senlin.policy.health-1.1")


def update(summary: str, **fields: Any) -> Update:
    return Update("n1", fields, summary)


@pytest.mark.parametrize(
    ("spec", "observed", "steps"),
    [
        pytest.param(DESIRED, None, [Create(DESIRED)], id="absent: made"),
        pytest.param(MEMBER, None, [Create(MEMBER)], id="absent, a member: made first"),
        pytest.param(ADOPTING, None, [Adopt(ADOPTING, ADOPTION)], id="absent: adopted"),
        pytest.param(DESIRED, OBSERVED, [], id="as it should be: left alone"),
        pytest.param(MEMBER, INSIDE, [], id="as it should be, in a cluster: left alone"),
        pytest.param(ADOPTING, OBSERVED, [], id="adopted: its profile is Senlin's business"),
        pytest.param(
            replace(DESIRED, name="two"),
            OBSERVED,
            [update("name one → two", name="two")],
            id="name",
        ),
        pytest.param(
            replace(DESIRED, profile_id="p2"),
            OBSERVED,
            [update("profile_id p1 → p2", profile_id="p2")],
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
            id="the mark is no difference",
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
            id="tainted by others",
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
            id="several: one update",
        ),
        pytest.param(
            ADOPTING,
            replace(OBSERVED, unclaimed_profile="p9"),
            [ClaimProfile("n1", "p9")],
            id="adopted a moment ago: its profile is marked",
        ),
        pytest.param(
            replace(ADOPTING, metadata={"a": "1"}),
            replace(OBSERVED, adopted=True),
            [update("metadata (a)", metadata={"a": "1", ADOPTED: "yes"})],
            id="adopted: that is not forgotten",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, duplicates=("n8", "n9")),
            [Delete("n8"), Delete("n9")],
            id="made several times: the others go",
        ),
    ],
)
def test_plan(spec: Desired, observed: Observed | None, steps: list[Step]) -> None:
    assert plan(spec, observed) == steps


ROLE = replace(MEMBER, role="first")
ROLE_AGAIN = update("role none → first", role="first")


@pytest.mark.parametrize(
    ("spec", "observed", "steps"),
    [
        pytest.param(MEMBER, OBSERVED, [JOIN], id="joins"),
        pytest.param(ROLE, OBSERVED, [JOIN, ROLE_AGAIN], id="joins, and gets its role then"),
        pytest.param(
            ROLE, replace(OBSERVED, role="first"), [JOIN, ROLE_AGAIN], id="Senlin forgets the role"
        ),
        pytest.param(DESIRED, INSIDE, [LEAVE], id="leaves"),
        pytest.param(
            replace(DESIRED, cluster_id="c2"),
            INSIDE,
            [LEAVE, Join("n1", "c2", "shop")],
            id="moves",
        ),
        pytest.param(
            replace(MEMBER, name="two"),
            OBSERVED,
            [update("name one → two", name="two"), JOIN],
            id="is changed, then joins",
        ),
        pytest.param(MEMBER, BROKEN, [], id="does not join while it is broken"),
        pytest.param(DESIRED, replace(BROKEN, cluster_id="c1"), [LEAVE], id="leaves while it is"),
        pytest.param(
            DESIRED,
            replace(LOST, cluster_id="c1"),
            [],
            id="does not leave without a server: Senlin would count it out, and keep it",
        ),
        pytest.param(
            RECOVER,
            replace(LOST, cluster_id="c1"),
            [AGAIN],
            id="lost its server: recovers, and leaves then",
        ),
        pytest.param(
            DESIRED,
            replace(INSIDE, policies=(DELETION,)),
            [],
            id="does not leave where that destroys the server",
        ),
        pytest.param(
            DESIRED,
            replace(INSIDE, policies=(replace(DELETION, enabled=False),)),
            [LEAVE],
            id="leaves past a policy that is switched off",
        ),
        pytest.param(
            DESIRED, replace(INSIDE, policies=(HEALTH,)), [LEAVE], id="leaves past other policies"
        ),
    ],
)
def test_plan_of_membership(spec: Desired, observed: Observed, steps: list[Step]) -> None:
    assert plan(spec, observed) == steps


@pytest.mark.parametrize(
    ("spec", "observed", "steps"),
    [
        pytest.param(DESIRED, UNBUILT, [AGAIN], id="never built: another try"),
        pytest.param(
            replace(DESIRED, name="two"), UNBUILT, [AGAIN], id="never built: no update before"
        ),
        pytest.param(
            replace(DESIRED, profile_id="p2"),
            UNBUILT,
            [ReplaceUnbuilt("n1")],
            id="never built, and another profile: made anew",
        ),
        pytest.param(
            replace(DESIRED, profile_id="p2"),
            LOST,
            [],
            id="lost, and another profile: a person decides",
        ),
        pytest.param(DESIRED, LOST, [], id="lost: reported"),
        pytest.param(DESIRED, BROKEN, [], id="broken: reported"),
        pytest.param(RECOVER, BROKEN, [AGAIN], id="broken: made anew"),
        pytest.param(
            REBUILD, BROKEN, [Recover("n1", "", "REBUILD")], id="broken: rebuilt, if so meant"
        ),
        pytest.param(REBUILD, LOST, [AGAIN], id="lost: made anew, whatever is meant"),
        pytest.param(RECOVER, replace(OBSERVED, status="WARNING"), [AGAIN], id="in warning"),
        pytest.param(
            RECOVER,
            replace(BROKEN, interrupted=True),
            [Check("n1")],
            id="broken by an update that failed: a check may find it well",
        ),
        pytest.param(
            replace(DESIRED, name="two"),
            BROKEN,
            [],
            id="broken: no update, after which Senlin would call it ACTIVE",
        ),
        pytest.param(
            RECOVER,
            replace(BROKEN, policies=(HEALTH,)),
            [],
            id="a health policy of its cluster does it",
        ),
        pytest.param(
            RECOVER,
            replace(BROKEN, policies=(replace(HEALTH, enabled=False),)),
            [AGAIN],
            id="a health policy that is switched off does nothing",
        ),
    ],
)
def test_plan_of_a_repair(spec: Desired, observed: Observed, steps: list[Step]) -> None:
    assert plan(spec, observed) == steps


def around(
    busy: bool = False, nodes: int = 3, policies: tuple[Any, ...] = (), **cluster: Any
) -> Snapshot:
    """Return a project with one cluster."""
    return a_snapshot(
        clusters=[a_cluster("c1", name="web", **cluster)],
        nodes=[a_node(f"n{i}") for i in range(nodes)],
        policies=policies,
        unfinished=[an_action()] if busy else [],
    )


FULL = "Cluster web may not have more nodes than 3."
SCARCE = "Cluster web may not have fewer nodes than 3."


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        pytest.param(around(max_size=4), None, id="room for one"),
        pytest.param(around(max_size=-1), None, id="no limit"),
        pytest.param(around(max_size=3), Waiting(Reason.NO_ROOM, FULL, 3.0), id="full"),
        pytest.param(
            around(max_size=3, desired_capacity=2),
            Waiting(Reason.NO_ROOM, FULL, 3.0),
            id="full, though more than Senlin means it to have",
        ),
        pytest.param(
            around(max_size=3, nodes=2),
            Waiting(Reason.NO_ROOM, FULL, 3.0),
            id="full by Senlin's record, though one is missing",
        ),
        pytest.param(
            around(busy=True),
            Waiting(Reason.BUSY, "Senlin is at work on cluster web: CLUSTER_RESIZE.", 3.0),
            id="at work",
        ),
        pytest.param(
            a_snapshot(),
            Waiting(Reason.REFERENCE_NOT_READY, "Senlin has no cluster c1 (any more).", 3.0),
            id="gone",
        ),
    ],
)
def test_what_keeps_a_node_out(snapshot: Snapshot, outcome: Waiting | None) -> None:
    observed = replace(OBSERVED, snapshot=snapshot)

    assert membership_blocked(MEMBER, observed) == outcome
    assert plan(MEMBER, observed) == ([] if outcome else [JOIN])


@pytest.mark.parametrize(
    ("snapshot", "outcome"),
    [
        pytest.param(around(min_size=2), None, id="enough are left"),
        pytest.param(around(min_size=3), Waiting(Reason.NO_ROOM, SCARCE, 3.0), id="too few"),
        pytest.param(
            around(min_size=3, nodes=4),
            Waiting(Reason.NO_ROOM, SCARCE, 3.0),
            id="too few by Senlin's record",
        ),
        pytest.param(
            around(min_size=3, desired_capacity=4),
            Waiting(Reason.NO_ROOM, SCARCE, 3.0),
            id="too few, though Senlin means it to have more",
        ),
        pytest.param(a_snapshot(), None, id="its cluster has gone"),
    ],
)
def test_what_keeps_a_node_in(snapshot: Snapshot, outcome: Waiting | None) -> None:
    observed = replace(INSIDE, snapshot=snapshot)

    assert membership_blocked(DESIRED, observed) == outcome


@pytest.mark.parametrize(
    ("properties", "destroys"),
    [
        pytest.param({}, True, id="by default"),
        pytest.param({"destroy_after_deletion": True}, True, id="said aloud"),
        pytest.param({"destroy_after_deletion": False}, False, id="left alive"),
    ],
)
def test_a_policy_that_would_destroy_the_server(properties: Any, destroys: bool) -> None:
    spec = {"type": "senlin.policy.deletion", "version": "1.0", "properties": properties}
    snapshot = around(policies=(a_policy("y1", spec=spec),))

    outcome = membership_blocked(DESIRED, replace(INSIDE, policies=(DELETION,), snapshot=snapshot))

    assert isinstance(outcome, Blocked) == destroys
    if isinstance(outcome, Blocked):
        assert outcome.reason == Reason.UNSAFE
        assert "cluster web, because of policy grace" in outcome.message


@pytest.mark.parametrize(
    ("spec", "observed", "ready", "message"),
    [
        pytest.param(DESIRED, OBSERVED, True, "Node one is active.", id="well"),
        pytest.param(MEMBER, INSIDE, True, "Node one is active in cluster web.", id="a member"),
        pytest.param(
            DESIRED, BROKEN, False, "Senlin says ERROR: It does not answer.", id="broken: why"
        ),
        pytest.param(MEMBER, BROKEN, False, "Senlin says ERROR: It does not answer.", id="outside"),
        pytest.param(
            DESIRED,
            replace(LOST, cluster_id="c1"),
            False,
            "It has no server, and cannot leave cluster web without: It does not answer.",
            id="cannot leave",
        ),
        pytest.param(
            RECOVER,
            replace(BROKEN, policies=(HEALTH,)),
            False,
            "Senlin says ERROR; remediation is left to policy doctor: It does not answer.",
            id="left to a policy",
        ),
    ],
)
def test_verdict(spec: Desired, observed: Observed, ready: bool, message: str) -> None:
    reason = Reason.READY if ready else Reason.DEGRADED

    assert readiness(spec, observed) == Settled(message, ready, reason)


@pytest.mark.parametrize(
    ("step", "summary"),
    [
        pytest.param(Create(DESIRED), "creation of node one", id="create"),
        pytest.param(Adopt(ADOPTING, ADOPTION), "adoption of s1", id="adopt"),
        pytest.param(JOIN, "entry into cluster web", id="join"),
        pytest.param(LEAVE, "exit from cluster web", id="leave"),
        pytest.param(Check("n1"), "check of what Senlin knows of the servers", id="check"),
    ],
)
def test_steps_say_what_they_change(step: Step, summary: str) -> None:
    assert step.summary == summary
