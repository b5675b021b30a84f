"""Logins to the sandbox."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest

from openstack_clustering import Connection, Proxy
from sandbox import Sandbox
from tests.client.factories import Factory, Login


@pytest.fixture
def login(sandbox: Sandbox) -> Iterator[Login]:
    """Returns a function that logs a user in."""
    with ExitStack() as connections:

        def login(user: str = "blue-1", **settings: Any) -> Proxy:
            connection = Connection(clouds=sandbox.clouds(user), **settings)
            return connections.enter_context(connection).cluster

        yield login


@pytest.fixture
def senlin(login: Login) -> Proxy:
    return login()


@pytest.fixture
def name() -> str:
    """A name that no other test has."""
    return f"t-{uuid4().hex[:12]}"


@pytest.fixture
def make(senlin: Proxy, name: str) -> Iterator[Factory]:
    factory = Factory(senlin, name)
    yield factory
    factory.clean_up()
