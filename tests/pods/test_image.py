"""What is in the image."""

import base64
import hashlib
import json
import re
import subprocess
import tomllib
from fnmatch import fnmatch
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from deploy.image.archive import ARCHIVE, image_archive
from deploy.image.base import REPOSITORY, SITE, STATUS, debian_packages
from deploy.image.sbom import SBOM
from tests.pods.archives import config_of, layer_of

USER = 65532


@pytest.fixture(scope="module")
def archive() -> Path:
    return image_archive()


@pytest.fixture(scope="module")
def config(archive: Path) -> dict[str, Any]:
    return config_of(archive)


@pytest.fixture(scope="module")
def root(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image's one layer, unpacked."""
    target = tmp_path_factory.mktemp("root")
    with layer_of(archive) as layer:
        layer.extractall(target, filter="fully_trusted")
    return target


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    return found


def pinned() -> dict[str, str]:
    """Return name and version of each package in requirements/runtime.txt that Linux takes."""
    lines = (REPOSITORY / "requirements" / "runtime.txt").read_text().splitlines()
    found = [Requirement(line.rstrip("\\ ")) for line in lines if re.match(r"\w", line)]
    return {
        canonical(it.name): str(it.specifier).removeprefix("==")
        for it in found
        if not it.marker or it.marker.evaluate()
    }


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def installed(root: Path) -> list[Distribution]:
    return list(distributions(path=[str(root / SITE)]))


def versions(found: list[Distribution]) -> dict[str, str]:
    return {canonical(it.name): it.version for it in found}


def test_it_runs_the_operator_as_nobody_in_particular(config: dict[str, Any]) -> None:
    assert (config["Entrypoint"], config["Cmd"]) == (["senlin-operator"], ["run"])
    assert config["User"] == f"{USER}:{USER}"
    assert config["ExposedPorts"].keys() == {"8080/tcp", "8081/tcp"}


def test_its_environment_names_what_is_in_it(config: dict[str, Any], root: Path) -> None:
    environ = dict(line.split("=", 1) for line in config["Env"])
    programs = [Path(place) / config["Entrypoint"][0] for place in environ["PATH"].split(":")]

    assert any((root / program.relative_to("/")).exists() for program in programs)
    assert (root / Path(environ["SSL_CERT_FILE"]).relative_to("/")).stat().st_size > 100_000


def test_its_labels_are_the_project_s(config: dict[str, Any]) -> None:
    labels = {
        key.removeprefix("org.opencontainers.image."): value
        for key, value in config["Labels"].items()
    }

    about = project()
    assert labels == {
        "title": about["name"],
        "version": about["version"],
        "licenses": about["license"],
        "description": config["Labels"]["org.opencontainers.image.description"],
    }


def test_its_python_packages_are_the_pinned_ones(root: Path) -> None:
    itself = {"senlin-operator": project()["version"]}

    assert versions(installed(root)) == pinned() | itself


def test_its_python_packages_are_as_published(root: Path) -> None:
    """Nothing of the machine that built it has come into them."""
    listed = [
        (file, file.hash)
        for package in installed(root)
        for file in package.files or ()
        if file.hash
    ]

    assert len(listed) > 1000
    changed = [
        str(file)
        for file, hash_ in listed
        if hash_.value != digest(Path(file.locate()), hash_.mode)
    ]
    assert changed == []


def digest(file: Path, algorithm: str) -> str:
    """Return the digest of a file that should be there, as a package's RECORD writes it."""
    content = hashlib.new(algorithm, file.read_bytes()).digest()
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def test_its_debian_packages_are_the_listed_ones(root: Path) -> None:
    wanted = dict(line.split("=", 1) for line in debian_packages())
    found = {
        fields["Package"]: fields["Version"]
        for fields in map(control_fields, (root / STATUS).iterdir())
    }

    assert found.keys() == wanted.keys()
    assert [name for name in found if not fnmatch(found[name], wanted[name])] == []


def control_fields(file: Path) -> dict[str, str]:
    lines = file.read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines if re.match(r"\w+: ", line))


def test_the_list_of_contents_has_all_and_lies_beside_it(root: Path, archive: Path) -> None:
    text = (root / SBOM).read_text()
    components = json.loads(text)["components"]
    python = {it["name"]: it["version"] for it in components if "pypi" in it["purl"]}
    debian = {it["name"]: it["version"] for it in components if "deb" in it["purl"]}

    assert {canonical(name): version for name, version in python.items()} == pinned()
    assert debian.keys() == {it.name for it in (root / STATUS).iterdir()}
    assert json.loads(text)["metadata"]["component"]["version"] == project()["version"]
    assert (archive.parent / SBOM.name).read_text() == text


def test_nothing_in_it_helps_an_intruder(root: Path) -> None:
    programs = {it.name for place in ("bin", "usr/bin") for it in (root / place).iterdir()}
    writable = [it for it in root.rglob("*") if not it.is_symlink() and it.stat().st_mode & 0o002]

    assert programs == {"python3.11"}
    assert {"pip", "wheel"}.isdisjoint(versions(installed(root)))
    assert [it for it in root.rglob("*") if it.lstat().st_mode & 0o6000 and it.is_file()] == []
    assert {str(it.relative_to(root)) for it in writable} <= {"tmp", "var/tmp", "var/lock"}


def test_every_library_that_python_loads_is_there(root: Path) -> None:
    modules = "bz2, ctypes, hashlib, lzma, ssl, uuid, zlib, aiohttp, kopf, pydantic_core, yaml"
    check = f"import {modules}; ssl.create_default_context(); import senlin_operator.app"

    subprocess.run(["chroot", root, "/usr/bin/python3.11", "-c", check], check=True)


def test_it_is_small(archive: Path) -> None:
    assert archive.name == ARCHIVE
    assert archive.stat().st_size < 50_000_000
