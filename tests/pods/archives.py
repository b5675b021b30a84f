"""Read an image's OCI archive."""

import hashlib
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Entry:
    """All that an image says of a file, a directory or a link, but its name."""

    kind: bytes
    mode: int
    owner: tuple[int, int]
    time: float
    link: str
    content: str


def config_of(archive: Path) -> dict[str, Any]:
    """Return how the image is started."""
    with tarfile.open(archive) as file:
        config: dict[str, Any] = read_json(file, blob(manifest(file)["config"]))["config"]
        return config


@contextmanager
def layer_of(archive: Path) -> Iterator[tarfile.TarFile]:
    """Open the image's one layer."""
    with tarfile.open(archive) as file:
        [layer] = manifest(file)["layers"]
        with tarfile.open(fileobj=file.extractfile(blob(layer))) as members:
            yield members


def entries_of(archive: Path) -> dict[str, Entry]:
    with layer_of(archive) as layer:
        return {it.name.strip("/"): entry(layer, it) for it in layer}


def entry(layer: tarfile.TarFile, it: tarfile.TarInfo) -> Entry:
    content = layer.extractfile(it) if it.isfile() else None
    return Entry(
        kind=it.type,
        mode=it.mode & 0o7777,  # some builders say here what kind it is, too
        owner=(it.uid, it.gid),
        time=it.mtime,
        link=it.linkname,
        content=hashlib.sha256(content.read()).hexdigest() if content else "",
    )


def manifest(file: tarfile.TarFile) -> dict[str, Any]:
    [only] = read_json(file, "index.json")["manifests"]
    found: dict[str, Any] = read_json(file, blob(only))
    return found


def read_json(file: tarfile.TarFile, name: str) -> Any:
    content = file.extractfile(name)
    assert content
    return json.load(content)


def blob(entry: dict[str, Any]) -> str:
    digest: str = entry["digest"]
    return "blobs/" + digest.replace(":", "/")
