"""Remediation: which lost nodes are recovered, and how."""

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
)  # one node is lost


@pytest.mark.parametrize(
    ("manifest", "remediation"),
    [
        pytest.param({}, REPORT, id="nothing: report"),
        pytest.param({"mode": "Report"}, REPORT, id="Report"),
        pytest.param({"mode": "Recover"}, RECOVER, id="Recover: recreate"),
        pytest.param({"mode": "Recover", "operation": "REBOOT"}, REBOOT, id="Recover by a reboot"),
        pytest.param(
            {"mode": "Recover", "maxUnhealthy": 2},
            replace(RECOVER, max_unhealthy="2"),
            id="at most two",
        ),
        pytest.param(
            {"mode": "Recover", "maxUnhealthy": "40%"},
            replace(RECOVER, max_unhealthy="40%"),
            id="at most a percentage",
        ),
        pytest.param(
            {"mode": "Report", "checkInterval": "1m"},
            replace(REPORT, check_interval=60.0),
            id="a check interval",
        ),
        pytest.param(
            {"mode": "Report", "checkInterval": "0s"}, REPORT, id="check interval 0: no checks"
        ),
    ],
)
def test_read(manifest: dict[str, Any], remediation: Remediation) -> None:
    assert read(manifest) == remediation


@pytest.mark.parametrize(
    ("max_unhealthy", "unhealthy", "nodes", "allowed"),
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
def test_allows(max_unhealthy: str, unhealthy: int, nodes: int, allowed: bool) -> None:
    assert replace(RECOVER, max_unhealthy=max_unhealthy).allows(unhealthy, nodes) is allowed


@pytest.mark.parametrize(
    ("remediation", "policies", "name"),
    [
        pytest.param(RECOVER, (HEALTH,), "healing", id="enabled: found"),
        pytest.param(RECOVER, (replace(HEALTH, enabled=False),), None, id="disabled: not found"),
        pytest.param(RECOVER, (), None, id="no policy: not found"),
        pytest.param(REPORT, (HEALTH,), None, id="no recovery desired: not needed"),
        pytest.param(
            RECOVER,
            (replace(HEALTH, type="senlin.policy.healthy-1.0"),),
            None,
            id="a type with the same prefix: not found",
        ),
    ],
)
def test_health_policy(
    remediation: Remediation, policies: tuple[Binding, ...], name: str | None
) -> None:
    assert health_policy(remediation, policies) == name


@pytest.mark.parametrize(
    ("desired", "observed", "steps"),
    [
        pytest.param(DESIRED, OBSERVED, [Recover("c1", "")], id="one node lost: recreated"),
        pytest.param(
            replace(DESIRED, remediation=REPORT), OBSERVED, [], id="one node lost, Report: no step"
        ),
        pytest.param(
            replace(DESIRED, remediation=REBOOT),
            OBSERVED,
            [Recover("c1", "", "REBOOT")],
            id="one node lost, REBOOT: rebooted",
        ),
        pytest.param(
            replace(DESIRED, remediation=REBOOT),
            replace(OBSERVED, serverless=frozenset(["n1"])),
            [Recover("c1", "", "RECREATE")],
            id="no server to reboot: recreated",
        ),
        pytest.param(
            replace(DESIRED, remediation=replace(RECOVER, max_unhealthy="0")),
            OBSERVED,
            [],
            id="too many lost: no step",
        ),
        pytest.param(
            DESIRED, replace(OBSERVED, policies=(HEALTH,)), [], id="a health policy: no step"
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, policies=(replace(HEALTH, enabled=False),)),
            [Recover("c1", "")],
            id="a disabled health policy: recreated",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, active=1, unbuilt=1),
            [Recover("c1", "")],
            id="one node lost, one unbuilt: one recovery for both",
        ),
        pytest.param(
            replace(DESIRED, remediation=replace(RECOVER, max_unhealthy="0")),
            replace(OBSERVED, unbuilt=1),
            [Recover("c1", "")],
            id="one node unbuilt, maxUnhealthy 0: recovered, as it was never lost",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, status="ERROR", active=0),
            [Recover("c1", "")],
            id="all nodes lost: recreated",
        ),
    ],
)
def test_plan(desired: Desired, observed: Observed, steps: list[Step]) -> None:
    assert plan(desired, observed) == steps


def test_readiness_says_that_remediation_is_held() -> None:
    outcome = readiness(
        replace(DESIRED, remediation=replace(RECOVER, max_unhealthy="30%")), OBSERVED
    )

    assert isinstance(outcome, Settled)
    assert (outcome.ready, outcome.reason) == (False, Reason.REMEDIATION_HELD)
    assert outcome.message.startswith("1 nodes are unhealthy, and at most 30% are recovered")


@pytest.mark.parametrize("active", [2, 3])
def test_readiness_names_the_policy_that_remediation_is_left_to(active: int) -> None:
    observed = replace(OBSERVED, active=active, status="ACTIVE", policies=(HEALTH,))
    outcome = readiness(DESIRED, observed)

    assert isinstance(outcome, Settled)
    assert outcome.ready is (active == 3)
    assert "remediation is left to policy healing" in outcome.message
