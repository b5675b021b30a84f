"""Killed between every two requests of a receiver's life: one receiver, one Secret, no orphan."""

import pytest

from tests.chaos.test_sudden_death import MORTAL
from tests.operator.process import Operator
from tests.operator.tenant import TenantWithOperator, is_ready, ticks

REQUESTS = 36  # more than a creation takes, which the last case proves


@pytest.fixture
def with_cluster(idle_tenant: TenantWithOperator) -> TenantWithOperator:
    """A tenant with a cluster, and without an operator that runs."""
    idle_tenant.operator.start()
    idle_tenant.quickstart(desiredCapacity=1, capacityOwner="Senlin")
    idle_tenant.operator.kill()
    return idle_tenant


def die(tenant: TenantWithOperator, after: int, *, gone: bool = False) -> bool:
    """Run an operator until it dies of its n-th request; False: its work was done before."""
    mortal = Operator(tenant.sandbox.kubeconfig, tenant.namespace, tenant.operator.log, MORTAL)
    mortal.start(DIE_AFTER=str(after))
    for _ in ticks(40):
        if not mortal.running:
            return mortal.wait(1) == -9
        found = tenant.get("SenlinReceiver", "grow")
        if found is None if gone else found is not None and is_ready(found):
            mortal.kill()
            return False
    mortal.kill()
    raise AssertionError(f"neither dead nor done\n{tenant.tail()}")


@pytest.mark.crash_points
@pytest.mark.parametrize("after", range(1, REQUESTS + 1))
def test_a_creation_survives_death_after_each_request(
    with_cluster: TenantWithOperator, after: int
) -> None:
    tenant = with_cluster
    tenant.apply(tenant.receiver())

    died = die(tenant, after)

    tenant.operator.start()
    tenant.ready("SenlinReceiver", "grow")
    [receiver] = tenant.receivers()
    assert tenant.url() == receiver.channel["alarm_url"]
    if after == REQUESTS:
        assert not died, "there are more requests than cases: raise REQUESTS"
    tenant.delete("senlinreceiver/grow")
    tenant.gone("SenlinReceiver", "grow")
    assert tenant.receivers() == []


@pytest.mark.crash_points
@pytest.mark.parametrize("after", range(8, 16, 2))
def test_a_deletion_survives_death(with_cluster: TenantWithOperator, after: int) -> None:
    tenant = with_cluster
    tenant.operator.start()
    tenant.apply(tenant.receiver())
    tenant.ready("SenlinReceiver", "grow")
    tenant.operator.kill()
    tenant.delete("senlinreceiver/grow")

    die(tenant, after, gone=True)

    tenant.operator.start()
    tenant.gone("SenlinReceiver", "grow")
    assert tenant.receivers() == []
    tenant.eventually(lambda: tenant.channel() is None, "without the Secret")
