"""Large Secrets that nobody uses cost the operator nothing: it never has their content."""

from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.operator.tenant import TenantWithOperator
from tests.tenants import large_secrets

NUMBER = 50  # with their content they would take several times what is promised


@pytest.mark.slow
def test_large_secrets_cost_no_memory(sandbox: Sandbox, namespace: str, tmp_path: Path) -> None:
    tenant = TenantWithOperator(sandbox, namespace, tmp_path / "operator.log")

    assert large_secrets.cost(tenant, NUMBER) < large_secrets.MORE
