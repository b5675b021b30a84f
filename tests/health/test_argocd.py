"""The patch of Argo CD's ConfigMap, applied as deploy/argocd/README.md says."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from sandbox import Sandbox
from tests.health.judge import KEY, PATCH, checks
from tests.pages.commands import blocks
from tests.unit.docs.sources import ROOT

THEIRS = {
    "url": "https://argocd.example.com",
    f"{KEY}Other": "return {status = 'Healthy'}",
}
WANTED = THEIRS | {f"{KEY}{kind}": script for kind, script in checks().items()}


@pytest.fixture
def config_map() -> dict[str, object]:
    """Argo CD's ConfigMap before the patch, with what others have put into it."""
    metadata = {"name": "argocd-cm", "labels": {"app.kubernetes.io/part-of": "argocd"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": THEIRS}


def test_the_command_adds_the_checks(
    sandbox: Sandbox, namespace: str, config_map: dict[str, object]
) -> None:
    inside = ("--namespace", namespace)
    sandbox.kubectl(*inside, "apply", "-f", "-", input=yaml.safe_dump(config_map))
    [command] = blocks(PATCH.parent / "README.md")

    subprocess.run(
        ["bash", "-euc", command.replace("argocd ", f"{namespace} ", 1)],
        cwd=ROOT,
        env={
            **os.environ,
            "PATH": f"{sandbox.bin}:{os.environ['PATH']}",
            "KUBECONFIG": str(sandbox.kubeconfig),
        },
        check=True,
    )

    found = sandbox.kubectl(*inside, "get", "configmap", "argocd-cm", "--output=yaml")
    assert yaml.safe_load(found)["data"] == WANTED


def test_the_component_adds_the_checks(
    sandbox: Sandbox, tmp_path: Path, config_map: dict[str, object]
) -> None:
    (tmp_path / "base.yaml").write_text(yaml.safe_dump(config_map))
    overlay = {
        "resources": ["base.yaml"],
        "components": [os.path.relpath(PATCH.parent, tmp_path)],
        "namespace": "argocd",
    }
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(overlay))

    made = yaml.safe_load(sandbox.kubectl("kustomize", str(tmp_path)))

    assert made["data"] == WANTED
    assert made["metadata"]["namespace"] == "argocd"
