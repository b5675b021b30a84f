"""Inside a cluster: by the credentials that Kubernetes mounts, with the rights in the README."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from sandbox import Sandbox
from tests.operator.process import PROGRAM, Operator
from tests.operator.rights import operator_account
from tests.operator.tenant import TenantWithOperator

MOUNT = "/run/secrets/kubernetes.io/serviceaccount"


@pytest.fixture
def mounted(tenant_account: TenantWithOperator, tmp_path: Path) -> list[str]:
    """The command that runs the operator as in a pod: with a token mounted, and no kubeconfig."""
    config = yaml.safe_load(
        tenant_account.sandbox.service_account_kubeconfig(
            tenant_account.namespace, "operator"
        ).read_text()
    )
    account = tmp_path / "account"
    account.mkdir()
    (account / "token").write_text(config["users"][0]["user"]["token"])
    (account / "namespace").write_text(tenant_account.namespace)
    shutil.copy(tenant_account.sandbox.directory / "pki" / "ca.crt", account / "ca.crt")
    mount = f"mount -t tmpfs tmpfs /run && mkdir -p {MOUNT} && mount --bind {account} {MOUNT}"
    return ["unshare", "--mount", "--map-root-user", "sh", "-c", f'{mount} && exec "$@"', "sh"]


@pytest.fixture
def tenant_account(idle_tenant: TenantWithOperator) -> TenantWithOperator:
    """A namespace with a ServiceAccount that has the operator's rights in it."""
    idle_tenant.apply(*operator_account(idle_tenant.namespace))
    return idle_tenant


def test_it_runs_by_the_mounted_account(
    sandbox: Sandbox, tenant_account: TenantWithOperator, mounted: list[str]
) -> None:
    tenant = tenant_account
    tenant.operator = Operator(None, tenant.namespace, tenant.operator.log, [*mounted, *PROGRAM])
    host, port = sandbox.kubernetes.url.removeprefix("https://").split(":")

    tenant.operator.start(KUBERNETES_SERVICE_HOST=host, KUBERNETES_SERVICE_PORT=port)
    tenant.apply(tenant.policy())
    tenant.quickstart()
    tenant.ready("SenlinPolicy", "grow")
    tenant.delete("senlincluster/web", "senlinprofile/web-server", "senlinpolicy/grow")
    tenant.gone("SenlinPolicy", "grow")
    tenant.gone("SenlinCluster", "web")
    tenant.gone("SenlinProfile", "web-server")

    assert tenant.operator.stop() == 0, tenant.tail()


def test_without_any_way_in_it_says_so() -> None:
    environ = {**os.environ, "HOME": "/nonexistent"}
    environ.pop("KUBECONFIG", None)

    ended = subprocess.run(
        [*PROGRAM, "run"], capture_output=True, text=True, env=environ, timeout=30, check=False
    )

    assert ended.returncode == 1
    assert "No access to Kubernetes is configured" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_without_the_custom_resources_it_says_how_to_install_them() -> None:
    with Sandbox.up() as bare:
        ended = subprocess.run(
            [
                *(*PROGRAM, "run", "--kubeconfig", str(bare.kubeconfig)),
                *("--probe-port", "0", "--metrics-port", "0"),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert ended.returncode == 1
    assert "install it with kubectl apply -f crds/" in ended.stderr
    assert "Traceback" not in ended.stderr
