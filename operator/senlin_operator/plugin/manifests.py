"""Manifests of a person, from files, folders and the standard input."""

import base64
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from senlin_operator.kube.objects import GROUP, SECRET, VERSION, Key
from senlin_operator.plugin.names import PLURALS, UsageError

_SUFFIXES = (".yaml", ".yml", ".json")
_GENERATED = "plan"  # the end of a name that Kubernetes would generate
Manifest = dict[str, Any]


def read(places: Sequence[str]) -> Iterator[Manifest]:
    """Yield the objects in files and folders; `-` is the standard input.

    Raises:
        UsageError: A place does not exist, or has no manifests.
    """
    for place in places:
        if place == "-":
            yield from _objects(sys.stdin.read(), "the standard input")
            continue
        path = Path(place)
        paths = sorted(path.iterdir()) if path.is_dir() else [path]
        files = [it for it in paths if it.suffix in _SUFFIXES or it == path]
        for file in files:
            yield from _objects(_text(file), str(file))


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise UsageError(f"{path} cannot be read: {reason}.") from None


def _objects(text: str, where: str) -> Iterator[Manifest]:
    try:
        documents = list(yaml.safe_load_all(text))
    except yaml.YAMLError as error:
        raise UsageError(f"{where} is no YAML: {error}") from None
    for document in filter(None, documents):
        if not isinstance(document, dict) or "kind" not in document:
            raise UsageError(f"{where} has a document that is no manifest: it has no kind.")
        yield from document["items"] if document["kind"] == "List" else [document]


def key_of(manifest: Mapping[str, Any], namespace: str) -> Key | None:
    """Return the name of an object; None: it is neither the operator's nor a Secret.

    Raises:
        UsageError: It has no name.
    """
    kind, version = str(manifest.get("kind")), manifest.get("apiVersion")
    ours = kind in PLURALS and version == f"{GROUP}/{VERSION}"
    if not ours and (kind, version) != (SECRET, "v1"):
        return None
    metadata = manifest.get("metadata") or {}
    generated = metadata.get("generateName")
    name = metadata.get("name") or (generated and f"{generated}{_GENERATED}")
    if not name:
        raise UsageError(f"A manifest of the kind {kind} has no metadata.name.")
    return Key(kind, str(metadata.get("namespace") or namespace), str(name))


def secret(manifest: Manifest, key: Key) -> Manifest:
    """Return a Secret as Kubernetes would store it."""
    texts = manifest.get("stringData") or {}
    encoded = {name: base64.b64encode(str(it).encode()).decode() for name, it in texts.items()}
    metadata = {"namespace": key.namespace, "name": key.name, "uid": f"new {key}"}
    data = {**(manifest.get("data") or {}), **encoded}
    return {"metadata": {**metadata, "resourceVersion": "0"}, "data": data}


def resource(manifest: Manifest, key: Key) -> Manifest:
    """Return a custom resource with its name and namespace."""
    given = {name: it for name, it in manifest["metadata"].items() if name != "generateName"}
    return {**manifest, "metadata": {**given, "name": key.name, "namespace": key.namespace}}
