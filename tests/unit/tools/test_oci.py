import hashlib
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tools.oci import write_archive


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "bin").mkdir(parents=True)
    program = root / "bin" / "program"
    program.write_text("#!/bin/true\n")
    program.chmod(0o755)
    (root / "link").symlink_to("bin/program")
    return root


def blobs(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as file:
        return {it.name: file.extractfile(it).read() for it in file}  # type: ignore[union-attr]


def find(found: dict[str, bytes], entry: dict[str, Any]) -> bytes:
    content = found["blobs/" + entry["digest"].replace(":", "/")]
    assert entry["size"] == len(content)
    assert entry["digest"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    return content


def test_the_index_leads_to_the_files(root: Path, tmp_path: Path) -> None:
    archive = tmp_path / "image.tar"

    digest = write_archive(archive, "example.org/a:1", root, {"User": "1"}, time=7)

    found = blobs(archive)
    [entry] = json.loads(found["index.json"])["manifests"]
    assert entry["digest"] == digest
    assert entry["annotations"]["io.containerd.image.name"] == "example.org/a:1"
    manifest = json.loads(find(found, entry))
    assert json.loads(find(found, manifest["config"]))["config"] == {"User": "1"}
    (tmp_path / "layer").write_bytes(find(found, manifest["layers"][0]))
    with tarfile.open(tmp_path / "layer", "r:gz") as layer:
        members = {it.name: it for it in layer}
    assert members["bin/program"].mode == 0o755
    assert members["link"].linkname == "bin/program"
    assert {(it.uid, it.gid, it.mtime) for it in members.values()} == {(0, 0, 7)}


def test_the_same_files_make_the_same_archive(root: Path, tmp_path: Path) -> None:
    write_archive(tmp_path / "first.tar", "a:1", root, {})
    os.utime(root / "bin" / "program", (1, 1))

    write_archive(tmp_path / "second.tar", "a:1", root, {})

    assert (tmp_path / "first.tar").read_bytes() == (tmp_path / "second.tar").read_bytes()
