"""What kstatus and Argo CD make of custom resources, and what they should make of them."""

import json
import subprocess
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.binaries import health_binary
from senlin_operator.kube.objects import GROUP

PATCH = Path(__file__).parents[2] / "deploy" / "argocd" / "argocd-cm.yaml"
KEY = f"resource.customizations.health.{GROUP}_"
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Health:
    """How an object is, in the words of two programs."""

    kstatus: str
    argocd: str
    message: str  # Argo CD's


def checks() -> dict[str, str]:
    """Return the health checks that the patch of Argo CD's ConfigMap has, by kind."""
    data = yaml.safe_load(PATCH.read_text())["data"]
    return {key.removeprefix(KEY): script for key, script in data.items()}


def judged(objects: Sequence[Document]) -> list[Health]:
    """Return what kstatus, and Argo CD with our check, say of each object."""
    [script] = set(checks().values())
    done = subprocess.run(
        [health_binary(), script],
        input="\n".join(json.dumps(it) for it in objects),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return [Health(it["kstatus"], it["health"], it["message"]) for it in answers]


def expected(document: Document) -> Health:
    """Return what docs/conditions.md promises for an object."""
    metadata, conditions = document["metadata"], _conditions(document)
    ready = next((it for it in conditions if it["type"] == "Ready"), None)
    message = ready["message"] if ready else "The operator has not observed it yet."
    latest = [it for it in conditions if it["observedGeneration"] == metadata["generation"]]
    true = {it["type"] for it in latest if it["status"] == "True"}
    if "deletionTimestamp" in metadata:
        return Health("Terminating", "Progressing", message)
    if "Ready" in true:
        return Health("Current", "Healthy", message)
    if "Stalled" in true:
        return Health("Failed", "Degraded", message)
    if true & {"Paused", "Suspended"}:
        return Health("InProgress", "Suspended", message)
    nothing_to_do = ready in latest and "Reconciling" not in true
    return Health("InProgress", "Degraded" if nothing_to_do else "Progressing", message)


def disagreements(objects: Iterable[Document]) -> list[str]:
    """Return the objects that kstatus or Argo CD take for something else than they should."""
    different = list({_said(it): it for it in objects}.values())
    return [
        f"{it['kind']} {it['metadata']['name']}: {found}, not {wanted}: {json.dumps(it)}"
        for it, found in zip(different, judged(different), strict=True)
        if found != (wanted := expected(it))
    ]


def _conditions(document: Document) -> list[Document]:
    return list((document.get("status") or {}).get("conditions", ()))


def _said(document: Document) -> Hashable:
    """Return all of an object that says how it is, but for messages."""
    metadata, status = document["metadata"], document.get("status") or {}
    generation = metadata["generation"]
    return (
        document["kind"],
        "deletionTimestamp" in metadata,
        status.get("observedGeneration", 0) - generation,
        *(
            (it["type"], it["status"], it["reason"], it["observedGeneration"] - generation)
            for it in _conditions(document)
        ),
    )
