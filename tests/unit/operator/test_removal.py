"""What an object leaves behind, and what goes by force."""

import pytest

from openstack_clustering import Cluster, Profile
from openstack_clustering.exceptions import Conflict, ServerError
from senlin_operator.kube.objects import FORCE, Key
from senlin_operator.model.ownership import OWNER_KEY
from tests.unit.operator.builders import (
    WITH_FINALIZER,
    a_cluster,
    a_cluster_manifest,
    a_node,
    a_node_manifest,
    a_profile,
    ready,
)
from tests.unit.operator.fake_world import FOUR, PROFILE, SMALL, THREE, WEB, World

ONE = Key("SenlinNode", "team", "one")
FORCED = {FORCE: "true"}
ADOPTED = {"adopt": {"identity": "server-n1", "type": "os.nova.server-1.0"}}


async def creating(world: World) -> None:
    """Have a cluster that is being created, and does not get on."""
    world.senlin.slow = True
    world.kube.apply(PROFILE)
    world.kube.apply(a_cluster_manifest("web", THREE))
    await world.converge(3)
    world.senlin.work()
    world.senlin.work()
    assert world.senlin.cluster(_id(world)).status == "CREATING"


async def test_what_senlin_is_creating_is_waited_for(world: World) -> None:
    await creating(world)
    world.kube.remove(WEB)
    await world.converge(2)

    assert world.reason(WEB) == "Busy"
    assert set(world.requests()) == {"create_profile", "create_cluster", "delete_cluster"}

    world.senlin.slow = False
    world.senlin.finish()
    await world.retry(WEB, after=6)
    await world.converge(3)

    assert WEB not in world.kube
    assert world.senlin.poll().all(Cluster) == {}


async def test_an_annotation_deletes_by_force(world: World) -> None:
    await creating(world)
    world.kube.apply(a_cluster_manifest("web", THREE, annotations=FORCED))

    world.kube.remove(WEB)
    await world.converge(2)
    world.senlin.finish()
    await world.converge(3)

    assert [it for it in world.senlin.requests if "force" in it]
    assert WEB not in world.kube
    assert world.senlin.poll().all(Cluster) == {}


async def test_an_annotation_helps_while_a_deletion_hangs(settled: World) -> None:
    settled.senlin.slow = True
    settled.kube.remove(WEB)
    await settled.converge(2)
    assert settled.requests() == ["delete_cluster"]

    annotations = FORCED
    settled.kube.apply(a_cluster_manifest("web", THREE, annotations=annotations))
    await settled.converge(3)

    assert settled.senlin.requests == [("delete_cluster", _id(settled), "force")]  # and only once
    settled.senlin.finish()
    await settled.converge(2)
    assert WEB not in settled.kube


async def test_what_an_engine_left_behind_goes_by_force(settled: World) -> None:
    """A status that should have passed makes Senlin refuse a deletion for ever."""
    settled.senlin.slow = True
    settled.kube.apply(a_cluster_manifest("web", FOUR | {"name": "shop"}))
    await settled.converge(2)
    settled.senlin.work()
    settled.senlin.work()
    settled.senlin.die(cleanly=False)
    assert settled.senlin.cluster(_id(settled)).status == "UPDATING"
    settled.requests()
    id_ = _id(settled)

    settled.kube.remove(WEB)
    await settled.converge(2)
    assert set(settled.requests()) == {"delete_cluster"}
    assert WEB in settled.kube
    settled.senlin.slow = False
    for _ in range(8):
        await settled.retry(WEB, after=6)
        await settled.converge(2)

    assert settled.senlin.requests[-1] == ("delete_cluster", id_, "force")
    assert WEB not in settled.kube
    assert settled.senlin.poll().all(Cluster) == {}


async def test_a_deletion_without_need_is_not_forced(settled: World) -> None:
    settled.kube.remove(WEB)
    await settled.converge(3)

    assert not [it for it in settled.senlin.requests if "force" in it]


async def test_what_was_made_besides_goes_after_the_object(world: World) -> None:
    """Senlin makes the profile of what it adopts, and leaves it behind."""
    world.senlin.put_profile(a_profile("p9", "one-uid", name="prof-one"))
    world.senlin.put_profile(a_profile("p8", "another-uid", name="prof-two"))
    node = a_node("n1", "", profile_id="p9", metadata={OWNER_KEY: "one-uid"})
    world.senlin.put_node(node)
    world.kube.apply(
        a_node_manifest("one", ADOPTED, uid="one-uid", status=ready("n1"), **WITH_FINALIZER)
    )
    await world.rest()

    world.kube.remove(ONE)
    await world.converge()

    assert world.requests() == ["delete_node", "delete_profile"]
    assert ONE not in world.kube
    assert list(world.senlin.poll().all(Profile)) == ["p8"]


@pytest.mark.parametrize(
    "error", [ServerError("boom"), Conflict("still in use", type="ResourceInUse")]
)
async def test_the_finalizer_stays_until_all_of_it_has_gone(
    world: World, error: ServerError | Conflict
) -> None:
    world.senlin.put_profile(a_profile("p9", "one-uid", name="prof-one"))
    world.kube.apply(
        a_node_manifest("one", ADOPTED, uid="one-uid", status=ready("n1"), **WITH_FINALIZER)
    )
    await world.poll()
    world.senlin.refusals.append(error)

    world.kube.remove(ONE)
    await world.rest()
    assert ONE in world.kube
    assert list(world.senlin.poll().all(Profile)) == ["p9"]

    await world.retry(ONE, after=15)
    await world.converge(3)
    assert ONE not in world.kube
    assert world.senlin.poll().all(Profile) == {}


async def test_a_deletion_does_not_wait_for_our_own_action(settled: World) -> None:
    """Senlin takes the lock away from what resizes a cluster."""
    settled.senlin.slow = True
    settled.kube.apply(a_cluster_manifest("web", FOUR))
    await settled.converge(2)
    settled.senlin.work()
    settled.senlin.work()

    settled.kube.remove(WEB)
    await settled.rest()

    assert settled.requests() == ["resize_cluster", "delete_cluster"]


async def test_a_deletion_frees_itself_from_an_action_of_a_dead_engine(settled: World) -> None:
    settled.senlin.slow = True
    settled.kube.apply(a_cluster_manifest("web", FOUR | {"name": "shop"}))
    await settled.converge(2)
    settled.senlin.work()
    settled.senlin.work()
    settled.senlin.die(cleanly=True)
    settled.kube.remove(WEB)
    await settled.converge(2)
    settled.requests()
    settled.senlin.slow = False

    for pause in (3700, 10, 40, 10):
        await settled.retry(WEB, after=pause)
        await settled.converge(2)

    assert "cancel_action" in settled.requests()
    assert WEB not in settled.kube
    assert settled.senlin.poll().all(Cluster) == {}


async def test_a_deletion_whose_engine_died_is_begun_anew(settled: World) -> None:
    settled.senlin.slow = True
    settled.kube.remove(WEB)
    await settled.converge(2)
    settled.senlin.work()
    settled.senlin.work()
    settled.senlin.die(cleanly=True)
    settled.requests()
    settled.senlin.slow = False

    for pause in (3500, 200, 10, 40, 10):
        await settled.retry(WEB, after=pause)
        await settled.converge(2)

    assert settled.requests()[0] == "cancel_action"
    assert WEB not in settled.kube
    assert settled.senlin.poll().all(Cluster) == {}


@pytest.mark.parametrize("annotations", [{}, FORCED])
async def test_a_member_that_should_be_elsewhere_is_not_taken_along(
    settled: World, annotations: dict[str, str]
) -> None:
    one = a_node_manifest("one", {"clusterRef": {"name": "web"}}, uid="one-uid")
    settled.kube.apply(one)
    await settled.converge(10)
    assert settled.reason(ONE) == "Ready"
    node_id = settled.kube[ONE]["status"]["id"]
    server = settled.senlin.node(node_id).physical_id
    settled.senlin.slow = True

    settled.kube.apply(a_node_manifest("one", uid="one-uid"))
    settled.kube.apply(a_cluster_manifest("web", THREE, annotations=annotations))
    settled.kube.remove(WEB)
    await settled.converge(3)
    assert settled.reason(WEB) == "InUse"
    assert "SenlinNode one" in settled.condition(WEB)["message"]

    settled.senlin.slow = False
    settled.senlin.finish()
    await settled.converge(10)

    assert WEB not in settled.kube
    assert settled.senlin.node(node_id).physical_id == server
    assert settled.reason(ONE) == "Ready"


async def test_what_was_never_made_does_not_keep_what_it_refers_to(world: World) -> None:
    """Else each would wait for the other: nothing is made of a profile that is being deleted."""
    world.kube.apply(PROFILE)
    await world.converge(2)

    world.kube.remove(SMALL)
    world.kube.apply(a_cluster_manifest("web", THREE))
    await world.converge()
    assert SMALL not in world.kube
    assert world.reason(WEB) == "ReferenceMissing"

    world.kube.apply(PROFILE)
    await world.converge()

    assert world.reason(WEB) == "Ready"


async def test_duplicates_of_what_goes_at_once_go_with_it(world: World) -> None:
    world.kube.apply(PROFILE)
    await world.converge(2)
    del world.kube[SMALL]["status"]["id"]
    world.senlin.put_profile(a_profile("twin", "profile-uid"))
    await world.poll()

    world.kube.remove(SMALL)
    await world.converge()

    assert SMALL not in world.kube
    assert world.senlin.poll().all(Profile) == {}


async def test_duplicates_go_with_the_object(world: World) -> None:
    """Of several creations one is kept; a deletion keeps none."""
    world.kube.apply(PROFILE)
    await world.converge(2)
    profile_id = world.kube[SMALL]["status"]["id"]
    for id_ in ("c1", "c2"):
        world.senlin.put(a_cluster(id_, profile_id=profile_id))
    world.kube.apply(a_cluster_manifest("web", THREE, **WITH_FINALIZER))
    world.kube.remove(WEB)
    await world.rest()
    world.clock.advance(15)

    await world.converge()

    assert WEB not in world.kube
    assert world.senlin.poll().all(Cluster) == {}


def _id(world: World) -> str:
    return str(world.kube[WEB]["status"]["id"])
