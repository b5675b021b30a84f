"""A crowd of tenants, and the cloud of the hostile ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from senlin_operator.leader import Shard
from tests.conftest import a_namespace
from tests.tenants.crowd import Crowd
from tests.tenants.hostile_cloud import HostileCloud

HOSTILE = 20  # namespaces


@pytest.fixture
def cloud() -> Iterator[HostileCloud]:
    with HostileCloud() as cloud:
        yield cloud


@pytest.fixture
def crowd(sandbox: Sandbox, unserved: Shard, tmp_path: Path) -> Iterator[Crowd]:
    """A good tenant that has its profile, and hostile ones that have nothing yet."""
    namespaces = [a_namespace(sandbox, unserved) for _ in range(HOSTILE + 1)]
    crowd = Crowd(sandbox, namespaces, tmp_path / "operator.log")
    crowd.operator.start()
    crowd.good.apply(crowd.good.secret(), crowd.good.profile())
    crowd.good.ready("SenlinProfile", "web-server")
    yield crowd
    crowd.tidy_up()
