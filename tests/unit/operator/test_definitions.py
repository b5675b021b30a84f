"""What holds over all definitions of custom resources, and what Kustomize is told about them."""

from typing import Any

import pytest
import yaml

from tests.crds.definitions import DEFINITIONS, KINDS, ROOT, fields, references

GROUP = "senlin.openstack.org"
CHANNEL = "spec/channelSecretRef/name"  # names a Secret that the operator makes
COMPONENT = ROOT / "deploy" / "kustomize" / "components" / "references"
TOLD = yaml.safe_load((COMPONENT / "references.yaml").read_text())


@pytest.mark.parametrize("definition", DEFINITIONS, ids=KINDS)
def test_no_item_of_a_list_has_a_default(definition: dict[str, Any]) -> None:
    """Clients compare an applied list with the stored one as a whole.

    With such a default, `kubectl apply` says "configured" for ever, Argo CD says "OutOfSync", and
    another field manager that applies the same manifest meets a conflict.
    """
    in_lists = [path for path, schema in fields(definition) if "[]" in path and "default" in schema]

    assert in_lists == []


def test_each_field_of_a_reference_says_of_what_it_is_the_name() -> None:
    described = {(it.kind, it.path) for it in references()}
    all_fields = {
        (kind, path.replace("[]", ""))
        for kind, definition in zip(KINDS, DEFINITIONS, strict=True)
        for path, _ in fields(definition)
        if path.startswith("spec/") and path.endswith(("Ref/name", "secretName"))
    }

    assert described == all_fields


def test_kustomize_is_told_each_reference() -> None:
    told = {
        (row["kind"], field["path"])
        for row in TOLD["nameReference"]
        for field in row["fieldSpecs"]
        if field.get("group") == GROUP
    }

    assert told == {(it.to, it.path) for it in references() if it.path != CHANNEL}


def test_kustomize_is_told_what_scales_a_cluster() -> None:
    [scaled] = [row for row in TOLD["nameReference"] if row["kind"] == "SenlinCluster"]
    others = [it for it in scaled["fieldSpecs"] if it.get("group") != GROUP]

    assert {it["kind"]: it["path"] for it in others} == {
        "HorizontalPodAutoscaler": "spec/scaleTargetRef/name",
        "ScaledObject": "spec/scaleTargetRef/name",
    }


def test_kustomize_is_told_existing_fields() -> None:
    existing = {path.replace("[]", "") for it in DEFINITIONS for path, _ in fields(it)}
    free = {"spec/resource/properties/networks", "spec/resource/profile/properties/networks"}
    paths = {row["path"] for key in TOLD if key != "nameReference" for row in TOLD[key]}

    assert {CHANNEL} == {row["path"] for row in TOLD["namePrefix"] + TOLD["nameSuffix"]}
    assert paths - existing == {f"{path}/network" for path in free}
