"""The samples, as users apply them; only what they ask their reader to put in is changed."""

from typing import Any

import pytest
import yaml

from sandbox import Sandbox
from tests.operator.tenant import SAMPLES, Document, Tenant, condition, sample
from tests.operator.test_import import handmade
from tests.real.conftest import RealTenant

pytestmark = [pytest.mark.real, pytest.mark.thorough]
CLOUD = "six_services"  # see conftest.py


def servers(tenant: Tenant, cluster: Document) -> list[dict[str, Any]]:
    """Return the servers of a cluster, oldest first."""
    return tenant.sandbox.nova.servers(metadata={"cluster_id": cluster["status"]["id"]})


def statuses(tenant: Tenant, cluster: Document) -> list[str]:
    return [server["status"] for server in servers(tenant, cluster)]


def governed(tenant: Tenant, *policies: Document, **changes: Any) -> Document:
    """Apply policies and a cluster that lists them; return the cluster once it is Ready."""
    names = [{"policyRef": {"name": it["metadata"]["name"]}} for it in policies]
    tenant.apply(*policies, tenant.profile(), tenant.cluster(policies=names, **changes))
    return tenant.ready()


def test_quickstart(tenant: RealTenant) -> None:
    tenant.apply(sample("quickstart/profile.yaml"), sample("quickstart/cluster.yaml"))
    cluster = tenant.ready()

    assert statuses(tenant, cluster) == ["ACTIVE"] * 3
    tenant.kubectl("scale", "senlincluster/web", "--replicas=4")
    assert tenant.ready()["status"]["resource"]["nodes"]["active"] == 4
    tenant.delete("senlincluster/web", "senlinprofile/web-server")
    tenant.gone("SenlinCluster", "web")
    tenant.gone("SenlinProfile", "web-server")
    assert servers(tenant, cluster) == []


def test_healing(tenant: RealTenant, cloud: Sandbox) -> None:
    document = sample("healing/cluster.yaml")
    document["spec"]["resource"]["remediation"]["checkInterval"] = "5s"
    tenant.apply(sample("quickstart/profile.yaml"), document)
    cluster = tenant.ready(name="api")
    [lost, *_] = servers(tenant, cluster)

    cloud.nova.vanish(lost["id"])

    tenant.eventually(lambda: healed(tenant, cluster, {lost["id"]}), "healed")
    tenant.ready(name="api")


def healed(tenant: Tenant, cluster: Document, lost: set[str]) -> bool:
    """Return whether the lost servers have been replaced."""
    found = servers(tenant, cluster)
    active = [it["id"] for it in found if it["status"] == "ACTIVE"]
    return len(active) == len(found) == 3 and not lost & set(active)


def test_a_health_policy(tenant: RealTenant, cloud: Sandbox) -> None:
    """Senlin itself recovers a server that has vanished, and one that was stopped."""
    policy = sample("policies/health.yaml")
    policy["spec"]["resource"]["properties"]["detection"] |= {
        "interval": 5,
        "node_update_timeout": 5,
    }
    cluster = governed(tenant, policy, desiredCapacity=3)
    [vanished, stopped, _] = servers(tenant, cluster)

    cloud.nova.vanish(vanished["id"])
    tenant.eventually(lambda: healed(tenant, cluster, {vanished["id"]}), "healed")
    cloud.nova.break_server(stopped["id"], status="SHUTOFF")
    tenant.eventually(lambda: healed(tenant, cluster, {stopped["id"]}), "healed")

    tenant.ready()
    assert not [note for reason, note in tenant.events("web") if reason == "Recovering"]


def test_rolling(tenant: RealTenant) -> None:
    document = sample("rolling/cluster.yaml")
    properties = document["spec"]["resource"]["profile"]["properties"]
    tenant.apply(sample("rolling/batch.yaml"), document)
    cluster = tenant.ready(name="shop")
    before = {server["id"] for server in servers(tenant, cluster)}

    properties["flavor"] = "m1.small"
    tenant.apply(document)
    tenant.ready(name="shop")

    found = servers(tenant, cluster)
    assert {(it["flavor"]["name"], it["status"]) for it in found} == {("m1.small", "ACTIVE")}
    assert {it["id"] for it in found} == before


def test_affinity(tenant: RealTenant, cloud: Sandbox) -> None:
    """With the policy that does more than to prefer other hosts; there are three."""
    policy = sample("policies/affinity.yaml")
    policy["spec"]["resource"]["properties"]["servergroup"]["policies"] = "anti-affinity"
    cluster = governed(tenant, policy, desiredCapacity=3)

    hosts = {server["OS-EXT-SRV-ATTR:host"] for server in servers(tenant, cluster)}

    assert len(hosts) == 3
    tenant.delete("senlincluster/web")
    tenant.gone("SenlinCluster", "web")
    tenant.eventually(lambda: cloud.nova.server_groups() == [], "rid of the server group")


def test_zone_placement(tenant: RealTenant) -> None:
    """Senlin 16 plans the zones, but leaves it to the profile where a server is."""
    tenant.apply(sample("policies/zone-placement.yaml"))
    tenant.apply(tenant.profile(availability_zone="az2"))
    policies = [{"policyRef": {"name": "zones"}}]
    tenant.apply(tenant.cluster(desiredCapacity=1, policies=policies))
    cluster = tenant.ready()

    tenant.kubectl("scale", "senlincluster/web", "--replicas=2")
    tenant.ready()

    assert [it["availability_zone"] for it in servers(tenant, cluster)] == ["az2"] * 2


def test_adoption(tenant: RealTenant, cloud: Sandbox) -> None:
    server = cloud.nova.boot(f"{tenant.namespace}-legacy")
    document = sample("adoption/server.yaml")
    document["spec"]["resource"]["adopt"]["identity"] = server["id"]
    tenant.apply(document)
    node = tenant.ready("SenlinNode", "legacy")

    assert node["status"]["resource"]["physicalID"] == server["id"]
    tenant.delete("senlinnode/legacy")
    tenant.gone("SenlinNode", "legacy")
    assert [it["status"] for it in cloud.nova.servers(server["id"])] == ["ACTIVE"]
    tenant.senlin.delete_node(node["status"]["id"])
    tenant.eventually(lambda: cloud.nova.servers(server["id"]) == [], "gone")


def test_scaling(tenant: RealTenant) -> None:
    tenant.apply(
        sample("quickstart/profile.yaml"),
        *samples("scaling/policies.yaml"),
        sample("scaling/cluster.yaml"),
    )
    cluster = tenant.ready(name="queue")

    tenant.senlin.scale_out_cluster(cluster["status"]["id"])

    tenant.wait(
        "SenlinCluster",
        "queue",
        lambda it: it["status"]["resource"]["nodes"]["active"] == 3,
        "larger",
    )
    tenant.ready(name="queue")
    assert len(servers(tenant, cluster)) == 3


def samples(path: str) -> list[Document]:
    found: list[Document] = list(yaml.safe_load_all((SAMPLES / path).read_text()))
    return found


def test_watching(tenant: RealTenant, cloud: Sandbox) -> None:
    """A server that breaks is shown once Senlin knows of it."""
    theirs = handmade(tenant, "shared-database")
    tenant.apply(sample("watching/cluster.yaml"))
    tenant.ready(name="shared-database")

    cloud.nova.vanish(metadata={"cluster_id": theirs.id})
    tenant.senlin.check_cluster(theirs.id)

    shown = tenant.wait(
        "SenlinCluster",
        "shared-database",
        lambda it: condition(it, "Ready")["status"] == "False",
        "unhealthy",
    )
    assert condition(shown, "Ready")["reason"] == "Degraded"
    assert shown["status"]["faults"]
    tenant.senlin.delete_cluster(theirs.id)
