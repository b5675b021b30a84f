"""The operator over the real cloud, which polls as rarely as Senlin 16 is released."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox import Sandbox
from senlin_operator.leader import Shard
from tests.conftest import a_namespace, started
from tests.operator.process import SharedOperator
from tests.operator.tenant import Document, Tenant, TenantWithOperator, condition

SIX = ("nova",)  # with the services that it needs
EIGHT = ("nova", "heat", "octavia")
SERVED, UNSERVED = Shard(0, 2), Shard(1, 2)  # by the operator of a module, and by nobody
VOLATILE = re.compile(r"https?://|127\.0\.0\.1|localhost|0x[0-9a-f]{4}|req-[0-9a-f]{8}")


class RealTenant(Tenant):
    """A tenant of the real cloud, where a server takes seconds and a load balancer a minute."""

    patience = 180.0

    def explained(self, text: str, name: str = "web") -> Document:
        """Wait until a fault of the cluster has the text; return the cluster."""
        return self.wait(
            "SenlinCluster", name, lambda it: any(text in reason for reason in reasons(it)), text
        )


def message(document: Document) -> str:
    """Return the message of Ready."""
    return str(condition(document, "Ready").get("message", ""))


def reasons(cluster: Document) -> list[str]:
    """Return why nodes do not work."""
    return [str(fault["reason"]) for fault in (cluster.get("status") or {}).get("faults", ())]


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
    """An operator with default flags, which serves the tenants of a module."""
    operator = SharedOperator(cloud, SERVED, tmp_path_factory.mktemp("real") / "operator.log")
    operator.start()
    yield operator
    operator.kill()


@pytest.fixture
def tenant(cloud: Sandbox, operator: SharedOperator) -> Iterator[RealTenant]:
    namespace = a_namespace(cloud, SERVED)
    start = operator.log_size()
    tenant = RealTenant(cloud, namespace, lambda: operator.log_of(namespace, start))
    tenant.apply(tenant.secret())
    yield tenant
    cloud.nova.lift()
    tenant.delete_everything()
    assert operator.healthy, operator.tail()


@pytest.fixture
def idle_tenant(cloud: Sandbox, tmp_path: Path) -> Iterator[TenantWithOperator]:
    """A tenant whose own operator has not been started."""
    namespace = a_namespace(cloud, UNSERVED)
    tenant = TenantWithOperator(cloud, namespace, tmp_path / "operator.log")
    tenant.patience = RealTenant.patience
    tenant.apply(tenant.secret())
    yield tenant
    cloud.nova.lift()
    tenant.delete_everything()
    tenant.operator.kill()
