"""The owner's marker: how each kind carries it, and how it reads back."""

import re

import pytest

from openstack_clustering import Policy
from senlin_operator.cloud.snapshot import Marker
from senlin_operator.kube.objects import Key
from senlin_operator.model.ownership import (
    IN_METADATA,
    IN_NAME,
    OWNER_KEY,
    PLACE_KEY,
    Owner,
    entries,
    is_marker,
    with_suffix,
    without_suffix,
)
from tests.unit.operator.builders import a_cluster, a_policy

UID = "0e0bbb2c-51a9-4a30-9a5e-1a4c1e1a9f5a"
OWNER = Owner(UID, "kube", Key("SenlinCluster", "team", "web"))
STRANGE = Owner(UID, "", Key("SenlinCluster", "team", "web"))


@pytest.mark.parametrize("owner", [OWNER, STRANGE])
def test_metadata_read_back_what_was_written(owner: Owner) -> None:
    cluster = a_cluster(metadata={"a": "b", **entries(owner)})

    assert IN_METADATA.read(cluster) == IN_METADATA.noted(owner.marker) == owner.marker


def test_metadata_are_for_people() -> None:
    assert entries(OWNER) == {OWNER_KEY: UID, PLACE_KEY: "kube/team/SenlinCluster/web"}
    assert entries(STRANGE)[PLACE_KEY] == "unknown/team/SenlinCluster/web"


@pytest.mark.parametrize("owner", [OWNER, STRANGE])
@pytest.mark.parametrize("name", ["web", "by.two", "网络", "x" * 200])
def test_a_name_reads_back_what_was_written(owner: Owner, name: str) -> None:
    in_senlin = with_suffix(name, owner)

    assert IN_NAME.read(a_policy(name=in_senlin)) == IN_NAME.noted(owner.marker)
    assert len(in_senlin) <= 255
    assert without_suffix(in_senlin, UID) == without_suffix(in_senlin, "another") == name


def test_a_name_tells_places_and_kubernetes_apart() -> None:
    owners = [
        OWNER,
        STRANGE,
        Owner(UID, "another", OWNER.key),
        Owner(UID, "kube", Key("SenlinCluster", "team", "shop")),
        Owner(UID, "kube", Key("SenlinCluster", "other", "web")),
        Owner(UID, "kube", Key("SenlinNode", "team", "web")),
    ]

    assert len({IN_NAME.noted(it.marker) for it in owners}) == len(owners)
    assert all(re.fullmatch(r"[A-Za-z0-9._~-]+", with_suffix("a", it)) for it in owners)


@pytest.mark.parametrize(
    ("name", "marker", "certain"),
    [
        pytest.param(f"web.{UID}", Marker(UID), True, id="of an earlier version"),
        pytest.param("web.v2", Marker("v2"), False, id="a name of a person: no certain marker"),
        pytest.param("web", None, False, id="no dot: none"),
    ],
)
def test_names_without_a_place(name: str, marker: Marker | None, certain: bool) -> None:
    read = IN_NAME.read(Policy({"name": name}))

    assert read == marker
    assert bool(read and is_marker(read)) == certain


@pytest.mark.parametrize(
    ("metadata", "marker"),
    [
        pytest.param({OWNER_KEY: UID}, Marker(UID), id="of an earlier version"),
        pytest.param({OWNER_KEY: UID, PLACE_KEY: ["x"]}, Marker(UID), id="no text: no place"),
        pytest.param({OWNER_KEY: UID, PLACE_KEY: "kube"}, Marker(UID, "kube"), id="half of it"),
        pytest.param({PLACE_KEY: "kube/a/b/c"}, None, id="no uid: none"),
    ],
)
def test_odd_metadata(metadata: dict[str, object], marker: Marker | None) -> None:
    assert IN_METADATA.read(a_cluster(metadata=metadata)) == marker
