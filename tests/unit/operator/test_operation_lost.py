"""A SenlinOperation is sent at most once, also if an answer to it was lost."""

import asyncio
import base64

import pytest

from senlin_operator.kube.client import KubeError
from senlin_operator.kube.objects import PAUSED, SECRET, Key
from tests.unit.operator.builders import Document
from tests.unit.operator.environment import Environment
from tests.unit.operator.operation_stories import (
    ONCE,
    SCALE,
    THEIRS,
    an_operation,
    begin,
    conditions,
    finish,
    has_finalizer,
    later,
    lose_request,
    message,
    put_theirs,
    sent,
)

TWICE = Key("SenlinOperation", "team", "twice")


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
