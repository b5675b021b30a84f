"""What a SenlinOperation waits for, how long it may last, and what is left of it afterwards."""

import base64

import pytest

from openstack_clustering.exceptions import BadRequest, ConnectFailure
from senlin_operator.kube.objects import PAUSED, SECRET, Key
from tests.unit.operator.builders import Document
from tests.unit.operator.environment import WEB, Environment
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

PASSWORD = Key(SECRET, "team", "password")
SUSPENDED = {"suspend": True}


def set_suspend(env: Environment, value: bool) -> None:
    raw = env.kube[ONCE]
    env.kube.apply({**raw, "spec": {**raw["spec"], "suspend": value}})


def set_paused(env: Environment, key: Key, value: str) -> None:
    raw = env.kube[key]
    env.kube.apply({**raw, "metadata": {**raw["metadata"], "annotations": {PAUSED: value}}})


async def test_it_does_not_begin_on_a_paused_target(ready_env: Environment) -> None:
    set_paused(ready_env, WEB, "true")
    begin(ready_env)
    for _ in range(3):
        await later(ready_env)
    assert ready_env.reason(ONCE) == "TargetPaused"
    assert not has_finalizer(ready_env)

    set_paused(ready_env, WEB, "false")
    await ready_env.converge(2)
    await finish(ready_env)

    assert ready_env.reason(ONCE) == "Complete"


async def test_a_paused_operation_says_so_and_sends_nothing(ready_env: Environment) -> None:
    begin(ready_env, annotations={PAUSED: "true"})

    for _ in range(3):
        await later(ready_env)

    assert ready_env.writes() == [("status", "once")], "the condition Paused"
    assert ready_env.requests() == []


async def test_a_suspended_operation_waits_and_costs_nothing(ready_env: Environment) -> None:
    begin(ready_env, spec=SUSPENDED | {"timeoutSeconds": 5})
    for _ in range(3):
        await later(ready_env, 60)
    assert conditions(ready_env) == {"Suspended": "Suspended"}
    assert ready_env.reason(ONCE) == "Suspended"
    assert ready_env.writes() == [("status", "once")]
    assert "startTime" not in status(ready_env)

    set_suspend(ready_env, False)
    await later(ready_env)
    await finish(ready_env)

    assert ready_env.reason(ONCE) == "Complete"
    suspended = ready_env.condition(ONCE, "Suspended")
    assert (suspended["status"], suspended["reason"]) == ("False", "Resumed")


async def test_what_is_sent_is_not_suspended(ready_env: Environment) -> None:
    begin(ready_env)
    await later(ready_env)
    await later(ready_env)
    set_suspend(ready_env, True)
    await later(ready_env)
    assert ready_env.reason(ONCE) == "ActionRunning"

    await finish(ready_env)

    assert ready_env.reason(ONCE) == "Complete"


async def test_a_retry_can_be_suspended(ready_env: Environment) -> None:
    put_theirs(ready_env, max_size=9)
    ready_env.senlin.broken_builds = 1
    begin(ready_env, {"scaleOut": {}}, target=THEIRS, spec={"backoffLimit": 1})
    await ready_env.converge(2)
    await finish(ready_env)
    set_suspend(ready_env, True)
    await later(ready_env, 60)
    assert ready_env.reason(ONCE) == "Suspended"
    assert len(sent(ready_env)) == 1

    set_suspend(ready_env, False)
    await later(ready_env)
    await finish(ready_env)

    assert ready_env.reason(ONCE) == "Complete"
    assert len(sent(ready_env)) == 2


async def test_its_time_is_over_before_it_was_sent(ready_env: Environment) -> None:
    set_paused(ready_env, WEB, "true")
    begin(ready_env, spec={"timeoutSeconds": 30})
    await ready_env.converge(2)
    assert ready_env.reason(ONCE) == "TargetPaused"

    ready_env.clock.advance(31)
    ready_env.queue.add(WEB)  # so that the queue reads the clock
    await ready_env.until_idle()

    assert conditions(ready_env) == {"Stalled": "DeadlineExceeded", "Failed": "DeadlineExceeded"}
    assert message(ready_env) == "It was not sent within timeoutSeconds (30)."
    assert sent(ready_env) == []


async def test_its_time_is_over_while_senlin_is_away(ready_env: Environment) -> None:
    ready_env.senlin.down = ConnectFailure("refused", sent=False)
    begin(ready_env, spec={"timeoutSeconds": 30})
    await ready_env.converge(2)

    for _ in range(8):
        await later(ready_env, 20)

    assert conditions(ready_env) == {"Stalled": "DeadlineExceeded", "Failed": "DeadlineExceeded"}


async def test_an_action_that_lasts_too_long_is_cancelled(ready_env: Environment) -> None:
    put_theirs(ready_env)
    ready_env.senlin.slow_builds = True
    begin(ready_env, {"scaleOut": {}}, target=THEIRS, spec={"timeoutSeconds": 30})
    for _ in range(4):
        await later(ready_env)
    assert ready_env.reason(ONCE) == "ActionRunning"

    for _ in range(5):
        await later(ready_env, 30)

    assert conditions(ready_env)["Failed"] == "DeadlineExceeded"
    assert message(ready_env).startswith("It lasted longer than timeoutSeconds (30). ")
    assert "cancelled" in message(ready_env)
    assert ready_env.requests() == ["scale_out_cluster", "cancel_action"]
    assert not has_finalizer(ready_env)


async def test_an_action_that_senlin_does_not_cancel_goes_on(ready_env: Environment) -> None:
    put_theirs(ready_env)
    ready_env.senlin.slow_builds = True
    recovery: Document = {"recover": {}}
    begin(ready_env, recovery, target={"nodeID": "spare-1"}, spec={"timeoutSeconds": 30})
    for _ in range(4):
        await later(ready_env)

    for _ in range(5):
        await later(ready_env, 30)

    assert conditions(ready_env)["Failed"] == "DeadlineExceeded"
    assert "does not cancel" in message(ready_env)
    assert [it for it in ready_env.recorder.events if it[1] == "CancelRefused"]
    assert status(ready_env)["action"]["status"] == "RUNNING"
    assert ready_env.requests().count("cancel_action") == 1


async def test_success_counts_even_if_it_came_late(ready_env: Environment) -> None:
    begin(ready_env, spec={"timeoutSeconds": 30})
    await ready_env.converge(2)

    ready_env.clock.advance(31)
    await finish(ready_env)

    assert conditions(ready_env)["Complete"] == "Complete"
    assert status(ready_env)["action"]["status"] == "SUCCEEDED"


async def test_time_to_live(ready_env: Environment) -> None:
    begin(ready_env, spec={"ttlSecondsAfterFinished": 60})
    await ready_env.converge(2)
    await finish(ready_env)
    await later(ready_env, 50)
    assert ONCE in ready_env.kube

    ready_env.clock.advance(15)
    ready_env.queue.add(WEB)  # so that the queue reads the clock
    await ready_env.until_idle()

    assert ONCE not in ready_env.kube


async def test_no_time_to_live(ready_env: Environment) -> None:
    begin(ready_env, spec={"ttlSecondsAfterFinished": 0})
    await ready_env.converge(2)

    await finish(ready_env)

    assert ONCE not in ready_env.kube


async def test_a_change_after_the_end_is_observed(ready_env: Environment) -> None:
    """Else kstatus would take it for in progress for ever: its generation would stay newer."""
    begin(ready_env, spec={"ttlSecondsAfterFinished": 60})
    await ready_env.converge(2)
    await finish(ready_env)
    before = status(ready_env)

    begin(ready_env, spec={"ttlSecondsAfterFinished": 600})
    await ready_env.until_idle()

    after = status(ready_env)
    assert after["observedGeneration"] == 2
    assert {it["observedGeneration"] for it in after["conditions"]} == {2}
    assert without_generations(after) == without_generations(before)


async def test_a_pause_after_the_end_is_observed(ready_env: Environment) -> None:
    begin(ready_env)
    await ready_env.converge(2)
    await finish(ready_env)

    for paused in (True, False):
        begin(ready_env, spec={"paused": paused})
        await ready_env.until_idle()

    assert status(ready_env)["observedGeneration"] == 3
    assert set(conditions(ready_env)) == {"Ready", "Complete", "ActionSucceeded"}


def without_generations(status: Document) -> Document:
    """Return what a status says, whatever generation it is about, and since when."""
    conditions = [{**it, "observedGeneration": 0} for it in status["conditions"]]
    return {**status, "observedGeneration": 0, "lastSyncTime": "", "conditions": conditions}


def secret(**values: str) -> Document:
    data = {name: base64.b64encode(value.encode()).decode() for name, value in values.items()}
    metadata = {"namespace": "team", "name": "password", "uid": "password-uid"}
    return {"metadata": {**metadata, "resourceVersion": "1"}, "data": data}


CHANGE: Document = {
    "perform": {
        "name": "change_password",
        "params": {"user": "admin"},
        "secretParams": [
            {"name": "admin_pass", "secretKeyRef": {"name": "password", "key": "value"}}
        ],
    }
}


async def test_a_secret_parameter_is_waited_for(ready_env: Environment) -> None:
    put_theirs(ready_env)
    begin(ready_env, CHANGE, target=THEIRS)
    await ready_env.converge(3)
    assert ready_env.reason(ONCE) == "ReferenceMissing"
    assert message(ready_env) == "Secret password does not exist, or has no key value."

    ready_env.kube.apply(secret(other="hunter2"))
    await ready_env.converge(3)
    assert ready_env.reason(ONCE) == "ReferenceMissing"

    binary = base64.b64encode(b"\xff").decode()
    ready_env.kube.apply({**secret(), "data": {"value": binary}})
    await ready_env.converge(3)
    assert message(ready_env) == "Secret password has no text under the key value."

    ready_env.kube.apply(secret(value="hunter2"))
    await ready_env.converge(3)
    await finish(ready_env)

    assert ready_env.reason(ONCE) == "Complete"
    [action] = sent(ready_env)
    [done] = [it for it in ready_env.senlin.actions() if it.id == action]
    assert done.inputs["params"] == {"user": "admin", "admin_pass": "hunter2"}
    assert "hunter2" not in str((ready_env.kube[ONCE], ready_env.recorder.events))


async def test_a_refusal_that_quotes_a_secret_parameter(
    ready_env: Environment, caplog: pytest.LogCaptureFixture
) -> None:
    put_theirs(ready_env)
    ready_env.kube.apply(secret(value="hunter2"))
    ready_env.senlin.refusals.append(BadRequest("'hunter2' is too short", type="BadRequest"))
    begin(ready_env, CHANGE, target=THEIRS)

    await ready_env.converge(4)

    assert conditions(ready_env)["Failed"] == "Rejected"
    assert message(ready_env) == "Senlin refuses it: '…' is too short"
    assert "hunter2" not in str([record.__dict__ for record in caplog.records])


async def test_a_collection(ready_env: Environment) -> None:
    begin(ready_env, {"collect": {"path": "status"}})

    await ready_env.converge(2)
    await later(ready_env)

    assert conditions(ready_env) == {"Ready": "Complete", "Complete": "Complete"}
    result = status(ready_env)["result"]
    assert result["total"] == 3
    assert {it["value"] for it in result["values"]} == {"ACTIVE"}
    nodes = {node["id"] for node in ready_env.senlin.members(cluster_id(ready_env))}
    assert {it["nodeID"] for it in result["values"]} == nodes
    assert ready_env.requests() == ["collect_cluster_attrs"]
    assert not has_finalizer(ready_env)


async def test_a_collection_by_a_broken_path_is_refused(ready_env: Environment) -> None:
    begin(ready_env, {"collect": {"path": "["}})

    await ready_env.converge(2)
    await later(ready_env)

    assert conditions(ready_env) == {"Stalled": "Rejected", "Failed": "Rejected"}
    assert "Parse error" in message(ready_env)
    assert ready_env.requests() == ["collect_cluster_attrs"]


async def test_a_collection_that_gets_no_answer_is_repeated(ready_env: Environment) -> None:
    ready_env.senlin.lose_reply = True
    begin(ready_env, {"collect": {"path": "status"}})
    await ready_env.converge(2)
    assert ready_env.reason(ONCE) == "Unreachable"

    await later(ready_env, 31)

    assert ready_env.reason(ONCE) == "Complete"
    assert ready_env.requests() == ["collect_cluster_attrs"] * 2


async def test_a_target_that_is_being_deleted_is_waited_for(ready_env: Environment) -> None:
    raw = ready_env.kube[WEB]
    finalizers = [*raw["metadata"]["finalizers"], "example.org/keep"]
    ready_env.kube.apply({**raw, "metadata": {**raw["metadata"], "finalizers": finalizers}})
    ready_env.kube.remove(WEB)
    begin(ready_env)

    await ready_env.converge(3)

    assert ready_env.reason(ONCE) == "ReferenceMissing"
    assert sent(ready_env) == []


async def test_no_operation_holds_its_target(ready_env: Environment) -> None:
    ready_env.kube.apply(an_operation())
    await ready_env.converge()
    assert ready_env.reason(ONCE) == "Complete"

    ready_env.kube.remove(WEB)
    await ready_env.converge()

    assert WEB not in ready_env.kube
