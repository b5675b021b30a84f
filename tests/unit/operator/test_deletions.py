"""How an object goes, and what it waits for."""

from openstack_clustering import Cluster, Profile
from openstack_clustering.exceptions import (
    ServerError,
)
from senlin_operator.kube.objects import FINALIZER
from tests.unit.operator.builders import (
    SECRET_KEY,
    UID,
    WITH_FINALIZER,
    Clock,
    a_cluster,
    a_cluster_manifest,
    a_node,
)
from tests.unit.operator.fake_world import PROFILE, SMALL, THREE, WEB, World


async def test_deletion_of_what_was_never_made_needs_no_credential(clock: Clock) -> None:
    async with World(clock).running() as world:
        world.kube.apply(PROFILE)
        await world.rest()
        assert world.reason(SMALL) == "CredentialsMissing"

        world.kube.remove(SMALL)
        await world.rest()

        assert SMALL not in world.kube
        assert world.cache.get(SMALL) is None


async def test_deletion_waits_for_the_cloud_object_to_go(settled: World) -> None:
    settled.senlin.slow = True
    settled.kube.remove(WEB)
    await settled.converge(3)
    assert settled.requests() == ["delete_cluster"]
    assert WEB in settled.kube

    settled.senlin.finish()
    await settled.converge(2)

    assert WEB not in settled.kube
    assert settled.requests() == []
    assert settled.writes() == [("finalizer off", "web")]


async def test_deletion_waits_for_users_by_name(settled: World) -> None:
    settled.kube.remove(SMALL)
    await settled.rest()
    assert settled.reason(SMALL) == "InUse"
    message = "Deletion waits for its users to go: SenlinCluster web."
    assert settled.condition(SMALL)["message"] == message

    settled.kube.remove(WEB)
    await settled.converge()

    assert SMALL not in settled.kube
    assert settled.requests() == ["delete_cluster", "delete_profile"]


async def test_what_nobody_uses_any_more_lets_the_secret_go(settled: World) -> None:
    assert settled.kube[SECRET_KEY]["metadata"]["finalizers"] == [FINALIZER]
    settled.kube.remove(SECRET_KEY)
    settled.kube.remove(WEB)
    settled.kube.remove(SMALL)

    await settled.converge()

    assert SECRET_KEY not in settled.kube
    assert settled.senlin.poll().all(Cluster) == settled.senlin.poll().all(Profile) == {}
    assert settled.sessions.users == set()


async def test_a_deletion_that_failed_is_told_and_tried_again(settled: World) -> None:
    settled.senlin.refusals.append(ServerError("boom"))
    settled.kube.remove(WEB)
    await settled.converge(2)
    assert settled.reason(WEB) == "CloudError"

    await settled.retry(WEB, after=10)
    await settled.converge(3)

    assert WEB not in settled.kube


async def test_deletion_finds_by_its_mark_what_has_no_id(world: World) -> None:
    world.senlin.put(a_cluster("c1", UID), [a_node()])
    world.kube.apply(a_cluster_manifest("web", THREE, **WITH_FINALIZER))
    world.kube.remove(WEB)
    await world.rest()
    world.clock.advance(15)

    await world.converge()

    assert WEB not in world.kube
    assert world.requests() == ["delete_cluster"]
    assert world.senlin.poll().all(Cluster) == {}


async def test_detached_objects_are_left_in_the_cloud(settled: World) -> None:
    raw = a_cluster_manifest("web", THREE, spec={"managedOptions": {"onDelete": "detach"}})
    settled.kube.apply(raw)
    await settled.rest()

    settled.kube.remove(WEB)
    await settled.converge(2)

    assert WEB not in settled.kube
    assert settled.requests() == []
    assert len(settled.senlin.poll().all(Cluster)) == 1
