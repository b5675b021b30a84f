"""What the engine makes of a policy: found by its name's ending, refused, in use."""

from openstack_clustering import Policy
from openstack_clustering.exceptions import Conflict, ServerError
from senlin_operator.kube.objects import Key
from tests.unit.operator.builders import WITH_FINALIZER, a_policy, a_policy_manifest
from tests.unit.operator.fake_world import World

GROW = Key("SenlinPolicy", "team", "grow")


async def test_a_policy_from_manifest_to_ready(world: World) -> None:
    world.kube.apply(a_policy_manifest())

    await world.converge()

    status = world.kube[GROW]["status"]
    assert world.reason(GROW) == "Ready"
    assert status["resource"]["name"] == "grow"
    assert list(world.senlin.poll().all(Policy)) == [status["id"]]
    assert world.requests() == ["create_policy"]


async def test_a_creation_that_a_dead_process_began_is_found_by_its_ending(world: World) -> None:
    world.kube.apply(a_policy_manifest(**WITH_FINALIZER))
    await world.converge(3)
    assert world.requests() == []
    world.senlin.put_policy(a_policy("y1"))

    world.clock.advance(15)
    await world.converge(2)

    assert world.kube[GROW]["status"]["id"] == "y1"
    assert world.requests() == []


async def test_properties_that_do_not_fit_stall_at_once(world: World) -> None:
    sentence = "Unrecognizable spec item 'nosuch'"
    world.senlin.refusals.append(ServerError(sentence, status=500, type="ESchema"))
    world.kube.apply(a_policy_manifest())

    await world.converge()

    assert world.condition(GROW, "Stalled")["status"] == "True"
    assert world.condition(GROW)["message"] == f"Senlin refuses it: {sentence}"
    assert world.requests() == ["create_policy"]


async def test_a_policy_that_clusters_of_others_use_is_waited_for(world: World) -> None:
    world.kube.apply(a_policy_manifest())
    await world.converge()
    sentence = "The policy 'y1' cannot be deleted: still attached to some clusters."
    world.senlin.refusals.append(Conflict(sentence, type="ResourceInUse"))

    world.kube.remove(GROW)
    await world.converge()

    assert world.reason(GROW) == "InUse"
    assert sentence in world.condition(GROW, "Reconciling")["message"]

    await world.retry(GROW, after=10)
    await world.converge()

    assert GROW not in world.kube
    assert list(world.senlin.poll().all(Policy)) == []
