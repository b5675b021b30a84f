from collections.abc import Iterator

import pytest

from openstack_clustering import Connection, Proxy
from tests.unit.client import fake_cloud


@pytest.fixture
def cloud() -> Iterator[fake_cloud.Cloud]:
    with fake_cloud.running() as cloud:
        yield cloud


@pytest.fixture
def connection(cloud: fake_cloud.Cloud) -> Iterator[Connection]:
    with Connection(clouds=cloud.clouds()) as connection:
        yield connection


@pytest.fixture
def proxy(connection: Connection) -> Proxy:
    return connection.cluster
