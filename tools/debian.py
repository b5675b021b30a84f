"""Debian's packages, unpacked into a directory and never installed."""

import platform
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.cache import cached
from tools.progress import step
from tools.run import Command, run

RELEASE = "bookworm"
PROGRAMS = ("apt-get", "dpkg-deb")


def obstacle() -> str | None:
    """Return the reason why this machine cannot fetch the packages, a sentence, or None."""
    if missing := [name for name in PROGRAMS if not shutil.which(name)]:
        return f"{', '.join(missing)} is not on PATH."
    if _release() != RELEASE:
        return f"it takes Debian {RELEASE}, and this machine runs something else."
    return None


def _release() -> str | None:
    lines = Path("/etc/os-release").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line).get("VERSION_CODENAME")


def unpacked(name: str, packages: Sequence[str]) -> Path:
    """Return a directory with the contents of these packages, from the cache if possible.

    Args:
        name: The name in the cache.
        packages: Each in the notation of `apt-get install`, such as `runc=1.1.5*`. Debian's archive
            keeps only the newest security update of a package, so pin the upstream version only.

    Raises:
        ToolError: The machine's package sources have no such version.
    """

    def make(target: Path) -> None:
        with (
            step(f"Unpacked {name} from Debian's packages"),
            tempfile.TemporaryDirectory(prefix="packages-", dir=target) as downloads,
        ):
            for package in fetch(Path(downloads), packages):
                run(["dpkg-deb", "--extract", package, target])

    return cached(name, [*packages, platform.machine()], make)


def fetch(directory: Path, packages: Sequence[str]) -> list[Path]:
    """Download packages into that directory; return the files, sorted by name.

    They come from the machine's package sources, and apt checks the signatures. apt's lists and
    cache are in the directory as well, so the machine's own are neither used nor changed.
    """
    state, archives = directory / "state", directory / "cache" / "archives"
    (state / "lists" / "partial").mkdir(parents=True)
    (archives / "partial").mkdir(parents=True)
    apt: Command = [
        "apt-get",
        "--quiet",
        f"--option=Dir::State={state}",
        f"--option=Dir::Cache={archives.parent}",
        "--option=Dir::State::status=/var/lib/dpkg/status",
        "--option=APT::Sandbox::User=root",  # else it warns that its user may not write here
    ]
    run([*apt, "update"])
    run([*apt, "download", *packages], cwd=directory)
    return sorted(directory.glob("*.deb"))
