"""The dependents of a cluster: its inline profile, and mirrors of its members."""

from dataclasses import replace
from typing import Any

import pytest

from senlin_operator.kinds.cluster.dependents import Dependents
from senlin_operator.kinds.cluster.kind import ClusterKind
from senlin_operator.kinds.cluster.observed import Observed
from senlin_operator.kinds.cluster.template import profile_name
from senlin_operator.kube.objects import CLUSTER_LABEL, NODE_LABEL, Key
from senlin_operator.model.kind import Dependent
from tests.unit.operator.builders import (
    UID,
    Document,
    a_cluster_manifest,
    a_profile_manifest,
    a_resource,
    a_template_manifest,
    ready,
)

OBSERVED = Observed(
    id="c1",
    name="web",
    profile_id="p1",
    min_size=0,
    max_size=-1,
    desired_capacity=2,
    nodes=2,
    active=2,
    names={"11111111-2222-3333": "web-uimqjD4p"},
    removal_order=("11111111-2222-3333", "44444444-5555-6666"),
    members_by_owner={"a uid": "44444444-5555-6666"},
    profiles=frozenset(["p1", "p0"]),
)
LABELS = {CLUSTER_LABEL: "web"}
CREDENTIALS = {"secretName": "openstack", "cloudName": "openstack"}


def name(raw: Document) -> str:
    return profile_name(a_resource(raw))


def dependents_of(raw: Document, observed: Observed | None = OBSERVED) -> list[Dependent]:
    return Dependents().desired(a_resource(raw), observed)


def test_the_name_of_an_inline_profile_follows_its_content() -> None:
    tiny = name(a_template_manifest())

    assert tiny == name(a_template_manifest(resource={"desiredCapacity": 9}))
    assert tiny != name(a_template_manifest("m1.large"))
    assert tiny.startswith("web-")


def test_the_order_of_keys_does_not_change_the_name() -> None:
    one = a_template_manifest(resource={"profile": {"type": "t", "version": "1"}})
    other = a_template_manifest(resource={"profile": {"version": "1", "type": "t"}})

    assert name(one) == name(other)


def test_the_name_of_a_dependent_of_a_long_name_fits() -> None:
    """Kubernetes accepts 253 characters."""
    raw = a_template_manifest()
    raw["metadata"]["name"] = "x" * 253

    assert len(name(raw)) <= 253
    mirror = dependents_of(_named(a_cluster_manifest(resource={"members": "Mirror"}), "x" * 253))[0]
    assert len(mirror.name) <= 253


def _named(raw: Document, text: str) -> Document:
    return {**raw, "metadata": {**raw["metadata"], "name": text}}


def test_the_cluster_refers_to_its_inline_profile() -> None:
    raw = a_template_manifest()

    assert ClusterKind().references(a_resource(raw)) == (Key("SenlinProfile", "team", name(raw)),)


def test_the_dependent_of_an_inline_profile() -> None:
    raw = a_template_manifest(spec={"managedOptions": {"onDelete": "detach"}})
    spec = {
        "cloudCredentialsRef": CREDENTIALS,
        "resyncPeriod": "10m",
        "managedOptions": {"onDelete": "detach"},  # nodes that stay need their profile
        "resource": raw["spec"]["resource"]["profile"],
    }

    assert (
        dependents_of(raw)
        == dependents_of(raw, None)
        == [Dependent("SenlinProfile", name(raw), {"spec": spec}, labels=LABELS)]
    )


def test_only_undeclared_members_are_mirrored() -> None:
    spec = {
        "cloudCredentialsRef": CREDENTIALS,
        "resyncPeriod": "10m",
        "managementPolicy": "unmanaged",
        "import": {"id": "11111111-2222-3333"},
    }

    dependents = dependents_of(a_cluster_manifest(resource={"members": "Mirror"}))

    labels = LABELS | {NODE_LABEL: "web-uimqjD4p"}
    assert dependents == [
        Dependent("SenlinNode", "web-11111111-2222", {"spec": spec}, labels=labels)
    ]


def test_a_mirror_has_no_label_with_a_name_that_is_none() -> None:
    raw = a_cluster_manifest(resource={"members": "Mirror"})

    [dependent] = dependents_of(raw, replace(OBSERVED, names={"11111111-2222-3333": "web~1"}))

    assert dependent.labels == LABELS


@pytest.mark.parametrize(
    ("resource", "observed"),
    [
        pytest.param({}, OBSERVED, id="no members field: none"),
        pytest.param({"members": "Summary"}, OBSERVED, id="members Summary: none"),
        pytest.param({"members": "Mirror"}, None, id="no cluster yet: none"),
    ],
)
def test_no_dependents(resource: dict[str, Any], observed: Observed | None) -> None:
    assert dependents_of(a_cluster_manifest(resource=resource), observed) == []


@pytest.mark.parametrize(
    ("id_", "observed", "in_use"),
    [
        pytest.param("p1", OBSERVED, True, id="profile of the cluster: in use"),
        pytest.param("p0", OBSERVED, True, id="profile of a node: in use"),
        pytest.param("p9", OBSERVED, False, id="profile of neither: not in use"),
        pytest.param("p1", None, False, id="no cluster: not in use"),
    ],
)
def test_in_use(id_: str, observed: Observed | None, in_use: bool) -> None:
    assert (
        Dependents().in_use(a_resource(a_profile_manifest(status=ready(id_))), observed) is in_use
    )


def test_a_profile_without_a_cloud_object_is_not_in_use() -> None:
    assert not Dependents().in_use(a_resource(a_profile_manifest(uid=UID)), OBSERVED)
