"""What the tests of the schemas send to the API server, and what they expect of its refusals."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import ApiException, CustomObjectsApi

GROUP = "senlin.openstack.org"
VERSION = "v1alpha1"
CRDS = Path(__file__).parents[2] / "crds"
CORPUS = Path(__file__).parent / "corpus"
PLURALS = [crd.stem for crd in sorted(CRDS.glob("*.yaml"))]

NOW = "2030-01-02T03:04:05Z"
CONDITION: dict[str, Any] = {
    "type": "Ready",
    "status": "True",
    "observedGeneration": 1,
    "lastTransitionTime": NOW,
    "reason": "Settled",
    "message": "All 3 nodes are active.",
}

# Beside a missing field, the API server says this of the rules that it then could not try.
_RULES_NOT_TRIED = "<nil>"

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Resources:
    """One of our kinds, in one namespace. The server decodes strictly, as it does for kubectl.

    What concerns one object concerns the one that the corpus has for its base.
    """

    api: CustomObjectsApi
    plural: str
    namespace: str

    @property
    def name(self) -> str:
        name: str = base(self.plural)["metadata"]["name"]
        return name

    def create(self, manifest: Manifest) -> Manifest:
        return self._create(manifest)

    def try_create(self, manifest: Manifest) -> Manifest:
        return self._create(manifest, dry_run="All")

    def _create(self, manifest: Manifest, **options: str) -> Manifest:
        answer: Manifest = self.api.create_namespaced_custom_object(
            GROUP,
            VERSION,
            self.namespace,
            self.plural,
            manifest,
            field_validation="Strict",
            **options,
        )
        return answer

    def try_patch(self, patch: Manifest) -> Manifest:
        answer: Manifest = self.api.patch_namespaced_custom_object(
            GROUP,
            VERSION,
            self.namespace,
            self.plural,
            self.name,
            patch,
            dry_run="All",
            field_validation="Strict",
        )
        return answer

    def scale(self) -> Manifest:
        answer: Manifest = self.api.get_namespaced_custom_object_scale(
            GROUP, VERSION, self.namespace, self.plural, self.name
        )
        return answer

    def set_status(self, status: Manifest) -> Manifest:
        answer: Manifest = self.api.patch_namespaced_custom_object_status(
            GROUP,
            VERSION,
            self.namespace,
            self.plural,
            self.name,
            {"status": status},
            field_validation="Strict",
        )
        return answer


@contextmanager
def refused(*, at: str | None, says: str) -> Iterator[None]:
    """Expect a refusal of just this field (None: of an unknown one), with this in its error."""
    with pytest.raises(ApiException) as caught:
        yield
    status = json.loads(caught.value.body)
    causes = status.get("details", {}).get("causes", [])
    # The scale subresource looks at the size too, and writes its path with a dot before it.
    fields = {cause["field"].lstrip(".") for cause in causes} - {_RULES_NOT_TRIED}
    assert fields == ({at} if at else set()), status["message"]
    assert says in status["message"]


def base(plural: str) -> Manifest:
    manifest: Manifest = corpus(plural)["base"]
    return manifest


def rows(plural: str, answer: str) -> list[Manifest]:
    files = [*corpus(plural)["shares"], plural]
    return [row for name in files for row in corpus(name)[answer]]


def has_metadata(plural: str) -> bool:
    return "metadata" in corpus(plural)["shares"]


def is_lasting(plural: str) -> bool:
    """Return whether the kind stands for a cloud object, which may be unmanaged."""
    return "lasting" in corpus(plural)["shares"]


@cache
def corpus(name: str) -> Manifest:
    """Return a file of the corpus: values, and what the server publishes of a kind."""
    content: Manifest = yaml.safe_load((CORPUS / f"{name}.yaml").read_text())
    return content


def merged(target: Any, patch: Any) -> Any:
    """Apply a JSON merge patch (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result
