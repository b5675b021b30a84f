from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.prometheus import Prometheus, prometheus_programs
from senlin_operator.leader import Shard
from tests.conftest import a_namespace
from tests.observe.load import Watched


@pytest.fixture(scope="session")
def promtool() -> Path:
    return prometheus_programs() / "promtool"


@pytest.fixture(scope="package")
def watched(
    sandbox: Sandbox, unserved: Shard, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Watched, Prometheus]]:
    """Operators under load, and the Prometheus that scraped them meanwhile."""
    namespace = a_namespace(sandbox, unserved)
    tenant = Watched(sandbox, namespace, tmp_path_factory.mktemp("operators"))
    with tenant.running() as prometheus:
        tenant.apply_load()
        tenant.change()
        yield tenant, prometheus
    tenant.sandbox.nova.lift(name=f"{namespace}-broken*")


@pytest.fixture
def tenant(watched: tuple[Watched, Prometheus]) -> Watched:
    return watched[0]


@pytest.fixture
def prometheus(watched: tuple[Watched, Prometheus]) -> Prometheus:
    return watched[1]
