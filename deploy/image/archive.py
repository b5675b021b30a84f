"""The image as an OCI archive, kept in the cache by its inputs."""

import platform
import shutil
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from deploy.image.base import REPOSITORY, build_time
from deploy.image.dockerfile import DOCKERFILE, image_config
from deploy.image.rootfs import SOURCES, make_rootfs
from deploy.image.sbom import SBOM
from tools.cache import cached
from tools.oci import write_archive
from tools.progress import step

VERSION = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
# The full name of senlin-operator:VERSION, the chart's default.
REFERENCE = f"docker.io/library/senlin-operator:{VERSION}"
ARCHIVE = "senlin-operator.tar"
KEPT = 3  # archives of earlier versions of the code
INPUTS = (*SOURCES, "deploy/image", "requirements/runtime.txt", "requirements/image.txt")
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}  # in Go's spelling


def image_archive() -> Path:
    """Return the archive of this checkout's image; the list of contents is beside it."""
    return cached("image", _inputs(), _make, keep=KEPT) / ARCHIVE


def _inputs() -> Iterator[str | bytes]:
    yield platform.machine()
    yield str(build_time())
    yield from contents(INPUTS)


def contents(names: Iterable[str]) -> Iterator[str | bytes]:
    """Yield path and content of each of these files, and of all files in these directories."""
    for name in names:
        place = REPOSITORY / name
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if file.is_file() and file.suffix != ".pyc" and ".egg-info" not in str(file):
                yield str(file.relative_to(REPOSITORY))
                yield file.read_bytes()


def _make(target: Path) -> None:
    with step("Built the operator's image"), tempfile.TemporaryDirectory(dir=target) as root:
        Path(root).chmod(0o755)
        make_rootfs(Path(root))
        shutil.copy(Path(root) / SBOM, target)
        write_archive(
            target / ARCHIVE,
            REFERENCE,
            Path(root),
            image_config(DOCKERFILE.read_text()),
            architecture=ARCHITECTURES[platform.machine()],
            time=build_time(),
        )
