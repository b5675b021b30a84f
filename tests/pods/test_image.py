"""What is in the image, and that the Dockerfile and the builder without an engine make the same."""

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from image.archive import ARCHIVE, image_archive
from image.base import REPOSITORY, SITE, STATUS, debian_packages
from image.dockerfile import DOCKERFILE
from image.sbom import SBOM
from sandbox.venvs import server_python

USER = 65532


@pytest.fixture(scope="module")
def archive() -> Path:
    return image_archive()


@pytest.fixture(scope="module")
def config(archive: Path) -> dict[str, Any]:
    with tarfile.open(archive) as file:
        index = read_json(file, "index.json")
        manifest = read_json(file, blob(index["manifests"][0]))
        return read_json(file, blob(manifest["config"]))["config"]


@pytest.fixture(scope="module")
def root(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image's one layer, unpacked."""
    target = tmp_path_factory.mktemp("root")
    with tarfile.open(archive) as file:
        index = read_json(file, "index.json")
        [layer] = read_json(file, blob(index["manifests"][0]))["layers"]
        content = file.extractfile(blob(layer))
        with tarfile.open(fileobj=content, mode="r:gz") as members:
            members.extractall(target, filter="fully_trusted")
    return target


def read_json(file: tarfile.TarFile, name: str) -> Any:
    content = file.extractfile(name)
    assert content
    return json.load(content)


def blob(entry: dict[str, Any]) -> str:
    return "blobs/" + entry["digest"].replace(":", "/")


def project() -> dict[str, Any]:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]


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


def files(root: Path) -> Iterator[tuple[str, int, str]]:
    """Give name, mode and content of everything."""
    for path in sorted(root.rglob("*")):
        if path.is_symlink():
            content = str(path.readlink())
        else:
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        yield str(path.relative_to(root)), path.lstat().st_mode, content


def test_it_runs_the_operator_as_nobody_in_particular(config: dict[str, Any]) -> None:
    assert (config["Entrypoint"], config["Cmd"]) == (["senlin-operator"], ["run"])
    assert config["User"] == f"{USER}:{USER}"
    assert "8080/tcp" in config["ExposedPorts"]


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


def test_the_dockerfile_builds_the_same(root: Path, tmp_path: Path) -> None:
    """Do what its first stage does, with the files that it copies, and no engine."""
    source, result = tmp_path / "src", tmp_path / "rootfs"
    lines = DOCKERFILE.read_text().splitlines()
    first_stage = lines[: lines.index("FROM scratch")]
    for line in first_stage:
        if line.startswith("COPY "):
            *names, target = line.split()[1:]
            copy(names, source / target)
    [command] = [line for line in first_stage if "-m image rootfs" in line]

    words = command.removeprefix("RUN ").replace("/rootfs", str(result))
    words = words.replace("python3", server_python())
    subprocess.run(["sh", "-ec", words], cwd=source, check=True)

    assert list(files(result)) == list(files(root))


def copy(names: list[str], target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        assert any(name == it or name.startswith(f"{it}/") for it in seen_by_the_build())
        if (REPOSITORY / name).is_dir():
            shutil.copytree(REPOSITORY / name, target, dirs_exist_ok=True)
        else:
            shutil.copy(REPOSITORY / name, target)


def seen_by_the_build() -> list[str]:
    lines = DOCKERFILE.with_name("Dockerfile.dockerignore").read_text().splitlines()
    return [line.removeprefix("!") for line in lines if line.startswith("!")]


def test_every_library_that_python_loads_is_there(root: Path) -> None:
    modules = "bz2, ctypes, hashlib, lzma, ssl, uuid, zlib, aiohttp, kopf, pydantic_core, yaml"
    check = f"import {modules}; ssl.create_default_context(); import senlin_operator.app"

    subprocess.run(["chroot", root, "/usr/bin/python3.11", "-c", check], check=True)


def test_it_is_small(archive: Path) -> None:
    assert archive.name == ARCHIVE
    assert archive.stat().st_size < 50_000_000
