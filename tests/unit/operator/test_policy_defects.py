"""Policies that Senlin 16 as released accepts, and that do harm or nothing."""

from typing import Any

import pytest

from senlin_operator.kinds.policy.defects import defect
from tests.unit.operator.builders import a_policy_manifest
from tests.unit.operator.environment import Environment
from tests.unit.operator.test_policy_reconcile import GROW

HEALTH = "senlin.policy.health"
REBUILD = {"recovery": {"actions": [{"name": "REBUILD"}]}}
EVENTS = {"detection": {"detection_modes": [{"type": "LIFECYCLE_EVENTS"}]}}


@pytest.mark.parametrize(
    ("type_", "properties", "words"),
    [
        (HEALTH, REBUILD, "cannot rebuild a server"),
        (HEALTH, EVENTS, "no node by LIFECYCLE_EVENTS"),
        (HEALTH, {"detection": {"type": "LIFECYCLE_EVENTS"}}, "no node by LIFECYCLE_EVENTS"),
        (HEALTH, {"recovery": {"actions": [{"name": "RECREATE"}]}}, None),
        (HEALTH, {"detection": {"detection_modes": [{"type": "NODE_STATUS_POLLING"}]}}, None),
        (HEALTH, {"recovery": ["REBUILD"], "detection": {"detection_modes": "?"}}, None),
        ("senlin.policy.scaling", REBUILD, None),
    ],
)
def test_defect(type_: str, properties: dict[str, Any], words: str | None) -> None:
    text = defect(type_, properties)

    assert (words in text) if words and text else text is words


async def test_it_is_refused(env: Environment) -> None:
    health = {"type": HEALTH, "version": "1.2", "properties": EVENTS}
    env.kube.apply(a_policy_manifest(resource=health))

    await env.converge()

    assert env.reason(GROW) == "Rejected"
    assert "LIFECYCLE_EVENTS" in env.condition(GROW)["message"]
    assert env.requests() == []
