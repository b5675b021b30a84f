"""What happens when the engine of an action dies, and what a cluster and its members wait for."""

from openstack_clustering.exceptions import Conflict
from senlin_operator.kube.objects import Key
from tests.unit.operator.builders import a_cluster_manifest, a_node_manifest, a_policy
from tests.unit.operator.fake_world import FOUR, SMALL, THREE, WEB, World

ONE = Key("SenlinNode", "team", "one")
MEMBER = a_node_manifest("one", {"clusterRef": {"name": "web"}}, uid="one-uid")


async def orphaned(world: World, *, cleanly: bool) -> None:
    """Have an action of ours half done when its engine dies."""
    world.senlin.slow = True
    world.kube.apply(a_cluster_manifest("web", FOUR))
    await world.converge(2)
    for _ in range(3):
        world.senlin.work()
    world.senlin.die(cleanly=cleanly)
    world.senlin.slow = False
    await world.converge(2)


async def test_an_action_that_nobody_works_on_is_cancelled_when_it_is_overdue(
    settled: World,
) -> None:
    await orphaned(settled, cleanly=True)
    assert settled.reason(WEB) == "ActionRunning"
    await settled.retry(WEB, after=3500)
    await settled.converge(2)
    assert settled.requests() == ["resize_cluster"]

    for pause in (200, 10, 40, 10):
        await settled.retry(WEB, after=pause)
        await settled.converge(3)

    assert settled.requests()[0] == "cancel_action"
    assert settled.reason(WEB) == "Ready"
    assert len(settled.senlin.members(settled.kube[WEB]["status"]["id"])) == 4
    warning = next(it for it in settled.recorder.events if it[1] == "CancellingAction")
    assert warning[0] == "Warning"
    assert "its engine must have died" in warning[2]


async def test_an_action_that_a_policy_may_have_put_to_sleep_is_left_to_wake(
    settled: World,
) -> None:
    """Senlin looks at the clock after a grace period, however long it is."""
    spec = {"type": "senlin.policy.deletion", "version": "1.0"}
    grace = {"grace_period": 7200}
    settled.senlin.put_policy(a_policy("y1", uid=None, spec={**spec, "properties": grace}))
    await orphaned(settled, cleanly=True)
    settled.requests()

    await settled.retry(WEB, after=3700)
    await settled.converge(2)
    assert "cancel_action" not in settled.requests()

    for pause in (7200, 10):
        await settled.retry(WEB, after=pause)
        await settled.converge(3)
    assert "cancel_action" in settled.requests()


async def test_an_action_that_its_engine_took_along_is_tried_again(settled: World) -> None:
    await orphaned(settled, cleanly=False)

    for pause in (10, 40, 10):
        await settled.retry(WEB, after=pause)
        await settled.converge(3)

    assert "cancel_action" not in settled.requests()
    assert settled.reason(WEB) == "Ready"


async def test_a_cancellation_that_senlin_refuses_is_tried_again(settled: World) -> None:
    await orphaned(settled, cleanly=True)
    settled.senlin.refusals.append(Conflict("it has just ended", type="ActionImmutable"))

    for pause in (3700, 10, 10, 40, 10):
        await settled.retry(WEB, after=pause)
        await settled.converge(3)

    assert settled.reason(WEB) == "Ready"


async def test_a_cluster_and_its_member_are_not_changed_at_once(settled: World) -> None:
    settled.kube.apply(MEMBER)
    await settled.converge(10)
    assert (settled.reason(ONE), settled.reason(WEB)) == ("Ready", "Ready")
    settled.requests()
    settled.senlin.slow = True

    settled.kube.apply(a_cluster_manifest("web", FOUR))
    settled.kube.apply(
        a_node_manifest(
            "one", {"clusterRef": {"name": "web"}, "metadata": {"a": "b"}}, uid="one-uid"
        )
    )
    await settled.converge(3)
    assert len(settled.requests()) == 1  # the other one waits

    settled.senlin.slow = False
    settled.senlin.finish()
    await settled.converge(5)

    assert len(settled.requests()) == 1
    assert (settled.reason(ONE), settled.reason(WEB)) == ("Ready", "Ready")


async def test_clusters_do_not_wait_for_each_other(settled: World) -> None:
    shop = Key("SenlinCluster", "team", "shop")
    settled.senlin.slow = True

    settled.kube.apply(a_cluster_manifest("web", FOUR))
    settled.kube.apply(a_cluster_manifest("shop", THREE, uid="shop-uid"))
    await settled.converge(2)

    assert sorted(map(str, settled.requests())) == ["create_cluster", "resize_cluster"]
    assert settled.reason(shop) == settled.reason(WEB) == "ActionRunning"
    assert settled.reason(SMALL) == "Ready"
