"""Senlin's actions: what is waited for, and what is made of their ends."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, NamedTuple, cast
from unittest.mock import ANY

import pytest

from openstack_clustering import Action
from senlin_operator.cloud.inventory import Inventory, Subscribers
from senlin_operator.cloud.session import CloudSession
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kinds.cluster.kind import ClusterKind
from senlin_operator.kinds.cluster.observed import Observed, observe
from senlin_operator.kube.conditions import Reason
from senlin_operator.model.memory import Memory, Retry
from senlin_operator.model.outcome import Failed, Waiting
from senlin_operator.model.scope import Scope
from senlin_operator.reconcile.actions import orphaned, running, started
from senlin_operator.reconcile.deletion import follow as follow_deletion
from senlin_operator.reconcile.reconciler import follow
from tests.unit.operator.builders import (
    NOW,
    Clock,
    a_cluster,
    a_cluster_manifest,
    a_node,
    a_resource,
    a_snapshot,
    an_action,
    ready,
)

RESIZE = {"id": "a1", "name": "nodes 2 → 3", "status": "RUNNING", "startedAt": NOW}
FAULTS = [{"name": "n1", "reason": "no host"}, {"name": "n2", "reason": "no image"}]
ENDED = 1767225600.0  # NOW


class View(NamedTuple):
    """What a reconcile has observed."""

    session: CloudSession
    snapshot: Snapshot
    observed: Observed | None

    @property
    def inventory(self) -> Inventory:
        return self.session.inventory


def a_scope(
    *,
    action: dict[str, Any] | None = RESIZE,
    faults: list[dict[str, str]] | None = None,
    settled: bool = False,
) -> Scope:
    conditions = ready("c1") if settled else {}
    status = {**conditions, "id": "c1", "action": action, "faults": faults or []}
    resource = a_resource(a_cluster_manifest(status=status))
    scope = Scope.begin(resource, ClusterKind(), Memory())
    scope.desired = "spec"
    return scope


def a_view(
    *, ended: Action | None = None, unfinished: Action | None = None, unknown: Iterable[str] = ()
) -> View:
    snapshot = a_snapshot(
        clusters=[a_cluster()],
        nodes=[a_node("n1")],
        ended=[ended] if ended else [],
        unfinished=[unfinished] if unfinished else [],
    )
    snapshot = replace(snapshot, unknown=frozenset(unknown))
    return View(_session(), snapshot, observe(snapshot, "c1", "uid"))


def _session() -> CloudSession:
    async def call(_: str, __: Any) -> Snapshot:
        raise AssertionError("nothing is polled here")

    subscribers = Subscribers(changed=lambda _: None, polled=lambda _: None)
    return cast("CloudSession", SimpleNamespace(inventory=Inventory(call, subscribers, ())))


def with_view(scope: Scope, view: View) -> Scope:
    scope.session, scope.snapshot, scope.observed = view
    return scope


def watched(view: View) -> dict[str, str]:
    return {id_: it.target for id_, it in view.inventory._watched.items()}


def test_begun_is_told_as_running() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)

    assert started("a1", "nodes 2 → 3", moment) == RESIZE


def test_running_names_the_action() -> None:
    waiting = running(a_scope().status)

    assert waiting.message == "Senlin is at work: nodes 2 → 3 (action a1)."
    assert waiting.publish


def test_nothing_is_under_way() -> None:
    assert follow(with_view(a_scope(action=None), a_view())) is None


def test_ours_is_waited_for_and_watched() -> None:
    view = a_view(unfinished=an_action())

    assert follow(with_view(a_scope(), view)) == running(a_scope().status)
    assert watched(view) == {"a1": "c1"}


def test_ours_has_succeeded() -> None:
    scope, view = a_scope(), a_view(ended=an_action(status="SUCCEEDED", end_time=ENDED))

    assert follow(with_view(scope, view)) is None
    assert scope.status.action == {**RESIZE, "status": "SUCCEEDED", "endedAt": NOW}
    assert scope.memory.retry.failure is None
    assert watched(view) == {}


@pytest.mark.parametrize(
    ("status", "reason", "faults", "told"),
    [
        pytest.param(
            "FAILED",
            "Failed in creating nodes.",
            FAULTS,
            "nodes 2 → 3 failed: node n1: no host; node n2: no image",
            id="the nodes' own faults",
        ),
        pytest.param(
            "FAILED", "Timeout.", [], "nodes 2 → 3 failed: Timeout.", id="no fault: Senlin's words"
        ),
        pytest.param(
            "CANCELLED", "By admin.", [], "nodes 2 → 3 was cancelled: By admin.", id="cancelled"
        ),
        pytest.param(
            "FAILED",
            "Failed in creating nodes.",
            FAULTS * 3,
            "nodes 2 → 3 failed: node n1: no host; node n2: no image; node n1: no host",
            id="many faults: three of them",
        ),
    ],
)
def test_ours_has_failed(status: str, reason: str, faults: list[dict[str, str]], told: str) -> None:
    scope = a_scope(faults=faults)

    assert (
        follow(with_view(scope, a_view(ended=an_action(status=status, status_reason=reason))))
        is None
    )
    assert scope.status.action == {**RESIZE, "status": "FAILED", "reason": told}
    assert scope.memory.retry.pending("spec") == Failed(Reason.ACTION_FAILED, told)


def test_ours_has_been_purged() -> None:
    """What came of it shows on the cluster."""
    scope, view = a_scope(), a_view(unknown=["a1"])

    assert follow(with_view(scope, view)) is None
    assert scope.status.action is None
    assert watched(view) == {}


def test_ours_is_not_waited_for_when_what_it_worked_on_has_gone() -> None:
    """Its engine may have died, and would never end it."""
    scope, view = a_scope(), a_view(unfinished=an_action())._replace(observed=None)
    scope.memory.check_action = "a5"

    assert follow(with_view(scope, view)) is None
    assert scope.status.action is None
    assert scope.memory.check_action is None
    assert watched(view) == {}


def test_its_end_is_told_all_the_same_if_it_is_known() -> None:
    done = an_action(status="FAILED", status_reason="It went.")
    scope, view = a_scope(), a_view(ended=done)._replace(observed=None)

    assert follow(with_view(scope, view)) is None
    assert scope.status.action == {**RESIZE, "status": "FAILED", "reason": ANY}


def test_an_end_is_noted_once() -> None:
    done = {**RESIZE, "status": "SUCCEEDED"}
    scope = a_scope(action=done)

    assert follow(with_view(scope, a_view(ended=an_action(status="FAILED")))) is None
    assert scope.status.action == done


@pytest.mark.parametrize("settled", [True, False])
def test_others_actions_are_waited_for(settled: bool) -> None:
    """It is told unless the object is settled, so that a routine does not make it flap."""
    scaling = an_action("a9", action="CLUSTER_SCALE_OUT")

    waiting = follow(with_view(a_scope(action=None, settled=settled), a_view(unfinished=scaling)))

    message = "Senlin is at work on behalf of others: CLUSTER_SCALE_OUT."
    assert waiting == Waiting(Reason.BUSY, message, requeue_after=30, publish=not settled)


def test_a_member_that_others_work_on_is_waited_for() -> None:
    recovery = an_action("a9", action="NODE_RECOVER", target="n1", cluster_id="")

    assert follow(with_view(a_scope(action=None), a_view(unfinished=recovery))) is not None


def test_a_routine_check_is_waited_for_without_a_word() -> None:
    scope = a_scope(action=None)
    scope.memory.check_action = "a5"

    waiting = follow(with_view(scope, a_view()))

    assert waiting is not None
    assert not waiting.publish
    assert scope.memory.check_action == "a5"


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_the_end_of_a_routine_check_is_no_ones_business(status: str) -> None:
    scope, view = a_scope(action=None), a_view(ended=an_action("a5", status))
    scope.memory.check_action = "a5"
    view.inventory.watch("a5", "c1")

    assert follow(with_view(scope, view)) is None
    assert scope.memory == replace(scope.memory, check_action=None, retry=Retry())
    assert watched(view) == {}


def test_no_removal_is_under_way() -> None:
    assert follow_deletion(with_view(a_scope(), a_view())) is None


def a_removal() -> Scope:
    scope = a_scope(faults=FAULTS[:1])
    scope.memory.delete_action = "a7"
    return scope


def test_a_removal_is_waited_for() -> None:
    scope = a_removal()

    assert follow_deletion(with_view(scope, a_view(unfinished=an_action("a7")))) is not None
    assert scope.memory.delete_action == "a7"


def test_a_removal_or_a_check_that_has_been_purged_is_over() -> None:
    scope = a_removal()
    scope.memory.check_action = "a5"
    view = a_view(unknown=["a5", "a7", "a1"])

    assert follow_deletion(with_view(scope, view)) is None
    assert follow(with_view(scope, view)) is None
    assert scope.memory == replace(scope.memory, delete_action=None, check_action=None)


def test_a_removal_has_succeeded() -> None:
    scope = a_removal()

    assert follow_deletion(with_view(scope, a_view(ended=an_action("a7", "SUCCEEDED")))) is None
    assert (scope.memory.delete_action, scope.memory.retry.failure) == (None, None)


def test_a_removal_has_failed() -> None:
    scope = a_removal()

    assert follow_deletion(with_view(scope, a_view(ended=an_action("a7", "FAILED")))) is None
    assert scope.memory.delete_action is None
    assert scope.memory.retry.pending(None) == Failed(
        Reason.ACTION_FAILED, "Deletion failed: node n1: no host"
    )


@pytest.mark.parametrize(
    ("ago", "timeout", "found"),
    [
        pytest.param(3600, 3600, None, id="at its timeout: its engine is about to end it"),
        pytest.param(3670, 3600, "a1", id="well beyond it: its engine must have died"),
        pytest.param(130, 60, "a1", id="a shorter timeout"),
        pytest.param(100, 60, None, id="a shorter timeout, just over"),
    ],
)
def test_an_action_that_no_engine_works_on(
    clock: Clock, ago: float, timeout: int, found: str | None
) -> None:
    action = an_action(start_time=clock() - ago, timeout=timeout)

    assert orphaned(with_view(a_scope(), a_view(unfinished=action))) == found


def test_an_action_that_waits_for_an_engine_is_not_dead() -> None:
    assert (
        orphaned(
            with_view(
                a_scope(), a_view(unfinished=an_action(status="READY", start_time=None, timeout=1))
            )
        )
        is None
    )


def test_an_action_on_a_member_may_be_dead(clock: Clock) -> None:
    action = an_action(target="n1", cluster_id="", start_time=clock() - 9999, timeout=3600)

    assert orphaned(with_view(a_scope(), a_view(unfinished=action))) == "a1"


def test_an_awaited_action_may_be_dead_wherever_it_works(clock: Clock) -> None:
    elsewhere = an_action(target="c9", cluster_id="c9", start_time=clock() - 9999, timeout=3600)
    view = a_view(unfinished=elsewhere)

    assert orphaned(with_view(a_scope(), view)) is None
    assert orphaned(with_view(a_scope(), view), None, "another") is None
    assert orphaned(with_view(a_scope(), view), "a1") == "a1"


def test_nothing_is_dead_on_what_is_absent() -> None:
    assert (
        orphaned(with_view(a_scope(), a_view(unfinished=an_action())._replace(observed=None)))
        is None
    )
