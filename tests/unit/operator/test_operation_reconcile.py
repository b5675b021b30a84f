"""A SenlinOperation from manifest to its end: one request, and what it says meanwhile."""

import pytest

from openstack_clustering.exceptions import BadRequest, Conflict, ConnectFailure, ResourceNotFound
from senlin_operator.kube.objects import SECRET, Key
from tests.unit.operator.builders import Document, a_node_manifest, a_secret_manifest
from tests.unit.operator.environment import SMALL, WEB, Environment
from tests.unit.operator.operation_stories import (
    ONCE,
    THEIRS,
    UID,
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

ONE = Key("SenlinNode", "team", "one")
COMPLETE = {"Ready": "Complete", "ActionSucceeded": "ActionSucceeded", "Complete": "Complete"}


async def test_an_operation_from_manifest_to_its_end(ready_env: Environment) -> None:
    begin(ready_env)
    await later(ready_env)
    await later(ready_env)

    assert ready_env.reason(ONCE) == "ActionRunning"
    assert status(ready_env)["action"]["status"] == "RUNNING"
    assert "sending" not in status(ready_env)

    await finish(ready_env)

    assert conditions(ready_env) == COMPLETE
    assert status(ready_env)["target"]["id"] == cluster_id(ready_env)
    assert [it["action"] for it in status(ready_env)["children"]] == ["NODE_CHECK"] * 3
    assert ready_env.requests() == ["check_cluster"]
    assert ready_env.writes() == [
        ("add finalizer", "once"),
        ("status", "once"),  # it is sent
        ("status", "once"),  # the action has begun
        ("status", "once"),  # the action has ended
        ("remove finalizer", "once"),
    ]
    assert ready_env.recorder.events == [
        ("Normal", "Checking", "check of cluster web"),
        ("Normal", "Complete", "check of cluster web succeeded."),
    ]


async def test_an_operation_that_runs_goes_on_with_another_secret(ready_env: Environment) -> None:
    rotated = Key(SECRET, "team", "rotated")
    begin(ready_env)
    await later(ready_env)
    await later(ready_env)
    manifest = an_operation()
    manifest["spec"]["cloudCredentialsRef"]["secretName"] = rotated.name

    ready_env.kube.apply(a_secret_manifest(name=rotated.name, uid="another"))
    ready_env.kube.apply(manifest)
    await later(ready_env)

    assert has_finalizer(ready_env, rotated)
    assert ready_env.reason(ONCE) == "ActionRunning"
    await finish(ready_env)
    assert conditions(ready_env) == COMPLETE
    assert ready_env.requests() == ["check_cluster"]
    ready_env.kube.remove(rotated)
    await ready_env.converge()
    assert rotated not in ready_env.kube


async def test_a_finished_operation_costs_nothing(ready_env: Environment) -> None:
    ready_env.kube.apply(an_operation())
    await ready_env.converge()
    await later(ready_env)
    ready_env.requests()
    ready_env.writes()

    await later(ready_env, 4000)
    await later(ready_env)

    assert ready_env.requests() == []
    assert ready_env.writes() == []
    assert UID not in ready_env.sessions.users


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        pytest.param({"check": {}}, 3, id="check"),
        pytest.param({"recover": {"check": True, "checkCapacity": True}}, 3, id="recover"),
        pytest.param({"scaleIn": {}}, 2, id="scale in"),
        pytest.param({"scaleIn": {"count": 2}}, 1, id="scale in by 2"),
        pytest.param({"scaleOut": {}}, 4, id="scale out"),
        pytest.param({"scaleOut": {"count": 2}}, 5, id="scale out by 2"),
        pytest.param(
            {"resize": {"adjustmentType": "EXACT_CAPACITY", "number": 4}}, 4, id="to a number"
        ),
        pytest.param(
            {"resize": {"adjustmentType": "CHANGE_IN_CAPACITY", "number": -2}}, 1, id="by a number"
        ),
        pytest.param(
            {"resize": {"adjustmentType": "CHANGE_IN_PERCENTAGE", "number": 10, "minStep": 2}},
            5,
            id="by a percentage, at least 2",
        ),
        pytest.param(
            {"resize": {"adjustmentType": "EXACT_CAPACITY", "number": 9, "strict": False}},
            5,
            id="as far as the limit",
        ),
        pytest.param({"resize": {"minSize": 2, "maxSize": -1}}, 3, id="limits alone"),
        pytest.param({"addNodes": {"nodes": ["spare-1", "spare-2"]}}, 5, id="add nodes"),
        pytest.param({"removeNodes": {"nodes": ["their-1"]}}, 2, id="remove a node"),
        pytest.param(
            {"removeNodes": {"nodes": ["their-1", "their-2"], "destroy": True}},
            1,
            id="destroy nodes",
        ),
        pytest.param(
            {"replaceNodes": {"nodes": [{"old": "their-1", "new": "spare-1"}]}}, 3, id="replace"
        ),
        pytest.param({"perform": {"name": "reboot", "params": {"type": "HARD"}}}, 3, id="perform"),
    ],
)
async def test_each_operation_on_a_cluster(
    env: Environment, operation: Document, members: int
) -> None:
    put_theirs(env)
    env.kube.apply(an_operation(operation, target=THEIRS))

    await env.converge()

    assert conditions(env) == COMPLETE
    assert len(env.senlin.members("theirs")) == members
    assert len(sent(env)) == 1


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param({"check": {}}, id="check"),
        pytest.param({"recover": {"operation": "REBOOT", "check": True}}, id="recover"),
        pytest.param({"perform": {"name": "reboot"}}, id="perform"),
    ],
)
@pytest.mark.parametrize("by_id", [True, False])
async def test_each_operation_on_a_node(
    ready_env: Environment, operation: Document, by_id: bool
) -> None:
    put_theirs(ready_env)
    ready_env.kube.apply(a_node_manifest("one", uid="one-uid"))
    await ready_env.converge()
    target = {"nodeID": "their-2"} if by_id else {"nodeRef": {"name": "one"}}
    id_ = "their-2" if by_id else ready_env.kube[ONE]["status"]["id"]
    ready_env.kube.apply(an_operation(operation, target=target))

    await ready_env.converge()

    assert conditions(ready_env) == COMPLETE
    assert status(ready_env)["target"]["type"] == "node"
    assert status(ready_env)["target"]["id"] == id_
    assert "children" not in status(ready_env)


async def test_a_refused_request_is_the_end(ready_env: Environment) -> None:
    ready_env.senlin.refusals.append(BadRequest("No such thing.", type="BadRequest"))
    begin(ready_env, spec={"backoffLimit": 5})

    for _ in range(4):
        await later(ready_env, 400)

    assert conditions(ready_env) == {"Stalled": "Rejected", "Failed": "Rejected"}
    assert message(ready_env) == "Senlin refuses it: No such thing."
    assert ready_env.requests() == ["check_cluster"]
    assert "sending" not in status(ready_env)
    assert not has_finalizer(ready_env)


async def test_what_the_operator_refuses_is_not_sent(ready_env: Environment) -> None:
    begin(ready_env, {"scaleOut": {}})

    await later(ready_env)
    await later(ready_env)

    assert conditions(ready_env) == {"Stalled": "Rejected", "Failed": "Rejected"}
    assert "kubectl scale senlincluster/web" in message(ready_env)
    assert ready_env.requests() == []
    assert ready_env.writes() == [("status", "once")]


async def test_a_request_that_never_left_is_sent_again(ready_env: Environment) -> None:
    ready_env.senlin.refusals.append(ConnectFailure("refused", sent=False))
    begin(ready_env)
    await ready_env.converge(2)
    assert ready_env.reason(ONCE) == "Unreachable"
    assert "sending" not in status(ready_env)

    await later(ready_env, 31)
    await finish(ready_env)

    assert conditions(ready_env) == COMPLETE
    assert len(sent(ready_env)) == 1


async def test_a_failed_action_is_the_end(ready_env: Environment) -> None:
    put_theirs(ready_env)
    ready_env.senlin.broken_builds = 2
    begin(ready_env, {"scaleOut": {"count": 2}}, target=THEIRS)
    await later(ready_env)
    await later(ready_env)

    await finish(ready_env)

    assert conditions(ready_env) == {"Stalled": "ActionFailed", "Failed": "ActionFailed"}
    assert status(ready_env)["failed"] == 1
    assert status(ready_env)["action"]["status"] == "FAILED"
    assert [it["status"] for it in status(ready_env)["children"]] == ["FAILED"] * 2
    assert message(ready_env).startswith("scale-out of cluster theirs by 2 nodes failed: ")
    assert "Failed in creating nodes." in message(ready_env)
    assert not has_finalizer(ready_env)


async def test_a_failed_action_is_sent_again_after_pauses(ready_env: Environment) -> None:
    put_theirs(ready_env, max_size=9)
    ready_env.senlin.broken_builds = 2
    begin(ready_env, {"scaleOut": {}}, target=THEIRS, spec={"backoffLimit": 2})
    await later(ready_env)
    await later(ready_env)
    await finish(ready_env)
    assert ready_env.reason(ONCE) == "ActionFailed"
    assert message(ready_env).startswith("It will be tried again. ")
    assert "Failed" not in conditions(ready_env)

    await later(ready_env, 5)
    assert len(sent(ready_env)) == 1
    await later(ready_env, 5)
    await finish(ready_env)
    assert (len(sent(ready_env)), status(ready_env)["failed"]) == (2, 2)

    await later(ready_env, 15)
    assert len(sent(ready_env)) == 2
    await later(ready_env, 5)
    await finish(ready_env)

    assert conditions(ready_env) == COMPLETE
    assert (len(sent(ready_env)), status(ready_env)["failed"]) == (3, 2)


async def test_it_waits_its_turn_and_says_behind_whom(ready_env: Environment) -> None:
    begin(ready_env)
    await later(ready_env)
    await later(ready_env)
    second = Key("SenlinOperation", "team", "second")
    ready_env.kube.apply(an_operation({"recover": {}}, name="second", uid="second-uid"))
    await later(ready_env, key=second)
    await later(ready_env, key=second)

    assert ready_env.reason(second) == "Busy"
    assert "CLUSTER_CHECK of SenlinOperation once" in message(ready_env, second)
    assert sent(ready_env, "second-uid") == []

    await finish(ready_env)
    await later(ready_env, 5, second)
    await finish(ready_env, second)
    assert conditions(ready_env, second) == COMPLETE


async def test_it_waits_for_a_request_of_this_process(ready_env: Environment) -> None:
    inventory = ready_env.session.inventory
    with inventory.locking(cluster_id(ready_env)):
        begin(ready_env)
        for _ in range(3):
            await later(ready_env)
        assert sent(ready_env) == []

    await later(ready_env)
    await finish(ready_env)
    assert conditions(ready_env) == COMPLETE


async def test_it_waits_while_senlin_says_that_it_is_busy(ready_env: Environment) -> None:
    for _ in range(2):
        ready_env.senlin.refusals.append(Conflict("Cooling down.", type="ActionCooldown"))
    begin(ready_env)
    await later(ready_env)
    await later(ready_env)
    assert ready_env.reason(ONCE) == "Busy"
    assert "sending" not in status(ready_env)

    for _ in range(4):
        await later(ready_env, 5)
    await finish(ready_env)

    assert conditions(ready_env) == COMPLETE
    assert len(sent(ready_env)) == 1


async def test_a_target_that_vanishes_before_the_request(ready_env: Environment) -> None:
    """The answer 404 is clear: nothing was carried out, and the next poll decides."""
    put_theirs(ready_env)
    ready_env.senlin.refusals.append(ResourceNotFound("It could not be found."))
    begin(ready_env, target=THEIRS)
    await ready_env.converge(2)
    assert ready_env.requests() == ["check_cluster"]
    ready_env.senlin.vanish("theirs")
    for _ in range(4):
        await later(ready_env, 2)

    assert conditions(ready_env) == {"Stalled": "Rejected", "Failed": "Rejected"}
    assert "Senlin has no cluster with the id theirs" in message(ready_env)
    assert sent(ready_env) == []


async def test_what_is_newer_than_the_latest_poll_is_found(ready_env: Environment) -> None:
    """A cluster that somebody has just made is not refused as unknown."""
    put_theirs(ready_env)
    ready_env.kube.apply(an_operation(target=THEIRS))
    await ready_env.until_idle()

    await ready_env.converge()

    assert conditions(ready_env) == COMPLETE


async def test_after_a_refusal_the_project_is_polled_first(ready_env: Environment) -> None:
    """So it says behind whom it waits, and sends nothing in vain."""
    ready_env.senlin.refusals.append(Conflict("Locked.", type="ResourceIsLocked"))
    begin(ready_env)
    await ready_env.converge(2)
    assert ready_env.requests() == ["check_cluster"]
    ready_env.senlin.recover_cluster(cluster_id(ready_env))
    ready_env.requests()

    for _ in range(3):
        await ready_env.retry(ONCE, after=5)
    await ready_env.poll()

    assert ready_env.requests() == []
    assert "CLUSTER_RECOVER" in message(ready_env)


async def test_a_reference_comes_first(env: Environment) -> None:
    begin(env)
    await later(env)
    await later(env)

    assert env.reason(ONCE) == "ReferenceMissing"
    assert not has_finalizer(env)
    assert SMALL not in env.kube
    assert WEB not in env.kube
