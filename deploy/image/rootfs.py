"""The image's root file system: the base, the operator, and the list of contents.

Both the Dockerfile and the build without an engine use this module.
"""

import os
import shutil
import tempfile
from pathlib import Path

from deploy.image.base import (
    PYTHON,
    REPOSITORY,
    SITE,
    STATUS,
    base,
    build_time,
    compile_modules,
    pip,
    remove_programs,
)
from deploy.image.sbom import write_sbom
from tools.run import run

SOURCES = ("pyproject.toml", "README.md", "LICENSE", "operator")  # of the wheel
PROGRAM = "senlin-operator"


def make_rootfs(root: Path) -> None:
    """Write the image's root file system into an empty directory."""
    shutil.copytree(base(), root, symlinks=True, dirs_exist_ok=True)
    before = set((root / SITE).iterdir())
    _install_operator(root / SITE)
    _put_on_path(root)
    compile_modules(root, *(set((root / SITE).iterdir()) - before))
    write_sbom(root, SITE, STATUS)


def set_times(root: Path) -> None:
    """Give all files the same time; a container engine keeps the times of the files."""
    for path in (root, *root.rglob("*")):
        os.utime(path, (build_time(), build_time()), follow_symlinks=False)


def _install_operator(site: Path) -> None:
    with tempfile.TemporaryDirectory() as work:
        source = Path(work) / "source"
        _copy_sources(source)
        # PYTHONPATH: the wheel is built by the pinned setuptools, which a library needs as well.
        make_wheel = pip("wheel", "--no-deps", "--no-build-isolation", source)
        run(make_wheel, cwd=Path(work), env={"PYTHONPATH": str(site)})
        # By name: if installed by path, the package's metadata would contain the path.
        install = pip("install", "--no-compile", "--no-deps", "--target", site)
        run([*install, "--no-index", "--find-links", work, PROGRAM])


def _copy_sources(target: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    target.mkdir()
    for name in SOURCES:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=ignored)
        else:
            shutil.copy(source, target / name)


def _put_on_path(root: Path) -> None:
    """Write the operator's program to /usr/local/bin; pip's names the Python of the build."""
    _, _, code = (root / SITE / "bin" / PROGRAM).read_text().partition("\n")
    program = root / "usr/local/bin" / PROGRAM
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/usr/bin/{PYTHON}\n{code}")
    program.chmod(0o755)
    remove_programs(root / SITE)
