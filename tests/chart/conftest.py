from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.operator.conftest import idle_tenant

__all__ = ["idle_tenant"]

DEFINITIONS = Path(__file__).parent / "monitoring.yaml"


@pytest.fixture(scope="session")
def monitoring(sandbox: Sandbox) -> Sandbox:
    """The shared sandbox, in which Prometheus Operator's kinds are installed."""
    sandbox.kubectl("apply", "--server-side", "-f", str(DEFINITIONS))
    sandbox.kubectl("wait", "--for=condition=Established", "-f", str(DEFINITIONS))
    return sandbox
