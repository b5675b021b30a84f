"""The views of Kubernetes objects."""

from typing import Any

import pytest

from senlin_operator.kube.objects import GROUP, Key, Resource, strip_unused
from tests.unit.operator.builders import (
    DELETING,
    NOW,
    SECRET_KEY,
    UID,
    WITH_FINALIZER,
    a_cluster_manifest,
    a_condition,
    a_resource,
    ready,
)


def test_what_a_manifest_says() -> None:
    resource = a_resource(a_cluster_manifest(resourceVersion="42", generation=7))

    assert resource.key == Key("SenlinCluster", "team", "web")
    assert (resource.uid, resource.resource_version, resource.generation) == (UID, 42, 7)
    assert resource.secret_key == SECRET_KEY
    assert (resource.status, resource.cloud_id, resource.annotations) == ({}, None, {})


def test_versions_are_numbers() -> None:
    nine, ten = (a_resource(a_cluster_manifest(resourceVersion=it)) for it in ("9", "10"))

    assert nine.resource_version < ten.resource_version


@pytest.mark.parametrize(
    ("metadata", "states"),
    [
        ({}, []),
        (WITH_FINALIZER, ["has_finalizer"]),
        (DELETING, ["has_finalizer", "deleting"]),
        ({"finalizers": ["others/finalizer"], "deletionTimestamp": NOW}, ["deleting"]),
        ({"finalizers": [], "deletionTimestamp": NOW}, ["deleting", "is_gone"]),
        ({"deletionTimestamp": NOW}, ["deleting", "is_gone"]),
    ],
)
def test_where_in_its_life_an_object_is(metadata: dict[str, Any], states: list[str]) -> None:
    resource = a_resource(a_cluster_manifest(**metadata))

    assert [
        it for it in ("has_finalizer", "deleting", "is_gone") if getattr(resource, it)
    ] == states


@pytest.mark.parametrize(
    ("status", "settled"),
    [
        pytest.param(None, False, id="no status"),
        pytest.param({}, False, id="an empty one"),
        pytest.param(ready("c1"), True, id="ready"),
        pytest.param({"conditions": [a_condition(status="False")]}, False, id="not ready"),
        pytest.param({"conditions": [a_condition("Available")]}, False, id="another condition"),
        pytest.param(
            {"conditions": [a_condition(observedGeneration=0)]}, False, id="ready, once upon a time"
        ),
    ],
)
def test_settled(status: dict[str, Any] | None, settled: bool) -> None:
    assert a_resource(a_cluster_manifest(status=status)).ready is settled


def test_keys_are_told_without_the_namespace() -> None:
    """Users only ever see those of their own namespace."""
    assert str(Key("SenlinProfile", "team", "small")) == "SenlinProfile small"


def test_slim_keeps_what_is_read_and_nothing_else() -> None:
    annotations = {f"{GROUP}/paused": "true", "kubectl.kubernetes.io/last-applied": "{…}"}
    raw = a_cluster_manifest(
        labels={"app": "web"}, managedFields=[{}], annotations=annotations, **WITH_FINALIZER
    )

    slimmed = strip_unused(raw)

    assert Resource("SenlinCluster", slimmed).annotations == {f"{GROUP}/paused": "true"}
    assert slimmed["metadata"].keys() == {
        *a_cluster_manifest()["metadata"],
        "annotations",
        "finalizers",
    }
    assert slimmed["spec"] == raw["spec"]


def test_slim_leaves_the_document_itself_alone() -> None:
    raw = a_cluster_manifest(labels={"app": "web"})

    strip_unused(raw)

    assert raw["metadata"]["labels"] == {"app": "web"}
