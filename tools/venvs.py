"""Virtual environments of servers from PyPI, each pinned with hashes and made once."""

import platform
import shutil
import sys
from pathlib import Path

from tools.cache import cached
from tools.progress import step
from tools.run import Command, ToolError, run

SERVER_PYTHON = (3, 11)  # what the servers' pinned packages were resolved for


def virtual_environment(name: str, requirements: Path, python: str) -> Path:
    """Return an environment with exactly the pinned packages.

    It is renamed once it is made, so its scripts' first lines are wrong: call `bin/python`.
    """

    def make(target: Path) -> None:
        with step(f"Installed {name} from PyPI"):
            run([python, "-m", "venv", target])
            pip: Command = [target / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
            run([*pip, "install", "--quiet", "--require-hashes", "--requirement", requirements])

    inputs = [requirements.read_text(), platform.system(), platform.machine(), python]
    return cached(name, inputs, make)


def server_python() -> str:
    """Return the Python that the servers run on."""
    if sys.version_info[:2] == SERVER_PYTHON:
        # Not that of a checkout's own environment: the servers' outlive it, and serve others.
        return str(Path(sys.executable).resolve())
    wanted = "python" + ".".join(map(str, SERVER_PYTHON))
    if found := shutil.which(wanted):
        return found
    raise ToolError(f"Keystone and Senlin need {wanted}, which is not on PATH.")
