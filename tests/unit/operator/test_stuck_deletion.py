"""Deletions that Senlin refuses or never ends, and deletions by force."""

from openstack_clustering import Cluster
from senlin_operator.kube.objects import FORCE, Key
from tests.unit.operator.builders import a_cluster_manifest, a_node_manifest
from tests.unit.operator.environment import FOUR, PROFILE, THREE, WEB, Environment

FORCED = {FORCE: "true"}
ONE = Key("SenlinNode", "team", "one")


async def start_creation(env: Environment) -> None:
    """Have a cluster whose creation has begun and does not proceed."""
    env.senlin.slow = True
    env.kube.apply(PROFILE)
    env.kube.apply(a_cluster_manifest("web", THREE))
    await env.converge(3)
    env.senlin.work()
    env.senlin.work()
    assert env.senlin.cluster(_id(env)).status == "CREATING"


async def test_deletion_waits_until_senlin_has_created_the_cluster(env: Environment) -> None:
    await start_creation(env)
    env.kube.remove(WEB)
    await env.converge(2)

    assert env.reason(WEB) == "Busy"
    assert set(env.requests()) == {"create_profile", "create_cluster", "delete_cluster"}

    env.senlin.slow = False
    env.senlin.finish()
    await env.retry(WEB, after=6)
    await env.converge(3)

    assert WEB not in env.kube
    assert env.senlin.poll().all(Cluster) == {}


async def test_the_force_annotation_deletes_a_cluster_that_is_being_created(
    env: Environment,
) -> None:
    await start_creation(env)
    env.kube.apply(a_cluster_manifest("web", THREE, annotations=FORCED))

    env.kube.remove(WEB)
    await env.converge(2)
    env.senlin.finish()
    await env.converge(3)

    assert [it for it in env.senlin.requests if "force" in it]
    assert WEB not in env.kube
    assert env.senlin.poll().all(Cluster) == {}


async def test_the_force_annotation_repeats_a_hanging_deletion_by_force(
    ready_env: Environment,
) -> None:
    ready_env.senlin.slow = True
    ready_env.kube.remove(WEB)
    await ready_env.converge(2)
    assert ready_env.requests() == ["delete_cluster"]

    annotations = FORCED
    ready_env.kube.apply(a_cluster_manifest("web", THREE, annotations=annotations))
    await ready_env.converge(3)

    assert ready_env.senlin.requests == [
        ("delete_cluster", _id(ready_env), "force")
    ]  # and only once
    ready_env.senlin.finish()
    await ready_env.converge(2)
    assert WEB not in ready_env.kube


async def test_a_transient_status_that_never_ends_is_deleted_by_force(
    ready_env: Environment,
) -> None:
    """In such a status, left by an engine that died, Senlin refuses a deletion for ever."""
    ready_env.senlin.slow = True
    ready_env.kube.apply(a_cluster_manifest("web", FOUR | {"name": "shop"}))
    await ready_env.converge(2)
    ready_env.senlin.work()
    ready_env.senlin.work()
    ready_env.senlin.die(cleanly=False)
    assert ready_env.senlin.cluster(_id(ready_env)).status == "UPDATING"
    ready_env.requests()
    id_ = _id(ready_env)

    ready_env.kube.remove(WEB)
    await ready_env.converge(2)
    assert set(ready_env.requests()) == {"delete_cluster"}
    assert WEB in ready_env.kube
    ready_env.senlin.slow = False
    for _ in range(8):
        await ready_env.retry(WEB, after=6)
        await ready_env.converge(2)

    assert ready_env.senlin.requests[-1] == ("delete_cluster", id_, "force")
    assert WEB not in ready_env.kube
    assert ready_env.senlin.poll().all(Cluster) == {}


async def test_an_ordinary_deletion_is_not_forced(ready_env: Environment) -> None:
    ready_env.kube.remove(WEB)
    await ready_env.converge(3)

    assert not [it for it in ready_env.senlin.requests if "force" in it]


async def test_a_deletion_does_not_wait_for_the_operator_s_own_action(
    ready_env: Environment,
) -> None:
    """Senlin takes the lock away from the resize."""
    ready_env.senlin.slow = True
    ready_env.kube.apply(a_cluster_manifest("web", FOUR))
    await ready_env.converge(2)
    ready_env.senlin.work()
    ready_env.senlin.work()

    ready_env.kube.remove(WEB)
    await ready_env.until_idle()

    assert ready_env.requests() == ["resize_cluster", "delete_cluster"]


async def test_a_deletion_cancels_an_orphaned_action(ready_env: Environment) -> None:
    ready_env.senlin.slow = True
    ready_env.kube.apply(a_cluster_manifest("web", FOUR | {"name": "shop"}))
    await ready_env.converge(2)
    ready_env.senlin.work()
    ready_env.senlin.work()
    ready_env.senlin.die(cleanly=True)
    ready_env.kube.remove(WEB)
    await ready_env.converge(2)
    ready_env.requests()
    ready_env.senlin.slow = False

    for pause in (3700, 10, 40, 10):
        await ready_env.retry(WEB, after=pause)
        await ready_env.converge(2)

    assert "cancel_action" in ready_env.requests()
    assert WEB not in ready_env.kube
    assert ready_env.senlin.poll().all(Cluster) == {}


async def test_a_deletion_whose_engine_died_is_cancelled_and_sent_again(
    ready_env: Environment,
) -> None:
    ready_env.senlin.slow = True
    ready_env.kube.remove(WEB)
    await ready_env.converge(2)
    ready_env.senlin.work()
    ready_env.senlin.work()
    ready_env.senlin.die(cleanly=True)
    ready_env.requests()
    ready_env.senlin.slow = False

    for pause in (3500, 200, 10, 40, 10):
        await ready_env.retry(WEB, after=pause)
        await ready_env.converge(2)

    assert ready_env.requests()[0] == "cancel_action"
    assert WEB not in ready_env.kube
    assert ready_env.senlin.poll().all(Cluster) == {}


def _id(env: Environment) -> str:
    return str(env.kube[WEB]["status"]["id"])


async def test_a_member_can_leave_although_senlin_s_record_of_the_size_is_too_low(
    ready_env: Environment,
) -> None:
    """An engine that dies between a node's join and the end of its cluster's action causes it."""
    env = ready_env
    manifest = {"minSize": 0, "maxSize": -1, "desiredCapacity": 1, "capacityOwner": "Senlin"}
    env.kube.apply(a_cluster_manifest("web", manifest))
    env.kube.apply(a_node_manifest("one", {"clusterRef": {"name": "web"}}, uid="one-uid"))
    await env.converge(12)
    for node in env.senlin.members(_id(env)):
        if not node["metadata"]:
            env.senlin.destroy(node)
    env.senlin._clusters[_id(env)]["desired_capacity"] = 0
    await env.converge(4)

    env.kube.remove(ONE)
    env.kube.remove(WEB)
    for pause in (5, 40, 310):
        await env.retry(ONE, after=pause)
        await env.retry(WEB)
        await env.converge(4)

    assert ONE not in env.kube
    assert WEB not in env.kube
