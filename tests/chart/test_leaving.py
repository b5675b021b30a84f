"""The commands of docs/uninstall.md, as they stand there."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.operator.world import World

PAGE = (Path(__file__).parents[2] / "docs" / "uninstall.md").read_text()


@pytest.fixture
def world(sandbox_of_its_own: Sandbox, tmp_path: Path) -> Iterator[World]:
    """A namespace with a cluster, a policy, and the operator that made them."""
    sandbox_of_its_own.kubectl("create", "namespace", "team")
    world = World(sandbox_of_its_own, "team", tmp_path / "operator.log")
    world.operator.start()
    world.apply(world.policy())
    world.quickstart()
    world.ready("SenlinPolicy", "grow")
    yield world
    world.operator.kill()


def test_openstack_is_left_as_it_is(world: World) -> None:
    run(world.sandbox, "Leave OpenStack as it is")

    assert left(world.sandbox) == []
    assert len(world.clusters()) == len(world.profiles()) == len(world.policies()) == 1


def test_everything_is_deleted(world: World) -> None:
    run(world.sandbox, "Delete everything in OpenStack, too")

    assert left(world.sandbox) == []
    assert world.clusters() == world.profiles() == world.policies() == []


def test_without_the_operator_a_namespace_can_be_freed(world: World) -> None:
    world.operator.kill()
    world.kubectl("delete", "namespace", "team", "--wait=false")

    run(world.sandbox, "If the operator is gone already")

    world.kubectl("wait", "--for=delete", "namespace/team", "--timeout=40s")
    assert len(world.clusters()) == 1


def test_the_custom_resources_can_be_removed(sandbox_of_its_own: Sandbox) -> None:
    run(sandbox_of_its_own, "3. The custom resources")

    assert not sandbox_of_its_own.kubectl("get", "crds", "-o", "name")


def run(sandbox: Sandbox, heading: str) -> None:
    """Run the commands below a heading."""
    _, _, section = PAGE.partition(f"# {heading}\n")
    [script] = re.findall(r"^```sh\n(.*?)^```", section.split("\n#")[0], re.M | re.S)
    environment = {
        **os.environ,
        "PATH": f"{sandbox.bin}:{os.environ['PATH']}",
        "KUBECONFIG": str(sandbox.kubeconfig),
        "HOME": str(sandbox.directory),
    }
    command = ["bash", "-euo", "pipefail", "-c", script]
    subprocess.run(command, env=environment, timeout=90, check=True)


def left(sandbox: Sandbox) -> list[str]:
    return sandbox.kubectl("get", "senlin", "--all-namespaces", "-o", "name").split()
