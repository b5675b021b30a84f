"""Profiles and policies from the manifest to Senlin's requests, and from its replies to the status.

Senlin changes both at once, without an action, and never changes their properties.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import ANY

import pytest

from openstack_clustering import Policy, Profile
from senlin_operator.kinds.policy import desired as policy_desired
from senlin_operator.kinds.policy import observed as policy_observed
from senlin_operator.kinds.policy import steps as policy_steps
from senlin_operator.kinds.policy.kind import PolicyKind
from senlin_operator.kinds.profile import desired as profile_desired
from senlin_operator.kinds.profile import observed as profile_observed
from senlin_operator.kinds.profile import steps as profile_steps
from senlin_operator.kinds.profile.kind import ProfileKind
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import Resource
from senlin_operator.model.kind import AnyKind
from senlin_operator.model.outcome import Blocked, Settled
from senlin_operator.model.ownership import OWNER_KEY, with_suffix
from senlin_operator.model.step import Step
from tests.unit.operator.builders import (
    NOW,
    SCALING,
    UID,
    a_policy,
    a_policy_manifest,
    a_profile,
    a_profile_manifest,
    a_resource,
    a_snapshot,
    an_owner,
    execute,
    the_marker,
)
from tests.unit.operator.fake_senlin import FakeSenlin

SERVER: dict[str, Any] = {
    "type": "os.nova.server",
    "version": "1.0",
    "properties": {"flavor": "m1.tiny"},
}
POLICY_NAME = with_suffix("grow", an_owner())


@dataclass(frozen=True)
class Case:
    """A kind, and a desired and an observed state of it between which there is no difference."""

    kind: AnyKind
    desired: Any
    observed: Any
    steps: Any

    def resource(self, fields: Mapping[str, Any] | None = None) -> Resource:
        if self.kind.name == "SenlinPolicy":
            return a_resource(a_policy_manifest("grow", fields))
        return a_resource(a_profile_manifest("small", fields))

    def a_senlin(self, *ids: str) -> FakeSenlin:
        """Return a Senlin with such cloud objects."""
        senlin = FakeSenlin()
        for id_ in ids:
            senlin.put_policy(a_policy(id_))
            senlin.put_profile(a_profile(id_))
        return senlin


PROFILE = Case(
    ProfileKind(),
    profile_desired.Desired(name="small", **SERVER),
    profile_observed.Observed(id="p1", name="small", metadata={OWNER_KEY: UID}, **SERVER),
    profile_steps,
)
POLICY = Case(
    PolicyKind(),
    policy_desired.Desired(repaired=False, name="grow", **SCALING),
    policy_observed.Observed(id="y1", name="grow", **SCALING),
    policy_steps,
)
both = pytest.mark.parametrize(
    "case", [pytest.param(PROFILE, id="profile"), pytest.param(POLICY, id="policy")]
)


@pytest.mark.parametrize(
    ("case", "resource_fields", "fields"),
    [
        pytest.param(PROFILE, {}, {}, id="profile: only required fields: the resource's name"),
        pytest.param(PROFILE, {"name": "tiny"}, {"name": "tiny"}, id="profile: another name"),
        pytest.param(
            PROFILE, {"metadata": {"a": "b"}}, {"metadata": {"a": "b"}}, id="profile: metadata"
        ),
        pytest.param(
            PROFILE,
            {"properties": {"flavor": "m1.big"}},
            {"properties": {"flavor": "m1.big"}},
            id="profile: properties",
        ),
        pytest.param(
            POLICY, {}, {}, id="policy: only required fields: the resource's name with a suffix"
        ),
        pytest.param(POLICY, {"name": "up.fast"}, {"name": "up.fast"}, id="policy: another name"),
        pytest.param(
            POLICY, {"properties": {"a": [1]}}, {"properties": {"a": [1]}}, id="policy: properties"
        ),
    ],
)
def test_desired(case: Case, resource_fields: dict[str, Any], fields: dict[str, Any]) -> None:
    assert case.kind.desired(case.resource(resource_fields), {}) == replace(case.desired, **fields)


@both
def test_it_refers_to_nothing(case: Case) -> None:
    assert case.kind.references(case.resource()) == ()


@pytest.mark.parametrize(
    ("case", "id_", "uid", "found"),
    [
        pytest.param(PROFILE, "2", UID, ("2", ()), id="profile: by its id"),
        pytest.param(
            PROFILE,
            None,
            UID,
            ("1", ("3",)),
            id="profile: by its owner's marker: the first; the others are duplicates",
        ),
        pytest.param(PROFILE, "deleted", "unknown uid", None, id="profile: absent"),
        pytest.param(POLICY, "2", UID, ("2", ()), id="policy: by its id, whatever its name"),
        pytest.param(
            POLICY,
            None,
            UID,
            ("1", ("3",)),
            id="policy: by its name suffix: the first; the others are duplicates",
        ),
        pytest.param(
            POLICY,
            "deleted",
            UID,
            ("1", ("3",)),
            id="policy: no policy with its id: by its name suffix",
        ),
        pytest.param(POLICY, "deleted", "unknown uid", None, id="policy: absent"),
        pytest.param(
            POLICY, None, UID.partition("-")[2], None, id="policy: half of the suffix: absent"
        ),
    ],
)
def test_observe_finds_the_object_of_an_owner(
    case: Case, id_: str | None, uid: str, found: tuple[str, tuple[str, ...]] | None
) -> None:
    snapshot = a_snapshot(
        profiles=[a_profile("3"), a_profile("1"), a_profile("2", uid=None)],
        policies=[a_policy("3"), a_policy("1"), a_policy("2", uid=None)],
    )

    observed: Any = case.kind.observe(snapshot, id_, uid)

    assert (observed and (observed.id, observed.duplicates)) == found


@pytest.mark.parametrize(
    ("name", "display_name"),
    [
        pytest.param(POLICY_NAME, "grow", id="with the suffix: without it"),
        pytest.param(f"grow.by.two.{UID}", "grow.by.two", id="dots before the suffix: kept"),
        pytest.param("up.fast", "up.fast", id="renamed by others: unchanged"),
    ],
)
def test_the_display_name_of_a_policy(name: str, display_name: str) -> None:
    observed = policy_observed.observe(a_snapshot(policies=[a_policy(name=name)]), "y1", UID)

    assert observed is not None
    assert observed.name == display_name


@pytest.mark.parametrize(
    "created_at",
    [
        pytest.param("2026-01-01T00:00:00Z", id="in the reply to a create or a change"),
        pytest.param("2026-01-01T00:00:00.449684", id="in a list"),
        pytest.param("2026-01-01T00:00:00", id="in a list, in a whole second"),
    ],
)
def test_the_creation_time_of_a_policy_is_the_same_in_all_of_senlin_s_formats(
    created_at: str,
) -> None:
    snapshot = a_snapshot(policies=[a_policy(created_at=created_at)])

    observed = policy_observed.observe(snapshot, "y1", UID)

    assert observed
    assert POLICY.kind.resource_status(observed)["createdAt"] == NOW


def update_profile(summary: str, **fields: Any) -> Step:
    return profile_steps.Update("p1", {"name": "small", "metadata": {}, **fields}, summary)


def update_policy(name: str, summary: str) -> Step:
    return policy_steps.Update("y1", {"name": name}, summary)


@pytest.mark.parametrize(
    ("case", "desired_fields", "observed_fields", "steps"),
    [
        pytest.param(PROFILE, {}, {}, [], id="profile: no difference: no step"),
        pytest.param(PROFILE, {"properties": {}}, {}, [], id="profile: other properties: no step"),
        pytest.param(
            PROFILE,
            {"name": "tiny"},
            {},
            [update_profile("name small → tiny", name="tiny")],
            id="profile: another name: updated",
        ),
        pytest.param(
            PROFILE,
            {"metadata": {"a": "b"}},
            {},
            [update_profile("metadata (a)", metadata={"a": "b"})],
            id="profile: metadata: added",
        ),
        pytest.param(
            PROFILE,
            {},
            {"metadata": {**the_marker(), "a": "b"}},
            [update_profile("metadata (a)")],
            id="profile: metadata: removed",
        ),
        pytest.param(
            PROFILE,
            {"name": "tiny"},
            {"duplicates": ("p2",)},
            [profile_steps.Delete("p2"), update_profile("name small → tiny", name="tiny")],
            id="profile: duplicates: deleted first",
        ),
        pytest.param(POLICY, {}, {}, [], id="policy: no difference: no step"),
        pytest.param(POLICY, {"properties": {}}, {}, [], id="policy: other properties: no step"),
        pytest.param(
            POLICY,
            {"name": "up.uid"},
            {},
            [update_policy("up.uid", "name grow → up.uid")],
            id="policy: another name: updated",
        ),
        pytest.param(
            POLICY,
            {},
            {"name": "theirs"},
            [update_policy("grow", "name theirs → grow")],
            id="policy: renamed by others: restored",
        ),
        pytest.param(
            POLICY,
            {"name": "up.uid"},
            {"duplicates": ("y2",)},
            [
                policy_steps.Delete("y2"),
                update_policy("up.uid", "name grow → up.uid"),
            ],
            id="policy: duplicates: deleted first",
        ),
    ],
)
def test_plan(
    case: Case,
    desired_fields: dict[str, Any],
    observed_fields: dict[str, Any],
    steps: list[Step],
) -> None:
    desired = replace(case.desired, **desired_fields)

    assert case.kind.plan(desired, replace(case.observed, **observed_fields)) == steps


@both
def test_an_absent_object_is_created(case: Case) -> None:
    assert case.kind.plan(case.desired, None) == [case.steps.Create(case.desired)]


@both
def test_an_unmanaged_object_is_ready_and_needs_no_step(case: Case) -> None:
    desired = case.kind.desired_from(case.observed)

    assert case.kind.plan(desired, case.observed) == []
    assert isinstance(case.kind.readiness(desired, case.observed), Settled)


def test_creating_a_profile_shows_the_result_at_once() -> None:
    senlin = FakeSenlin()
    desired = replace(PROFILE.desired, metadata={"a": "b"})

    result = execute(senlin.proxy, profile_steps.Create(desired), UID)

    assert result.action_id is None
    assert result.observed == replace(
        PROFILE.observed, id=result.id, metadata={"a": "b", **the_marker()}
    )
    assert senlin.poll().all(Profile)[result.id].spec == SERVER


def test_creating_a_policy_shows_the_result_at_once() -> None:
    senlin = FakeSenlin()

    result = execute(senlin.proxy, policy_steps.Create(POLICY.desired), UID)

    assert result.action_id is None
    assert result.observed == replace(POLICY.observed, id=result.id)
    created = senlin.poll().all(Policy)[result.id]
    assert (created.name, created.spec) == (POLICY_NAME, SCALING)


@pytest.mark.parametrize(
    ("case", "fields", "observed_fields"),
    [
        pytest.param(
            PROFILE,
            {"name": "tiny", "metadata": {"a": "b"}},
            {"name": "tiny", "metadata": {"a": "b", **the_marker()}},
            id="profile: keeps the owner's marker",
        ),
        pytest.param(
            POLICY,
            {"name": "up"},
            {"name": "up"},
            id="policy",
        ),
    ],
)
def test_an_update_shows_the_result_at_once(
    case: Case, fields: dict[str, Any], observed_fields: dict[str, Any]
) -> None:
    id_ = case.observed.id

    result = execute(case.a_senlin(id_).proxy, case.steps.Update(id_, fields, ""), UID)

    assert result.observed == replace(case.observed, created_at=ANY, **observed_fields)


@both
def test_delete(case: Case) -> None:
    id_ = case.observed.id
    senlin = case.a_senlin(id_, "another")

    result = execute(senlin.proxy, case.kind.delete(case.observed, force=False), UID)

    assert (result.id, result.action_id, result.observed) == (id_, None, None)
    assert list(senlin.poll().all(case.kind.resource_type)) == ["another"]


PROFILE_STATUS = {"name": "small", "type": "os.nova.server", "version": "1.0"}
POLICY_STATUS = {"name": "grow", "type": "senlin.policy.scaling", "version": "1.0"}


@pytest.mark.parametrize(
    ("case", "fields", "status"),
    [
        pytest.param(
            PROFILE, {}, PROFILE_STATUS, id="profile: neither empty fields nor the owner's marker"
        ),
        pytest.param(
            PROFILE,
            {"metadata": {**the_marker(), "a": "b"}},
            PROFILE_STATUS | {"metadata": {"a": "b"}},
            id="profile: metadata",
        ),
        pytest.param(
            PROFILE,
            {"created_at": NOW},
            PROFILE_STATUS | {"createdAt": NOW},
            id="profile: creation time",
        ),
        pytest.param(
            POLICY, {}, POLICY_STATUS, id="policy: neither empty fields nor the name suffix"
        ),
        pytest.param(
            POLICY,
            {"created_at": NOW},
            POLICY_STATUS | {"createdAt": NOW},
            id="policy: creation time",
        ),
    ],
)
def test_resource_status(case: Case, fields: dict[str, Any], status: dict[str, Any]) -> None:
    assert case.kind.resource_status(replace(case.observed, **fields)) == status


@pytest.mark.parametrize(
    ("case", "message"),
    [
        pytest.param(PROFILE, "Profile small is as it should be.", id="profile"),
        pytest.param(POLICY, "Policy grow is as it should be.", id="policy"),
    ],
)
def test_an_existing_object_is_ready(case: Case, message: str) -> None:
    assert case.kind.readiness(case.desired, case.observed) == Settled(message)


@pytest.mark.parametrize(
    ("case", "properties", "changed"),
    [
        pytest.param(PROFILE, {"flavour": "m1.tiny"}, "flavor, flavour", id="profile"),
        pytest.param(
            POLICY, {"evnt": "CLUSTER_SCALE_OUT", "adjustment": {}}, "event, evnt", id="policy"
        ),
    ],
)
def test_changed_properties_block_readiness(
    case: Case, properties: dict[str, Any], changed: str
) -> None:
    desired = replace(case.desired, properties=properties)

    assert case.kind.readiness(desired, case.observed) == Blocked(
        Reason.REJECTED,
        f"Senlin does not change properties ({changed}): put them back, or make another resource.",
    )


@pytest.mark.parametrize(
    ("case", "summary"),
    [
        pytest.param(PROFILE, "creation of profile small", id="profile"),
        pytest.param(POLICY, "creation of policy grow", id="policy"),
    ],
)
def test_the_summary_of_a_creation_has_the_name_in_senlin(case: Case, summary: str) -> None:
    assert case.steps.Create(case.desired).summary == summary


@both
def test_it_has_no_transient_status_no_faults_and_no_checks(case: Case) -> None:
    assert not case.observed.transient
    assert case.observed.faults == []
    assert case.kind.checks is None
