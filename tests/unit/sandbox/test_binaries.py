from pathlib import Path

import pytest

from sandbox.binaries import kubernetes_binaries
from sandbox.errors import SandboxError


def program(path: Path, text: str = "") -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


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
