"""Packages from Debian's archive, unpacked into a directory of their own and never installed."""

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
    """Return why these packages cannot be had on this machine, as a sentence; None: they can."""
    if missing := [name for name in PROGRAMS if not shutil.which(name)]:
        return f"{', '.join(missing)} is not on PATH."
    if _release() != RELEASE:
        return f"some programs are taken from Debian's release {RELEASE}, and this is not it."
    return None


def _release() -> str | None:
    lines = Path("/etc/os-release").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line).get("VERSION_CODENAME")


def unpacked(name: str, packages: Sequence[str]) -> Path:
    """Return the directory into which these packages are unpacked; it is made once.

    Args:
        name: What the whole is called.
        packages: Each as `apt-get install` takes it, such as `runc=1.1.5*`. The archive keeps only
            the newest of a release's security updates, so what follows the upstream version should
            be left open.

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
    """Download packages into that directory; return their files, in the order of their names.

    They come from the machine's own package sources, whose signatures apt checks. What apt keeps
    of them is in the directory, too: the machine's own state is neither needed nor changed.
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
        "--option=APT::Sandbox::User=root",  # else it warns that its own user may not write here
    ]
    run([*apt, "update"])
    run([*apt, "download", *packages], cwd=directory)
    return sorted(directory.glob("*.deb"))
