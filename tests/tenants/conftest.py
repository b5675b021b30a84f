"""A crowd of tenants, and the cloud of the hostile ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from senlin_operator.leader import Shard
from tests.tenants.crowd import Crowd, crowd_of
from tests.tenants.hostile_cloud import HostileCloud

HOSTILE = 20  # namespaces
OF_A_MODULE = 4


@pytest.fixture
def cloud() -> Iterator[HostileCloud]:
    with HostileCloud() as cloud:
        yield cloud


@pytest.fixture
def crowd(sandbox: Sandbox, unserved: Shard, tmp_path: Path) -> Iterator[Crowd]:
    with crowd_of(sandbox, unserved, HOSTILE, tmp_path / "operator.log") as crowd:
        yield crowd


@pytest.fixture(scope="module")
def shared_cloud() -> Iterator[HostileCloud]:
    with HostileCloud() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def shared_crowd(
    sandbox: Sandbox, unserved: Shard, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crowd]:
    """A crowd for all tests of a file, which look at what has become of it."""
    log = tmp_path_factory.mktemp("crowd") / "operator.log"
    with crowd_of(sandbox, unserved, OF_A_MODULE, log) as crowd:
        yield crowd
