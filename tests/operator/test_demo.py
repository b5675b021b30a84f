"""The demo, as `make demo` runs it."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.operator.tenant import ticks

pytestmark = pytest.mark.slow

DEMO = [sys.executable, "-u", "-m", "sandbox.demo"]
ENVIRON = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


def test_the_demo_ends_well() -> None:
    ended = subprocess.run(
        DEMO, capture_output=True, text=True, timeout=240, env=ENVIRON, check=False
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    for told in ("Ready +5 +5", "4 of 5 nodes are active", "left in the cloud: 0 objects"):
        assert re.search(told, ended.stdout)


@pytest.mark.thorough
def test_an_interrupted_demo_leaves_nothing_behind(tmp_path: Path) -> None:
    """At its most crowded moment: all servers run, and so does the operator."""
    told = tmp_path / "told"
    with told.open("wb") as output:
        environ = {**ENVIRON, "TMPDIR": str(tmp_path)}
        demo = subprocess.Popen([*DEMO, "--keep"], stdout=output, stderr=output, env=environ)
    try:
        for _ in ticks(120):
            if "kubectl scale" in told.read_text():
                break
        assert processes_in(tmp_path), told.read_text()
    finally:
        demo.send_signal(signal.SIGINT)

    assert demo.wait(60) == 130
    assert processes_in(tmp_path) == []


def processes_in(directory: Path) -> list[str]:
    """Return the command lines that name the directory."""
    found = subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True, check=True)
    return [line for line in found.stdout.splitlines() if str(directory) in line]
