"""What the API server makes of the definitions: names, columns, defaults, explanations."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sandbox import Sandbox
from tests.crds.apiserver import (
    CONDITION,
    CRDS,
    GROUP,
    PLURALS,
    VERSION,
    Manifest,
    Resources,
    base,
    corpus,
    merged,
)

KINDS = {plural: base(plural)["kind"] for plural in PLURALS}
SPEC_DEFAULTS = {
    "managementPolicy": "managed",
    "managedOptions": {"onDelete": "delete"},
    "paused": False,
    "resyncPeriod": "10m",
}


def schemas(sandbox: Sandbox) -> dict[str, Manifest]:
    """Return our kinds as the server publishes them; this is what `kubectl explain` reads."""
    published = json.loads(sandbox.kubectl("get", "--raw", f"/openapi/v3/apis/{GROUP}/{VERSION}"))
    schemas = published["components"]["schemas"]
    return {kind: schemas[f"org.openstack.senlin.{VERSION}.{kind}"] for kind in KINDS.values()}


def fields(schema: Manifest, path: str) -> Iterator[tuple[str, Manifest]]:
    yield path, schema
    for name, field in schema.get("properties", {}).items():
        yield from fields(field, f"{path}.{name}")
    for part in ("items", "additionalProperties"):
        if part in schema:
            yield from fields(schema[part], f"{path}[]")


def test_explain_has_text_for_every_field(sandbox: Sandbox) -> None:
    found = [field for kind, schema in schemas(sandbox).items() for field in fields(schema, kind)]

    assert len(found) > 90
    assert [path for path, schema in found if not schema.get("description")] == []


def test_explain_by_the_short_name(sandbox: Sandbox, tmp_path: Path) -> None:
    # kubectl keeps what it knows of a server for hours, so it may be from before our kinds.
    fresh = f"--cache-dir={tmp_path}"

    text = sandbox.kubectl("explain", fresh, "scl.spec.resource.desiredCapacity")

    assert "How many nodes there should be, from minSize to maxSize." in text


@pytest.mark.parametrize("category", ["senlin", "openstack"])
def test_a_category_lists_all_kinds(sandbox: Sandbox, category: str) -> None:
    names = sandbox.kubectl(
        "api-resources", f"--categories={category}", f"--api-group={GROUP}", "-o", "name"
    )

    assert names.split() == [f"{plural}.{GROUP}" for plural in KINDS]


def test_columns(sandbox: Sandbox, each_kind: Resources, namespace: str) -> None:
    short_name = corpus(each_kind.plural)["shortName"]
    each_kind.create(base(each_kind.plural))
    conditions = {"conditions": [CONDITION]}
    each_kind.set_status({**conditions, **corpus(each_kind.plural)["status"]})

    narrow = sandbox.kubectl("get", short_name, "-n", namespace)
    wide = sandbox.kubectl("get", short_name, "-n", namespace, "-o", "wide")

    header, row = narrow.splitlines()
    assert header.split() == corpus(each_kind.plural)["columns"].split()
    values = corpus(each_kind.plural).get("row", "True Settled").split()
    assert row.split()[: 1 + len(values)] == [each_kind.name, *values]
    assert len(header) <= 100
    assert CONDITION["message"] in wide


def test_a_paused_object_says_so_in_a_column(
    sandbox: Sandbox, each_kind: Resources, namespace: str
) -> None:
    each_kind.create(base(each_kind.plural))
    paused = {**CONDITION, "type": "Paused", "reason": "Paused"}
    each_kind.set_status({"conditions": [{**CONDITION, "status": "False"}, paused]})

    listing = sandbox.kubectl("get", corpus(each_kind.plural)["shortName"], "-n", namespace)

    header, row = listing.splitlines()
    at = header.index("PAUSED")
    assert row[at : at + 4] == "True"


def test_defaults_of_a_profile(profiles: Resources) -> None:
    spec = base("senlinprofiles")["spec"]

    made = profiles.try_create(base("senlinprofiles"))

    assert made["spec"] == merged({**SPEC_DEFAULTS, "resource": {"metadata": {}}}, spec)


def test_defaults_of_a_policy(policies: Resources) -> None:
    spec = base("senlinpolicies")["spec"]

    made = policies.try_create(base("senlinpolicies"))

    assert made["spec"] == merged(SPEC_DEFAULTS, spec)


def test_defaults_of_a_receiver(receivers: Resources) -> None:
    spec = base("senlinreceivers")["spec"]

    made = receivers.try_create(base("senlinreceivers"))

    assert made["spec"] == merged(SPEC_DEFAULTS, spec)


def test_defaults_of_an_operation(operations: Resources) -> None:
    spec = base("senlinoperations")["spec"]

    made = operations.try_create(base("senlinoperations"))

    assert made["spec"] == merged({"backoffLimit": 0, "paused": False, "suspend": False}, spec)


def test_defaults_of_a_removal_of_nodes(operations: Resources) -> None:
    nodes = {"nodes": ["0b7b4f5a-7d1c-4a57-9d0c-2f0f3f5d8a11"]}
    removal = {"spec": {"operation": {"check": None, "removeNodes": nodes}}}

    made = operations.try_create(merged(base("senlinoperations"), removal))

    assert made["spec"]["operation"] == {"removeNodes": {**nodes, "destroy": False}}


def test_defaults_of_a_cluster(clusters: Resources) -> None:
    no_sizes = {"minSize": None, "maxSize": None, "desiredCapacity": None}
    bare = merged(base("senlinclusters"), {"spec": {"resource": no_sizes}})
    defaults = {
        "minSize": 0,
        "maxSize": -1,
        "capacityOwner": "Spec",
        "strategy": {"type": "InPlace"},
        "timeoutSeconds": 3600,
        "members": "Summary",
        "metadata": {},
        "config": {},
    }

    made = clusters.try_create(bare)

    assert made["spec"] == merged({**SPEC_DEFAULTS, "resource": defaults}, bare["spec"])


def test_defaults_of_a_node(nodes: Resources) -> None:
    spec = base("senlinnodes")["spec"]
    defaults = {"metadata": {}, "tainted": False}

    made = nodes.try_create(base("senlinnodes"))

    assert made["spec"] == merged({**SPEC_DEFAULTS, "resource": defaults}, spec)


def test_defaults_of_an_adoption(nodes: Resources) -> None:
    identity = "0b7b4f5a-7d1c-4a57-9d0c-2f0f3f5d8a11"
    adopting = {"profileRef": None, "adopt": {"identity": identity}}

    made = nodes.try_create(merged(base("senlinnodes"), {"spec": {"resource": adopting}}))

    assert made["spec"]["resource"]["adopt"] == {
        "identity": identity,
        "type": "os.nova.server-1.0",
        "snapshot": False,
    }


def test_defaults_of_a_nodes_remediation(nodes: Resources) -> None:
    checked = merged(base("senlinnodes"), {"spec": {"resource": {"remediation": {}}}})

    made = nodes.try_create(checked)

    assert made["spec"]["resource"]["remediation"] == {
        "mode": "Report",
        "operation": "RECREATE",
        "checkInterval": "5m",
    }


def test_defaults_of_remediation(clusters: Resources) -> None:
    checked = merged(base("senlinclusters"), {"spec": {"resource": {"remediation": {}}}})

    made = clusters.try_create(checked)

    assert made["spec"]["resource"]["remediation"] == {
        "mode": "Report",
        "operation": "RECREATE",
        "maxUnhealthy": "100%",
        "checkInterval": "5m",
    }


def test_one_definition_a_file_named_after_it() -> None:
    found = {path.stem: list(yaml.safe_load_all(path.read_text())) for path in CRDS.glob("*.yaml")}

    assert {stem: [crd["metadata"]["name"] for crd in crds] for stem, crds in found.items()} == {
        plural: [f"{plural}.{GROUP}"] for plural in KINDS
    }
