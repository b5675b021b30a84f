from pathlib import Path

import pytest

from tools.golang import Build, is_new_enough


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


def test_a_program_whose_source_changes_is_built_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fake Go builds a program that is its source."""
    program(tmp_path / "go", '[ $1 = env ] && echo go1.26; [ $1 = build ] && cat main.go >"$3"; :')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("SENLIN_SANDBOX_CACHE", str(tmp_path / "cache"))
    module = tmp_path / "module"
    module.mkdir()
    for name in ("go.mod", "go.sum"):
        (module / name).touch()

    def built(source: str) -> str:
        (module / "main.go").write_text(source)
        return (Build("own", "1", module, {"own": "."}, [], 1).built() / "own").read_text()

    assert [built("first"), built("second"), built("first")] == ["first", "second", "first"]
