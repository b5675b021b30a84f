"""The list of the image's contents (CycloneDX): packages from PyPI and from Debian."""

import json
from email import message_from_string
from pathlib import Path
from typing import Any

from deploy.image.base import REPOSITORY, build_time, tools
from tools.run import Command, output_of
from tools.venvs import server_python

SBOM = Path("usr/share/sbom/senlin-operator.cdx.json")


def write_sbom(root: Path, site: Path, status: Path) -> None:
    """Write the list into the image.

    Args:
        root: The image's root.
        site: Where its Python packages are, below the root.
        status: Where Debian's descriptions of its packages are, below the root.
    """
    document = _python_packages(root / site)
    document["components"] += [_debian_package(file) for file in sorted((root / status).iterdir())]
    file = root / SBOM
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(document, indent=1))


def _python_packages(site: Path) -> dict[str, Any]:
    list_all: Command = [
        tools(),
        "-m",
        "cyclonedx_py",
        "environment",
        "-S",
        server_python(),
    ]
    about: Command = [
        "--pyproject",
        REPOSITORY / "pyproject.toml",
        "--output-reproducible",
    ]
    environ = {"PYTHONPATH": str(site), "SOURCE_DATE_EPOCH": str(build_time())}
    document: dict[str, Any] = json.loads(
        # -S: list the packages of PYTHONPATH, and none of that Python's own
        output_of([*list_all, *about], env=environ)
    )
    return document


def _debian_package(description: Path) -> dict[str, Any]:
    fields = message_from_string(description.read_text())
    name, version, architecture = fields["Package"], fields["Version"], fields["Architecture"]
    url = f"pkg:deb/debian/{name}@{version}?arch={architecture}&distro=debian-12"
    return {
        "type": "library",
        "bom-ref": url,
        "name": name,
        "version": version,
        "purl": url,
    }
