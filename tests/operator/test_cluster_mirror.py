"""Members that are shown one by one."""

from tests.operator.world import Document, World, condition


def mirrored(world: World) -> dict[str, Document]:
    """Return the cluster's SenlinNodes by the ids of the nodes that they show."""
    return {it["spec"]["import"]["id"]: it for it in world.all_of("SenlinNode")}


def members(world: World, cluster: Document) -> set[str]:
    return {node.id for node in world.senlin.nodes(cluster_id=cluster["status"]["id"])}


def test_each_member_is_shown_and_goes_with_it(world: World) -> None:
    cluster = world.quickstart(members="Mirror")
    world.eventually(lambda: set(mirrored(world)) == members(world, cluster), "all shown")
    name = next(iter(mirrored(world).values()))["metadata"]["name"]
    shown = world.ready("SenlinNode", name)
    assert shown["status"]["resource"]["status"] == "ACTIVE"
    assert shown["status"]["resource"]["physicalID"]
    (owner,) = shown["metadata"]["ownerReferences"]
    assert owner["uid"] == cluster["metadata"]["uid"]

    world.kubectl("scale", "senlincluster/web", "--replicas=2")
    world.ready()
    world.eventually(lambda: len(mirrored(world)) == 2, "two shown")

    world.delete("senlinnode", next(iter(mirrored(world).values()))["metadata"]["name"])
    world.eventually(lambda: set(mirrored(world)) == members(world, cluster), "shown again")
    assert len(members(world, cluster)) == 2

    world.edit("SenlinCluster", "web", members="Summary")
    world.eventually(lambda: not mirrored(world), "no longer shown")
    world.ready()
    assert len(members(world, cluster)) == 2


def test_a_member_that_is_broken_says_so(world: World) -> None:
    world.quickstart(members="Mirror", remediation={"checkInterval": "5s"})
    world.eventually(lambda: len(mirrored(world)) == 3, "all shown")
    [victim, *_] = world.sandbox.nova.servers(world.nodes_named())

    world.sandbox.nova.vanish(victim["name"])
    world.waits_for("Degraded")

    def broken() -> list[Document]:
        nodes = mirrored(world).values()
        return [it for it in nodes if condition(it, "Ready").get("reason") == "Degraded"]

    world.eventually(lambda: len(broken()) == 1, "shown as broken")
    assert broken()[0]["status"]["resource"]["status"] == "ERROR"
    world.delete("senlincluster", "web")
    world.gone("SenlinCluster", "web")
    world.eventually(lambda: not mirrored(world), "gone with the cluster")
