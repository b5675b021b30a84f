"""Where no pods can run, their tests are left out, and pytest says so; in CI they are not."""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]


def collect(**environ: str) -> str:
    inherited = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "--ignore-glob=tests/[!cp]*"],
        cwd=REPOSITORY,
        env={**inherited, **environ},
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_without_a_kubelet_they_are_left_out_by_a_plain_line(tmp_path: Path) -> None:
    shown = collect(KUBEBUILDER_ASSETS=str(tmp_path))

    assert "/pods/" not in shown
    assert "Left out: all tests in folders called pods, which cannot run here: " in shown


def test_in_ci_they_are_not(tmp_path: Path) -> None:
    shown = collect(KUBEBUILDER_ASSETS=str(tmp_path), CI="true")

    assert "tests/pods/" in shown
    assert "tests/chart/pods/" in shown
    assert "Left out" not in shown
