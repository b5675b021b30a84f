"""Plain fields: what a table of them means for manifest, reply, plan, request and status."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from senlin_operator.kinds.shared.fields import (
    describe,
    difference,
    for_status,
    from_manifest,
    from_senlin,
    plain,
    request,
)
from senlin_operator.kube.objects import Resource
from senlin_operator.model.ownership import OWNER_KEY, without_markers
from tests.unit.operator.builders import UID


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    name: str = plain("displayName", status="displayName")
    size: int = plain("sizeGB", status="sizeGB", default=1)
    type: str = plain("type", updatable=False, default="small")
    tainted: bool = plain("tainted", status="tainted", creatable=False, default=False)
    profile_id: str = plain(status="profileID", default="")
    metadata: Mapping[str, Any] = plain(
        "metadata", status="metadata", for_users=without_markers, default_factory=dict
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired(Fields):
    members: int = 0  # not a plain field


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed(Fields):
    id: str = "o1"  # not a plain field
    created_at: str | None = None


DESIRED = Desired(name="web")
OBSERVED = Observed(name="web", metadata={OWNER_KEY: UID})


@pytest.mark.parametrize(
    ("manifest", "fields"),
    [
        pytest.param({}, {}, id="empty: the resource's own name, and defaults"),
        pytest.param({"displayName": "web"}, {"name": "web"}, id="by its name in the manifest"),
        pytest.param({"name": "web", "size": 2}, {}, id="Senlin's names: not read"),
        pytest.param({"tainted": False}, {"tainted": False}, id="a false value: read"),
        pytest.param({"profileID": "p1", "profile_id": "p1"}, {}, id="a computed field: not read"),
        pytest.param({"members": 3}, {}, id="not a plain field: not read"),
    ],
)
def test_from_manifest(manifest: dict[str, Any], fields: dict[str, Any]) -> None:
    metadata = {"namespace": "team", "name": "resource-name"}
    resource = Resource("SenlinExample", {"metadata": metadata, "spec": {"resource": manifest}})

    assert from_manifest(Desired, resource) == {"name": "resource-name"} | fields


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        pytest.param({}, {}, id="empty: none, so that the defaults hold"),
        pytest.param({"name": "web", "size": 2}, {"name": "web", "size": 2}, id="Senlin's names"),
        pytest.param({"displayName": "web"}, {}, id="a name of the manifest: not read"),
        pytest.param({"name": "web", "size": None}, {"name": "web"}, id="null: omitted"),
        pytest.param({"size": 0, "tainted": False}, {"size": 0, "tainted": False}, id="0: read"),
        pytest.param({"profile_id": "p1"}, {"profile_id": "p1"}, id="a computed field: read"),
        pytest.param({"id": "o1", "members": 3}, {}, id="not a plain field: not read"),
    ],
)
def test_from_senlin(document: dict[str, Any], fields: dict[str, Any]) -> None:
    assert from_senlin(Observed, document) == fields


@pytest.mark.parametrize(
    ("desired", "observed", "changes"),
    [
        pytest.param(DESIRED, OBSERVED, {}, id="equal, but for the owner's marker: none"),
        pytest.param(
            Desired(name="shop", size=2),
            OBSERVED,
            {"name": ("web", "shop"), "size": (1, 2)},
            id="two fields: the observed and the desired value of each",
        ),
        pytest.param(Desired(name="web", type="big"), OBSERVED, {}, id="not updatable: none"),
        pytest.param(
            Desired(name="web", tainted=True),
            OBSERVED,
            {"tainted": (False, True)},
            id="not creatable, but updatable: a difference",
        ),
        pytest.param(
            Desired(name="web", metadata={"a": "1"}),
            Observed(name="web", metadata={OWNER_KEY: UID, "b": "2"}),
            {"metadata": ({"b": "2"}, {"a": "1"})},
            id="a map: without the owner's marker",
        ),
    ],
)
def test_difference(desired: Desired, observed: Observed, changes: dict[str, Any]) -> None:
    assert difference(desired, observed) == changes


def test_difference_leaves_out_named_fields() -> None:
    assert difference(Desired(name="shop", size=2), OBSERVED, without=["name"]) == {"size": (1, 2)}


def test_request_has_all_creatable_fields_by_senlin_s_names() -> None:
    desired = Desired(name="web", tainted=True, profile_id="p1", metadata={"a": "1"}, members=3)

    assert request(desired) == {
        "name": "web",
        "size": 1,
        "type": "small",
        "profile_id": "p1",
        "metadata": {"a": "1"},
    }


def test_request_copies_maps() -> None:
    """A step adds the owner's marker to its request, and must not add it to the desired state."""
    metadata = {"a": "1"}

    assert request(Desired(name="web", metadata=metadata))["metadata"] is not metadata


@pytest.mark.parametrize(
    ("observed", "status"),
    [
        pytest.param(
            OBSERVED,
            {"displayName": "web", "sizeGB": 1, "tainted": False},
            id="empty texts and metadata: omitted",
        ),
        pytest.param(
            Observed(name="web", size=0, profile_id="p1", metadata={OWNER_KEY: UID, "a": "1"}),
            {
                "displayName": "web",
                "sizeGB": 0,
                "tainted": False,
                "profileID": "p1",
                "metadata": {"a": "1"},
            },
            id="values: by their names in the status, without the owner's marker",
        ),
    ],
)
def test_for_status(observed: Observed, status: dict[str, Any]) -> None:
    assert for_status(observed) == status


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        pytest.param({}, "", id="no difference: empty"),
        pytest.param({"size": (1, 2)}, "size 1 → 2", id="a value"),
        pytest.param({"role": ("", "first")}, "role none → first", id="an empty text: none"),
        pytest.param({"role": ("first", "")}, "role first → none", id="to an empty text: none"),
        pytest.param({"size": (2, 2)}, "", id="equal values: left out"),
        pytest.param(
            {"metadata": ({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "9", "d": "4"})},
            "metadata (b, c, d)",
            id="maps: the changed, removed and added keys, sorted",
        ),
        pytest.param(
            {"name": ("web", "shop"), "size": (1, 2)},
            "name web → shop, size 1 → 2",
            id="two fields: in the table's order",
        ),
    ],
)
def test_describe(changes: dict[str, tuple[object, object]], text: str) -> None:
    assert describe(changes) == text
