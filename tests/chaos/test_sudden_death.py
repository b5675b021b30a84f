"""Killed between every two requests of a creation, or of a deletion: no duplicate, no orphan."""

import subprocess
import sys

import pytest

from tests.operator.process import Operator
from tests.operator.tenant import TenantWithOperator, is_ready, ticks

MORTAL = [sys.executable, "-m", "tests.chaos.mortal_operator"]
REQUESTS = 52  # more than a creation takes, which the last case proves


def die(tenant: TenantWithOperator, after: int) -> bool:
    """Run an operator until it dies of its n-th request; False: its work was done before."""
    mortal = Operator(tenant.sandbox.kubeconfig, tenant.namespace, tenant.operator.log, MORTAL)
    mortal.start(DIE_AFTER=str(after))
    for _ in ticks(40):
        if not mortal.running:
            return mortal.wait(1) == -9
        if all_ready(tenant):
            mortal.kill()
            return False
    mortal.kill()
    raise AssertionError(f"neither dead nor done\n{tenant.tail()}")


def all_ready(tenant: TenantWithOperator) -> bool:
    names = (("SenlinProfile", "web-server"), ("SenlinCluster", "web"))
    found = [tenant.get(kind, name) for kind, name in names]
    return all(it is not None and is_ready(it) for it in found)


def assert_one_of_each(tenant: TenantWithOperator) -> None:
    assert len(tenant.clusters()) == 1
    assert len(tenant.profiles()) == 1
    assert len(tenant.sandbox.nova.servers(tenant.nodes_named())) == 3


@pytest.mark.crash_points
@pytest.mark.parametrize("after", range(1, REQUESTS + 1))
def test_a_creation_survives_death_after_each_request(
    idle_tenant: TenantWithOperator, after: int
) -> None:
    tenant = idle_tenant
    tenant.apply(tenant.secret(), tenant.profile(), tenant.cluster())

    died = die(tenant, after)

    tenant.operator.start()
    tenant.ready("SenlinProfile", "web-server")
    tenant.ready()
    assert_one_of_each(tenant)
    if after == REQUESTS:
        assert not died, "there are more requests than cases: raise REQUESTS"
    tenant.delete("senlincluster/web", "senlinprofile/web-server")
    tenant.gone("SenlinCluster", "web")
    tenant.gone("SenlinProfile", "web-server")
    assert tenant.clusters() == tenant.profiles() == []
    assert tenant.sandbox.nova.servers(tenant.nodes_named()) == []


@pytest.mark.crash_points
@pytest.mark.parametrize("after", range(4, 20, 2))
def test_a_deletion_survives_death(idle_tenant: TenantWithOperator, after: int) -> None:
    tenant = idle_tenant
    tenant.operator.start()
    tenant.apply(tenant.secret(), tenant.profile(), tenant.cluster())
    tenant.ready()
    tenant.operator.kill()
    tenant.delete("senlincluster/web", "senlinprofile/web-server")

    mortal = Operator(tenant.sandbox.kubeconfig, tenant.namespace, tenant.operator.log, MORTAL)
    mortal.start(DIE_AFTER=str(after))
    try:
        mortal.wait(6)
    except subprocess.TimeoutExpired:  # all was done before
        mortal.kill()

    tenant.operator.start()
    tenant.gone("SenlinCluster", "web")
    tenant.gone("SenlinProfile", "web-server")
    assert tenant.clusters() == tenant.profiles() == []
    assert tenant.sandbox.nova.servers(tenant.nodes_named()) == []
