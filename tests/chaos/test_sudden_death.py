"""Killed between every two requests of a creation, or of a deletion: no duplicate, no orphan."""

import subprocess
import sys

import pytest

from tests.operator.world import Operator, World, is_ready, ticks

MORTAL = [sys.executable, "-m", "tests.chaos.mortal_operator"]
REQUESTS = 36  # more than a creation takes, which the last case proves


def die(world: World, after: int) -> bool:
    """Run an operator until it dies of its n-th request; False: its work was done before."""
    mortal = Operator(world.sandbox.kubeconfig, world.namespace, world.operator.log, MORTAL)
    mortal.start(DIE_AFTER=str(after))
    for _ in ticks(40):
        if not mortal.running:
            return mortal.wait(1) == -9
        if all_ready(world):
            mortal.kill()
            return False
    mortal.kill()
    raise AssertionError(f"neither dead nor done\n{world.tail()}")


def all_ready(world: World) -> bool:
    names = (("SenlinProfile", "web-server"), ("SenlinCluster", "web"))
    found = [world.get(kind, name) for kind, name in names]
    return all(it is not None and is_ready(it) for it in found)


def assert_one_of_each(world: World) -> None:
    assert len(world.clusters()) == 1
    assert len(world.profiles()) == 1
    assert len(world.sandbox.nova.servers(world.nodes_named())) == 3


@pytest.mark.parametrize("after", range(1, REQUESTS + 1))
def test_a_creation_survives_death_after_each_request(idle_world: World, after: int) -> None:
    world = idle_world
    world.apply(world.secret(), world.profile(), world.cluster())

    died = die(world, after)

    world.operator.start()
    world.ready("SenlinProfile", "web-server")
    world.ready()
    assert_one_of_each(world)
    if after == REQUESTS:
        assert not died, "there are more requests than cases: raise REQUESTS"
    world.delete("senlincluster/web", "senlinprofile/web-server")
    world.gone("SenlinCluster", "web")
    world.gone("SenlinProfile", "web-server")
    assert world.clusters() == world.profiles() == []
    assert world.sandbox.nova.servers(world.nodes_named()) == []


@pytest.mark.parametrize("after", range(4, 20, 2))
def test_a_deletion_survives_death(idle_world: World, after: int) -> None:
    world = idle_world
    world.operator.start()
    world.apply(world.secret(), world.profile(), world.cluster())
    world.ready()
    world.operator.kill()
    world.delete("senlincluster/web", "senlinprofile/web-server")

    mortal = Operator(world.sandbox.kubeconfig, world.namespace, world.operator.log, MORTAL)
    mortal.start(DIE_AFTER=str(after))
    try:
        mortal.wait(6)
    except subprocess.TimeoutExpired:  # all was done before
        mortal.kill()

    world.operator.start()
    world.gone("SenlinCluster", "web")
    world.gone("SenlinProfile", "web-server")
    assert world.clusters() == world.profiles() == []
    assert world.sandbox.nova.servers(world.nodes_named()) == []
