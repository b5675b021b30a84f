"""Manifests as text: one stream, or a directory with a file for each and a kustomization."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

import yaml

from senlin_operator.export.manifests import Manifest

_KUSTOMIZATION = "kustomization.yaml"


def write_stream(manifests: Iterable[Manifest], stream: TextIO) -> None:
    """Write all manifests as one YAML stream."""
    for manifest in manifests:
        stream.write(f"---\n{_text(manifest)}")


def write_directory(manifests: Sequence[Manifest], directory: Path) -> None:
    """Write each manifest into a file of its own, and a kustomization that lists them.

    Raises:
        OSError: A file cannot be written, or is there already.
    """
    directory.mkdir(parents=True, exist_ok=True)
    files = [f"{manifest.kind.lower()}-{manifest.name}.yaml" for manifest in manifests]
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": files,
    }
    texts = {_KUSTOMIZATION: _yaml(kustomization)}
    texts |= {file: _text(manifest) for file, manifest in zip(files, manifests, strict=True)}
    for file, text in texts.items():
        with (directory / file).open("x") as stream:
            stream.write(text)


def _text(manifest: Manifest) -> str:
    return "".join(f"# {note}\n" for note in manifest.notes) + _yaml(manifest.document)


def _yaml(document: Any) -> str:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=10**6)
