"""Manifests that the API server must accept, and those that it must refuse with a good sentence."""

from typing import Any
from uuid import UUID

import pytest
from kubernetes.client import CustomObjectsApi

from tests.crds.apiserver import (
    PLURALS,
    Manifest,
    Resources,
    base,
    has_metadata,
    merged,
    refused,
    rows,
)

WITH_METADATA = [plural for plural in PLURALS if has_metadata(plural)]


def manifests(answer: str) -> list[Any]:
    return [
        pytest.param(plural, row, id=f"{plural}: {row['name']}")
        for plural in PLURALS
        for row in rows(plural, answer)
    ]


def nested(path: str, value: Any) -> Manifest:
    name, _, rest = path.partition(".")
    return {name: nested(rest, value) if rest else value}


def resources(api: CustomObjectsApi, plural: str) -> Resources:
    return Resources(api, plural, "default")  # nothing is kept, so nothing need be tidied away


@pytest.mark.parametrize(("plural", "row"), manifests("accepted"))
def test_accepted(custom_objects: CustomObjectsApi, plural: str, row: Manifest) -> None:
    manifest = merged(base(plural), row["patch"])

    made = resources(custom_objects, plural).try_create(manifest)

    assert made == merged(made, manifest)  # no field is dropped


@pytest.mark.parametrize(("plural", "row"), manifests("refused"))
def test_refused(custom_objects: CustomObjectsApi, plural: str, row: Manifest) -> None:
    manifest = merged(base(plural), row["patch"])

    with refused(at=row.get("at"), says=row["says"]):
        resources(custom_objects, plural).try_create(manifest)


@pytest.mark.parametrize("plural", PLURALS)
def test_every_kind_has_a_corpus_worth_the_name(plural: str) -> None:
    assert len(rows(plural, "accepted")) >= 25
    assert len(rows(plural, "refused")) >= 25


@pytest.mark.parametrize(
    ("plural", "path", "longest"),
    [
        *(
            (plural, f"spec.{field}", longest)
            for plural in PLURALS
            for field, longest in {
                "cloudCredentialsRef.secretName": 253,
                "cloudCredentialsRef.cloudName": 255,
            }.items()
        ),
        *((plural, "spec.resource.metadata.key", 4096) for plural in WITH_METADATA),
        ("senlinprofiles", "spec.resource.name", 255),
        ("senlinclusters", "spec.resource.name", 255),
        ("senlinnodes", "spec.resource.name", 255),
        ("senlinnodes", "spec.resource.role", 64),
        ("senlinpolicies", "spec.resource.name", 200),  # a dot and a uid follow
        ("senlinprofiles", "spec.resource.type", 255),
        ("senlinpolicies", "spec.resource.type", 255),
        ("senlinclusters", "spec.resource.profileRef.name", 253),
        ("senlinnodes", "spec.resource.profileRef.name", 253),
        ("senlinnodes", "spec.resource.clusterRef.name", 253),
        ("senlinclusters", "spec.resource.config.nodeNameFormat", 255),
        ("senlinreceivers", "spec.resource.name", 200),  # a dot and a uid follow
        ("senlinreceivers", "spec.resource.clusterRef.name", 253),
        ("senlinreceivers", "spec.channelSecretRef.name", 253),
        ("senlinoperations", "spec.clusterRef.name", 253),
    ],
)
def test_longest(custom_objects: CustomObjectsApi, plural: str, path: str, longest: int) -> None:
    kind = resources(custom_objects, plural)

    kind.try_create(merged(base(plural), nested(path, "n" * longest)))
    with refused(at=path, says=f"may not be more than {longest} bytes"):
        kind.try_create(merged(base(plural), nested(path, "n" * (longest + 1))))


@pytest.mark.parametrize(
    ("operation", "longest"),
    [
        pytest.param("perform.name", 255, id="the name of an operation"),
        pytest.param("collect.path", 255, id="a path"),
    ],
)
def test_longest_of_an_operation(
    custom_objects: CustomObjectsApi, operation: str, longest: int
) -> None:
    kind = resources(custom_objects, "senlinoperations")
    path = f"spec.operation.{operation}"
    unchecked = merged(base("senlinoperations"), nested("spec.operation.check", None))

    kind.try_create(merged(unchecked, nested(path, "n" * longest)))
    with refused(at=path, says=f"may not be more than {longest} bytes"):
        kind.try_create(merged(unchecked, nested(path, "n" * (longest + 1))))


def test_longest_name_of_an_operations_node(custom_objects: CustomObjectsApi) -> None:
    kind = resources(custom_objects, "senlinoperations")
    of_a_node = merged(base("senlinoperations"), nested("spec.clusterRef", None))

    kind.try_create(merged(of_a_node, nested("spec.nodeRef.name", "n" * 253)))
    with refused(at="spec.nodeRef.name", says="may not be more than 253 bytes"):
        kind.try_create(merged(of_a_node, nested("spec.nodeRef.name", "n" * 254)))


@pytest.mark.parametrize("operation", ["addNodes", "removeNodes", "replaceNodes"])
def test_most_nodes_of_an_operation(custom_objects: CustomObjectsApi, operation: str) -> None:
    """That many do not exhaust what a rule may cost, either."""
    kind = resources(custom_objects, "senlinoperations")
    unchecked = merged(base("senlinoperations"), nested("spec.operation.check", None))
    path = f"spec.operation.{operation}.nodes"

    kind.try_create(merged(unchecked, nested(path, some_nodes(operation, 100))))
    with refused(at=path, says="must have at most 100 items"):
        kind.try_create(merged(unchecked, nested(path, some_nodes(operation, 101))))


def some_nodes(operation: str, number: int) -> list[Any]:
    """Return that many nodes as an operation lists them."""
    ids = [str(UUID(int=it)) for it in range(2 * number)]
    pairs = zip(ids[:number], ids[number:], strict=True)
    return [{"old": a, "new": b} if operation == "replaceNodes" else a for a, b in pairs]


@pytest.mark.parametrize("plural", ["senlinprofiles", "senlinpolicies"])
def test_longest_version(custom_objects: CustomObjectsApi, plural: str) -> None:
    too_long = merged(base(plural), nested("spec.resource.version", f"1.{'0' * 19}"))

    with refused(at="spec.resource.version", says="may not be more than 20 bytes"):
        resources(custom_objects, plural).try_create(too_long)


@pytest.mark.parametrize("plural", ["senlinpolicies", "senlinreceivers"])
def test_a_long_name_needs_a_shorter_one_for_senlin(
    custom_objects: CustomObjectsApi, plural: str
) -> None:
    kind = resources(custom_objects, plural)
    longest, too_long = (
        merged(base(plural), nested("metadata.name", "n" * length)) for length in (200, 201)
    )

    kind.try_create(longest)
    kind.try_create(merged(too_long, nested("spec.resource.name", "grow")))
    with refused(at="spec.resource.name", says="must be given, with at most 200 characters"):
        kind.try_create(too_long)


@pytest.mark.parametrize("plural", WITH_METADATA)
def test_most_metadata(custom_objects: CustomObjectsApi, plural: str) -> None:
    kind = resources(custom_objects, plural)
    path = "spec.resource.metadata"

    kind.try_create(merged(base(plural), nested(path, {f"key-{i}": "" for i in range(128)})))
    with refused(at=path, says="must have at most 128 items"):
        kind.try_create(merged(base(plural), nested(path, {f"key-{i}": "" for i in range(129)})))


@pytest.mark.parametrize(
    "field", ["name", "minSize", "maxSize", "desiredCapacity", "timeoutSeconds", "remediation"]
)
def test_a_null_is_the_same_as_an_absent_field(
    custom_objects: CustomObjectsApi, field: str
) -> None:
    """Templates write nulls for values that nobody has set."""
    absent = merged(base("senlinclusters"), {"spec": {"resource": {field: None}}})
    resource = {**absent["spec"]["resource"], field: None}
    null = {**absent, "spec": {**absent["spec"], "resource": resource}}
    kind = resources(custom_objects, "senlinclusters")

    assert kind.try_create(null)["spec"] == kind.try_create(absent)["spec"]
