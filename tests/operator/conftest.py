"""Tenants: those that share an operator, and those that have one of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.conftest import a_namespace, shared_sandbox
from tests.operator.foretold import foretelling
from tests.operator.process import SharedOperator
from tests.operator.tenant import Tenant, TenantWithOperator


@pytest.fixture
def tenant(
    sandbox: Sandbox, shared_operator: SharedOperator, request: pytest.FixtureRequest
) -> Iterator[Tenant]:
    """A tenant that the worker's shared operator serves: no test may stop that, or shut it out."""
    namespace = a_namespace(sandbox, shared_operator.shard)
    shared_operator.start()
    start = shared_operator.log_size()
    tenant = Tenant(sandbox, namespace, lambda: shared_operator.log_of(namespace, start))
    with foretelling(tenant, request):
        yield tenant
    sandbox.nova.lift(name=tenant.nodes_named())
    tenant.delete_everything()  # else the operator would look after it as long as it runs
    assert shared_operator.healthy, shared_operator.tail()


@pytest.fixture
def idle_tenant(sandbox: Sandbox, namespace: str, tmp_path: Path) -> Iterator[TenantWithOperator]:
    """A tenant whose own operator has not been started."""
    tenant = TenantWithOperator(sandbox, namespace, tmp_path / "operator.log")
    yield tenant
    tenant.operator.kill()
    tenant.sandbox.nova.lift(name=tenant.nodes_named())


@pytest.fixture
def tenant_with_operator(
    idle_tenant: TenantWithOperator, request: pytest.FixtureRequest
) -> Iterator[TenantWithOperator]:
    """A tenant whose own operator runs: for tests of flags, logs, signals, faults and logins."""
    idle_tenant.operator.start()
    with foretelling(idle_tenant, request):
        yield idle_tenant


@pytest.fixture(scope="session")
def repaired(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox in which REBUILD and changes of an image work."""
    with shared_sandbox(request.config, "repaired", senlin="repaired") as shared:
        yield shared


@pytest.fixture
def repaired_tenant(
    repaired: Sandbox, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[TenantWithOperator]:
    """A tenant of that sandbox, whose own operator runs."""
    tenant = TenantWithOperator(repaired, a_namespace(repaired), tmp_path / "operator.log")
    tenant.operator.start("--senlin-repaired", "true")
    with foretelling(tenant, request, "--senlin-repaired"):
        yield tenant
    tenant.operator.kill()
