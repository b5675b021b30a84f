"""A profile from the manifest to Senlin's requests, and from Senlin's answers to the status."""

from dataclasses import replace
from typing import Any

import pytest

from openstack_clustering import Profile
from senlin_operator.kinds.profile.desired import Desired, desired
from senlin_operator.kinds.profile.kind import ProfileKind
from senlin_operator.kinds.profile.observed import Observed, observe
from senlin_operator.kinds.profile.plan import plan
from senlin_operator.kinds.profile.status import readiness, resource_status
from senlin_operator.kinds.profile.steps import Create, Delete, Update
from senlin_operator.kube.conditions import Reason
from senlin_operator.model.outcome import Blocked, Settled
from senlin_operator.model.ownership import OWNER_KEY
from senlin_operator.model.step import Step
from tests.unit.operator.builders import (
    NOW,
    UID,
    a_profile,
    a_profile_manifest,
    a_resource,
    a_snapshot,
    execute,
)
from tests.unit.operator.fake_senlin import FakeSenlin

DESIRED = Desired(
    name="small", type="os.nova.server", version="1.0", properties={"flavor": "m1.tiny"}
)
OBSERVED = Observed(
    id="p1",
    name="small",
    type="os.nova.server",
    version="1.0",
    properties={"flavor": "m1.tiny"},
    metadata={OWNER_KEY: UID},
)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        pytest.param({}, {}, id="nothing but what is required"),
        pytest.param({"name": "tiny"}, {"name": "tiny"}, id="a name of its own"),
        pytest.param({"metadata": {"a": "b"}}, {"metadata": {"a": "b"}}, id="metadata"),
        pytest.param(
            {"properties": {"flavor": "m1.big"}}, {"properties": {"flavor": "m1.big"}}, id="big"
        ),
    ],
)
def test_spec(wanted: dict[str, Any], said: dict[str, Any]) -> None:
    resource = a_resource(a_profile_manifest("small", wanted))

    assert desired(resource, {}) == replace(DESIRED, **said)


def test_a_profile_refers_to_nothing() -> None:
    assert ProfileKind().references(a_resource(a_profile_manifest())) == ()


@pytest.mark.parametrize(
    ("id_", "uid", "found"),
    [
        pytest.param("p2", UID, ("p2", ()), id="by its id"),
        pytest.param(None, UID, ("p1", ("p3",)), id="by its mark: the first, the others told"),
        pytest.param("gone", "nobody", None, id="not there"),
    ],
)
def test_observe_finds_ours(
    id_: str | None, uid: str, found: tuple[str, tuple[str, ...]] | None
) -> None:
    profiles = [a_profile("p3"), a_profile("p1"), a_profile("p2", uid=None)]

    observed = observe(a_snapshot(profiles=profiles), id_, uid)

    assert (observed and (observed.id, observed.duplicates)) == found


@pytest.mark.parametrize(
    ("spec", "observed", "steps"),
    [
        pytest.param(DESIRED, None, [Create(DESIRED)], id="absent: created"),
        pytest.param(DESIRED, OBSERVED, [], id="as it should be: left alone"),
        pytest.param(
            replace(DESIRED, properties={}), OBSERVED, [], id="other properties: they never change"
        ),
        pytest.param(
            replace(DESIRED, name="tiny"),
            OBSERVED,
            [Update("p1", {"name": "tiny", "metadata": {}}, "name small → tiny")],
            id="renamed",
        ),
        pytest.param(
            replace(DESIRED, metadata={"a": "b"}),
            OBSERVED,
            [Update("p1", {"name": "small", "metadata": {"a": "b"}}, "metadata (a)")],
            id="metadata to add",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, metadata={OWNER_KEY: UID, "a": "b"}),
            [Update("p1", {"name": "small", "metadata": {}}, "metadata (a)")],
            id="metadata to take away",
        ),
        pytest.param(
            replace(DESIRED, name="tiny"),
            replace(OBSERVED, duplicates=("p2",)),
            [Delete("p2"), Update("p1", {"name": "tiny", "metadata": {}}, "name small → tiny")],
            id="duplicates go first",
        ),
    ],
)
def test_plan(spec: Desired, observed: Observed | None, steps: list[Step]) -> None:
    assert plan(spec, observed) == steps


def test_create_shows_the_result_at_once() -> None:
    senlin = FakeSenlin()

    started = execute(senlin.proxy, Create(replace(DESIRED, metadata={"a": "b"})), UID)

    assert started.action_id is None
    assert started.observed == replace(OBSERVED, id=started.id, metadata={"a": "b", OWNER_KEY: UID})
    assert senlin.poll().all(Profile)[started.id].spec == {
        "type": "os.nova.server",
        "version": "1.0",
        "properties": {"flavor": "m1.tiny"},
    }


def test_update_keeps_the_mark() -> None:
    senlin = FakeSenlin()
    senlin.put_profile(a_profile())

    started = execute(senlin.proxy, Update("p1", {"name": "tiny", "metadata": {"a": "b"}}, ""), UID)

    assert started.observed == replace(
        OBSERVED, name="tiny", metadata={"a": "b", OWNER_KEY: UID}, created_at=NOW
    )


def test_delete() -> None:
    senlin = FakeSenlin(["p1", "p2"])

    started = execute(senlin.proxy, ProfileKind().delete(OBSERVED, force=False), UID)

    assert (started.id, started.action_id, started.observed) == ("p1", None, None)
    assert list(senlin.poll().all(Profile)) == ["p2"]


SHOWN = {"name": "small", "type": "os.nova.server", "version": "1.0"}


@pytest.mark.parametrize(
    ("observed", "shown"),
    [
        pytest.param(OBSERVED, SHOWN, id="without what Senlin has not said, and without our mark"),
        pytest.param(
            replace(OBSERVED, metadata={OWNER_KEY: UID, "a": "b"}),
            SHOWN | {"metadata": {"a": "b"}},
            id="metadata",
        ),
        pytest.param(replace(OBSERVED, created_at=NOW), SHOWN | {"createdAt": NOW}, id="its age"),
    ],
)
def test_status(observed: Observed, shown: dict[str, Any]) -> None:
    assert resource_status(observed) == shown


def test_a_profile_that_is_there_is_ready() -> None:
    assert readiness(DESIRED, OBSERVED) == Settled("Profile small is as it should be.")


def test_a_profile_of_others_is_ready_whatever_it_is() -> None:
    assert isinstance(readiness(ProfileKind().desired_from(OBSERVED), OBSERVED), Settled)


def test_properties_that_kubernetes_let_change_are_told() -> None:
    assert readiness(replace(DESIRED, properties={"flavour": "m1.tiny"}), OBSERVED) == Blocked(
        Reason.REJECTED,
        "Senlin does not change properties (flavor, flavour): put them back, or make another "
        "resource.",
    )


def test_a_profile_neither_moves_nor_has_faults() -> None:
    assert not OBSERVED.transient
    assert OBSERVED.faults == []
    assert ProfileKind().checks is None
