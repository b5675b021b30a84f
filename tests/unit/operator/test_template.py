"""What a cluster makes in Kubernetes: the profile of its template, mirrors of its members."""

from typing import Any

import pytest

from senlin_operator.kinds.cluster.dependents import Dependents
from senlin_operator.kinds.cluster.kind import ClusterKind
from senlin_operator.kinds.cluster.observed import Observed
from senlin_operator.kinds.cluster.template import profile_name
from senlin_operator.kube.objects import Key
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
    removal_order=("11111111-2222-3333", "44444444-5555-6666"),
    members_by_owner={"a uid": "44444444-5555-6666"},
    profiles=frozenset(["p1", "p0"]),
)
CREDENTIALS = {"secretName": "openstack", "cloudName": "openstack"}


def name(raw: Document) -> str:
    return profile_name(a_resource(raw))


def wanted(raw: Document, observed: Observed | None = OBSERVED) -> list[Dependent]:
    return Dependents().desired(a_resource(raw), observed)


def test_the_name_follows_the_content() -> None:
    tiny = name(a_template_manifest())

    assert tiny == name(a_template_manifest(resource={"desiredCapacity": 9}))
    assert tiny != name(a_template_manifest("m1.large"))
    assert tiny.startswith("web-")


def test_the_order_of_keys_is_no_content() -> None:
    one = a_template_manifest(resource={"profile": {"type": "t", "version": "1"}})
    other = a_template_manifest(resource={"profile": {"version": "1", "type": "t"}})

    assert name(one) == name(other)


def test_a_long_name_leaves_room() -> None:
    """Kubernetes takes 253 characters."""
    raw = a_template_manifest()
    raw["metadata"]["name"] = "x" * 253

    assert len(name(raw)) <= 253
    mirror = wanted(_named(a_cluster_manifest(resource={"members": "Mirror"}), "x" * 253))[0]
    assert len(mirror.name) <= 253


def _named(raw: Document, text: str) -> Document:
    return {**raw, "metadata": {**raw["metadata"], "name": text}}


def test_the_cluster_refers_to_what_it_makes() -> None:
    raw = a_template_manifest()

    assert ClusterKind().references(a_resource(raw)) == (Key("SenlinProfile", "team", name(raw)),)


def test_the_profile_of_the_template() -> None:
    raw = a_template_manifest(spec={"managedOptions": {"onDelete": "detach"}})
    spec = {
        "cloudCredentialsRef": CREDENTIALS,
        "resyncPeriod": "10m",
        "managedOptions": {"onDelete": "detach"},  # nodes that stay need their profile
        "resource": raw["spec"]["resource"]["profile"],
    }

    assert (
        wanted(raw) == wanted(raw, None) == [Dependent("SenlinProfile", name(raw), {"spec": spec})]
    )


def test_members_are_mirrored_but_for_those_that_are_declared() -> None:
    spec = {
        "cloudCredentialsRef": CREDENTIALS,
        "resyncPeriod": "10m",
        "managementPolicy": "unmanaged",
        "import": {"id": "11111111-2222-3333"},
    }

    children = wanted(a_cluster_manifest(resource={"members": "Mirror"}))

    assert children == [Dependent("SenlinNode", "web-11111111-2222", {"spec": spec})]


@pytest.mark.parametrize(
    ("resource", "observed"),
    [
        pytest.param({}, OBSERVED, id="nothing asked for"),
        pytest.param({"members": "Summary"}, OBSERVED, id="counts are enough"),
        pytest.param({"members": "Mirror"}, None, id="no cluster yet"),
    ],
)
def test_no_children(resource: dict[str, Any], observed: Observed | None) -> None:
    assert wanted(a_cluster_manifest(resource=resource), observed) == []


@pytest.mark.parametrize(
    ("id_", "observed", "needed"),
    [
        pytest.param("p1", OBSERVED, True, id="the cluster has it"),
        pytest.param("p0", OBSERVED, True, id="a node still has it"),
        pytest.param("p9", OBSERVED, False, id="nobody has it"),
        pytest.param("p1", None, False, id="there is no cluster"),
    ],
)
def test_needed(id_: str, observed: Observed | None, needed: bool) -> None:
    assert (
        Dependents().in_use(a_resource(a_profile_manifest(status=ready(id_))), observed) is needed
    )


def test_a_profile_that_was_never_made_is_not_needed() -> None:
    assert not Dependents().in_use(a_resource(a_profile_manifest(uid=UID)), OBSERVED)
