"""The kustomization makes the objects that the chart makes."""

import os
from pathlib import Path

import pytest
import yaml

from deploy.helm.generate import COMPONENTS
from sandbox import Sandbox
from tests.chart.chart import DEPLOY, Document, documents, named, rendered

KUSTOMIZE = DEPLOY / "kustomize"
WITHOUT_GUARD: Document = {"uninstallGuard": False}  # Kustomize has no hooks
HELMS_OWN = {"app.kubernetes.io/managed-by", "helm.sh/chart", "helm.sh/resource-policy"}


def test_the_base_is_what_the_chart_makes_of_its_defaults(sandbox: Sandbox) -> None:
    ours = kustomized(sandbox, KUSTOMIZE / "base")

    assert by_name(ours) == by_name(rendered(sandbox, WITHOUT_GUARD, "--no-hooks"))


def test_it_comes_with_a_namespace_that_enforces_pod_security(sandbox: Sandbox) -> None:
    whole = kustomized(sandbox, KUSTOMIZE)

    label = "pod-security.kubernetes.io/enforce"
    assert named(whole, "Namespace")["metadata"]["labels"][label] == "restricted"
    assert len(whole) == len(kustomized(sandbox, KUSTOMIZE / "base")) + 1


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_is_what_the_chart_makes_of_its_value(
    sandbox: Sandbox, tmp_path: Path, component: str
) -> None:
    _, value = COMPONENTS[component]
    overlay(tmp_path, components=[KUSTOMIZE / "components" / component])

    ours = by_name(kustomized(sandbox, tmp_path))

    helms = rendered(sandbox, {**WITHOUT_GUARD, value: {"enabled": True}}, "--no-hooks")
    assert ours == by_name(helms)
    assert len(ours) > len(by_name(rendered(sandbox, WITHOUT_GUARD, "--no-hooks")))


def test_an_overlay_moves_it_and_takes_another_image(sandbox: Sandbox, tmp_path: Path) -> None:
    image = {"name": "senlin-operator", "newName": "a.example/b", "newTag": "v2"}
    overlay(tmp_path, namespace="elsewhere", images=[image])

    moved = kustomized(sandbox, tmp_path)

    namespaces = {it["metadata"].get("namespace") for it in moved}
    subjects = {subject["namespace"] for it in moved for subject in it.get("subjects", ())}
    [container] = named(moved, "Deployment")["spec"]["template"]["spec"]["containers"]
    assert namespaces == {"elsewhere", None}
    assert subjects == {"elsewhere"}
    assert container["image"] == "a.example/b:v2"


def overlay(directory: Path, components: list[Path] | None = None, **fields: object) -> None:
    """Write a kustomization upon the base; Kustomize wants relative paths."""
    document = {
        "resources": [os.path.relpath(KUSTOMIZE / "base", directory)],
        "components": [os.path.relpath(component, directory) for component in components or ()],
        **fields,
    }
    (directory / "kustomization.yaml").write_text(yaml.safe_dump(document))


def kustomized(sandbox: Sandbox, directory: Path) -> list[Document]:
    return list(documents(sandbox.kubectl("kustomize", str(directory))))


def by_name(objects: list[Document]) -> dict[tuple[str, str], Document]:
    """Return the objects without what only Helm puts on its own."""
    for it in objects:
        for part in ("labels", "annotations"):
            kept = {k: v for k, v in it["metadata"].pop(part, {}).items() if k not in HELMS_OWN}
            it["metadata"] |= {part: kept} if kept else {}
    return {(it["kind"], it["metadata"]["name"]): it for it in objects}
