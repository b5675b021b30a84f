"""Releases in pods, of which each has a namespace of its own in the sandbox that all share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.chart.chart import DEPLOY, RELEASE
from tests.chart.pods.release import OWN, Release, Served
from tests.pods.conftest import namespace, sandbox, sandbox_with_pods

__all__ = ["namespace", "sandbox", "sandbox_with_pods"]

AGGREGATED = DEPLOY / "kustomize" / "base" / "aggregated.yaml"


@pytest.fixture
def served(release: Release, tmp_path: Path) -> Served:
    """A tenant in the namespace of the release that serves it."""
    release.install(**OWN, watchNamespaces=[release.namespace])
    return Served(release, release.namespace)


@pytest.fixture
def release(sandbox: Sandbox, namespace: str) -> Iterator[Release]:
    """A release that serves its own namespace, among others in the same cluster."""
    sandbox.kubectl("apply", "--server-side", "-f", str(AGGREGATED))
    release = Release(sandbox, namespace)
    yield release
    release.helm("uninstall", RELEASE, "--ignore-not-found", "--no-hooks")
