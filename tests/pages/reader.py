"""A reader of the pages: their own copy of the repository, a shell, and a kubeconfig."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent

import yaml

from sandbox import Sandbox
from senlin_operator.settings import PREFIX
from tests.pages.commands import blocks
from tests.pages.table import TABLE, Entry, Run
from tests.unit.docs.sources import ROOT
from tools.helm import helm_binary

SECONDS = 120
# Such a command runs until one stops it: it must not end by itself.
_LASTS = re.compile(r"^(.+(?: --watch| run --log-format console))$", re.MULTILINE)
_YAML = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
# A refusal is a failure; but that Senlin is at work on the cluster (409) passes.
_CURL = "fail\nretry = 10\nretry-delay = 1\nretry-all-errors\n"
_STOP_JOBS = "trap 'jobs -p | xargs --no-run-if-empty kill' EXIT\n"


class Reader:
    """Runs commands as a person would who has cloned the repository."""

    def __init__(self, sandbox: Sandbox, namespace: str, home: Path) -> None:
        self._clone = _cloned(home / "clone")
        clouds = yaml.safe_dump(sandbox.clouds())
        _write(home / ".config/openstack/clouds.yaml", clouds)
        _write(home / ".curlrc", _CURL)
        _write(self._clone / "deploy/samples/quickstart/secret.yaml", _secret(clouds))
        kubeconfig = _write(home / ".kube/config", sandbox.kubeconfig.read_text())
        self._environment = {
            **os.environ,
            "PATH": f"{sandbox.bin}:{helm_binary().parent}:{os.environ['PATH']}",
            "HOME": str(home),
            "KUBECONFIG": str(kubeconfig),
            "SANDBOX": str(sandbox.directory),
            f"{PREFIX}PROBE_PORT": "0",
            f"{PREFIX}METRICS_PORT": "0",
        }
        self.run(f"kubectl config set-context --current --namespace={namespace}")

    def run(self, script: str, variables: Mapping[str, str] | None = None) -> str:
        """Run commands, and return their output; fail with all of it if one of them fails."""
        lasting = _LASTS.sub(r"timeout 3 \1 || [ $? = 124 ]", script)
        ended = subprocess.run(
            ["bash", "-euxo", "pipefail", "-c", _STOP_JOBS + lasting],
            cwd=self._clone,
            env={**self._environment, **(variables or {})},
            capture_output=True,
            timeout=SECONDS,
            text=True,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def write(self, name: str, text: str) -> None:
        _write(self._clone / name, text)


def entries_of(page: str) -> Iterator[tuple[str, Entry]]:
    """Yield the blocks of a page, each with its entry in the table."""
    yield from zip(blocks(ROOT / page), TABLE[page], strict=True)


def filled_in(block: str, entry: Run) -> str:
    """Return the commands of a block, with those that go before it."""
    for old, new in entry.instead.items():
        assert old in block, f"{old!r} is not in:\n{block}"
        block = block.replace(old, new)
    return entry.before + block


def shown(page: str, number: int) -> str:
    """Return a YAML block of a page."""
    return dedent(_YAML.findall((ROOT / page).read_text())[number])


def _cloned(clone: Path) -> Path:
    """Make a copy of the repository in which a reader may edit the samples."""
    clone.mkdir(parents=True)
    for entry in ROOT.iterdir():
        if entry.name not in ("deploy", ".git"):
            (clone / entry.name).symlink_to(entry)
    shutil.copytree(ROOT / "deploy", clone / "deploy")
    return clone


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _secret(clouds: str) -> str:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "openstack"}}
    return yaml.safe_dump({**secret, "stringData": {"clouds.yaml": clouds}})
