"""A SenlinOperation is sent at most once: lost answers, dead processes, deletions."""

import asyncio
import base64

import pytest

from openstack_clustering.exceptions import (
    AuthenticationFailed,
    Forbidden,
    RequestTimeout,
    ServerError,
)
from senlin_operator.kube.client import KubeError
from senlin_operator.kube.objects import PAUSED, SECRET, Key
from tests.unit.operator.builders import SECRET_KEY, Document
from tests.unit.operator.environment import Environment, LastRequest, replace_process
from tests.unit.operator.operation_stories import (
    ONCE,
    THEIRS,
    an_operation,
    begin,
    cluster_id,
    conditions,
    finish,
    has_finalizer,
    later,
    message,
    put_theirs,
    sent,
    status,
)

SCALE: Document = {"scaleOut": {"count": 1}}
TWICE = Key("SenlinOperation", "team", "twice")
COLLAPSED = RequestTimeout("No answer came in time.")  # nothing was carried out


async def lose_request(env: Environment, operation: Document = SCALE) -> None:
    """Have a request of the operation get lost before it reaches Senlin."""
    put_theirs(env)
    env.senlin.refusals.append(COLLAPSED)
    begin(env, operation, target=THEIRS)
    await env.converge(2)
    assert env.reason(ONCE) == "Observing"
    assert "sending" in status(env)
    assert sent(env) == []


async def restart(env: Environment) -> "asyncio.Task[None]":
    await replace_process(env)
    return asyncio.create_task(env.controller.run())


@pytest.mark.parametrize(
    "operation",
    [
        {"check": {}},
        {"recover": {"operation": "REBOOT"}},
        {"scaleIn": {}},
        {"scaleOut": {"count": 2}},
        {"resize": {"adjustmentType": "CHANGE_IN_PERCENTAGE", "number": 50, "minStep": 1}},
        {"resize": {"maxSize": 7}},
        {"addNodes": {"nodes": ["spare-2", "spare-1"]}},
        {"removeNodes": {"nodes": ["their-1"]}},
        {"replaceNodes": {"nodes": [{"old": "their-1", "new": "spare-1"}]}},
        {"perform": {"name": "reboot", "params": {"type": "SOFT"}}},
    ],
    ids=lambda it: "-".join(it),
)
async def test_a_lost_answer_is_found_again(ready_env: Environment, operation: Document) -> None:
    put_theirs(ready_env)
    ready_env.senlin.lose_reply = True
    begin(ready_env, operation, target=THEIRS)
    await ready_env.converge(2)
    assert ready_env.reason(ONCE) == "Observing"

    await later(ready_env, 5)
    assert ready_env.reason(ONCE) == "ActionRunning"
    await finish(ready_env)

    assert ready_env.reason(ONCE) == "Complete"
    assert len(sent(ready_env)) == 1


async def test_a_lost_answer_to_secret_parameters_is_found_again(ready_env: Environment) -> None:
    put_theirs(ready_env)
    value = base64.b64encode(b"hunter2").decode()
    metadata = {"namespace": "team", "name": "password", "uid": "s", "resourceVersion": "1"}
    ready_env.kube.apply({"metadata": metadata, "data": {"value": value}})
    reference = {"name": "password", "key": "value"}
    secret = {"name": "admin_pass", "secretKeyRef": reference}
    ready_env.senlin.lose_reply = True
    operation = {"perform": {"name": "change_password", "secretParams": [secret]}}
    begin(ready_env, operation, target=THEIRS)
    await ready_env.converge(2)
    ready_env.kube.remove(Key(SECRET, "team", "password"))  # the search does without it

    await later(ready_env, 5)
    await finish(ready_env)

    assert ready_env.reason(ONCE) == "Complete"
    assert len(sent(ready_env)) == 1


async def test_a_request_without_an_action_is_not_sent_again(ready_env: Environment) -> None:
    await lose_request(ready_env)
    await later(ready_env, 70)
    assert ready_env.reason(ONCE) == "Observing"

    for _ in range(5):
        await later(ready_env, 10)

    assert conditions(ready_env) == {"Stalled": "ResultUnknown", "Failed": "ResultUnknown"}
    assert "no action of it is found. It is not sent again" in message(ready_env)
    assert ready_env.requests() == ["scale_out_cluster"]
    assert not has_finalizer(ready_env)


async def test_several_candidates_are_no_answer(ready_env: Environment) -> None:
    await lose_request(ready_env)
    for _ in range(2):
        ready_env.senlin.scale_out_cluster("theirs", 1)  # by others
        ready_env.senlin.finish()

    await later(ready_env, 5)
    await later(ready_env, 5)

    assert conditions(ready_env)["Failed"] == "ResultUnknown"
    assert "2 actions may be its" in message(ready_env)


async def test_the_same_request_of_somebody_else_is_taken_for_it(ready_env: Environment) -> None:
    """The limit of the search: it takes an equal request of others while an answer is lost."""
    await lose_request(ready_env)
    ready_env.senlin.scale_out_cluster("theirs", 1)  # by others

    await later(ready_env, 5)
    await finish(ready_env)

    assert conditions(ready_env)["Complete"] == "Complete"
    assert sent(ready_env) == []


@pytest.mark.parametrize(
    "operation", [{"check": {}}, {"recover": {"operation": "RECREATE"}}], ids=["check", "recover"]
)
async def test_a_check_or_recovery_of_others_is_not_taken_for_it(
    ready_env: Environment, operation: Document
) -> None:
    """Senlin stores the owner's uid with those that are the operation's."""
    await lose_request(ready_env, operation)
    if "check" in operation:
        ready_env.senlin.check_cluster("theirs")
    else:
        ready_env.senlin.recover_cluster("theirs", operation="RECREATE")

    for _ in range(9):
        await later(ready_env, 10)

    assert conditions(ready_env)["Failed"] == "ResultUnknown"


@pytest.mark.parametrize("count", [None, 2])
async def test_another_request_of_others_is_not_taken_for_it(
    ready_env: Environment, count: int | None
) -> None:
    await lose_request(ready_env)
    ready_env.senlin.scale_out_cluster("theirs", count)

    for _ in range(9):
        await later(ready_env, 10)

    assert conditions(ready_env)["Failed"] == "ResultUnknown"


async def test_a_resize_of_others_with_more_in_it_is_not_taken_for_it(
    ready_env: Environment,
) -> None:
    await lose_request(ready_env, {"resize": {"minSize": 2}})
    ready_env.senlin.resize_cluster(
        "theirs", adjustment_type="EXACT_CAPACITY", number=3, min_size=2
    )

    for _ in range(9):
        await later(ready_env, 10)

    assert conditions(ready_env)["Failed"] == "ResultUnknown"


async def test_the_same_operation_waits_while_an_answer_is_lost(ready_env: Environment) -> None:
    """Otherwise the first would take the action of the second for its own."""
    await lose_request(ready_env)
    ready_env.kube.apply(an_operation(SCALE, target=THEIRS, name="twice", uid="twice-uid"))
    for _ in range(6):
        await later(ready_env, 10, TWICE)
    assert sent(ready_env, "twice-uid") == []
    assert ready_env.reason(TWICE) == "Busy"
    assert "SenlinOperation once" in message(ready_env, TWICE)

    for _ in range(4):
        await later(ready_env, 10)
    for _ in range(3):
        await later(ready_env, 10, TWICE)
    await finish(ready_env, TWICE)

    assert ready_env.reason(ONCE) == "ResultUnknown"
    assert ready_env.reason(TWICE) == "Complete"
    assert len(sent(ready_env, "twice-uid")) == 1


async def test_the_action_of_another_operation_is_not_taken_for_it(
    ready_env: Environment,
) -> None:
    """A paused one does not look for its action, and others do not wait for that."""
    await lose_request(ready_env)
    set_paused(ready_env, "true")
    ready_env.kube.apply(an_operation(SCALE, target=THEIRS, name="twice", uid="twice-uid"))
    for _ in range(10):
        await later(ready_env, 10, TWICE)
    await finish(ready_env, TWICE)
    assert ready_env.reason(TWICE) == "Complete"

    set_paused(ready_env, "false")
    for _ in range(3):
        await later(ready_env, 10)

    assert ready_env.reason(ONCE) == "ResultUnknown"


def set_paused(env: Environment, value: str) -> None:
    raw = env.kube[ONCE]
    env.kube.apply({**raw, "metadata": {**raw["metadata"], "annotations": {PAUSED: value}}})


async def test_a_status_of_another_process_stops_the_request(ready_env: Environment) -> None:
    begin(ready_env)
    ready_env.senlin.slow = True
    await ready_env.poll()
    ready_env.kube.refusals.append(KubeError(409, "the object has been modified"))

    await ready_env.poll()
    assert sent(ready_env) == []

    await later(ready_env, 2)
    await finish(ready_env)
    assert ready_env.reason(ONCE) == "Complete"
    assert len(sent(ready_env)) == 1


async def test_two_processes_send_one_request(ready_env: Environment) -> None:
    put_theirs(ready_env)
    other = ready_env.new_controller()
    async with asyncio.TaskGroup() as group:
        second = group.create_task(other.run())
        begin(ready_env, SCALE, target=THEIRS)
        for _ in range(6):
            ready_env.queue.add(ONCE)
            await later(ready_env, 2)
        await finish(ready_env)
        second.cancel()

    assert ready_env.reason(ONCE) == "Complete"
    assert len(sent(ready_env)) == 1


async def test_a_status_that_cannot_be_written_stops_the_request(ready_env: Environment) -> None:
    begin(ready_env)
    await ready_env.poll()
    ready_env.kube.refusals.append(KubeError(500, "etcd is away"))
    await ready_env.poll()
    assert sent(ready_env) == []

    await later(ready_env, 30)
    await finish(ready_env)

    assert ready_env.reason(ONCE) == "Complete"


async def test_a_purged_action_has_an_unknown_result(ready_env: Environment) -> None:
    begin(ready_env)
    await ready_env.converge(2)
    [action] = sent(ready_env)
    ready_env.senlin.purge(action)

    await later(ready_env)
    await later(ready_env)

    assert conditions(ready_env)["Failed"] == "ResultUnknown"
    assert f"Senlin has no action {action} any more" in message(ready_env)
    assert ready_env.session.inventory.in_flight == 0


# The process dies.


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
