"""Members that are shown one by one."""

from tests.operator.tenant import Document, Tenant, condition


def mirrored(tenant: Tenant) -> dict[str, Document]:
    """Return the cluster's SenlinNodes by the ids of the nodes that they show."""
    return {it["spec"]["import"]["id"]: it for it in tenant.all_of("SenlinNode")}


def members(tenant: Tenant, cluster: Document) -> set[str]:
    return {node.id for node in tenant.senlin.nodes(cluster_id=cluster["status"]["id"])}


def test_what_a_cluster_owns_has_labels(tenant: Tenant) -> None:
    labels = {"app": "shop", "argocd.argoproj.io/instance": "apps"}
    cluster = tenant.cluster(members="Mirror", desiredCapacity=1)
    cluster["metadata"]["labels"] = labels
    tenant.apply(tenant.secret(), tenant.profile(), cluster)
    tenant.ready()
    tenant.eventually(lambda: len(mirrored(tenant)) == 1, "shown")
    [node] = tenant.nodes()

    [shown] = mirrored(tenant).values()
    cluster_label, node_label = (f"senlin.openstack.org/{it}" for it in ("cluster", "node"))
    known = {"app": "shop", cluster_label: "web", node_label: node.name}
    assert shown["metadata"]["labels"] == known
    tenant.kubectl("label", "senlincluster/web", "app=store", "--overwrite")
    name = shown["metadata"]["name"]
    tenant.eventually(lambda: name in tenant.kubectl("get", "snode", "-lapp=store"), "labelled")


def test_each_member_has_a_resource_that_is_deleted_with_it(tenant: Tenant) -> None:
    cluster = tenant.quickstart(members="Mirror")
    tenant.eventually(lambda: set(mirrored(tenant)) == members(tenant, cluster), "all shown")
    name = next(iter(mirrored(tenant).values()))["metadata"]["name"]
    shown = tenant.ready("SenlinNode", name)
    assert shown["status"]["resource"]["status"] == "ACTIVE"
    assert shown["status"]["resource"]["physicalID"]
    (owner,) = shown["metadata"]["ownerReferences"]
    assert owner["uid"] == cluster["metadata"]["uid"]

    tenant.kubectl("scale", "senlincluster/web", "--replicas=2")
    tenant.ready()
    tenant.eventually(lambda: len(mirrored(tenant)) == 2, "two shown")

    tenant.delete("senlinnode", next(iter(mirrored(tenant).values()))["metadata"]["name"])
    tenant.eventually(lambda: set(mirrored(tenant)) == members(tenant, cluster), "shown again")
    assert len(members(tenant, cluster)) == 2

    tenant.edit("SenlinCluster", "web", members="Summary")
    tenant.eventually(lambda: not mirrored(tenant), "no longer shown")
    tenant.ready()
    assert len(members(tenant, cluster)) == 2


def test_the_resource_of_a_broken_member_is_degraded(tenant: Tenant) -> None:
    tenant.quickstart(members="Mirror", remediation={"checkInterval": "5s"})
    tenant.eventually(lambda: len(mirrored(tenant)) == 3, "all shown")
    [victim, *_] = tenant.sandbox.nova.servers(tenant.nodes_named())

    tenant.sandbox.nova.vanish(victim["name"])
    tenant.waits_for("Degraded")

    def broken() -> list[Document]:
        nodes = mirrored(tenant).values()
        return [it for it in nodes if condition(it, "Ready").get("reason") == "Degraded"]

    tenant.eventually(lambda: len(broken()) == 1, "shown as broken")
    assert broken()[0]["status"]["resource"]["status"] == "ERROR"
    tenant.delete("senlincluster", "web")
    tenant.gone("SenlinCluster", "web")
    tenant.eventually(lambda: not mirrored(tenant), "gone with the cluster")
