from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL

import pytest

from sandbox import Sandbox
from tests.conftest import a_namespace, started
from tests.operator.autoscaling.metrics_api import MetricsApi, metrics_api
from tests.operator.autoscaling.scaled import Scaled


@pytest.fixture(scope="package")
def autoscaled() -> Iterator[Sandbox]:
    """A sandbox of these tests alone, as the metrics are for all of Kubernetes."""
    with started() as sandbox:
        yield sandbox


@pytest.fixture(scope="package")
def metrics(
    autoscaled: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[type[MetricsApi]]:
    pki = tmp_path_factory.mktemp("pki")
    with metrics_api(autoscaled, a_namespace(autoscaled), pki) as api:
        # An autoscaler finds a kind of ours only after the controller manager has read again which
        # kinds there are, 30 seconds after its start.
        autoscaled.servers["kube-controller-manager"].restart(SIGKILL)
        yield api


@pytest.fixture
def tenant(autoscaled: Sandbox, metrics: type[MetricsApi], tmp_path: Path) -> Iterator[Scaled]:
    tenant = Scaled(autoscaled, metrics, tmp_path / "operator.log")
    tenant.operator.start()
    yield tenant
    tenant.operator.kill()
    tenant.sandbox.nova.lift(name=tenant.nodes_named())
    tenant.kubectl("delete", "hpa", "--all")  # else it asks as long as the sandbox lives
