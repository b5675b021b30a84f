"""Kubernetes objects as the operator reads them."""

from typing import Any

import pytest

from senlin_operator.kube.objects import (
    GROUP,
    Key,
    Resource,
    inherited_labels,
    is_label_value,
    strip_unused,
)
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


def test_the_properties_of_a_resource() -> None:
    resource = a_resource(a_cluster_manifest(resourceVersion="42", generation=7))

    assert resource.key == Key("SenlinCluster", "team", "web")
    assert (resource.uid, resource.resource_version, resource.generation) == (UID, 42, 7)
    assert resource.secret_key == SECRET_KEY
    assert (resource.status, resource.cloud_id, resource.annotations) == ({}, None, {})


def test_resource_versions_are_compared_as_numbers() -> None:
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
def test_finalizer_and_deletion_of_a_resource(metadata: dict[str, Any], states: list[str]) -> None:
    resource = a_resource(a_cluster_manifest(**metadata))

    assert [
        it for it in ("has_finalizer", "deleting", "is_gone") if getattr(resource, it)
    ] == states


@pytest.mark.parametrize(
    ("status", "is_ready"),
    [
        pytest.param(None, False, id="no status"),
        pytest.param({}, False, id="empty status"),
        pytest.param(ready("c1"), True, id="ready"),
        pytest.param({"conditions": [a_condition(status="False")]}, False, id="not ready"),
        pytest.param({"conditions": [a_condition("Available")]}, False, id="another condition"),
        pytest.param(
            {"conditions": [a_condition(observedGeneration=0)]},
            False,
            id="ready in an older generation",
        ),
    ],
)
def test_ready(status: dict[str, Any] | None, is_ready: bool) -> None:
    assert a_resource(a_cluster_manifest(status=status)).ready is is_ready


def test_a_key_is_printed_without_its_namespace() -> None:
    """Users read only messages about their own namespace."""
    assert str(Key("SenlinProfile", "team", "small")) == "SenlinProfile small"


def test_strip_unused_removes_metadata_that_nothing_reads() -> None:
    annotations = {f"{GROUP}/paused": "true", "kubectl.kubernetes.io/last-applied": "{…}"}
    raw = a_cluster_manifest(
        labels={"app": "web"}, managedFields=[{}], annotations=annotations, **WITH_FINALIZER
    )

    stripped = strip_unused(raw)

    assert Resource("SenlinCluster", stripped).annotations == {f"{GROUP}/paused": "true"}
    assert stripped["metadata"].keys() == {
        *a_cluster_manifest()["metadata"],
        "annotations",
        "labels",
        "finalizers",
    }
    assert stripped["spec"] == raw["spec"]


def test_strip_unused_does_not_change_its_argument() -> None:
    raw = a_cluster_manifest(managedFields=[{}])

    strip_unused(raw)

    assert raw["metadata"]["managedFields"] == [{}]


@pytest.mark.parametrize(
    ("label", "inherited"),
    [
        pytest.param("app", True, id="a label of the user"),
        pytest.param("app.kubernetes.io/name", True, id="a recommended label"),
        pytest.param("example.com/helm.sh", True, id="a name that looks like a tool's"),
        pytest.param("app.kubernetes.io/instance", False, id="Argo CD's and Helm's"),
        pytest.param("app.kubernetes.io/managed-by", False, id="whoever applied it"),
        pytest.param("helm.sh/chart", False, id="Helm's"),
        pytest.param("argocd.argoproj.io/instance", False, id="Argo CD's"),
        pytest.param("kustomize.toolkit.fluxcd.io/name", False, id="Flux'"),
    ],
)
def test_labels_of_tools_are_not_inherited(label: str, inherited: bool) -> None:
    owner = a_resource(a_cluster_manifest(labels={label: "web"}))

    assert inherited_labels(owner) == ({label: "web"} if inherited else {})


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        pytest.param("web-8Rx_1.a", True, id="letters, digits, - _ ."),
        pytest.param("w" * 63, True, id="63 characters"),
        pytest.param("w" * 64, False, id="64 characters"),
        pytest.param("-web", False, id="it begins with -"),
        pytest.param("web~1", False, id="a character of Senlin's names"),
        pytest.param("网络", False, id="Chinese"),
    ],
)
def test_is_label_value(text: str, fits: bool) -> None:
    assert is_label_value(text) is fits
