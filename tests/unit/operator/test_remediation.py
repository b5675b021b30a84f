"""What is done about nodes that worked once, and do not any more."""

from dataclasses import replace
from typing import Any

import pytest

from senlin_operator.kinds.cluster.desired import Desired
from senlin_operator.kinds.cluster.observed import Observed
from senlin_operator.kinds.cluster.plan import plan
from senlin_operator.kinds.cluster.status import readiness
from senlin_operator.kinds.cluster.steps import Recover
from senlin_operator.kinds.shared.bindings import Binding
from senlin_operator.kinds.shared.remediation import Remediation, health_policy, read
from senlin_operator.kube.conditions import Reason
from senlin_operator.model.outcome import Settled
from senlin_operator.model.step import Step

REPORT, RECOVER = Remediation(), Remediation(recover=True)
REBOOT = replace(RECOVER, operation="REBOOT")
HEALTH = Binding("h", "healing", type="senlin.policy.health-1.2")
DESIRED = Desired(name="web", profile_id="p1", min_size=1, desired_capacity=3, remediation=RECOVER)
OBSERVED = Observed(
    id="c1",
    name="web",
    profile_id="p1",
    min_size=1,
    max_size=-1,
    desired_capacity=3,
    nodes=3,
    active=2,
    status="WARNING",
    removal_order=("n1", "n2", "n3"),
)  # one is lost


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        pytest.param({}, REPORT, id="nothing: reported"),
        pytest.param({"mode": "Report"}, REPORT, id="reported"),
        pytest.param({"mode": "Recover"}, RECOVER, id="recovered, by making anew"),
        pytest.param({"mode": "Recover", "operation": "REBOOT"}, REBOOT, id="by a reboot"),
        pytest.param(
            {"mode": "Recover", "maxUnhealthy": 2},
            replace(RECOVER, max_unhealthy="2"),
            id="two at most",
        ),
        pytest.param(
            {"mode": "Recover", "maxUnhealthy": "40%"},
            replace(RECOVER, max_unhealthy="40%"),
            id="a share",
        ),
        pytest.param(
            {"mode": "Report", "checkInterval": "1m"}, replace(REPORT, check_interval=60.0), id="1m"
        ),
        pytest.param({"mode": "Report", "checkInterval": "0s"}, REPORT, id="no checks"),
    ],
)
def test_read(wanted: dict[str, Any], said: Remediation) -> None:
    assert read(wanted) == said


@pytest.mark.parametrize(
    ("most", "unhealthy", "nodes", "fits"),
    [
        ("100%", 3, 3, True),
        ("40%", 2, 5, True),
        ("40%", 3, 5, False),
        ("33%", 1, 3, False),
        ("34%", 1, 3, True),
        ("0%", 1, 3, False),
        ("2", 2, 3, True),
        ("2", 3, 30, False),
        ("0", 1, 3, False),
    ],
)
def test_fits(most: str, unhealthy: int, nodes: int, fits: bool) -> None:
    assert replace(RECOVER, max_unhealthy=most).allows(unhealthy, nodes) is fits


@pytest.mark.parametrize(
    ("wanted", "policies", "name"),
    [
        pytest.param(RECOVER, (HEALTH,), "healing", id="in force"),
        pytest.param(RECOVER, (replace(HEALTH, enabled=False),), None, id="switched off"),
        pytest.param(RECOVER, (), None, id="none"),
        pytest.param(REPORT, (HEALTH,), None, id="nothing to leave to it"),
        pytest.param(
            RECOVER,
            (replace(HEALTH, type="senlin.policy.healthy-1.0"),),
            None,
            id="another type that begins alike",
        ),
    ],
)
def test_health_policy(
    wanted: Remediation, policies: tuple[Binding, ...], name: str | None
) -> None:
    assert health_policy(wanted, policies) == name


@pytest.mark.parametrize(
    ("spec", "observed", "steps"),
    [
        pytest.param(DESIRED, OBSERVED, [Recover("c1", "")], id="one lost: made again"),
        pytest.param(replace(DESIRED, remediation=REPORT), OBSERVED, [], id="only reported"),
        pytest.param(
            replace(DESIRED, remediation=REBOOT),
            OBSERVED,
            [Recover("c1", "", "REBOOT")],
            id="rebooted",
        ),
        pytest.param(
            replace(DESIRED, remediation=REBOOT),
            replace(OBSERVED, serverless=frozenset(["n1"])),
            [Recover("c1", "", "RECREATE")],
            id="there is nothing to reboot: made again",
        ),
        pytest.param(
            replace(DESIRED, remediation=replace(RECOVER, max_unhealthy="0")),
            OBSERVED,
            [],
            id="too many: held",
        ),
        pytest.param(
            DESIRED, replace(OBSERVED, policies=(HEALTH,)), [], id="left to the health policy"
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, policies=(replace(HEALTH, enabled=False),)),
            [Recover("c1", "")],
            id="which is switched off",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, active=1, unbuilt=1),
            [Recover("c1", "")],
            id="one lost, one never built: one recovery for both",
        ),
        pytest.param(
            replace(DESIRED, remediation=replace(RECOVER, max_unhealthy="0")),
            replace(OBSERVED, unbuilt=1),
            [Recover("c1", "")],
            id="what was never built is no business of the breaker",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, status="ERROR", active=0),
            [Recover("c1", "")],
            id="all lost: made again",
        ),
    ],
)
def test_plan(spec: Desired, observed: Observed, steps: list[Step]) -> None:
    assert plan(spec, observed) == steps


def test_what_is_held_is_told() -> None:
    outcome = readiness(
        replace(DESIRED, remediation=replace(RECOVER, max_unhealthy="30%")), OBSERVED
    )

    assert isinstance(outcome, Settled)
    assert (outcome.ready, outcome.reason) == (False, Reason.REMEDIATION_HELD)
    assert outcome.message.startswith("1 nodes are unhealthy, and at most 30% are recovered")


@pytest.mark.parametrize("active", [2, 3])
def test_what_is_left_to_a_policy_is_told(active: int) -> None:
    observed = replace(OBSERVED, active=active, status="ACTIVE", policies=(HEALTH,))
    outcome = readiness(DESIRED, observed)

    assert isinstance(outcome, Settled)
    assert outcome.ready is (active == 3)
    assert "remediation is left to policy healing" in outcome.message
