"""What the API server makes of the definitions: names, columns, defaults, explanations, status."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sandbox import Sandbox
from tests.crds.apiserver import CRDS, GROUP, VERSION, Manifest, Resources, base, merged, refused

KINDS = {
    "SenlinCluster": ("senlinclusters", "scl", ["Ready", "Reason", "Active", "Desired"]),
    "SenlinProfile": ("senlinprofiles", "sprof", ["Ready", "Reason", "Type", "Age"]),
}
SPEC_DEFAULTS = {"managedOptions": {"onDelete": "delete"}, "resyncPeriod": "10m"}
NOW = "2030-01-02T03:04:05Z"
CONDITION = {
    "type": "Ready",
    "status": "True",
    "observedGeneration": 1,
    "lastTransitionTime": NOW,
    "reason": "Settled",
    "message": "All 3 nodes are active.",
}
PROFILE_STATUS = {
    "id": "3d1a62b7-6a0c-4a6e-8d53-0a5a9f6e1c11",
    "observedGeneration": 1,
    "conditions": [CONDITION],
    "resource": {
        "name": "web-server",
        "type": "os.nova.server",
        "version": "1.0",
        "metadata": {"owner": "web", "set by others": {"nested": [1]}},
        "createdAt": NOW,
    },
    "lastSyncTime": NOW,
    "lastHandledReconcileAt": "once more",
}
FAULT = {"node": "n1", "name": "node-1", "status": "ERROR", "reason": "No valid host was found."}
CLUSTER_STATUS = {
    **PROFILE_STATUS,
    "action": {
        "id": "a1",
        "name": "CLUSTER_CREATE",
        "status": "SUCCEEDED",
        "reason": "Cluster creation succeeded.",
        "startedAt": NOW,
        "endedAt": NOW,
    },
    "faults": [FAULT] * 5,
    "resource": {
        "name": "web",
        "profileID": "p1",
        "status": "ACTIVE",
        "minSize": 1,
        "maxSize": -1,
        "desiredCapacity": 3,
        "timeoutSeconds": 3600,
        "nodes": {"total": 3, "active": 3, "unhealthy": 0},
        "createdAt": NOW,
    },
}


def schemas(sandbox: Sandbox) -> dict[str, Manifest]:
    """Return our kinds as the server publishes them; this is what `kubectl explain` reads."""
    published = json.loads(sandbox.kubectl("get", "--raw", f"/openapi/v3/apis/{GROUP}/{VERSION}"))
    schemas = published["components"]["schemas"]
    return {kind: schemas[f"org.openstack.senlin.{VERSION}.{kind}"] for kind in KINDS}


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

    assert names.split() == [f"{plural}.{GROUP}" for plural, _, _ in KINDS.values()]


@pytest.mark.parametrize("kind", KINDS)
def test_columns(
    sandbox: Sandbox, profiles: Resources, clusters: Resources, namespace: str, kind: str
) -> None:
    plural, short_name, columns = KINDS[kind]
    resources = {"senlinprofiles": profiles, "senlinclusters": clusters}[plural]
    resources.create(base(plural))
    resources.set_status(base(plural)["metadata"]["name"], {"conditions": [CONDITION]})

    narrow = sandbox.kubectl("get", short_name, "-n", namespace)
    wide = sandbox.kubectl("get", short_name, "-n", namespace, "-o", "wide")

    assert narrow.split()[: len(columns) + 1] == ["NAME", *map(str.upper, columns)]
    assert narrow.splitlines()[1].split()[1:3] == ["True", "Settled"]
    assert max(map(len, narrow.splitlines())) <= 100
    assert "All 3 nodes are active." in wide


def test_defaults_of_a_profile(profiles: Resources) -> None:
    spec = base("senlinprofiles")["spec"]

    made = profiles.try_create(base("senlinprofiles"))

    assert made["spec"] == merged({**SPEC_DEFAULTS, "resource": {"metadata": {}}}, spec)


def test_defaults_of_a_cluster(clusters: Resources) -> None:
    no_sizes = {"minSize": None, "maxSize": None, "desiredCapacity": None}
    bare = merged(base("senlinclusters"), {"spec": {"resource": no_sizes}})
    defaults = {
        "minSize": 0,
        "maxSize": -1,
        "timeoutSeconds": 3600,
        "metadata": {},
        "config": {},
    }

    made = clusters.try_create(bare)

    assert made["spec"] == merged({**SPEC_DEFAULTS, "resource": defaults}, bare["spec"])


def test_defaults_of_remediation(clusters: Resources) -> None:
    checked = merged(base("senlinclusters"), {"spec": {"resource": {"remediation": {}}}})

    made = clusters.try_create(checked)

    assert made["spec"]["resource"]["remediation"] == {"mode": "Report", "checkInterval": "5m"}


def test_the_status_of_a_new_resource_is_not_yet_observed(
    profiles: Resources, clusters: Resources
) -> None:
    """So kstatus calls it InProgress; and nobody brings a status along."""
    profile = profiles.create({**base("senlinprofiles"), "status": PROFILE_STATUS})
    cluster = clusters.create({**base("senlinclusters"), "status": CLUSTER_STATUS})

    assert profile["status"] == cluster["status"] == {"observedGeneration": -1}


def test_the_status_of_a_profile_takes_all_that_it_names(profiles: Resources) -> None:
    profiles.create(base("senlinprofiles"))

    assert profiles.set_status("web-server", PROFILE_STATUS)["status"] == PROFILE_STATUS


def test_the_status_of_a_cluster_takes_all_that_it_names(clusters: Resources) -> None:
    clusters.create(base("senlinclusters"))

    assert clusters.set_status("web", CLUSTER_STATUS)["status"] == CLUSTER_STATUS


@pytest.mark.parametrize(
    ("status", "at", "says"),
    [
        ({"faults": [FAULT] * 6}, "status.faults", "must have at most 5 items"),
        ({"conditions": [CONDITION] * 2}, "status.conditions[1]", "Duplicate value"),
        (
            {"conditions": [{**CONDITION, "status": "Maybe"}]},
            "status.conditions[0].status",
            'supported values: "True", "False", "Unknown"',
        ),
        (
            {"conditions": [{**CONDITION, "reason": "two words"}]},
            "status.conditions[0].reason",
            "should match",
        ),
        ({"observedGeneration": -2}, "status.observedGeneration", "greater than or equal to -1"),
    ],
    ids=["six faults", "Ready twice", "status Maybe", "a reason of two words", "generation -2"],
)
def test_a_status_out_of_shape_is_refused(
    clusters: Resources, status: Manifest, at: str, says: str
) -> None:
    clusters.create(base("senlinclusters"))

    with refused(at=at, says=says):
        clusters.set_status("web", status)


def test_one_definition_a_file_named_after_it() -> None:
    found = {path.stem: list(yaml.safe_load_all(path.read_text())) for path in CRDS.glob("*.yaml")}

    assert {stem: [crd["metadata"]["name"] for crd in crds] for stem, crds in found.items()} == {
        plural: [f"{plural}.{GROUP}"] for plural, _, _ in KINDS.values()
    }
