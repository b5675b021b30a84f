"""The commands of docs/uninstall.md, as they stand there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.chart.chart import CHART, RELEASE, await_served
from tests.chart.pages import run
from tests.operator.world import PROGRAM, Operator, World

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


@pytest.fixture
def world(sandbox_of_its_own: Sandbox, tmp_path: Path) -> Iterator[World]:
    """A namespace with a cluster, a policy, and the operator that made them."""
    sandbox_of_its_own.kubectl("create", "namespace", "team")
    world = World(sandbox_of_its_own, "team", tmp_path / "operator.log")
    world.operator.start()
    world.apply(world.policy())
    world.quickstart()
    world.ready("SenlinPolicy", "grow")
    yield world
    world.operator.kill()


def test_openstack_is_left_as_it_is(world: World) -> None:
    run(world.sandbox, PAGE, "Leave OpenStack as it is")

    assert left(world.sandbox) == []
    assert len(world.clusters()) == len(world.profiles()) == len(world.policies()) == 1


def test_what_cannot_be_let_go_of_is_not_deleted(world: World) -> None:
    sandbox = world.sandbox
    sandbox.kubectl("apply", "-f", "-", input=NOTHING_IS_DETACHED)
    detach = '{"spec":{"managedOptions":{"onDelete":"detach"}}}'
    trial = ("patch", "senlincluster/web", "--type=merge", f"--patch={detach}", "--dry-run=server")
    world.eventually(lambda: not world.kubectl(*trial, check=False), "refused")

    with pytest.raises(AssertionError):
        run(sandbox, PAGE, "Leave OpenStack as it is")

    assert not any("deletionTimestamp" in it["metadata"] for it in world.all_of("SenlinCluster"))
    assert len(left(sandbox)) == 3


def test_everything_is_deleted(world: World) -> None:
    run(world.sandbox, PAGE, "Delete everything in OpenStack, too")

    assert left(world.sandbox) == []
    assert world.clusters() == world.profiles() == world.policies() == []


def test_without_the_operator_a_namespace_can_be_freed(world: World) -> None:
    world.operator.kill()
    world.kubectl("delete", "namespace", "team", "--wait=false")

    run(world.sandbox, PAGE, "If the operator was uninstalled first")

    world.kubectl("wait", "--for=delete", "namespace/team", "--timeout=40s")
    assert len(world.clusters()) == 1


def test_an_operator_elsewhere_frees_the_namespace_and_openstack(world: World) -> None:
    """The one in the namespace went with it; it may have been any."""
    world.operator.kill()
    world.kubectl("delete", "namespace", "team", "--wait=false")

    home = ["--namespace=elsewhere", "--create-namespace", "--take-ownership"]
    world.sandbox.helm("install", RELEASE, str(CHART), *home)
    account = world.sandbox.service_account_kubeconfig("elsewhere", RELEASE)
    world.operator = Operator(account, "", world.operator.log, PROGRAM)
    world.operator.start()

    world.kubectl("wait", "--for=delete", "namespace/team", "--timeout=40s")
    assert world.clusters() == world.profiles() == world.policies() == []


def test_the_custom_resources_can_be_removed(sandbox_of_its_own: Sandbox) -> None:
    await_served(sandbox_of_its_own)

    run(sandbox_of_its_own, PAGE, "3. The custom resource definitions")

    assert not sandbox_of_its_own.kubectl("get", "crds", "-o", "name")


def left(sandbox: Sandbox) -> list[str]:
    return sandbox.kubectl("get", "senlin", "--all-namespaces", "-o", "name").split()
