"""A pause: what begins it, what it holds back, what the status says meanwhile, and how it ends."""

from typing import Any

import pytest

from senlin_operator.kube.client import KubeError
from senlin_operator.kube.conditions import MESSAGE_LIMIT
from senlin_operator.kube.objects import FORCE, PAUSED, RECONCILE_AT
from tests.unit.operator.builders import Document, a_cluster_manifest, a_resource
from tests.unit.operator.environment import (
    FOUR,
    SMALL,
    THREE,
    WEB,
    Environment,
    replace_process,
)
from tests.unit.operator.operation_stories import (
    ONCE,
    an_operation,
    begin,
    conditions,
    finish,
    later,
    sent,
    status,
)

BY_ANNOTATION = f"Paused by the annotation {PAUSED}"
ODD = f"{BY_ANNOTATION}, whose value is neither true nor false"
HEALTHY = "3 of 3 nodes are active."
SPEC: dict[str, Any] = {"spec": {"paused": True}}


def annotated(value: str = "true") -> dict[str, Any]:
    return {"annotations": {PAUSED: value}}


async def put(env: Environment, resource: Document | None = None, **more: Any) -> None:
    env.kube.apply(a_cluster_manifest("web", resource or THREE, **more))
    await env.converge(3)


def is_paused(env: Environment) -> bool:
    return any(it["type"] == "Paused" for it in env.kube[WEB]["status"]["conditions"])


def says(env: Environment, type_: str = "Ready") -> str:
    return str(env.condition(WEB, type_)["message"])


# How it is read.


@pytest.mark.parametrize(
    ("more", "by"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param(annotated("true"), [f"the annotation {PAUSED}"], id="true"),
        pytest.param(annotated("false"), [], id="false"),
        pytest.param(annotated(""), [], id="the empty value"),
        pytest.param(SPEC, ["spec.paused"], id="the spec"),
        pytest.param({"spec": {"paused": False}}, [], id="the spec says no"),
        pytest.param(
            {**SPEC, **annotated("false")}, ["spec.paused"], id="a no does not lift another pause"
        ),
        pytest.param(
            {**SPEC, **annotated()}, ["spec.paused", f"the annotation {PAUSED}"], id="both"
        ),
        *(
            pytest.param(
                annotated(value),
                [f"the annotation {PAUSED}, whose value is neither true nor false"],
                id=f"a slip: {value!r}",
            )
            for value in ("True", "yes", "1", "on", "False", "no", "0", " ", "treu")
        ),
    ],
)
def test_anything_but_an_explicit_no_pauses(more: dict[str, Any], by: list[str]) -> None:
    resource = a_resource(a_cluster_manifest(**more))

    assert resource.paused_by == by
    assert resource.paused is bool(by)


@pytest.mark.parametrize(
    ("policy", "unmanaged"),
    [("managed", False), ("unmanaged", True), ("Unmanaged", True), ("observe", True)],
)
def test_only_the_word_managed_lets_the_operator_change_anything(
    policy: str, *, unmanaged: bool
) -> None:
    resource = a_resource(a_cluster_manifest(spec={"managementPolicy": policy}))

    assert resource.unmanaged is unmanaged


@pytest.mark.parametrize(
    ("options", "detached"),
    [
        ({}, False),
        ({"onDelete": "delete"}, False),
        ({"onDelete": "detach"}, True),
        ({"onDelete": "Detach"}, True),
        ({"onDelete": "orphan"}, True),
    ],
)
def test_only_the_word_delete_lets_the_operator_delete(
    options: dict[str, str], *, detached: bool
) -> None:
    resource = a_resource(a_cluster_manifest(spec={"managedOptions": options}))

    assert resource.detaches is detached


@pytest.mark.parametrize("value", ["True", "yes", "1", "treu", "", "false"])
def test_only_the_word_true_forces_a_deletion(value: str) -> None:
    assert not a_resource(a_cluster_manifest(annotations={FORCE: value})).deletion_forced


# What it holds back, and what it says.


@pytest.mark.parametrize("value", ["true", "yes", "True"])
async def test_a_paused_object_is_not_changed(ready_env: Environment, value: str) -> None:
    await put(ready_env, FOUR, **annotated(value))

    assert ready_env.requests() == []
    paused, ready = (ready_env.condition(WEB, it) for it in ("Paused", "Ready"))
    assert (paused["status"], paused["reason"]) == ("True", "Paused")
    by = BY_ANNOTATION if value == "true" else ODD
    assert paused["message"] == f"{by}; generation 2 is not acted upon."
    assert (ready["status"], ready["reason"]) == ("True", "Ready")
    assert ready["message"] == f"{paused['message']} Before: {HEALTHY}"
    assert (paused["observedGeneration"], ready["observedGeneration"]) == (2, 1)
    assert ready_env.kube[WEB]["status"]["observedGeneration"] == 1


async def test_a_pause_costs_one_write_and_its_end_another(ready_env: Environment) -> None:
    before = ready_env.kube[WEB]["status"]
    ready_env.writes()

    await put(ready_env, **annotated())
    assert says(ready_env) == f"{BY_ANNOTATION}. Before: {HEALTHY}"
    assert ready_env.writes() == [("status", "web")]

    ready_env.clock.advance(4000)
    await ready_env.converge(3)
    await ready_env.retry(WEB)
    assert ready_env.writes() == []

    await put(ready_env)
    assert ready_env.writes() == [("status", "web")]
    after = ready_env.kube[WEB]["status"]
    assert {**after, "lastSyncTime": ""} == {**before, "lastSyncTime": ""}
    assert ready_env.recorder.events[-2:] == [
        ("Normal", "Paused", f"{BY_ANNOTATION}."),
        ("Normal", "Resumed", "It is not paused."),
    ]
    assert ready_env.requests() == []


async def test_a_pause_in_the_spec_costs_no_more(ready_env: Environment) -> None:
    ready_env.writes()

    await put(ready_env, **SPEC)
    assert says(ready_env, "Paused") == "Paused by spec.paused; generation 2 is not acted upon."
    assert ready_env.writes() == [("status", "web")]

    await put(ready_env, spec={"paused": False})
    assert ready_env.writes() == [("status", "web")]
    assert (says(ready_env), is_paused(ready_env)) == (HEALTHY, False)
    assert ready_env.kube[WEB]["status"]["observedGeneration"] == 3


async def test_an_unpaused_object_costs_no_write(ready_env: Environment) -> None:
    ready_env.writes()

    await ready_env.converge(3)

    assert ready_env.writes() == []
    assert not is_paused(ready_env)


async def test_a_new_process_writes_nothing_about_a_pause(ready_env: Environment) -> None:
    await put(ready_env, FOUR, **annotated())
    ready_env.writes()
    await replace_process(ready_env)

    async with ready_env.running():
        await ready_env.converge(3)

        assert ready_env.writes() == []
        await put(ready_env, FOUR)
        assert ready_env.requests() == ["resize_cluster"]
        assert says(ready_env) == "4 of 4 nodes are active."


async def test_what_holds_an_object_may_change_during_the_pause(ready_env: Environment) -> None:
    await put(ready_env, **annotated())
    await put(ready_env, **annotated("yes"))
    assert says(ready_env) == f"{ODD}. Before: {HEALTHY}"

    await put(ready_env, **SPEC, **annotated("true"))
    both = f"Paused by spec.paused and the annotation {PAUSED}; generation 2 is not acted upon."
    assert says(ready_env) == f"{both} Before: {HEALTHY}"
    assert [kind for kind, reason, _ in ready_env.recorder.events if reason == "Paused"] == [
        "Normal",
        "Warning",
        "Normal",
    ]


async def test_a_pause_lasts_until_nothing_holds_any_more(ready_env: Environment) -> None:
    await put(ready_env, FOUR, **SPEC, **annotated())
    await put(ready_env, FOUR, **annotated())
    assert ready_env.requests() == []

    await put(ready_env, FOUR)
    assert ready_env.requests() == ["resize_cluster"]


async def test_a_new_object_that_is_paused_says_so(env: Environment) -> None:
    await put(env, **SPEC)

    text = "Paused by spec.paused; generation 1 is not acted upon."
    ready = env.condition(WEB)
    assert (ready["status"], ready["reason"], ready["message"]) == ("Unknown", "Paused", text)
    assert env.kube[WEB]["status"]["observedGeneration"] == -1
    assert [it for it in env.recorder.events if it[1] == "Paused"] == [("Normal", "Paused", text)]
    assert "finalizers" not in env.kube[WEB]["metadata"]

    await put(env)
    assert env.reason(WEB) == "ReferenceMissing"
    assert not is_paused(env)


async def test_a_deletion_waits_until_the_pause_ends(ready_env: Environment) -> None:
    await put(ready_env, **annotated())
    ready_env.writes()

    ready_env.kube.remove(WEB)
    await ready_env.converge(3)
    await ready_env.retry(WEB, after=700)

    text = f"{BY_ANNOTATION}; its deletion waits until the pause ends."
    assert ready_env.requests() == []
    assert (says(ready_env, "Paused"), says(ready_env)) == (text, f"{text} Before: {HEALTHY}")
    assert ready_env.writes() == [("status", "web")]
    assert ready_env.recorder.events.count(("Warning", "Paused", text)) == 1

    await put(ready_env)
    await ready_env.converge(3)
    assert ready_env.requests() == ["delete_cluster"]
    assert WEB not in ready_env.kube


async def test_the_end_shows_although_nothing_else_is_to_be_said(ready_env: Environment) -> None:
    """After the end of a pause, a reconcile may have to wait for a poll before it says anything."""
    await put(ready_env, **annotated())
    ready_env.clock.advance(4000)  # the snapshot is too old to act upon

    ready_env.kube.apply(a_cluster_manifest("web", THREE))
    await ready_env.until_idle()

    assert (says(ready_env), is_paused(ready_env)) == (HEALTHY, False)
    assert ready_env.recorder.events[-1][1] == "Resumed"


async def test_a_request_to_reconcile_is_answered_after_the_pause(ready_env: Environment) -> None:
    now = {RECONCILE_AT: "now"}
    await put(ready_env, annotations={PAUSED: "true", **now})
    assert "lastHandledReconcileAt" not in ready_env.kube[WEB]["status"]

    await put(ready_env, annotations=now)
    assert ready_env.kube[WEB]["status"]["lastHandledReconcileAt"] == "now"


async def test_a_status_that_another_has_changed_is_rendered_again(ready_env: Environment) -> None:
    ready_env.kube.refusals.append(KubeError(409, "the object has been modified"))
    await put(ready_env, **annotated())
    assert not is_paused(ready_env)

    ready_env.clock.advance(1)
    ready_env.queue.add(SMALL)  # wakes the queue, which sleeps by a real clock
    await ready_env.until_idle()

    assert is_paused(ready_env)


async def test_the_longest_message_keeps_its_form_during_a_pause(ready_env: Environment) -> None:
    long = {**ready_env.condition(WEB), "message": "m" * MESSAGE_LIMIT}
    ready_env.kube[WEB]["status"]["conditions"][0] = long
    await put(ready_env, **annotated())
    assert len(says(ready_env)) == MESSAGE_LIMIT
    ready_env.writes()

    await ready_env.retry(WEB)

    assert ready_env.writes() == []


# Of operations.


async def test_an_operation_that_is_paused_is_not_sent(ready_env: Environment) -> None:
    begin(ready_env, **SPEC)
    await later(ready_env)
    assert sent(ready_env) == []
    assert conditions(ready_env) == {"Paused": "Paused"}

    begin(ready_env)
    await later(ready_env)
    await later(ready_env)
    await finish(ready_env)

    assert len(sent(ready_env)) == 1
    assert conditions(ready_env)["Complete"] == "Complete"
    assert "Paused" not in conditions(ready_env)
    assert "Resumed" in [reason for _, reason, _ in ready_env.recorder.events]


async def test_an_operation_that_runs_is_followed_after_the_pause(ready_env: Environment) -> None:
    begin(ready_env)
    await later(ready_env)
    begin(ready_env, **annotated())
    await finish(ready_env)
    assert conditions(ready_env).keys() == {"Reconciling", "Paused"}

    begin(ready_env)
    await finish(ready_env)

    assert len(sent(ready_env)) == 1
    assert conditions(ready_env)["Complete"] == "Complete"


async def test_a_pause_after_the_end_shows_and_ends(ready_env: Environment) -> None:
    ready_env.kube.apply(an_operation())
    await ready_env.converge()
    await later(ready_env)
    before = status(ready_env)
    ready_env.kube.apply(an_operation(**annotated()))
    await later(ready_env)
    assert conditions(ready_env)["Paused"] == "Paused"

    ready_env.kube.apply(an_operation())
    await later(ready_env)

    assert {**status(ready_env), "lastSyncTime": ""} == {**before, "lastSyncTime": ""}
    assert ready_env.reason(ONCE) == "Complete"


async def test_an_operation_waits_for_a_target_that_its_spec_pauses(
    ready_env: Environment,
) -> None:
    await put(ready_env, **SPEC)
    ready_env.kube.apply(an_operation())
    await later(ready_env)
    assert (sent(ready_env), ready_env.reason(ONCE)) == ([], "TargetPaused")

    await put(ready_env)
    await finish(ready_env)

    assert len(sent(ready_env)) == 1


# Deletion by force.


async def test_a_misspelt_force_is_told_once_and_forces_nothing(ready_env: Environment) -> None:
    ready_env.senlin.slow = True
    await put(ready_env, annotations={FORCE: "yes"})
    ready_env.kube.remove(WEB)
    await ready_env.converge(3)
    await ready_env.retry(WEB, after=40)

    text = f'The annotation {FORCE} forces nothing: its value is not "true".'
    assert ready_env.recorder.events.count(("Warning", "NotUsed", text)) == 1
    assert [it for it in ready_env.senlin.requests if "force" in it] == []

    await put(ready_env, annotations={FORCE: "true"})
    assert len([it for it in ready_env.senlin.requests if "force" in it]) == 1
