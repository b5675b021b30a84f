"""Senlin's actions: which ones a reconcile waits for, and what it records when they end."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, NamedTuple, cast
from unittest.mock import ANY

import pytest

from openstack_clustering import Action, Policy
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
    a_policy,
    a_resource,
    a_snapshot,
    an_action,
    ready,
)

RESIZE = {"id": "a1", "name": "nodes 2 → 3", "status": "RUNNING", "startedAt": NOW}
FAULTS = [{"name": "n1", "reason": "no host"}, {"name": "n2", "reason": "no image"}]
ENDED = 1767225600.0  # NOW


class CloudState(NamedTuple):
    """What a reconcile observes."""

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
    is_ready: bool = False,
) -> Scope:
    conditions = ready("c1") if is_ready else {}
    status = {**conditions, "id": "c1", "action": action, "faults": faults or []}
    resource = a_resource(a_cluster_manifest(status=status))
    scope = Scope.begin(resource, ClusterKind(), Memory())
    scope.desired = "desired state"
    return scope


def a_cloud_state(
    *,
    ended: Action | None = None,
    unfinished: Action | None = None,
    unknown: Iterable[str] = (),
    policies: Iterable[Policy] = (),
) -> CloudState:
    snapshot = a_snapshot(
        clusters=[a_cluster()],
        nodes=[a_node("n1")],
        policies=policies,
        ended=[ended] if ended else [],
        unfinished=[unfinished] if unfinished else [],
    )
    snapshot = replace(snapshot, unknown=frozenset(unknown))
    return CloudState(_session(), snapshot, observe(snapshot, "c1", "uid"))


def _session() -> CloudSession:
    async def call(_: str, __: Any) -> Snapshot:
        raise AssertionError("nothing is polled here")

    subscribers = Subscribers(changed=lambda _: None, polled=lambda _: None, matters=lambda _: True)
    return cast("CloudSession", SimpleNamespace(inventory=Inventory(call, subscribers, ())))


def observing(scope: Scope, state: CloudState) -> Scope:
    scope.session, scope.snapshot, scope.observed = state
    return scope


def watched(state: CloudState) -> dict[str, str]:
    return {id_: it.target for id_, it in state.inventory._watched.items()}


def test_a_started_action_is_recorded_as_running() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)

    assert started("a1", "nodes 2 → 3", moment) == RESIZE


def test_the_message_of_a_running_action_names_it() -> None:
    waiting = running(a_scope().status)

    assert waiting.message == "Senlin is at work: nodes 2 → 3 (action a1)."
    assert waiting.publish


def test_without_an_action_there_is_nothing_to_wait_for() -> None:
    assert follow(observing(a_scope(action=None), a_cloud_state())) is None


def test_a_running_action_of_the_operator_is_waited_for_and_watched() -> None:
    state = a_cloud_state(unfinished=an_action())

    assert follow(observing(a_scope(), state)) == running(a_scope().status)
    assert watched(state) == {"a1": "c1"}


def test_a_succeeded_action_is_recorded_and_no_longer_watched() -> None:
    scope, state = a_scope(), a_cloud_state(ended=an_action(status="SUCCEEDED", end_time=ENDED))

    assert follow(observing(scope, state)) is None
    assert scope.status.action == {**RESIZE, "status": "SUCCEEDED", "endedAt": NOW}
    assert scope.memory.retry.failure is None
    assert watched(state) == {}


@pytest.mark.parametrize(
    ("status", "reason", "faults", "message"),
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
            "nodes 2 → 3 failed: 3 nodes, such as n1: no host; 3 nodes, such as n2: no image",
            id="many faults: counted",
        ),
    ],
)
def test_a_failed_action_is_recorded_with_its_cause(
    status: str, reason: str, faults: list[dict[str, str]], message: str
) -> None:
    scope = a_scope(faults=faults)

    assert (
        follow(
            observing(scope, a_cloud_state(ended=an_action(status=status, status_reason=reason)))
        )
        is None
    )
    assert scope.status.action == {**RESIZE, "status": "FAILED", "reason": message}
    assert scope.memory.retry.pending("desired state") == Failed(Reason.ACTION_FAILED, message)


def test_an_action_that_senlin_has_purged_is_forgotten() -> None:
    """The cluster itself shows its result."""
    scope, state = a_scope(), a_cloud_state(unknown=["a1"])

    assert follow(observing(scope, state)) is None
    assert scope.status.action is None
    assert watched(state) == {}


def test_a_running_action_on_a_deleted_object_is_not_waited_for() -> None:
    """The engine may have died, and would never end the action."""
    scope, state = a_scope(), a_cloud_state(unfinished=an_action())._replace(observed=None)
    scope.memory.check_action = "a5"

    assert follow(observing(scope, state)) is None
    assert scope.status.action is None
    assert scope.memory.check_action is None
    assert watched(state) == {}


def test_a_known_end_of_an_action_on_a_deleted_object_is_recorded() -> None:
    done = an_action(status="FAILED", status_reason="The cluster was deleted.")
    scope, state = a_scope(), a_cloud_state(ended=done)._replace(observed=None)

    assert follow(observing(scope, state)) is None
    assert scope.status.action == {**RESIZE, "status": "FAILED", "reason": ANY}


def test_the_end_of_an_action_is_recorded_once() -> None:
    done = {**RESIZE, "status": "SUCCEEDED"}
    scope = a_scope(action=done)

    assert follow(observing(scope, a_cloud_state(ended=an_action(status="FAILED")))) is None
    assert scope.status.action == done


@pytest.mark.parametrize("is_ready", [True, False])
def test_actions_of_others_are_waited_for(is_ready: bool) -> None:
    """It is published unless the object is Ready, so that routine work does not make it flap."""
    scaling = an_action("a9", action="CLUSTER_SCALE_OUT")

    waiting = follow(
        observing(a_scope(action=None, is_ready=is_ready), a_cloud_state(unfinished=scaling))
    )

    message = "Senlin is at work on behalf of others: CLUSTER_SCALE_OUT."
    assert waiting == Waiting(Reason.BUSY, message, requeue_after=30, publish=not is_ready)


def test_an_action_of_others_on_a_member_is_waited_for() -> None:
    recovery = an_action("a9", action="NODE_RECOVER", target="n1", cluster_id="")

    assert follow(observing(a_scope(action=None), a_cloud_state(unfinished=recovery))) is not None


def test_a_running_routine_check_is_waited_for_without_publishing() -> None:
    scope = a_scope(action=None)
    scope.memory.check_action = "a5"

    waiting = follow(observing(scope, a_cloud_state()))

    assert waiting is not None
    assert not waiting.publish
    assert scope.memory.check_action == "a5"


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_the_end_of_a_routine_check_is_not_recorded(status: str) -> None:
    scope, state = a_scope(action=None), a_cloud_state(ended=an_action("a5", status))
    scope.memory.check_action = "a5"
    state.inventory.watch("a5", "c1")

    assert follow(observing(scope, state)) is None
    assert scope.memory == replace(scope.memory, check_action=None, retry=Retry())
    assert watched(state) == {}


def test_without_a_deletion_there_is_nothing_to_wait_for() -> None:
    assert follow_deletion(observing(a_scope(), a_cloud_state())) is None


def a_deletion() -> Scope:
    scope = a_scope(faults=FAULTS[:1])
    scope.memory.delete_action = "a7"
    return scope


def test_a_running_deletion_is_waited_for() -> None:
    scope = a_deletion()

    assert follow_deletion(observing(scope, a_cloud_state(unfinished=an_action("a7")))) is not None
    assert scope.memory.delete_action == "a7"


def test_a_purged_deletion_and_a_purged_check_count_as_ended() -> None:
    scope = a_deletion()
    scope.memory.check_action = "a5"
    state = a_cloud_state(unknown=["a5", "a7", "a1"])

    assert follow_deletion(observing(scope, state)) is None
    assert follow(observing(scope, state)) is None
    assert scope.memory == replace(scope.memory, delete_action=None, check_action=None)


def test_a_succeeded_deletion_is_forgotten() -> None:
    scope = a_deletion()

    assert (
        follow_deletion(observing(scope, a_cloud_state(ended=an_action("a7", "SUCCEEDED")))) is None
    )
    assert (scope.memory.delete_action, scope.memory.retry.failure) == (None, None)


def test_a_failed_deletion_is_retried_later() -> None:
    scope = a_deletion()

    assert follow_deletion(observing(scope, a_cloud_state(ended=an_action("a7", "FAILED")))) is None
    assert scope.memory.delete_action is None
    assert scope.memory.retry.pending(None) == Failed(
        Reason.ACTION_FAILED, "Deletion failed: node n1: no host"
    )


@pytest.mark.parametrize(
    ("started_ago", "timeout", "orphan"),
    [
        pytest.param(3600, 3600, None, id="at its timeout: its engine is about to end it"),
        pytest.param(3670, 3600, "a1", id="well after its timeout: its engine must have died"),
        pytest.param(130, 60, "a1", id="a shorter timeout"),
        pytest.param(100, 60, None, id="a shorter timeout, only just exceeded"),
    ],
)
def test_an_overdue_action_is_orphaned(
    clock: Clock, started_ago: float, timeout: int, orphan: str | None
) -> None:
    action = an_action(start_time=clock() - started_ago, timeout=timeout)

    assert orphaned(observing(a_scope(), a_cloud_state(unfinished=action))) == orphan


@pytest.mark.parametrize(
    ("type_", "properties", "started_ago", "orphan"),
    [
        ("deletion", {"grace_period": 7200}, 3670, None),
        ("deletion", {"grace_period": None}, 3670, "a1"),
        ("deletion", {"grace_period": -5}, 3670, "a1"),
        ("deletion", {"grace_period": "x"}, 3670, "a1"),
        ("deletion", {"grace_period": 1e308}, 80_000, None),
        ("deletion", {"grace_period": 1e308}, 91_000, "a1"),
        ("deletion", {"grace_period": 10**4000}, 91_000, "a1"),
        ("batch", {"pause_time": None}, 3670, None),
        ("batch", {"pause_time": None}, 3730, "a1"),
        ("loadbalance", {"lb_status_timeout": [300]}, 3670, None),
        ("scaling", {"grace_period": 7200}, 3670, "a1"),
        ("deletion", None, 3670, "a1"),
    ],
)
def test_an_action_may_sleep_as_long_as_any_policy_says_but_not_for_ever(
    clock: Clock, type_: str, properties: Any, started_ago: float, orphan: str | None
) -> None:
    """Senlin takes null and 1e308 from anybody, for a policy that nobody uses."""
    spec = {"type": f"senlin.policy.{type_}", "version": 1.1, "properties": properties}
    action = an_action(start_time=clock() - started_ago, timeout=3600)
    state = a_cloud_state(unfinished=action, policies=[a_policy(spec=spec)])

    assert orphaned(observing(a_scope(), state)) == orphan


def test_an_action_that_no_engine_has_picked_up_is_not_orphaned() -> None:
    assert (
        orphaned(
            observing(
                a_scope(),
                a_cloud_state(unfinished=an_action(status="READY", start_time=None, timeout=1)),
            )
        )
        is None
    )


def test_an_overdue_action_on_a_member_is_orphaned(clock: Clock) -> None:
    action = an_action(target="n1", cluster_id="", start_time=clock() - 9999, timeout=3600)

    assert orphaned(observing(a_scope(), a_cloud_state(unfinished=action))) == "a1"


def test_an_awaited_action_on_another_object_may_be_orphaned(clock: Clock) -> None:
    elsewhere = an_action(target="c9", cluster_id="c9", start_time=clock() - 9999, timeout=3600)
    state = a_cloud_state(unfinished=elsewhere)

    assert orphaned(observing(a_scope(), state)) is None
    assert orphaned(observing(a_scope(), state), None, "another") is None
    assert orphaned(observing(a_scope(), state), "a1") == "a1"


def test_an_absent_object_has_no_orphaned_action() -> None:
    assert (
        orphaned(
            observing(a_scope(), a_cloud_state(unfinished=an_action())._replace(observed=None))
        )
        is None
    )
