"""docs/versions.md names the versions that the tests run, and no others as tested."""

import re

import pytest
import yaml

from sandbox.binaries import KUBERNETES
from tests.unit.docs.sources import ROOT
from tools import helm

PAGE = (ROOT / "docs" / "versions.md").read_text()
CHART = yaml.safe_load((ROOT / "deploy/helm/senlin-operator/Chart.yaml").read_text())
CLOUD = ("nova", "neutron", "glance", "placement", "heat", "octavia", "zaqar", "keystone")


def pinned(requirements: str, package: str) -> str:
    text = (ROOT / "sandbox" / requirements / "requirements.txt").read_text()
    [version] = re.findall(rf"^(?:openstack-)?{package}==(\S+)", text, flags=re.MULTILINE)
    return str(version)


def row(title: str) -> tuple[str, str]:
    """Return what a row says to be supported, and to be tested."""
    [cells] = re.findall(rf"^\| {title} \| (.+) \| (.+) \|$", PAGE, flags=re.MULTILINE)
    return cells[0], cells[1]


@pytest.mark.parametrize(
    ("title", "version"),
    [
        ("Kubernetes", KUBERNETES),
        ("Senlin", pinned("senlin", "senlin")),
        ("OpenStack below Senlin", f"Keystone {pinned('keystone', 'keystone')}"),
        *(
            ("OpenStack below Senlin", f"{name.capitalize()} {pinned('real', name)}")
            for name in CLOUD
        ),
        ("Helm", helm.VERSION),
        ("Kustomize", KUBERNETES),
    ],
)
def test_the_tested_version_is_the_pinned_one(title: str, version: str) -> None:
    assert re.search(rf"\b{re.escape(version)}\b", row(title)[1])


def test_the_oldest_kubernetes_and_python_are_those_of_the_packages() -> None:
    [python] = re.findall(
        r'^requires-python = ">=(.+)"', (ROOT / "pyproject.toml").read_text(), re.M
    )
    kubernetes = CHART["kubeVersion"].removeprefix(">=").removesuffix(".0-0")

    assert row("Kubernetes")[0] == f"{kubernetes} or newer"
    assert row("Python")[0].startswith(f"{python} or newer")


def test_the_maturity_is_that_of_the_package() -> None:
    served = {
        version["name"]
        for file in ROOT.glob("crds/*.yaml")
        for version in yaml.safe_load(file.read_text())["spec"]["versions"]
    }

    assert f"version {CHART['appVersion']}" in PAGE
    assert served == set(re.findall(r"v1(?:alpha|beta)\d", PAGE))
