"""The operator's image in a cluster: a Deployment under the README's rights and nothing more."""

from pathlib import Path
from typing import Any

import pytest

from deploy.image.archive import REFERENCE
from sandbox import Sandbox
from sandbox.control import fetch
from sandbox.errors import SandboxError
from tests.operator.rights import NAME, operator_account
from tests.operator.world import World
from tests.pods.manifests import pod_spec

PORT = 8080


class PodWorld(World):
    """A namespace whose operator is a Deployment."""

    def tail(self) -> str:
        return self.kubectl("logs", f"deployment/{NAME}", "--tail=40", check=False)

    def pod(self) -> dict[str, Any]:
        path = f"/api/v1/namespaces/{self.namespace}/pods"
        [pod] = self.sandbox.kubernetes.call("GET", path)["items"]
        return pod


@pytest.fixture
def world(sandbox: Sandbox, namespace: str, tmp_path: Path) -> PodWorld:
    world = PodWorld(sandbox, namespace, tmp_path / "unused.log")
    world.apply(*operator_account(namespace), deployment(namespace))
    world.kubectl("rollout", "status", f"deployment/{NAME}", "--timeout=60s")
    return world


def deployment(namespace: str) -> dict[str, Any]:
    """Return the operator as a Deployment that serves its own namespace."""
    container = {
        "args": ["run", f"--namespaces={namespace}", "--inventory-interval=3"],
        "ports": [{"name": "http", "containerPort": PORT}],
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": "http"}, "periodSeconds": 1},
        "livenessProbe": {"httpGet": {"path": "/livez", "port": "http"}},
    }
    labels = {"app": NAME}
    template = {
        "metadata": {"labels": labels},
        "spec": pod_spec(container, serviceAccountName=NAME),
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


def test_it_serves_the_quickstart_and_removes_it(world: PodWorld) -> None:
    world.quickstart()
    assert len(world.sandbox.nova.servers(world.nodes_named())) == 3

    world.delete("senlincluster/web", "senlinprofile/web-server", "secret/openstack")
    world.gone("SenlinCluster", "web")
    world.gone("SenlinProfile", "web-server")

    assert world.clusters() == world.profiles() == []
    assert world.pod()["status"]["containerStatuses"][0]["restartCount"] == 0


def test_its_metrics_are_reached_at_its_address(world: PodWorld) -> None:
    metrics = fetch("GET", f"http://{world.pod()['status']['podIP']}:{PORT}/metrics")

    assert metrics.ok
    assert "senlin_operator" in metrics.text


def test_it_ends_when_it_is_told_to(world: PodWorld) -> None:
    name = world.pod()["metadata"]["name"]

    world.kubectl("scale", f"deployment/{NAME}", "--replicas=0")
    world.kubectl("wait", "--for=delete", f"pod/{name}", "--timeout=20s")  # killed after 30


def test_a_pod_that_may_do_more_is_refused(sandbox: Sandbox, namespace: str) -> None:
    with pytest.raises(SandboxError, match="violates PodSecurity"):
        sandbox.kubectl("run", "root", f"--image={REFERENCE}", f"--namespace={namespace}")
