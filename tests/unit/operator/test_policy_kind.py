"""A policy from the manifest to Senlin's requests, and from Senlin's answers to the status."""

from dataclasses import replace
from typing import Any

import pytest

from openstack_clustering import Policy
from senlin_operator.kinds.policy.desired import Desired, desired
from senlin_operator.kinds.policy.kind import PolicyKind
from senlin_operator.kinds.policy.observed import Observed, observe
from senlin_operator.kinds.policy.plan import plan
from senlin_operator.kinds.policy.status import readiness, resource_status
from senlin_operator.kinds.policy.steps import Create, Delete, Update
from senlin_operator.kube.conditions import Reason
from senlin_operator.model.outcome import Blocked, Settled
from senlin_operator.model.step import Step
from tests.unit.operator.builders import (
    NOW,
    SCALING,
    UID,
    a_policy,
    a_policy_manifest,
    a_resource,
    a_snapshot,
    execute,
)
from tests.unit.operator.fake_senlin import FakeSenlin

NAME = f"grow.{UID}"
PROPERTIES = {"event": "CLUSTER_SCALE_OUT", "adjustment": {}}
DESIRED = Desired(name=NAME, type="senlin.policy.scaling", version="1.0", properties=PROPERTIES)
OBSERVED = Observed(
    id="y1",
    name=NAME,
    display_name="grow",
    type="senlin.policy.scaling",
    version="1.0",
    properties=PROPERTIES,
)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        pytest.param({}, {}, id="nothing but what is required: the resource's name, marked"),
        pytest.param({"name": "up.fast"}, {"name": f"up.fast.{UID}"}, id="a name of its own"),
        pytest.param({"properties": {"a": [1]}}, {"properties": {"a": [1]}}, id="properties"),
    ],
)
def test_spec(wanted: dict[str, Any], said: dict[str, Any]) -> None:
    resource = a_resource(a_policy_manifest("grow", wanted))

    assert desired(resource, {}) == replace(DESIRED, **said)


def test_a_policy_refers_to_nothing() -> None:
    assert PolicyKind().references(a_resource(a_policy_manifest())) == ()


@pytest.mark.parametrize(
    ("id_", "uid", "found"),
    [
        pytest.param("y2", UID, ("y2", ()), id="by its id, whatever its name"),
        pytest.param(None, UID, ("y1", ("y3",)), id="by its mark: the first, the others told"),
        pytest.param("gone", UID, ("y1", ("y3",)), id="its id is gone: by its mark"),
        pytest.param("gone", "nobody", None, id="not there"),
        pytest.param(None, UID.partition("-")[2], None, id="half a mark is none"),
    ],
)
def test_observe_finds_ours(
    id_: str | None, uid: str, found: tuple[str, tuple[str, ...]] | None
) -> None:
    policies = [a_policy("y3"), a_policy("y1"), a_policy("y2", uid=None)]

    observed = observe(a_snapshot(policies=policies), id_, uid)

    assert (observed and (observed.id, observed.duplicates)) == found


@pytest.mark.parametrize(
    ("name", "title"),
    [
        pytest.param(NAME, "grow", id="ours: without the mark"),
        pytest.param(f"grow.by.two.{UID}", "grow.by.two", id="dots before the mark stay"),
        pytest.param("up.fast", "up.fast", id="renamed by others: as it is"),
    ],
)
def test_the_title_is_the_name_without_the_mark(name: str, title: str) -> None:
    observed = observe(a_snapshot(policies=[a_policy(name=name)]), "y1", UID)

    assert observed is not None
    assert (observed.name, observed.display_name) == (name, title)


@pytest.mark.parametrize(
    "created_at",
    [
        pytest.param("2026-01-01T00:00:00Z", id="as a create or a change answers"),
        pytest.param("2026-01-01T00:00:00.449684", id="as lists have it"),
        pytest.param("2026-01-01T00:00:00", id="as lists have it in a whole second"),
    ],
)
def test_its_age_reads_the_same_in_all_of_senlins_forms(created_at: str) -> None:
    observed = observe(a_snapshot(policies=[a_policy(created_at=created_at)]), "y1", UID)

    assert observed == replace(OBSERVED, created_at=NOW)


@pytest.mark.parametrize(
    ("spec", "observed", "steps"),
    [
        pytest.param(DESIRED, None, [Create(DESIRED)], id="absent: created"),
        pytest.param(DESIRED, OBSERVED, [], id="as it should be: left alone"),
        pytest.param(
            replace(DESIRED, properties={}), OBSERVED, [], id="other properties: they never change"
        ),
        pytest.param(
            replace(DESIRED, name="up.uid"),
            OBSERVED,
            [Update("y1", {"name": "up.uid"}, f"name {NAME} → up.uid")],
            id="renamed",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, name="grow"),
            [Update("y1", {"name": NAME}, f"name grow → {NAME}")],
            id="the mark is lost: put back",
        ),
        pytest.param(
            replace(DESIRED, name="up.uid"),
            replace(OBSERVED, duplicates=("y2",)),
            [Delete("y2"), Update("y1", {"name": "up.uid"}, f"name {NAME} → up.uid")],
            id="duplicates go first",
        ),
    ],
)
def test_plan(spec: Desired, observed: Observed | None, steps: list[Step]) -> None:
    assert plan(spec, observed) == steps


def test_a_policy_of_others_is_as_it_should_be() -> None:
    assert plan(PolicyKind().desired_from(OBSERVED), OBSERVED) == []
    assert isinstance(readiness(PolicyKind().desired_from(OBSERVED), OBSERVED), Settled)


def test_create_shows_the_result_at_once() -> None:
    senlin = FakeSenlin()

    started = execute(senlin.proxy, Create(DESIRED), UID)

    assert started.action_id is None
    assert started.observed == replace(OBSERVED, id=started.id)
    made = senlin.poll().all(Policy)[started.id]
    assert (made.name, made.spec) == (NAME, SCALING)


def test_update_shows_the_result_at_once() -> None:
    senlin = FakeSenlin()
    senlin.put_policy(a_policy())

    started = execute(senlin.proxy, Update("y1", {"name": f"up.{UID}"}, ""), UID)

    assert started.observed == replace(
        OBSERVED, name=f"up.{UID}", display_name="up", created_at=NOW
    )


def test_delete() -> None:
    senlin = FakeSenlin()
    senlin.put_policy(a_policy("y1"))
    senlin.put_policy(a_policy("y2"))

    started = execute(senlin.proxy, PolicyKind().delete(OBSERVED, force=False), UID)

    assert (started.id, started.action_id, started.observed) == ("y1", None, None)
    assert list(senlin.poll().all(Policy)) == ["y2"]


SHOWN = {"name": "grow", "type": "senlin.policy.scaling", "version": "1.0"}


@pytest.mark.parametrize(
    ("observed", "shown"),
    [
        pytest.param(OBSERVED, SHOWN, id="without what Senlin has not said, and without the mark"),
        pytest.param(replace(OBSERVED, created_at=NOW), SHOWN | {"createdAt": NOW}, id="its age"),
    ],
)
def test_status(observed: Observed, shown: dict[str, Any]) -> None:
    assert resource_status(observed) == shown


def test_a_policy_that_is_there_is_ready() -> None:
    assert readiness(DESIRED, OBSERVED) == Settled("Policy grow is as it should be.")


def test_properties_that_kubernetes_let_change_are_told() -> None:
    other = replace(DESIRED, properties={"evnt": "CLUSTER_SCALE_OUT", "adjustment": {}})

    assert readiness(other, OBSERVED) == Blocked(
        Reason.REJECTED,
        "Senlin does not change properties (event, evnt): put them back, or make another resource.",
    )


def test_the_steps_are_told_by_the_names_in_senlin() -> None:
    assert Create(DESIRED).summary == f"creation of policy {NAME}"


def test_a_policy_neither_moves_nor_has_faults() -> None:
    assert not OBSERVED.transient
    assert OBSERVED.faults == []
    assert PolicyKind().checks is None
