"""Killed between every two requests of an operation: it is sent once, and never told wrongly."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox import Sandbox
from tests.chaos.test_sudden_death import MORTAL
from tests.conftest import a_namespace
from tests.operator.process import Operator
from tests.operator.tenant import Document, TenantWithOperator, condition, ticks

REQUESTS = 52  # more than an operation takes, which the last case proves


@pytest.fixture(scope="module")
def with_cluster(
    sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TenantWithOperator]:
    """A tenant with a cluster for all cases, and without an operator that runs."""
    log = tmp_path_factory.mktemp("operation") / "operator.log"
    tenant = TenantWithOperator(sandbox, a_namespace(sandbox), log)
    tenant.operator.start()
    tenant.quickstart(desiredCapacity=1, capacityOwner="Senlin")
    tenant.operator.kill()
    yield tenant
    tenant.operator.kill()


def finished(tenant: TenantWithOperator, name: str) -> Document | None:
    """Return an operation that has ended and that nothing holds any more."""
    found = tenant.get("SenlinOperation", name)
    ended = found and found.get("status", {}).get("completionTime")
    return found if ended and found and "finalizers" not in found["metadata"] else None


def die(tenant: TenantWithOperator, after: int, name: str) -> bool:
    """Run an operator until it dies of its n-th request; False: its work was done before."""
    mortal = Operator(tenant.sandbox.kubeconfig, tenant.namespace, tenant.operator.log, MORTAL)
    mortal.start(DIE_AFTER=str(after))
    for _ in ticks(40):
        if not mortal.running:
            return mortal.wait(1) == -9
        if finished(tenant, name):
            mortal.kill()
            return False
    mortal.kill()
    raise AssertionError(f"neither dead nor done\n{tenant.tail()}")


def reboots(tenant: TenantWithOperator) -> dict[str, Any]:
    [cluster] = tenant.clusters()
    found = tenant.senlin.actions(target=cluster.id, action="CLUSTER_OPERATION")
    return {it.id: it for it in found}


@pytest.mark.crash_points
@pytest.mark.parametrize("after", range(1, REQUESTS + 1))
def test_an_operation_is_sent_once(with_cluster: TenantWithOperator, after: int) -> None:
    tenant, name = with_cluster, f"reboot-{after}"
    before = reboots(tenant)
    tenant.apply(tenant.operation(name, {"perform": {"name": "reboot"}}))

    died = die(tenant, after, name)

    tenant.operator.start()
    tenant.eventually(lambda: finished(tenant, name) is not None, "finished", seconds=120)
    tenant.operator.kill()
    new = [it for id_, it in reboots(tenant).items() if id_ not in before]
    done = tenant.ends(name)
    if condition(done, "Complete"):
        [action] = new
        assert (action.id, action.status) == (done["status"]["action"]["id"], "SUCCEEDED")
    else:
        assert condition(done, "Failed")["reason"] == "ResultUnknown"
        assert new == [], "it has been sent, so it must be found"
    if after == REQUESTS:
        assert not died, "there are more requests than cases: raise REQUESTS"
