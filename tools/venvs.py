"""Virtual environments with packages from PyPI that are pinned with hashes; each is made once."""

import platform
import shutil
import sys
from pathlib import Path

from tools.cache import cached
from tools.progress import step
from tools.run import Command, ToolError, run

SERVER_PYTHON = (3, 11)  # for which the pinned packages were resolved


def virtual_environment(
    name: str, requirements: Path, python: str, *, keep: int | None = None
) -> Path:
    """Return an environment with exactly the pinned packages; `keep`: see `cached`.

    Call its `bin/python`, not its scripts: the cache renames the environment after it is made, so
    the first lines of the scripts name a Python that does not exist.
    """

    def make(target: Path) -> None:
        with step(f"Installed {name} from PyPI"):
            run([python, "-m", "venv", target])
            pip: Command = [target / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
            # Without resolving: the file lists everything, and pip's resolver refuses a pinned
            # package that another one requires with an extra, as Octavia does "oslo.db[mysql]".
            run([*pip, "install", "--quiet", "--require-hashes", "--no-deps", "-r", requirements])

    inputs = [requirements.read_text(), platform.system(), platform.machine(), python]
    return cached(name, inputs, make, keep=keep)


def server_python() -> str:
    """Return the Python on which Keystone, Senlin and the image's build run."""
    if sys.version_info[:2] == SERVER_PYTHON:
        # Resolved, or it would be a checkout's .venv, which other checkouts must not depend on.
        return str(Path(sys.executable).resolve())
    wanted = "python" + ".".join(map(str, SERVER_PYTHON))
    if found := shutil.which(wanted):
        return found
    raise ToolError(f"Keystone, Senlin and the image need {wanted}, which is not on PATH.")
