from pathlib import Path

import pytest

from sandbox.binaries import is_new_enough, kubernetes_binaries
from sandbox.tools import SandboxError


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


def test_given_binaries_are_taken_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    for name in ("etcd", "kube-apiserver", "kubectl"):
        program(tmp_path / name)

    with pytest.raises(SandboxError, match="has no kube-controller-manager"):
        kubernetes_binaries()

    program(tmp_path / "kube-controller-manager")
    assert kubernetes_binaries() == tmp_path
