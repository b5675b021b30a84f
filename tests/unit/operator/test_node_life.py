"""SenlinNodes in the engine: what they ask of Senlin, whom they wait for, and who wakes them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from openstack_clustering import Cluster, Node, Profile
from senlin_operator.kube.objects import Key
from senlin_operator.model.ownership import OWNER_KEY
from tests.unit.operator.builders import (
    Clock,
    Document,
    a_cluster_manifest,
    a_node_manifest,
    a_profile_manifest,
    a_secret_manifest,
)
from tests.unit.operator.fake_adoption import Adopting
from tests.unit.operator.fake_world import PROFILE, THREE, WEB, Last, World

ONE = Key("SenlinNode", "team", "one")
FULL = THREE | {"maxSize": 3}
MEMBER = {"clusterRef": {"name": "web"}}
PAUSED = {"senlin.openstack.org/paused": "true"}
DELETION = "senlin.policy.deletion"


def a_one(resource: Document | None = None, **more: Any) -> Document:
    return a_node_manifest("one", resource, uid="one-uid", **more)


async def alone(world: World, resource: Document | None = None) -> str:
    """Have a node that stands alone and is Ready; return its id."""
    world.kube.apply(PROFILE)
    world.kube.apply(a_one(resource))
    await world.converge()
    assert world.reason(ONE) == "Ready"
    world.requests()
    world.writes()
    return str(world.kube[ONE]["status"]["id"])


async def inside(world: World) -> str:
    """Have a settled cluster with a declared member; return the node's id."""
    world.kube.apply(a_one(MEMBER))
    await world.converge(12)
    assert (world.reason(ONE), world.reason(WEB)) == ("Ready", "Ready")
    world.requests()
    return str(world.kube[ONE]["status"]["id"])


def lose_server(world: World, id_: str) -> None:
    """Have its server vanish, and Senlin notice."""
    world.senlin.servers.discard(world.senlin.node(id_).physical_id or "")
    world.senlin.check_node(id_)
    world.requests()


async def test_a_creation_costs_one_request_and_three_writes(world: World) -> None:
    world.kube.apply(PROFILE)
    await world.converge(2)
    world.requests()
    world.writes()

    world.kube.apply(a_one())
    await world.converge()

    assert world.requests() == ["create_node"]
    assert world.writes() == [("finalizer on", "one"), ("status", "one"), ("status", "one")]
    assert world.reason(ONE) == "Ready"
    [node] = world.senlin.poll().all(Node).values()
    assert node.metadata == {OWNER_KEY: "one-uid"}


async def test_a_settled_node_costs_nothing(world: World) -> None:
    await alone(world)

    await world.converge(5)

    assert (world.requests(), world.writes()) == ([], [])


async def test_a_member_is_made_first_and_joins_then(settled: World) -> None:
    settled.kube.apply(a_one(MEMBER | {"role": "first"}))

    await settled.converge(12)

    requests = [verb for verb in settled.requests() if verb != "resize_cluster"]
    assert requests == ["create_node", "add_nodes_to_cluster", "update_node"]
    [node] = [
        it for it in settled.senlin.poll().all(Node).values() if (it.metadata or {}).get(OWNER_KEY)
    ]
    assert (node.role, bool(node.cluster_id)) == ("first", True)
    assert settled.reason(WEB) == "Ready"


async def test_a_deletion_waits_until_its_cluster_lets_it_go(settled: World) -> None:
    id_ = await inside(settled)
    cluster = next(iter(settled.senlin.poll().all(Cluster)))
    settled.senlin.resize_cluster(cluster, "EXACT_CAPACITY", 3, 3, 5)
    settled.kube.apply(a_cluster_manifest("web", THREE, annotations=PAUSED))
    await settled.poll()
    settled.requests()

    settled.kube.remove(ONE)
    await settled.converge(2)

    assert settled.requests() == []
    assert settled.reason(ONE) == "NoRoom"
    settled.kube.apply(a_cluster_manifest("web", THREE))
    await settled.converge(4)
    await settled.retry(ONE, after=4)
    await settled.converge(4)
    assert ONE not in settled.kube
    assert id_ not in settled.senlin.poll().all(Node)


async def test_a_cluster_that_goes_gives_up_its_least_size(settled: World) -> None:
    three = {"minSize": 3, "maxSize": 3, "desiredCapacity": 3}
    settled.kube.apply(a_cluster_manifest("web", three))
    await inside(settled)

    settled.kube.remove(WEB)
    await settled.converge(3)

    assert settled.requests() == ["resize_cluster"]
    assert settled.reason(WEB) == "InUse"
    [cluster] = settled.senlin.poll().all(Cluster).values()
    assert (cluster.min_size, len(settled.senlin.poll().all(Node))) == (0, 3)

    settled.kube.remove(ONE)
    await settled.converge(4)
    assert (WEB in settled.kube, ONE in settled.kube) == (False, False)
    assert settled.senlin.poll().all(Node) == {}


async def test_a_refusal_to_give_it_up_is_asked_again(settled: World) -> None:
    await inside(settled)
    settled.senlin.slow = True
    settled.kube.remove(WEB)
    settled.senlin.check_cluster(next(iter(settled.senlin.poll().all(Cluster))))
    settled.requests()
    await settled.converge(2)
    assert set(settled.requests()) == {"resize_cluster"}
    assert next(iter(settled.senlin.poll().all(Cluster).values())).min_size == 1  # it is locked

    settled.senlin.slow = False
    settled.senlin.finish()
    await settled.retry(WEB, after=6)
    await settled.converge(2)

    assert settled.requests() == ["resize_cluster"]
    [cluster] = settled.senlin.poll().all(Cluster).values()
    assert cluster.min_size == 0


async def test_a_node_is_woken_when_its_cluster_has_finished(settled: World) -> None:
    """Nothing about the node itself changes by it."""
    id_ = await inside(settled)
    cluster = settled.senlin.node(id_).cluster_id
    settled.senlin.slow = True
    settled.senlin.check_cluster(cluster)
    await settled.poll()
    settled.kube.apply(a_one())
    await settled.poll()
    assert settled.reason(ONE) == "Busy"

    settled.senlin.finish()
    settled.senlin.slow = False
    await settled.converge(4)

    assert settled.reason(ONE) == "Ready"
    assert settled.senlin.node(id_).cluster_id == ""


async def test_a_full_cluster_makes_room_for_who_is_declared(settled: World) -> None:
    settled.kube.apply(a_cluster_manifest("web", FULL))
    await settled.converge()

    id_ = await inside(settled)

    cluster = settled.senlin.node(id_).cluster_id
    assert len(settled.senlin.poll().members(Node, cluster)) == 3


async def test_nodes_that_are_made_anew_are_no_sign_of_an_emptied_project(world: World) -> None:
    hopeless = {"properties": {"flavor": "none"}}
    names = [f"web-{number}" for number in range(5)]
    world.kube.apply(PROFILE)
    world.kube.apply(a_profile_manifest("bad", hopeless, uid="bad-uid"))
    for name in names:
        bad = {"profileRef": {"name": "bad"}}
        world.kube.apply(a_node_manifest(name, bad, uid=f"{name}-uid"))
    await world.converge()
    assert {world.reason(Key("SenlinNode", "team", name)) for name in names} == {"ActionFailed"}

    for name in names:
        world.kube.apply(a_node_manifest(name, uid=f"{name}-uid"))
    await world.converge()

    assert {world.reason(Key("SenlinNode", "team", name)) for name in names} == {"Ready"}
    assert len(world.senlin.poll().all(Node)) == 5


async def test_nodes_that_others_deleted_all_at_once_are_not_made_again(world: World) -> None:
    names = [f"web-{number}" for number in range(5)]
    world.kube.apply(PROFILE)
    for name in names:
        world.kube.apply(a_node_manifest(name, uid=f"{name}-uid"))
    await world.converge()

    for id_ in world.senlin.poll().all(Node):
        world.senlin.delete_node(id_)
    await world.converge()

    assert {world.reason(Key("SenlinNode", "team", name)) for name in names} == {"ProjectEmptied"}


async def test_what_an_engine_left_unfinished_is_built(world: World) -> None:
    world.senlin.slow = True
    world.kube.apply(PROFILE)
    world.kube.apply(a_one())
    await world.converge(2)
    for _ in range(2):
        world.senlin.work()
    world.senlin.die(cleanly=False)
    world.senlin.slow = False
    await world.converge(2)
    [stuck] = world.senlin.poll().all(Node).values()
    assert stuck.status == "CREATING"

    for _ in range(3):
        await world.retry(ONE, after=31)
        await world.converge(3)

    assert world.reason(ONE) == "Ready"
    assert world.requests() == ["create_profile", "create_node", "recover_node"]


async def test_what_a_failed_action_left_behind_is_checked_soon(world: World) -> None:
    id_ = await alone(world)
    world.senlin.slow = True
    world.kube.apply(a_one({"name": "two"}))
    await world.poll()
    for _ in range(2):
        world.senlin.work()
    world.senlin.die(cleanly=False)
    world.senlin.slow = False
    await world.converge(2)
    assert (world.senlin.node(id_).status, world.reason(ONE)) == ("UPDATING", "ActionFailed")

    await world.retry(ONE, after=6)
    await world.converge(3)

    assert world.requests() == ["update_node", "check_node", "update_node"]
    assert (world.senlin.node(id_).name, world.reason(ONE)) == ("two", "Ready")


async def test_a_lost_server_is_reported(world: World) -> None:
    id_ = await alone(world)

    lose_server(world, id_)
    await world.converge(2)

    assert world.reason(ONE) == "Degraded"
    assert world.requests() == []
    assert world.condition(ONE, "Stalled")["status"] == "False"


async def test_a_lost_server_is_made_anew_if_so_meant(world: World) -> None:
    id_ = await alone(world, {"remediation": {"mode": "Recover"}})

    lose_server(world, id_)
    await world.converge(3)

    assert world.reason(ONE) == "Ready"
    assert world.requests() == ["recover_node"]


async def test_it_is_checked_as_often_as_it_says_and_silently(world: World) -> None:
    await alone(world, {"remediation": {"mode": "Report", "checkInterval": "5m"}})

    await world.retry(ONE, after=301)
    await world.converge(3)

    assert (world.requests(), world.writes()) == (["check_node"], [])


async def test_a_deletion_policy_keeps_a_node_in(settled: World) -> None:
    id_ = await inside(settled)
    cluster = settled.senlin.node(id_).cluster_id
    policy = settled.senlin.create_policy("grace", {"type": DELETION, "version": "1.0"})
    settled.senlin.attach_policy_to_cluster(cluster, policy.id, enabled=True)
    settled.requests()

    settled.kube.apply(a_one())
    await settled.converge(3)
    assert settled.reason(ONE) == "Unsafe"
    assert settled.condition(ONE, "Stalled")["status"] == "True"
    assert settled.requests() == []

    settled.senlin.update_cluster_policy(cluster, policy.id, enabled=False)
    await settled.retry(ONE, after=31)
    await settled.converge(4)
    assert settled.reason(ONE) == "Ready"
    assert settled.senlin.node(id_).cluster_id == ""


@pytest.fixture
async def adopting(clock: Clock) -> AsyncIterator[World]:
    """Return a world in which a node adopts a server as soon as somebody looks."""
    async with World(clock, Adopting(clock)).running() as world:
        world.kube.apply(a_secret_manifest())
        raw = a_one({"adopt": {"identity": "server-1", "type": "os.nova.server-1.0"}})
        del raw["spec"]["resource"]["profileRef"]
        world.kube.apply(raw)
        yield world


async def reborn(world: World) -> None:
    """Have the process die, and another one take its place."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    world.boot()


@pytest.mark.parametrize("last", [Last.DONE, Last.UNSENT])
@pytest.mark.parametrize("requests", range(1, 9))
@pytest.mark.parametrize("deleted", [False, True])
async def test_a_death_in_an_adoption_leaves_neither_twin_nor_orphan(
    adopting: World, deleted: bool, requests: int, last: Last
) -> None:
    adopting.fuse.left, adopting.fuse.last = requests, last
    await adopting.converge(3)
    if deleted:
        adopting.kube.remove(ONE)
    await reborn(adopting)

    async with adopting.running():
        for pause in (0, 15, 15):
            await adopting.retry(ONE, after=pause)
            await adopting.converge(3)

    snapshot = adopting.senlin.poll()
    assert len(snapshot.all(Node)) == len(snapshot.all(Profile)) == (0 if deleted else 1)
    assert (ONE in adopting.kube) != deleted
