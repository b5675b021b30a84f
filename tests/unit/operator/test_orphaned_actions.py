"""Actions of the operator whose engine dies."""

from openstack_clustering.exceptions import Conflict
from tests.unit.operator.builders import a_cluster_manifest, a_policy
from tests.unit.operator.environment import FOUR, WEB, Environment


async def orphan_an_action(env: Environment, *, cleanly: bool) -> None:
    """Have an engine die while it carries out an action of the operator."""
    env.senlin.slow = True
    env.kube.apply(a_cluster_manifest("web", FOUR))
    await env.converge(2)
    for _ in range(3):
        env.senlin.work()
    env.senlin.die(cleanly=cleanly)
    env.senlin.slow = False
    await env.converge(2)


async def test_an_orphaned_action_is_cancelled_when_it_is_overdue(
    ready_env: Environment,
) -> None:
    await orphan_an_action(ready_env, cleanly=True)
    assert ready_env.reason(WEB) == "ActionRunning"
    await ready_env.retry(WEB, after=3500)
    await ready_env.converge(2)
    assert ready_env.requests() == ["resize_cluster"]

    for pause in (200, 10, 40, 10):
        await ready_env.retry(WEB, after=pause)
        await ready_env.converge(3)

    assert ready_env.requests()[0] == "cancel_action"
    assert ready_env.reason(WEB) == "Ready"
    assert len(ready_env.senlin.members(ready_env.kube[WEB]["status"]["id"])) == 4
    warning = next(it for it in ready_env.recorder.events if it[1] == "CancellingAction")
    assert warning[0] == "Warning"
    assert "its Senlin engine must have died" in warning[2]


async def test_an_action_that_a_policy_may_have_put_to_sleep_is_not_cancelled(
    ready_env: Environment,
) -> None:
    """Senlin reads the clock only after a grace period, however long it is."""
    spec = {"type": "senlin.policy.deletion", "version": "1.0"}
    grace = {"grace_period": 7200}
    ready_env.senlin.put_policy(a_policy("y1", uid=None, spec={**spec, "properties": grace}))
    await orphan_an_action(ready_env, cleanly=True)
    ready_env.requests()

    await ready_env.retry(WEB, after=3700)
    await ready_env.converge(2)
    assert "cancel_action" not in ready_env.requests()

    for pause in (7200, 10):
        await ready_env.retry(WEB, after=pause)
        await ready_env.converge(3)
    assert "cancel_action" in ready_env.requests()


async def test_an_action_that_failed_with_its_engine_is_retried(ready_env: Environment) -> None:
    await orphan_an_action(ready_env, cleanly=False)

    for pause in (10, 40, 10):
        await ready_env.retry(WEB, after=pause)
        await ready_env.converge(3)

    assert "cancel_action" not in ready_env.requests()
    assert ready_env.reason(WEB) == "Ready"


async def test_a_cancellation_that_senlin_refuses_is_retried(ready_env: Environment) -> None:
    await orphan_an_action(ready_env, cleanly=True)
    ready_env.senlin.refusals.append(Conflict("it has just ended", type="ActionImmutable"))

    for pause in (3700, 10, 10, 40, 10):
        await ready_env.retry(WEB, after=pause)
        await ready_env.converge(3)

    assert ready_env.reason(WEB) == "Ready"
