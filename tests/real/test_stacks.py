"""Clusters of Heat's stacks, whose failures Senlin 16 does not notice."""

import pytest

from sandbox import Sandbox
from tests.operator.tenant import Document, Tenant, condition, sample
from tests.real.conftest import VOLATILE, RealTenant, message, reasons

pytestmark = [pytest.mark.real, pytest.mark.thorough]
CLOUD = "eight_services"  # see conftest.py

NO_HOST = "No valid host was found. There are not enough hosts available."
FAILED = "Heat says CREATE_FAILED: Resource CREATE failed: "


def profile(timeout: int) -> Document:
    document = sample("stacks/profile.yaml")
    document["spec"]["resource"]["properties"]["timeout"] = timeout
    return document


def cluster(tenant: Tenant) -> Document:
    document = sample("stacks/cluster.yaml")
    document["spec"]["resource"]["config"] = {"nodeNameFormat": f"{tenant.namespace}-$8R"}
    return document


def stacks(tenant: Tenant) -> list[str]:
    """Return the statuses of the stacks, which begin with their nodes' names."""
    found = tenant.sandbox.real.heat.stacks(f"{tenant.namespace}-*")
    return [stack["stack_status"] for stack in found]


def test_the_sample(tenant: RealTenant) -> None:
    tenant.apply(sample("stacks/profile.yaml"), cluster(tenant))
    tenant.ready(name="stacks")
    assert stacks(tenant) == ["CREATE_COMPLETE"]

    tenant.delete("senlincluster/stacks", "senlinprofile/web-stack")
    tenant.gone("SenlinCluster", "stacks")
    tenant.gone("SenlinProfile", "web-stack")

    assert stacks(tenant) == []


def test_a_stack_that_fails_is_told_while_senlin_waits(tenant: RealTenant, cloud: Sandbox) -> None:
    with cloud.real.nova.no_valid_host():
        tenant.apply(profile(timeout=10), cluster(tenant))
        waiting = tenant.wait("SenlinCluster", "stacks", lambda it: FAILED in message(it), FAILED)

    assert condition(waiting, "Ready")["reason"] == "ActionRunning"
    assert "It has lasted since" in message(waiting)
    assert NO_HOST in message(waiting)
    assert condition(waiting, "Stalled")["status"] == "False"
    assert not VOLATILE.search(str(waiting["status"]))

    tenant.delete("senlincluster/stacks")
    force = 'The annotation senlin.openstack.org/force-deletion: "true" deletes it all the same.'
    tenant.wait("SenlinCluster", "stacks", lambda it: force in message(it), force)
    tenant.kubectl("annotate", "senlincluster/stacks", "senlin.openstack.org/force-deletion=true")
    tenant.gone("SenlinCluster", "stacks")

    assert stacks(tenant) == ["CREATE_FAILED"]  # Senlin leaves it


def test_a_stack_that_fails_is_given_up_at_its_timeout(tenant: RealTenant, cloud: Sandbox) -> None:
    with cloud.real.nova.no_valid_host():
        tenant.apply(profile(timeout=1), cluster(tenant))
        failed = tenant.wait(
            "SenlinCluster",
            "stacks",
            lambda it: any(FAILED in reason for reason in reasons(it)),
            FAILED,
        )

    [reason] = reasons(failed)
    assert reason.startswith("Failed in creating stack: Timeout waiting for Stack:")
    assert f" to transition to CREATE_COMPLETE. {FAILED}" in reason
    assert condition(failed, "Ready")["reason"] == "ActionFailed"
    assert NO_HOST in message(failed)
    assert "CREATE_FAILED" in stacks(tenant)

    # The next try is a new stack; the failed one stays.
    ready = tenant.ready(name="stacks")
    assert reasons(ready) == []
    assert sorted(stacks(tenant)) == ["CREATE_COMPLETE", "CREATE_FAILED"]
