"""A policy from the manifest to Senlin's requests, and from Senlin's answers to the status."""

from dataclasses import replace
from typing import Any

import pytest

from senlin_operator.engine.outcome import Blocked, Settled
from senlin_operator.kinds import policy
from senlin_operator.kinds.common import Delete
from senlin_operator.kinds.policy import (
    KIND,
    Create,
    Observed,
    Spec,
    Step,
    Update,
    as_seen,
    execute,
    observe,
    plan,
    status,
    verdict,
)
from senlin_operator.kube.conditions import Reason
from tests.unit.operator.builders import (
    NOW,
    SCALING,
    UID,
    a_policy,
    a_policy_manifest,
    a_resource,
    a_snapshot,
)
from tests.unit.operator.fake_senlin import FakeSenlin

NAME = f"grow.{UID}"
PROPERTIES = {"event": "CLUSTER_SCALE_OUT", "adjustment": {}}
SPEC = Spec(name=NAME, type="senlin.policy.scaling", version="1.0", properties=PROPERTIES)
SEEN = Observed(
    id="y1",
    name=NAME,
    title="grow",
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

    assert policy.spec(resource, {}) == replace(SPEC, **said)


def test_a_policy_refers_to_nothing() -> None:
    assert KIND.references(a_resource(a_policy_manifest())) == ()


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

    seen = observe(a_snapshot(policies=policies), id_, uid)

    assert (seen and (seen.id, seen.duplicates)) == found


@pytest.mark.parametrize(
    ("name", "title"),
    [
        pytest.param(NAME, "grow", id="ours: without the mark"),
        pytest.param(f"grow.by.two.{UID}", "grow.by.two", id="dots before the mark stay"),
        pytest.param("up.fast", "up.fast", id="renamed by others: as it is"),
    ],
)
def test_the_title_is_the_name_without_the_mark(name: str, title: str) -> None:
    seen = observe(a_snapshot(policies=[a_policy(name=name)]), "y1", UID)

    assert seen is not None
    assert (seen.name, seen.title) == (name, title)


@pytest.mark.parametrize(
    "created_at",
    [
        pytest.param("2026-01-01T00:00:00Z", id="as a create or a change answers"),
        pytest.param("2026-01-01T00:00:00.449684", id="as lists have it"),
        pytest.param("2026-01-01T00:00:00", id="as lists have it in a whole second"),
    ],
)
def test_its_age_reads_the_same_in_all_of_senlins_forms(created_at: str) -> None:
    seen = observe(a_snapshot(policies=[a_policy(created_at=created_at)]), "y1", UID)

    assert seen == replace(SEEN, created_at=NOW)


@pytest.mark.parametrize(
    ("spec", "seen", "steps"),
    [
        pytest.param(SPEC, None, [Create(SPEC)], id="absent: created"),
        pytest.param(SPEC, SEEN, [], id="as it should be: left alone"),
        pytest.param(
            replace(SPEC, properties={}), SEEN, [], id="other properties: they never change"
        ),
        pytest.param(
            replace(SPEC, name="up.uid"),
            SEEN,
            [Update("y1", {"name": "up.uid"}, f"name {NAME} → up.uid")],
            id="renamed",
        ),
        pytest.param(
            SPEC,
            replace(SEEN, name="grow"),
            [Update("y1", {"name": NAME}, f"name grow → {NAME}")],
            id="the mark is lost: put back",
        ),
        pytest.param(
            replace(SPEC, name="up.uid"),
            replace(SEEN, duplicates=("y2",)),
            [Delete("y2"), Update("y1", {"name": "up.uid"}, f"name {NAME} → up.uid")],
            id="duplicates go first",
        ),
    ],
)
def test_plan(spec: Spec, seen: Observed | None, steps: list[Step]) -> None:
    assert plan(spec, seen) == steps


def test_a_policy_of_others_is_as_it_should_be() -> None:
    assert plan(as_seen(SEEN), SEEN) == []
    assert isinstance(verdict(as_seen(SEEN), SEEN), Settled)


def test_create_shows_the_result_at_once() -> None:
    senlin = FakeSenlin()

    started = execute(senlin.proxy, Create(SPEC), UID)

    assert started.action_id is None
    assert started.seen == replace(SEEN, id=started.id)
    made = senlin.look().policies[started.id]
    assert (made.name, made.spec) == (NAME, SCALING)


def test_update_shows_the_result_at_once() -> None:
    senlin = FakeSenlin()
    senlin.put_policy(a_policy())

    started = execute(senlin.proxy, Update("y1", {"name": f"up.{UID}"}, ""), UID)

    assert started.seen == replace(SEEN, name=f"up.{UID}", title="up", created_at=NOW)


def test_delete() -> None:
    senlin = FakeSenlin()
    senlin.put_policy(a_policy("y1"))
    senlin.put_policy(a_policy("y2"))

    started = execute(senlin.proxy, KIND.remove(SEEN, False), UID)

    assert (started.id, started.action_id, started.seen) == ("y1", None, None)
    assert list(senlin.look().policies) == ["y2"]


SHOWN = {"name": "grow", "type": "senlin.policy.scaling", "version": "1.0"}


@pytest.mark.parametrize(
    ("seen", "shown"),
    [
        pytest.param(SEEN, SHOWN, id="without what Senlin has not said, and without the mark"),
        pytest.param(replace(SEEN, created_at=NOW), SHOWN | {"createdAt": NOW}, id="its age"),
    ],
)
def test_status(seen: Observed, shown: dict[str, Any]) -> None:
    assert status(seen) == shown


def test_a_policy_that_is_there_is_ready() -> None:
    assert verdict(SPEC, SEEN) == Settled("Policy grow is as it should be.")


def test_properties_that_kubernetes_let_change_are_told() -> None:
    other = replace(SPEC, properties={"evnt": "CLUSTER_SCALE_OUT", "adjustment": {}})

    assert verdict(other, SEEN) == Blocked(
        Reason.REJECTED,
        "Senlin does not change properties (event, evnt): put them back, or make another resource.",
    )


def test_the_steps_are_told_by_the_names_in_senlin() -> None:
    assert Create(SPEC).summary == f"creation of policy {NAME}"


def test_a_policy_neither_moves_nor_has_faults() -> None:
    assert not SEEN.moving
    assert SEEN.faults == []
    assert KIND.check is None
