"""A load balancer takes Senlin a minute, and the status says so meanwhile."""

from uuid import uuid4

import pytest

from sandbox import Sandbox
from tests.operator.keystone import Person
from tests.operator.tenant import Document, Tenant, condition, sample
from tests.real.conftest import VOLATILE, RealTenant, message

pytestmark = [pytest.mark.real, pytest.mark.thorough, pytest.mark.timeout(600)]
CLOUD = "eight_services"  # see conftest.py

ATTACHING = "Senlin is at work: attachment of policy web-traffic (action "


def balanced(tenant: Tenant) -> None:
    """Apply a cluster behind a load balancer."""
    policies = [{"policyRef": {"name": "web-traffic"}}]
    tenant.apply(
        sample("policies/load-balancing.yaml"),
        tenant.profile(),
        tenant.cluster(desiredCapacity=1, policies=policies),
    )


def members(tenant: Tenant) -> set[str]:
    return {it["name"] for it in tenant.sandbox.nova.pool_members(tenant.nodes_named())}


def test_the_sample(tenant: RealTenant, cloud: Sandbox) -> None:
    with cloud.proxies["octavia"].fault("hold", method="GET", path="/loadbalancers/"):
        balanced(tenant)
        waiting = tenant.wait(
            "SenlinCluster", "web", lambda it: ATTACHING in message(it), ATTACHING
        )
        assert condition(waiting, "Ready")["reason"] == "ActionRunning"
        lasting = tenant.wait(
            "SenlinCluster",
            "web",
            lambda it: "It has lasted since" in message(it) or stalled(it),
            "lasting",
        )
    assert ATTACHING in message(lasting)
    assert not stalled(lasting)

    found = tenant.wait(
        "SenlinCluster",
        "web",
        lambda it: condition(it, "Ready")["status"] == "True" or stalled(it),
        "Ready",
    )
    assert not stalled(found)
    servers = cloud.nova.servers(tenant.nodes_named())
    assert len(servers) == 1
    assert members(tenant) == {server["name"] for server in servers}

    tenant.kubectl("scale", "senlincluster/web", "--replicas=2")
    tenant.ready()
    servers = cloud.nova.servers(tenant.nodes_named())
    assert len(servers) == 2
    assert members(tenant) == {server["name"] for server in servers}

    tenant.delete("senlincluster/web")
    tenant.gone("SenlinCluster", "web")
    assert cloud.nova.load_balancers() == []


def stalled(document: Document) -> bool:
    return condition(document, "Stalled").get("status") == "True"


def refused(tenant: Tenant, text: str) -> Document:
    """Wait until the attachment has failed with the text."""
    found = tenant.wait(
        "SenlinCluster",
        "web",
        lambda it: text in condition(it, "ActionSucceeded").get("message", ""),
        text,
        seconds=400,  # Senlin waits for up to 300
    )
    told = condition(found, "ActionSucceeded")["message"]
    assert told.startswith("attachment of policy web-traffic failed: ")
    assert not VOLATILE.search(str(found["status"]))
    return found


def test_a_load_balancer_that_octavia_cannot_make(tenant: RealTenant, cloud: Sandbox) -> None:
    with cloud.real.octavia.failing():
        balanced(tenant)
        refused(tenant, "Failed in creating loadbalancer (")


def test_a_user_without_the_role_for_load_balancers(tenant: RealTenant, cloud: Sandbox) -> None:
    person = Person(cloud, f"person-{uuid4().hex[:8]}")
    tenant.apply(tenant.secret(auth=person.auth))

    balanced(tenant)

    refused(tenant, "Policy does not allow this request to be performed.")
