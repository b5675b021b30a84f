"""The operator's image in a cluster: a Deployment under the README's rights and nothing more."""

from pathlib import Path
from typing import Any

import pytest

from deploy.image.archive import REFERENCE
from sandbox import Sandbox
from sandbox.control import fetch
from sandbox.errors import SandboxError
from tests.operator.rights import NAME, operator_account
from tests.operator.tenant import Tenant
from tests.pods.manifests import pod_spec

PORTS = {"metrics": 8080, "probes": 8081}


class TenantOfAPod(Tenant):
    """A namespace whose operator is a Deployment."""

    def __init__(self, sandbox: Sandbox, namespace: str) -> None:
        super().__init__(sandbox, namespace, self._pod_log)

    def _pod_log(self) -> str:
        return self.kubectl("logs", f"deployment/{NAME}", "--tail=40", check=False)

    def pod(self) -> dict[str, Any]:
        path = f"/api/v1/namespaces/{self.namespace}/pods"
        pod: dict[str, Any]
        [pod] = self.sandbox.kubernetes.call("GET", path)["items"]
        return pod


@pytest.fixture
def tenant(sandbox: Sandbox, namespace: str, tmp_path: Path) -> TenantOfAPod:
    tenant = TenantOfAPod(sandbox, namespace)
    tenant.apply(*operator_account(namespace), deployment(namespace))
    tenant.kubectl("rollout", "status", f"deployment/{NAME}", "--timeout=60s")
    return tenant


def deployment(namespace: str) -> dict[str, Any]:
    """Return the operator as a Deployment that serves its own namespace."""
    container = {
        "args": [
            *("run", f"--namespaces={namespace}", "--inventory-interval=3"),
            "--metrics-authentication=none",
        ],
        "ports": [{"name": name, "containerPort": port} for name, port in PORTS.items()],
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": "probes"}, "periodSeconds": 1},
        "livenessProbe": {"httpGet": {"path": "/livez", "port": "probes"}},
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


def test_it_serves_the_quickstart_and_removes_it(tenant: TenantOfAPod) -> None:
    tenant.quickstart()
    assert len(tenant.sandbox.nova.servers(tenant.nodes_named())) == 3

    tenant.delete("senlincluster/web", "senlinprofile/web-server", "secret/openstack")
    tenant.gone("SenlinCluster", "web")
    tenant.gone("SenlinProfile", "web-server")

    assert tenant.clusters() == tenant.profiles() == []
    assert tenant.pod()["status"]["containerStatuses"][0]["restartCount"] == 0


def test_its_metrics_are_reached_at_its_address(tenant: TenantOfAPod) -> None:
    metrics = fetch("GET", f"http://{tenant.pod()['status']['podIP']}:{PORTS['metrics']}/metrics")

    assert metrics.ok
    assert "senlin_operator" in metrics.text


def test_it_ends_at_sigterm(tenant: TenantOfAPod) -> None:
    name = tenant.pod()["metadata"]["name"]

    tenant.kubectl("scale", f"deployment/{NAME}", "--replicas=0")
    tenant.kubectl("wait", "--for=delete", f"pod/{name}", "--timeout=20s")  # killed after 30


def test_a_pod_that_may_do_more_is_refused(sandbox: Sandbox, namespace: str) -> None:
    with pytest.raises(SandboxError, match="violates PodSecurity"):
        sandbox.kubectl("run", "root", f"--image={REFERENCE}", f"--namespace={namespace}")
