"""Another operator process takes over, in the middle of everything."""

from typing import Any

from tests.operator.test_cluster_policies import listed, policy
from tests.operator.world import Document, World, condition

KINDS = ("SenlinProfile", "SenlinPolicy", "SenlinCluster", "SenlinNode")


def ids(world: World) -> dict[tuple[str, str], str | None]:
    """Return the id in Senlin of each object."""
    return {
        (kind, it["metadata"]["name"]): it["status"].get("id")
        for kind in KINDS
        for it in world.all_of(kind)
    }


def node(world: World, name: str = "single") -> Document:
    resource = {"profileRef": {"name": "web-server"}, "metadata": {"namespace": world.namespace}}
    document = world.cluster(name)
    return {**document, "kind": "SenlinNode", "spec": {**document["spec"], "resource": resource}}


def imported(world: World, id_: str) -> Document:
    document = world.profile("imported")
    del document["spec"]["resource"]
    document["spec"] |= {"managementPolicy": "unmanaged", "import": {"id": id_}}
    return document


def test_objects_in_every_state_are_taken_over_as_they_are(world: World) -> None:
    settled = world.quickstart()
    nova, nodes = world.sandbox.nova, world.nodes_named()
    world.apply(
        imported(world, settled["status"]["resource"]["profileID"]),
        node(world),
        policy("one", criteria="RANDOM"),
        policy("other", criteria="OLDEST_FIRST"),
        world.cluster("stalled", desiredCapacity=1, policies=listed("one", "other")),
        world.cluster("going", desiredCapacity=1),
    )
    world.ready("SenlinProfile", "imported")
    world.ready("SenlinNode", "single")
    world.waits_for("PoliciesConflict", name="stalled")
    world.ready(name="going")
    building = nova.slow_builds(600, nodes)
    nova.refuse_deletion(nodes, count=1)
    world.delete("senlincluster", "going")
    world.apply(world.cluster("building", desiredCapacity=2))
    world.waits_for("ActionRunning", name="building")
    world.wait("SenlinCluster", "going", is_being_deleted, "being deleted")
    before = ids(world)

    world.operator.stop()
    world.kubectl("apply", "--server-side", "--force-conflicts", "-f", "crds/")
    world.kubectl("scale", "senlincluster/web", "--replicas=2")  # while nobody looks
    world.operator.start()
    building.lift()

    world.gone("SenlinCluster", "going", seconds=90)
    world.ready(name="building", seconds=90)
    assert world.ready()["status"]["resource"]["nodes"]["active"] == 2
    del before["SenlinCluster", "going"]
    assert ids(world) == before
    assert all(created(world, id_) == 1 for (kind, _), id_ in before.items() if kind in KINDS[2:])
    assert condition(world.get("SenlinCluster", "stalled") or {}, "Ready")["reason"] == (
        "PoliciesConflict"
    )
    for kind in KINDS:
        for it in world.all_of(kind):
            assert it["status"]["observedGeneration"] == it["metadata"]["generation"]


def test_what_is_under_way_at_the_end_is_ended(world: World) -> None:
    cluster = world.quickstart()
    path = f"/v1/clusters/{cluster['status']['id']}/actions"
    slow = world.sandbox.senlin.fault("slow", method="POST", path=path, delay=8)
    world.kubectl("scale", "senlincluster/web", "--replicas=4")
    world.eventually(lambda: slow.hits > 0, "the request under way")

    assert world.operator.stop() == 0

    [resize] = world.senlin.actions(target=cluster["status"]["id"], action="CLUSTER_RESIZE")
    left = world.get("SenlinCluster", "web") or {}
    assert left["status"]["action"]["id"] == resize.id
    assert left["status"]["observedGeneration"] == left["metadata"]["generation"]


def is_being_deleted(document: Document) -> bool:
    return "deletionTimestamp" in document["metadata"]


def created(world: World, id_: Any) -> int:
    """Return how many actions have made it."""
    actions = world.senlin.actions(target=id_)
    return sum(action.action in ("CLUSTER_CREATE", "NODE_CREATE") for action in actions)
