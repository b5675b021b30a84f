from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.operator.world import World


@pytest.fixture
def idle_world(sandbox: Sandbox, namespace: str, tmp_path: Path) -> Iterator[World]:
    """A namespace whose operator has not been started."""
    world = World(sandbox, namespace, tmp_path / "operator.log")
    yield world
    world.operator.kill()
    world.sandbox.nova.lift(name=world.nodes_named())


@pytest.fixture
def world(idle_world: World) -> World:
    """A namespace with a running operator."""
    idle_world.operator.start()
    return idle_world
