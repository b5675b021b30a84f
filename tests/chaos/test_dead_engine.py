"""An engine that was stopped leaves actions behind that run for ever, and keep their locks."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.operator.tenant import TenantWithOperator


@pytest.fixture
def sole_tenant(sandbox_of_its_own: Sandbox, tmp_path: Path) -> Iterator[TenantWithOperator]:
    """A tenant of a Senlin that nobody else uses, and that goes on otherwise than it began."""
    tenant = TenantWithOperator(sandbox_of_its_own, "default", tmp_path / "operator.log")
    tenant.operator.start()
    yield tenant
    tenant.operator.kill()


@pytest.mark.thorough
def test_the_action_of_a_dead_engine_is_cancelled_and_its_work_done_again(
    sole_tenant: TenantWithOperator, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = sole_tenant
    tenant.sandbox.nova.slow_builds(3600, tenant.nodes_named())
    tenant.apply(tenant.secret(), tenant.profile(), tenant.cluster(timeoutSeconds=5))
    tenant.waits_for("ActionRunning")
    tenant.eventually(lambda: len(tenant.sandbox.nova.servers()) == 3, "being built")

    monkeypatch.setitem(os.environ, "SENLIN_LEAVES_DEAD_ACTIONS", "yes")
    tenant.sandbox.servers["senlin"].restart()  # the slow builds are forgotten by it

    cluster = tenant.ready(seconds=240)
    assert cluster["status"]["resource"]["nodes"] == {"total": 3, "active": 3, "unhealthy": 0}
    assert "CancellingAction" in [reason for reason, _ in tenant.events("web")]
