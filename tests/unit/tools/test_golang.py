from pathlib import Path

import pytest

from tools.golang import is_new_enough


def program(path: Path, text: str = "") -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        pytest.param("go1.26.8", True, id="the oldest that will do"),
        pytest.param("go1.27rc1", True, id="not yet released"),
        pytest.param("go2.0", True, id="a next major"),
        pytest.param("go1.9.7", False, id="older, though 9 is more than 2"),
        pytest.param("devel +1234", False, id="unknown"),
    ],
)
def test_go_is_new_enough(tmp_path: Path, version: str, expected: bool) -> None:
    program(tmp_path / "go", f"echo '{version}'")

    assert is_new_enough(tmp_path / "go") is expected
