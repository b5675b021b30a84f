"""A profile from the manifest to Senlin's requests, and from Senlin's answers to the status."""

from dataclasses import replace
from typing import Any

import pytest

from senlin_operator.cloud.inventory import OWNER
from senlin_operator.engine.outcome import Blocked, Settled
from senlin_operator.kinds import profile
from senlin_operator.kinds.common import Delete
from senlin_operator.kinds.profile import (
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
    UID,
    a_profile,
    a_profile_manifest,
    a_resource,
    a_snapshot,
)
from tests.unit.operator.fake_senlin import FakeSenlin

SPEC = Spec(name="small", type="os.nova.server", version="1.0", properties={"flavor": "m1.tiny"})
SEEN = Observed(
    id="p1",
    name="small",
    type="os.nova.server",
    version="1.0",
    properties={"flavor": "m1.tiny"},
    metadata={OWNER: UID},
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

    assert profile.spec(resource, {}) == replace(SPEC, **said)


def test_a_profile_refers_to_nothing() -> None:
    assert KIND.references(a_resource(a_profile_manifest())) == ()


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

    seen = observe(a_snapshot(profiles=profiles), id_, uid)

    assert (seen and (seen.id, seen.duplicates)) == found


@pytest.mark.parametrize(
    ("spec", "seen", "steps"),
    [
        pytest.param(SPEC, None, [Create(SPEC)], id="absent: created"),
        pytest.param(SPEC, SEEN, [], id="as it should be: left alone"),
        pytest.param(
            replace(SPEC, properties={}), SEEN, [], id="other properties: they never change"
        ),
        pytest.param(
            replace(SPEC, name="tiny"),
            SEEN,
            [Update("p1", {"name": "tiny", "metadata": {}}, "name small → tiny")],
            id="renamed",
        ),
        pytest.param(
            replace(SPEC, metadata={"a": "b"}),
            SEEN,
            [Update("p1", {"name": "small", "metadata": {"a": "b"}}, "metadata (a)")],
            id="metadata to add",
        ),
        pytest.param(
            SPEC,
            replace(SEEN, metadata={OWNER: UID, "a": "b"}),
            [Update("p1", {"name": "small", "metadata": {}}, "metadata (a)")],
            id="metadata to take away",
        ),
        pytest.param(
            replace(SPEC, name="tiny"),
            replace(SEEN, duplicates=("p2",)),
            [Delete("p2"), Update("p1", {"name": "tiny", "metadata": {}}, "name small → tiny")],
            id="duplicates go first",
        ),
    ],
)
def test_plan(spec: Spec, seen: Observed | None, steps: list[Step]) -> None:
    assert plan(spec, seen) == steps


def test_create_shows_the_result_at_once() -> None:
    senlin = FakeSenlin()

    started = execute(senlin.proxy, Create(replace(SPEC, metadata={"a": "b"})), UID)

    assert started.action_id is None
    assert started.seen == replace(SEEN, id=started.id, metadata={"a": "b", OWNER: UID})
    assert senlin.look().profiles[started.id].spec == {
        "type": "os.nova.server",
        "version": "1.0",
        "properties": {"flavor": "m1.tiny"},
    }


def test_update_keeps_the_mark() -> None:
    senlin = FakeSenlin()
    senlin.put_profile(a_profile())

    started = execute(senlin.proxy, Update("p1", {"name": "tiny", "metadata": {"a": "b"}}, ""), UID)

    assert started.seen == replace(
        SEEN, name="tiny", metadata={"a": "b", OWNER: UID}, created_at=NOW
    )


def test_delete() -> None:
    senlin = FakeSenlin(["p1", "p2"])

    started = execute(senlin.proxy, KIND.remove(SEEN, False), UID)

    assert (started.id, started.action_id, started.seen) == ("p1", None, None)
    assert list(senlin.look().profiles) == ["p2"]


SHOWN = {"name": "small", "type": "os.nova.server", "version": "1.0"}


@pytest.mark.parametrize(
    ("seen", "shown"),
    [
        pytest.param(SEEN, SHOWN, id="without what Senlin has not said, and without our mark"),
        pytest.param(
            replace(SEEN, metadata={OWNER: UID, "a": "b"}),
            SHOWN | {"metadata": {"a": "b"}},
            id="metadata",
        ),
        pytest.param(replace(SEEN, created_at=NOW), SHOWN | {"createdAt": NOW}, id="its age"),
    ],
)
def test_status(seen: Observed, shown: dict[str, Any]) -> None:
    assert status(seen) == shown


def test_a_profile_that_is_there_is_ready() -> None:
    assert verdict(SPEC, SEEN) == Settled("Profile small is as it should be.")


def test_a_profile_of_others_is_ready_whatever_it_is() -> None:
    assert isinstance(verdict(as_seen(SEEN), SEEN), Settled)


def test_properties_that_kubernetes_let_change_are_told() -> None:
    assert verdict(replace(SPEC, properties={"flavour": "m1.tiny"}), SEEN) == Blocked(
        Reason.REJECTED,
        "Senlin does not change properties (flavor, flavour): put them back, or make another "
        "resource.",
    )


def test_a_profile_neither_moves_nor_has_faults() -> None:
    assert not SEEN.moving
    assert SEEN.faults == []
    assert KIND.check is None
