"""The life of a release: installed, upgraded, uninstalled, installed again, in use all the time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.chart.chart import CHART, RELEASE, await_served
from tests.chart.previous import previous_chart
from tests.operator.process import PROGRAM, Operator
from tests.operator.tenant import TenantWithOperator

NAMESPACE = "senlin-operator"
SECRET_LIMIT = 1024 * 1024  # bytes; more the API server does not take
GROUP = "senlin.openstack.org"
CRDS = CHART.parents[2] / "crds"


@pytest.fixture
def bare() -> Iterator[Sandbox]:
    """A sandbox without our custom resources."""
    with Sandbox.up(audit=True) as bare:
        yield bare


@pytest.fixture
def tenant(bare: Sandbox, tmp_path: Path) -> Iterator[TenantWithOperator]:
    """A namespace of a user, whose operator runs outside of it."""
    bare.kubectl("create", "namespace", "team")
    tenant = TenantWithOperator(bare, "team", tmp_path / "operator.log")
    yield tenant
    tenant.operator.kill()


def install(sandbox: Sandbox, chart: Path = CHART, *options: str) -> None:
    where = [f"--namespace={NAMESPACE}", "--create-namespace"]
    sandbox.helm("upgrade", "--install", RELEASE, str(chart), *where, *options)


def uninstall(sandbox: Sandbox) -> None:
    """Without its hook: that is a pod, and this sandbox runs none."""
    sandbox.helm("uninstall", RELEASE, f"--namespace={NAMESPACE}", "--no-hooks")


def test_no_value_is_needed(bare: Sandbox) -> None:
    install(bare)

    await_served(bare)
    assert definitions(bare) == [f"{file.stem}.{GROUP}" for file in sorted(CRDS.glob("*.yaml"))]
    assert stored(bare) < SECRET_LIMIT / 4


def test_resources_outlive_an_upgrade_and_a_new_installation(
    bare: Sandbox, tenant: TenantWithOperator, tmp_path: Path
) -> None:
    install(bare, previous_chart(tmp_path))
    await_served(bare)
    account = bare.service_account_kubeconfig(NAMESPACE, RELEASE)
    tenant.operator = Operator(account, "", tenant.operator.log, PROGRAM)
    tenant.operator.start()
    before = tenant.quickstart()
    assert "READY" not in tenant.kubectl("get", "senlinclusters")

    install(bare)

    tenant.edit("SenlinCluster", "web", desiredCapacity=2)
    upgraded = tenant.ready()
    assert upgraded["metadata"]["uid"] == before["metadata"]["uid"]
    assert upgraded["status"]["id"] == before["status"]["id"]
    assert "READY" in tenant.kubectl("get", "senlinclusters")

    assert tenant.operator.stop() == 0, tenant.tail()
    uninstall(bare)
    left = tenant.get("SenlinCluster", "web")
    assert left
    assert left["status"] == upgraded["status"]
    assert not bare.kubectl("get", "all", f"--namespace={NAMESPACE}", "-o", "name")

    install(bare)
    account = bare.service_account_kubeconfig(NAMESPACE, RELEASE)
    tenant.operator = Operator(account, "", tenant.operator.log, PROGRAM)
    tenant.operator.start()
    tenant.edit("SenlinCluster", "web", desiredCapacity=1)
    assert tenant.ready()["status"]["id"] == before["status"]["id"]
    assert len(tenant.clusters()) == 1


def test_custom_resources_go_with_the_release_if_a_value_says_so(bare: Sandbox) -> None:
    install(bare)
    install(bare, CHART, "--set=crds.keep=false")
    await_served(bare)

    uninstall(bare)

    bare.kubectl("wait", "--for=delete", "crd", "--all", "--timeout=60s")
    assert definitions(bare) == []


def definitions(sandbox: Sandbox) -> list[str]:
    listed = sandbox.kubectl("get", "crds", "-o", "jsonpath={.items[*].metadata.name}")
    return sorted(listed.split())


def stored(sandbox: Sandbox) -> int:
    """Return the size of the Secret in which Helm keeps the release."""
    path = f"/api/v1/namespaces/{NAMESPACE}/secrets"
    [secret] = [it for it in sandbox.kubernetes.call("GET", path)["items"] if "helm" in it["type"]]
    return sum(map(len, secret["data"].values()))
