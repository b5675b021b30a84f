"""Make the archive of the kubectl plugin for this platform: `python -m deploy.krew DIRECTORY`.

It has the libraries, pinned as for the image, and a program that runs the plugin with them. The
manifest is printed with the hash of the archive.
"""

import argparse
import hashlib
import platform
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

from tools.run import ToolError, run

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
MANIFEST = HERE / "senlin.yaml"
PROGRAM = "kubectl-senlin"
_PINNED = REPOSITORY / "requirements" / "runtime.txt"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_UNKNOWN = "0" * 64


def make(directory: Path) -> Path:
    """Make the archive in a directory; return its path.

    Raises:
        ToolError: pip fails.
    """
    directory.mkdir(parents=True, exist_ok=True)
    archive = directory / f"{PROGRAM}-{_platform()}.tar.gz"
    with tempfile.TemporaryDirectory() as work:
        root = Path(work)
        pip: list[str | Path] = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--target",
            root / "lib",
        ]
        run([*pip, "--require-hashes", "-r", _PINNED])
        run([*pip, "--no-deps", REPOSITORY])
        fill(root)
        with tarfile.open(archive, "w:gz") as packed:
            for path in sorted(root.iterdir()):
                packed.add(path, path.name)
    return archive


def fill(root: Path) -> None:
    """Put the program and the licence beside the libraries; take away what pip made for others."""
    shutil.copy(HERE / PROGRAM, root)
    shutil.copy(REPOSITORY / "LICENSE", root)
    shutil.rmtree(root / "lib" / "bin", ignore_errors=True)


def manifest(archive: Path) -> str:
    """Return the manifest with the hash of an archive."""
    text = MANIFEST.read_text()
    before, name, after = text.partition(archive.name)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    return before + name + after.replace(_UNKNOWN, digest, 1)


def _platform() -> str:
    machine = platform.machine()
    return f"{platform.system().lower()}-{_ARCHITECTURES.get(machine, machine)}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.krew", description=__doc__)
    parser.add_argument("directory", type=Path)
    try:
        print(manifest(make(parser.parse_args().directory)), end="")
    except ToolError as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
