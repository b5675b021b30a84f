"""Tests in pods: of a sandbox of their own, which each test is inside of."""

from collections.abc import Iterator

import pytest

from sandbox import Sandbox
from tests.conftest import shared_sandbox


@pytest.fixture(scope="session")
def sandbox_with_pods(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """The sandbox of all tests in pods, with the operator's image; nobody is inside of it yet."""
    with shared_sandbox(request.config, "with-pods", pods=True) as shared:
        yield shared


@pytest.fixture
def sandbox(sandbox_with_pods: Sandbox) -> Iterator[Sandbox]:
    """The same; the test is inside of it, and may use it as others use theirs."""
    with sandbox_with_pods.inside():
        yield sandbox_with_pods


@pytest.fixture
def namespace(sandbox: Sandbox, namespace: str) -> Iterator[str]:
    """A namespace for one test, in which Kubernetes enforces the strictest rules for pods."""
    label = "pod-security.kubernetes.io/enforce=restricted"
    sandbox.kubectl("label", "namespace", namespace, label)
    yield namespace
    all_here = ["--all", "--wait=false", f"--namespace={namespace}"]
    sandbox.kubectl("delete", "deployments,jobs,pods", *all_here)
