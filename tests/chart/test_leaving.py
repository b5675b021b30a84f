"""The commands of docs/uninstall.md, as they stand there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.chart.chart import CHART, RELEASE, await_served
from tests.chart.pages import run
from tests.conftest import a_namespace, started
from tests.operator.process import PROGRAM, Operator
from tests.operator.tenant import TenantWithOperator

PAGE = "uninstall.md"


NOTHING_IS_DETACHED = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: nothing-is-detached}
spec:
  matchConstraints:
    resourceRules:
      - apiGroups: [senlin.openstack.org]
        apiVersions: ["*"]
        operations: [UPDATE]
        resources: [senlinclusters]
  validations: [{expression: object.spec.managedOptions.onDelete != 'detach'}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: nothing-is-detached}
spec: {policyName: nothing-is-detached, validationActions: [Deny]}
"""


@pytest.fixture(scope="module")
def leavers_sandbox() -> Iterator[Sandbox]:
    """A sandbox with nothing of ours in it but what one test at a time puts there."""
    with started() as sandbox:
        yield sandbox


@pytest.fixture
def tenant(leavers_sandbox: Sandbox, tmp_path: Path) -> Iterator[TenantWithOperator]:
    """A namespace with a cluster, a policy, and the operator that made them."""
    namespace = a_namespace(leavers_sandbox)
    tenant = TenantWithOperator(leavers_sandbox, namespace, tmp_path / "operator.log")
    tenant.operator.start()
    tenant.apply(tenant.policy())
    tenant.quickstart()
    tenant.ready("SenlinPolicy", "grow")
    yield tenant
    leavers_sandbox.kubectl("delete", "senlin", "--all", "--all-namespaces", "--timeout=60s")
    tenant.operator.kill()


def test_openstack_is_left_as_it_is(tenant: TenantWithOperator) -> None:
    run(tenant.sandbox, PAGE, "Leave OpenStack as it is")

    assert left(tenant.sandbox) == []
    assert len(tenant.clusters()) == len(tenant.profiles()) == len(tenant.policies()) == 1


def test_a_cluster_that_cannot_be_detached_is_not_deleted(tenant: TenantWithOperator) -> None:
    sandbox = tenant.sandbox
    sandbox.kubectl("apply", "-f", "-", input=NOTHING_IS_DETACHED)
    detach = '{"spec":{"managedOptions":{"onDelete":"detach"}}}'
    trial = ("patch", "senlincluster/web", "--type=merge", f"--patch={detach}", "--dry-run=server")
    tenant.eventually(lambda: not tenant.kubectl(*trial, check=False), "refused")

    try:
        with pytest.raises(AssertionError):
            run(sandbox, PAGE, "Leave OpenStack as it is")

        clusters = tenant.all_of("SenlinCluster")
        assert not any("deletionTimestamp" in it["metadata"] for it in clusters)
        assert len(left(sandbox)) == 3
    finally:
        sandbox.kubectl("delete", "-f", "-", input=NOTHING_IS_DETACHED)


def test_everything_is_deleted(tenant: TenantWithOperator) -> None:
    run(tenant.sandbox, PAGE, "Delete everything in OpenStack, too")

    assert left(tenant.sandbox) == []
    assert tenant.clusters() == tenant.profiles() == tenant.policies() == []


def test_without_the_operator_a_namespace_can_be_freed(tenant: TenantWithOperator) -> None:
    tenant.operator.kill()
    tenant.kubectl("delete", "namespace", tenant.namespace, "--wait=false")

    run(tenant.sandbox, PAGE, "If the operator was uninstalled first")

    tenant.kubectl("wait", "--for=delete", f"namespace/{tenant.namespace}", "--timeout=40s")
    assert len(tenant.clusters()) == 1


def test_an_operator_elsewhere_frees_the_namespace_and_openstack(
    tenant: TenantWithOperator,
) -> None:
    """As when the operator ran in the namespace, and was deleted with it."""
    tenant.operator.kill()
    tenant.kubectl("delete", "namespace", tenant.namespace, "--wait=false")

    home = ["--namespace=elsewhere", "--create-namespace", "--take-ownership"]
    tenant.sandbox.helm("install", RELEASE, str(CHART), *home)
    account = tenant.sandbox.service_account_kubeconfig("elsewhere", RELEASE)
    tenant.operator = Operator(account, "", tenant.operator.log, PROGRAM)
    tenant.operator.start()

    tenant.kubectl("wait", "--for=delete", f"namespace/{tenant.namespace}", "--timeout=40s")
    assert tenant.clusters() == tenant.profiles() == tenant.policies() == []


def test_the_custom_resources_can_be_removed(sandbox_of_its_own: Sandbox) -> None:
    await_served(sandbox_of_its_own)

    run(sandbox_of_its_own, PAGE, "3. The custom resource definitions")

    assert not sandbox_of_its_own.kubectl("get", "crds", "-o", "name")


def left(sandbox: Sandbox) -> list[str]:
    return sandbox.kubectl("get", "senlin", "--all-namespaces", "-o", "name").split()
