"""A cloud without Kubernetes, which these tests may disturb as they like."""

from collections.abc import Iterator

import pytest

from sandbox import Sandbox
from tests.sandbox.api import Senlin


@pytest.fixture(scope="session")
def cloud_for_all() -> Iterator[Sandbox]:
    with Sandbox.up(kubernetes=False) as cloud:
        yield cloud


@pytest.fixture
def cloud(cloud_for_all: Sandbox) -> Iterator[Sandbox]:
    yield cloud_for_all
    for proxy in (cloud_for_all.senlin, cloud_for_all.keystone):
        proxy.lift_all()
        proxy.clear()
    cloud_for_all.nova.lift()


@pytest.fixture
def senlin(cloud: Sandbox) -> Iterator[Senlin]:
    with Senlin(cloud) as senlin:
        yield senlin
