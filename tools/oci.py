"""Write an image as an OCI archive, without a container engine.

Source: OCI image specification 1.1; containerd, buildah, skopeo and docker load read it.
"""

import gzip
import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

_TYPES = "application/vnd.oci.image"


def write_archive(
    archive: Path,
    reference: str,
    root: Path,
    config: Mapping[str, Any],
    *,
    architecture: str = "amd64",
    time: int = 0,
) -> str:
    """Write an image of one layer; return its digest.

    The same files give the same archive: all entries get the same owner and time.

    Args:
        archive: The file to write.
        reference: The image's full name with its tag.
        root: The directory that becomes the container's root.
        config: How a container is started: `Entrypoint`, `Env`, `User`, `Labels`, ….
        architecture: In Go's spelling, such as `amd64`.
        time: The time of all files, in seconds since 1970.
    """
    with tempfile.TemporaryFile(dir=archive.parent) as layer, tarfile.open(archive, "w") as out:
        content = _write_layer(layer, root, time)
        layer_entry = _entry(f"{_TYPES}.layer.v1.tar+gzip", layer)
        image = {
            "architecture": architecture,
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [content]},
        }
        image_entry = _add_document(out, f"{_TYPES}.config.v1+json", image, time)
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{_TYPES}.manifest.v1+json",
            "config": image_entry,
            "layers": [layer_entry],
        }
        manifest_entry = _add_document(out, f"{_TYPES}.manifest.v1+json", manifest, time)
        names = {
            "io.containerd.image.name": reference,
            "org.opencontainers.image.ref.name": reference.rpartition(":")[2],
        }
        index = {"schemaVersion": 2, "manifests": [{**manifest_entry, "annotations": names}]}
        _add(out, "index.json", _file(index), time)
        _add(out, "oci-layout", _file({"imageLayoutVersion": "1.0.0"}), time)
        layer.seek(0)
        _add(out, _blob(layer_entry["digest"]), layer, time)
    return str(manifest_entry["digest"])


class _Digesting(io.RawIOBase):
    """Forwards all writes to another file and computes their digest."""

    def __init__(self, target: gzip.GzipFile) -> None:
        self._target = target
        self._digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._digest.update(data)
        return self._target.write(data)

    @property
    def digest(self) -> str:
        return f"sha256:{self._digest.hexdigest()}"


def _write_layer(layer: IO[bytes], root: Path, time: int) -> str:
    """Write the compressed layer; return the digest of its uncompressed content."""

    def alike(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mtime = time
        return member

    with gzip.GzipFile("", "wb", compresslevel=6, fileobj=layer, mtime=0) as compressed:
        content = _Digesting(compressed)
        with tarfile.open(fileobj=content, mode="w|") as tar:
            for name in sorted(path.name for path in root.iterdir()):
                tar.add(root / name, arcname=name, filter=alike)
    return content.digest


def _add_document(out: tarfile.TarFile, kind: str, document: Any, time: int) -> dict[str, Any]:
    file = _file(document)
    entry = _entry(kind, file)
    file.seek(0)
    _add(out, _blob(entry["digest"]), file, time)
    return entry


def _entry(kind: str, file: IO[bytes]) -> dict[str, Any]:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    return {"mediaType": kind, "digest": f"sha256:{digest}", "size": size}


def _file(document: Any) -> IO[bytes]:
    return io.BytesIO(json.dumps(document, sort_keys=True).encode())


def _blob(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def _add(out: tarfile.TarFile, name: str, file: IO[bytes], time: int) -> None:
    member = tarfile.TarInfo(name)
    member.size = file.seek(0, io.SEEK_END)
    member.mtime = time
    file.seek(0)
    out.addfile(member, file)
