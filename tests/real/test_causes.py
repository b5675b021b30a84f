"""The cause of a failure reaches the person, in the words of the service that refused."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.real.supplies import Supplies
from tests.operator.tenant import Document, Tenant, TenantWithOperator, condition
from tests.real.conftest import VOLATILE, RealTenant, reasons

pytestmark = pytest.mark.real
CLOUD = "six_services"  # see conftest.py

NO_HOST = "No valid host was found. There are not enough hosts available."
GENERIC = re.compile(
    r"Failed in creating server: Server:[0-9a-f-]{36} transitioned to failure state ERROR\."
)
TOLD = ("Ready", "ActionSucceeded")  # the conditions that have the cause
CHECKED = {"checkInterval": "5s"}


def build(tenant: Tenant, nodes: int = 1, **properties: Any) -> None:
    """Begin to build a cluster."""
    tenant.apply(tenant.profile(**properties), tenant.cluster(desiredCapacity=nodes))


def failed(tenant: Tenant, text: str) -> Document:
    """Wait until the last action has failed with the text, between tries; return the cluster."""

    def is_told(it: Document) -> bool:
        conditions = [condition(it, type_) for type_ in TOLD]
        return all(
            it.get("reason") == "ActionFailed" and text in it["message"] for it in conditions
        )

    return tenant.wait("SenlinCluster", "web", is_told, text)


def failures(tenant: Tenant) -> list[str]:
    """Return the notes of the events about failed actions, oldest first."""
    return [note for reason, note in tenant.events("web") if reason == "ActionFailed"]


def assert_told(tenant: Tenant, cluster: Document, text: str) -> None:
    """Check that conditions, faults and events have the cause, and nothing that changes."""
    assert [condition(cluster, type_)["status"] for type_ in TOLD] == ["False"] * len(TOLD)
    assert any(text in reason for reason in reasons(cluster))
    tenant.eventually(lambda: any(text in note for note in failures(tenant)), "told by an event")
    assert not VOLATILE.search(f"{cluster['status']} {failures(tenant)}")


def test_no_valid_host(tenant: RealTenant, cloud: Sandbox) -> None:
    """It is known of some nodes after a few tries, and told before Senlin's generic words."""
    cloud.real.nova.no_valid_host(tenant.nodes_named())

    build(tenant, nodes=3)

    cluster = failed(tenant, NO_HOST)
    assert_told(tenant, cluster, NO_HOST)
    told, _, generic = condition(cluster, "Ready")["message"].partition(NO_HOST)
    assert not GENERIC.search(told)
    assert NO_HOST not in generic


def test_an_exhausted_quota(tenant: RealTenant, cloud: Sandbox) -> None:
    """The faults of several nodes are equal, so they are told once."""
    text = "Quota exceeded for instances: Requested 1, but already used"
    with cloud.real.nova.quota("blue", instances=0):
        build(tenant, nodes=3)

        cluster = failed(tenant, text)

    assert_told(tenant, cluster, text)
    message = condition(cluster, "Ready")["message"]
    assert "failed: 3 nodes, such as " in message
    assert message.count(text) == 1


@pytest.mark.parametrize(
    ("add", "delete", "property_", "text"),
    [
        pytest.param(
            Supplies.add_image,
            Supplies.delete_image,
            "image",
            "No Image found for {name}.",
            id="image",
        ),
        pytest.param(
            Supplies.add_network,
            Supplies.delete_network,
            "networks",
            "The specified network {name} could not be found.",
            id="network",
        ),
        pytest.param(
            Supplies.add_key_pair,
            Supplies.delete_key_pair,
            "key_name",
            "No Keypair found for {name}",
            id="key pair",
        ),
    ],
)
def test_what_a_profile_names_is_deleted(
    tenant: RealTenant,
    cloud: Sandbox,
    add: Callable[[Supplies, str], None],
    delete: Callable[[Supplies, str], None],
    property_: str,
    text: str,
) -> None:
    name = f"{tenant.namespace}-{property_}"
    add(cloud.real.supplies, name)
    value: Any = [{"network": name}] if property_ == "networks" else name
    tenant.apply(tenant.profile(**{property_: value}))
    tenant.ready("SenlinProfile", "web-server")

    delete(cloud.real.supplies, name)
    tenant.apply(tenant.cluster(desiredCapacity=1))

    cluster = failed(tenant, text.format(name=name))
    assert_told(tenant, cluster, text.format(name=name))


def test_an_error_of_the_hypervisor(tenant: RealTenant, cloud: Sandbox) -> None:
    cloud.nova.fail_builds(tenant.nodes_named(), text="The disk is full.")

    build(tenant)

    cluster = failed(tenant, "aborted: The disk is full.")
    assert_told(tenant, cluster, "aborted: The disk is full.")


def test_an_administrator_is_told_at_the_first_failure(tenant: RealTenant, cloud: Sandbox) -> None:
    cloud.real.nova.no_valid_host(tenant.nodes_named())
    tenant.apply(tenant.secret("admin"))

    build(tenant)

    failed(tenant, NO_HOST)
    tenant.eventually(lambda: failures(tenant) != [], "told by an event")
    assert NO_HOST in failures(tenant)[0]


def test_a_server_is_stopped_behind_senlins_back(tenant: RealTenant, cloud: Sandbox) -> None:
    tenant.apply(tenant.profile(), tenant.cluster(desiredCapacity=1, remediation=CHECKED))
    tenant.ready()

    cloud.nova.break_server(tenant.nodes_named(), status="SHUTOFF")

    cluster = tenant.explained("Nova says SHUTOFF")
    assert reasons(cluster) == ["Check: Node is not ACTIVE. Nova says SHUTOFF"]
    assert "Nova says SHUTOFF" in condition(cluster, "Ready")["message"]


def status_writes(tenant: Tenant) -> int:
    entries = tenant.sandbox.audit(namespace=tenant.namespace, subresource="status", verb="patch")
    return sum(entry["objectRef"]["name"] == "web" for entry in entries)


def failed_checks(tenant: Tenant, cluster: Document) -> int:
    found = tenant.senlin.actions(target=cluster["status"]["id"], action="CLUSTER_CHECK")
    return sum(action.status == "FAILED" for action in found)


def await_checks(tenant: Tenant, cluster: Document, more: int) -> None:
    """Wait until so many further checks have failed."""
    wanted = failed_checks(tenant, cluster) + more
    tenant.eventually(lambda: failed_checks(tenant, cluster) >= wanted, "checked again")


def test_checks_without_nova_cost_no_writes(tenant: RealTenant, cloud: Sandbox) -> None:
    tenant.apply(tenant.profile(), tenant.cluster(desiredCapacity=1, remediation=CHECKED))
    tenant.ready()

    with cloud.nova.down():
        cluster = tenant.explained("Unable to establish connection")
        assert not VOLATILE.search(str(cluster["status"]))
        await_checks(tenant, cluster, more=1)
        settled = tenant.get("SenlinCluster", "web")
        assert settled
        writes = status_writes(tenant)
        await_checks(tenant, cluster, more=3)

        assert status_writes(tenant) == writes
        assert tenant.get("SenlinCluster", "web") == settled
    tenant.ready()


@pytest.mark.thorough
def test_nova_is_not_asked_if_that_is_not_wanted(
    idle_tenant: TenantWithOperator, cloud: Sandbox
) -> None:
    tenant = idle_tenant
    cloud.real.nova.no_valid_host(tenant.nodes_named())
    cloud.proxies["nova"].clear()
    tenant.operator.start("--explain-failures", "false")

    build(tenant)

    tenant.eventually(lambda: len(failures(tenant)) >= 3, "tried three times")
    cluster = tenant.get("SenlinCluster", "web")
    assert cluster
    assert [GENERIC.search(reason) is not None for reason in reasons(cluster)] == [True]
    assert all(NO_HOST not in note for note in failures(tenant))
    servers = "|".join(re.findall(r"Server:([0-9a-f-]{36})", str(failures(tenant))))
    asked = f"({servers})/os-instance-actions"  # as is done of each server that Senlin has deleted
    assert servers
    assert cloud.proxies["nova"].requests(caller="senlin-operator", path=asked) == []
