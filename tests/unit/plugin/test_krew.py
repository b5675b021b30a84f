"""The manifest for krew names what is there."""

import hashlib
import subprocess
from pathlib import Path

import yaml

from deploy.krew import __main__ as krew
from openstack_clustering import __version__


def test_the_manifest_is_of_this_version_and_names_the_program() -> None:
    manifest = yaml.safe_load(krew.MANIFEST.read_text())

    assert manifest["spec"]["version"] == f"v{__version__}"
    for platform in manifest["spec"]["platforms"]:
        labels = platform["selector"]["matchLabels"]
        name = f"{krew.PROGRAM}-{labels['os']}-{labels['arch']}.tar.gz"
        assert platform["uri"].endswith(f"/v{__version__}/{name}")
        assert (krew.HERE / platform["bin"]).exists()


def test_the_hash_of_an_archive_is_put_into_its_entry_alone(tmp_path: Path) -> None:
    archive = tmp_path / f"{krew.PROGRAM}-linux-arm64.tar.gz"
    archive.write_bytes(b"packed")

    platforms = yaml.safe_load(krew.manifest(archive))["spec"]["platforms"]

    unknown = "0" * 64
    expected = [unknown, hashlib.sha256(b"packed").hexdigest(), unknown]
    assert [it["sha256"] for it in platforms] == expected


def test_the_program_runs_with_the_libraries_beside_it_also_by_a_link(tmp_path: Path) -> None:
    library = tmp_path / "store" / "lib" / "senlin_operator"
    library.mkdir(parents=True)
    (library / "__init__.py").touch()
    (library / "plugin.py").write_text("import sys; print(sys.argv[1:])")
    krew.fill(tmp_path / "store")
    link = tmp_path / "kubectl-senlin"
    link.symlink_to(tmp_path / "store" / krew.PROGRAM)

    ran = subprocess.run([link, "tree", "a b"], capture_output=True, text=True, check=True)

    assert ran.stdout == "['tree', 'a b']\n"
