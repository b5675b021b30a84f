"""The commands of a page in docs/, run as they stand there."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox import Sandbox
from tools.helm import helm_binary

REPOSITORY = Path(__file__).parents[2]
SECONDS = 90


@contextmanager
def running(sandbox: Sandbox, page: str, heading: str) -> Iterator[None]:
    """Run the commands below a heading meanwhile; wait until they have succeeded."""
    text = (REPOSITORY / "docs" / page).read_text()
    _, _, section = text.partition(f"# {heading}\n")
    [script, *_] = re.findall(r"^```sh\n(.*?)^```", section.split("\n#")[0], re.M | re.S)
    environment = {
        **os.environ,
        "PATH": f"{sandbox.bin}:{helm_binary().parent}:{os.environ['PATH']}",
        "KUBECONFIG": str(sandbox.kubeconfig),
        "HOME": str(sandbox.directory),
    }
    command = ["bash", "-c", script]  # as a person's shell, it goes on after a command that fails
    with subprocess.Popen(command, env=environment, cwd=REPOSITORY) as commands:
        try:
            yield
            assert commands.wait(SECONDS) == 0
        finally:
            commands.kill()


def run(sandbox: Sandbox, page: str, heading: str) -> None:
    """Run the commands below a heading."""
    with running(sandbox, page, heading):
        pass
