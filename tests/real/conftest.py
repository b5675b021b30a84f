"""The operator over the real cloud, which polls as seldom as Senlin 16 is released."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox import Sandbox
from tests.conftest import EVERY, a_namespace, started
from tests.operator.process import SharedOperator
from tests.operator.tenant import Tenant

SIX = ("nova",)  # with the services that it needs
EIGHT = ("nova", "heat", "octavia")


class RealTenant(Tenant):
    """A tenant of the real cloud, where a server takes seconds and a load balancer a minute."""

    patience = 180.0


@contextmanager
def real_sandbox(*only: str) -> Iterator[Sandbox]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SENLIN_POLLS_SELDOM", "yes")
        sandbox = started(cloud="real", only=only)
    with sandbox:
        yield sandbox


@pytest.fixture(scope="package")
def six_services() -> Iterator[Sandbox]:
    """A real cloud of the services that servers need."""
    with real_sandbox(*SIX) as sandbox:
        yield sandbox


@pytest.fixture(scope="package")
def eight_services() -> Iterator[Sandbox]:
    """A real cloud with Heat and Octavia, too."""
    with real_sandbox(*EIGHT) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def cloud(request: pytest.FixtureRequest) -> Sandbox:
    """The sandbox of a module, which says in `CLOUD` which one."""
    sandbox: Sandbox = request.getfixturevalue(request.module.CLOUD)
    return sandbox


@pytest.fixture(scope="module")
def operator(cloud: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedOperator]:
    """An operator with default flags, which serves all tenants of a module."""
    operator = SharedOperator(cloud, EVERY, tmp_path_factory.mktemp("real") / "operator.log")
    operator.start()
    yield operator
    operator.kill()


@pytest.fixture
def tenant(cloud: Sandbox, operator: SharedOperator) -> Iterator[RealTenant]:
    namespace = a_namespace(cloud)
    start = operator.log_size()
    tenant = RealTenant(cloud, namespace, lambda: operator.log_of(namespace, start))
    tenant.apply(tenant.secret())
    yield tenant
    cloud.nova.lift()
    tenant.delete_everything()
    assert operator.healthy, operator.tail()
