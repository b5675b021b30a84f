"""A SenlinOperation whose process dies, and one that is deleted."""

import asyncio

import pytest

from openstack_clustering.exceptions import AuthenticationFailed, Forbidden, ServerError
from senlin_operator.kube.objects import SECRET
from tests.unit.operator.builders import SECRET_KEY, Document
from tests.unit.operator.environment import Environment, LastRequest, replace_process
from tests.unit.operator.operation_stories import (
    ONCE,
    SCALE,
    THEIRS,
    an_operation,
    begin,
    cluster_id,
    finish,
    has_finalizer,
    later,
    lose_request,
    put_theirs,
    sent,
)


async def restart(env: Environment) -> "asyncio.Task[None]":
    await replace_process(env)
    return asyncio.create_task(env.controller.run())


@pytest.mark.parametrize("last", LastRequest)
@pytest.mark.parametrize("requests", range(1, 9))
async def test_death_at_any_request(
    ready_env: Environment, requests: int, last: LastRequest
) -> None:
    put_theirs(ready_env)
    ready_env.crash_point.requests_left = requests
    ready_env.crash_point.last_request = last
    ready_env.kube.apply(an_operation(SCALE, target=THEIRS))
    await ready_env.converge(3)

    running = await restart(ready_env)
    for _ in range(60):
        await later(ready_env, 3)

    reason = ready_env.reason(ONCE)
    assert (reason, len(sent(ready_env))) in (("Complete", 1), ("ResultUnknown", 0))
    assert len(ready_env.senlin.members("theirs")) == 3 + len(sent(ready_env))
    assert not has_finalizer(ready_env)
    running.cancel()


async def test_a_restart_while_it_waits(ready_env: Environment) -> None:
    ready_env.senlin.slow = True
    ready_env.senlin.check_cluster(cluster_id(ready_env))  # by others
    begin(ready_env)
    await ready_env.converge(3)
    assert ready_env.reason(ONCE) == "Busy"

    running = await restart(ready_env)
    await later(ready_env, 15)
    ready_env.senlin.finish()
    for _ in range(3):
        await later(ready_env, 6)
    await finish(ready_env)

    assert ready_env.reason(ONCE) == "Complete"
    running.cancel()


async def test_a_restart_while_it_runs(ready_env: Environment) -> None:
    begin(ready_env)
    await ready_env.converge(2)
    assert ready_env.reason(ONCE) == "ActionRunning"

    running = await restart(ready_env)
    await finish(ready_env)
    await later(ready_env, 15)  # until it trusts an absence
    await later(ready_env)

    assert ready_env.reason(ONCE) == "Complete"
    assert len(sent(ready_env)) == 1
    running.cancel()


async def test_a_restart_while_the_answer_is_lost(ready_env: Environment) -> None:
    put_theirs(ready_env)
    ready_env.senlin.lose_reply = True
    begin(ready_env, SCALE, target=THEIRS)
    await ready_env.converge(2)

    running = await restart(ready_env)
    for _ in range(3):
        await later(ready_env, 15)
    await finish(ready_env)

    assert ready_env.reason(ONCE) == "Complete"
    assert len(sent(ready_env)) == 1
    running.cancel()


async def test_a_restart_between_retries(ready_env: Environment) -> None:
    put_theirs(ready_env, max_size=9)
    ready_env.senlin.broken_builds = 1
    begin(ready_env, SCALE, target=THEIRS, spec={"backoffLimit": 1})
    await ready_env.converge(2)
    await finish(ready_env)

    running = await restart(ready_env)
    for _ in range(3):
        await later(ready_env, 15)
    await finish(ready_env)

    assert ready_env.reason(ONCE) == "Complete"
    assert len(sent(ready_env)) == 2
    running.cancel()


async def test_a_restart_after_the_end(ready_env: Environment) -> None:
    begin(ready_env, spec={"ttlSecondsAfterFinished": 60})
    await ready_env.converge(2)
    ready_env.senlin.finish()
    await ready_env.poll()
    assert has_finalizer(ready_env)

    running = await restart(ready_env)
    await ready_env.until_idle()
    assert not has_finalizer(ready_env)
    await later(ready_env, 61)

    assert ONCE not in ready_env.kube
    running.cancel()


# It is deleted.


async def test_deletion_before_it_was_sent(env: Environment) -> None:
    begin(env)
    await env.converge(2)

    env.kube.remove(ONCE)
    await env.until_idle()

    assert ONCE not in env.kube


async def test_deletion_cancels_what_runs(ready_env: Environment) -> None:
    put_theirs(ready_env)
    ready_env.senlin.slow_builds = True
    begin(ready_env, SCALE, target=THEIRS)
    await ready_env.converge(2)
    for _ in range(3):
        await later(ready_env)

    ready_env.kube.remove(ONCE)
    for _ in range(4):
        await later(ready_env, 2)

    assert ONCE not in ready_env.kube
    assert ready_env.requests() == ["scale_out_cluster", "cancel_action"]
    assert [it for it in ready_env.recorder.events if it[1] == "Cancelling"]


async def test_deletion_while_senlin_does_not_cancel(ready_env: Environment) -> None:
    put_theirs(ready_env)
    ready_env.senlin.slow_builds = True
    begin(ready_env, {"recover": {}}, target={"nodeID": "spare-1"})
    await ready_env.converge(2)
    for _ in range(3):
        await later(ready_env)

    ready_env.kube.remove(ONCE)
    for _ in range(14):
        await later(ready_env, 2)

    assert ONCE not in ready_env.kube
    assert [it for it in ready_env.recorder.events if it[1] == "CancelRefused"]


@pytest.mark.parametrize("purged", [True, False])
async def test_deletion_when_the_action_is_over(ready_env: Environment, purged: bool) -> None:
    begin(ready_env)
    await ready_env.converge(2)
    [action] = sent(ready_env)
    ready_env.senlin.finish()
    if purged:
        ready_env.senlin.purge(action)

    ready_env.kube.remove(ONCE)
    for _ in range(4):
        await later(ready_env, 2)

    assert ONCE not in ready_env.kube
    assert ready_env.session.inventory.in_flight == 0


async def test_deletion_while_the_answer_is_lost(ready_env: Environment) -> None:
    put_theirs(ready_env)
    ready_env.senlin.slow_builds = True
    ready_env.senlin.lose_reply = True
    begin(ready_env, SCALE, target=THEIRS)
    await ready_env.converge(2)
    assert ready_env.reason(ONCE) == "Observing"

    ready_env.kube.remove(ONCE)
    for _ in range(8):
        await later(ready_env, 2)

    assert ONCE not in ready_env.kube
    assert ready_env.requests() == ["scale_out_cluster", "cancel_action"]


async def test_deletion_while_no_action_is_found(ready_env: Environment) -> None:
    await lose_request(ready_env)

    ready_env.kube.remove(ONCE)
    await later(ready_env, 60)
    assert ONCE in ready_env.kube
    for _ in range(3):
        await later(ready_env, 10)

    assert ONCE not in ready_env.kube


@pytest.mark.parametrize("how", ["refused", "absent", "not allowed to cancel"])
async def test_deletion_with_a_dead_credential(ready_env: Environment, how: str) -> None:
    """Nobody can reach the action: that it goes on is said, and the resource goes."""
    begin(ready_env)
    await ready_env.converge(2)
    if how == "refused":
        ready_env.senlin.down = AuthenticationFailed("The password is wrong.")
    elif how == "absent":
        ready_env.kube.lose(SECRET_KEY)
        ready_env.cache.on_event(SECRET, "DELETED", deleted_secret(ready_env))
    else:
        ready_env.senlin.refusals.append(Forbidden("Not allowed."))
    await ready_env.poll()

    ready_env.kube.remove(ONCE)
    for _ in range(4):
        await later(ready_env, 2)

    assert ONCE not in ready_env.kube
    [told] = [it for it in ready_env.recorder.events if it[1] == "Cancelling"]
    assert told[2].startswith("The action is not cancelled: ")


def deleted_secret(env: Environment) -> Document:
    secret = env.cache.get(SECRET_KEY)
    assert secret is not None
    return dict(secret.raw)


async def test_deletion_waits_while_senlin_is_away(ready_env: Environment) -> None:
    begin(ready_env)
    await ready_env.converge(2)
    ready_env.senlin.down = ServerError("boom")
    ready_env.kube.remove(ONCE)
    for _ in range(4):
        await later(ready_env, 130)
    assert ONCE in ready_env.kube

    ready_env.senlin.down = None
    for _ in range(4):
        await later(ready_env, 2)

    assert ONCE not in ready_env.kube
