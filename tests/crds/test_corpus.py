"""Manifests that the API server must accept, and those that it must refuse with a good sentence."""

from typing import Any

import pytest
from kubernetes.client import CustomObjectsApi

from tests.crds.apiserver import CRDS, Manifest, Resources, base, corpus, merged, refused

PLURALS = [crd.stem for crd in sorted(CRDS.glob("*.yaml"))]


def rows(verdict: str) -> list[Any]:
    return [
        pytest.param(plural, row, id=f"{plural}: {row['name']}")
        for plural in PLURALS
        for row in corpus(plural)[verdict]
    ]


def resources(api: CustomObjectsApi, plural: str) -> Resources:
    return Resources(api, plural, "default")  # nothing is kept, so nothing need be tidied away


@pytest.mark.parametrize(("plural", "row"), rows("accepted"))
def test_accepted(custom_objects: CustomObjectsApi, plural: str, row: Manifest) -> None:
    manifest = merged(base(plural), row["patch"])

    made = resources(custom_objects, plural).try_create(manifest)

    assert made == merged(made, manifest)  # no field is dropped


@pytest.mark.parametrize(("plural", "row"), rows("refused"))
def test_refused(custom_objects: CustomObjectsApi, plural: str, row: Manifest) -> None:
    manifest = merged(base(plural), row["patch"])

    with refused(at=row.get("at"), says=row["says"]):
        resources(custom_objects, plural).try_create(manifest)


@pytest.mark.parametrize("plural", PLURALS)
def test_every_kind_has_a_corpus_worth_the_name(plural: str) -> None:
    assert len(corpus(plural)["accepted"]) >= 25
    assert len(corpus(plural)["refused"]) >= 25


@pytest.mark.parametrize("plural", PLURALS)
@pytest.mark.parametrize(
    ("field", "fits", "too_much", "says"),
    [
        pytest.param("name", "n" * 255, "n" * 256, "may not be more than 255 bytes", id="name"),
        pytest.param(
            "metadata",
            {f"key-{i}": "" for i in range(128)},
            {f"key-{i}": "" for i in range(129)},
            "must have at most 128 items",
            id="metadata",
        ),
    ],
)
def test_sizes(
    custom_objects: CustomObjectsApi,
    plural: str,
    field: str,
    fits: Any,
    too_much: Any,
    says: str,
) -> None:
    kind = resources(custom_objects, plural)

    kind.try_create(merged(base(plural), {"spec": {"resource": {field: fits}}}))
    with refused(at=f"spec.resource.{field}", says=says):
        kind.try_create(merged(base(plural), {"spec": {"resource": {field: too_much}}}))


@pytest.mark.parametrize(
    "field", ["name", "minSize", "maxSize", "desiredCapacity", "timeoutSeconds", "remediation"]
)
def test_a_null_is_as_good_as_nothing(custom_objects: CustomObjectsApi, field: str) -> None:
    """Templates write nulls for values that nobody has set."""
    absent = merged(base("senlinclusters"), {"spec": {"resource": {field: None}}})
    resource = {**absent["spec"]["resource"], field: None}
    null = {**absent, "spec": {**absent["spec"], "resource": resource}}
    kind = resources(custom_objects, "senlinclusters")

    assert kind.try_create(null)["spec"] == kind.try_create(absent)["spec"]
