"""Helm, which writes the kustomization and installs the chart in the tests."""

from pathlib import Path

from tools.golang import HERE, Build

VERSION = "4.3.1"
MODULE = HERE / "go" / "helm"
PACKAGES = {"helm": "helm.sh/helm/v4/cmd/helm"}
FLAGS = ["-trimpath", f"-ldflags=-s -w -X helm.sh/helm/v4/internal/version.version=v{VERSION}"]


def helm_binary() -> Path:
    """Return Helm; it is built if the cache does not have it."""
    return Build("helm", VERSION, MODULE, PACKAGES, FLAGS, 2).built() / "helm"
