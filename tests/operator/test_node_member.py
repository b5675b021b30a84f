"""A node joins clusters, leaves them, and moves: always with the same server."""

from typing import Any

import pytest

from tests.operator.test_node import CLUSTER, NODE, changed, in_cluster, ready, server_of
from tests.operator.world import Document, World, condition, ticks


def cluster_of(world: World, name: str = "web") -> Any:
    """Return Senlin's cluster."""
    document = world.get(CLUSTER, name)
    assert document
    return world.senlin.get_cluster(document["status"]["id"])


def with_clusters(world: World, *documents: Document) -> None:
    """Apply Secret, profile, clusters and whatever else; wait until the clusters are Ready."""
    world.apply(world.secret(), world.profile(), *documents)
    for document in documents:
        if document["kind"] == CLUSTER:
            world.ready(name=document["metadata"]["name"], seconds=60)


def test_a_node_joins_and_is_counted(world: World) -> None:
    with_clusters(world, world.cluster(desiredCapacity=2))
    world.apply(world.node(role="primary", **in_cluster("web")))

    node = ready(world)

    assert node["status"]["resource"]["clusterID"] == cluster_of(world).id
    assert (node["status"]["resource"]["role"], node["status"]["resource"]["index"]) == (
        "primary",
        3,
    )
    cluster = world.ready()
    assert cluster["status"]["resource"]["nodes"] == {"total": 2, "active": 2, "unhealthy": 0}
    assert len(world.sandbox.nova.servers(world.nodes_named())) == 2


def test_cluster_and_members_are_applied_and_deleted_all_at_once(world: World) -> None:
    world.apply(
        *(world.node(f"web-{i}", **in_cluster("web")) for i in (1, 2)),
        world.cluster(minSize=2, maxSize=3, desiredCapacity=3),
        world.profile(),
        world.secret(),
    )
    for name in ("web-1", "web-2"):
        ready(world, name, seconds=60)
    cluster = world.ready(seconds=60)
    assert cluster["status"]["resource"]["nodes"]["active"] == 3
    assert cluster_of(world).min_size == 2

    world.delete(
        "senlinprofile/web-server", "senlincluster/web", "senlinnode/web-1", "senlinnode/web-2"
    )

    for kind, name in (
        (NODE, "web-1"),
        (NODE, "web-2"),
        (CLUSTER, "web"),
        ("SenlinProfile", "web-server"),
    ):
        world.gone(kind, name, seconds=60)
    assert world.nodes() == world.clusters() == world.profiles() == []
    assert world.sandbox.nova.servers(world.nodes_named()) == []


def test_a_namespace_with_members_empties(world: World) -> None:
    members = [world.node(f"web-{i}", **in_cluster("web")) for i in (1, 2)]
    with_clusters(world, world.cluster(minSize=2, desiredCapacity=2), *members)

    world.sandbox.kubectl("delete", "namespace", world.namespace, "--wait=false")
    for _ in ticks(90):
        if not world.sandbox.kubectl("get", "namespace", world.namespace, "--ignore-not-found"):
            break
    else:
        raise AssertionError(world.kubectl("get", "senlin,secrets", "-o", "yaml") + world.tail())

    assert world.nodes() == world.clusters() == world.profiles() == []


def test_a_node_moves_with_its_server_and_its_role(world: World) -> None:
    blue, green = (world.cluster(name, minSize=1, desiredCapacity=1) for name in ("blue", "green"))
    green["spec"]["resource"] |= {"desiredCapacity": 2, "maxSize": 2}
    with_clusters(world, blue, green)
    world.apply(world.node(role="primary", **in_cluster("blue")))
    before = ready(world)

    after = changed(world, **in_cluster("green"))

    assert server_of(after) == server_of(before)
    assert after["status"]["id"] == before["status"]["id"]
    assert after["status"]["resource"]["clusterID"] == cluster_of(world, "green").id
    assert after["status"]["resource"]["role"] == "primary"
    for name, size in (("blue", 1), ("green", 2)):
        cluster = world.ready(name=name, seconds=60)
        assert cluster["status"]["resource"]["nodes"]["active"] == size


def test_two_nodes_swap_places_in_full_clusters(world: World) -> None:
    full = {"minSize": 1, "maxSize": 1, "desiredCapacity": 1}
    nodes = [world.node(name, **in_cluster(name)) for name in ("blue", "green")]
    clusters = [world.cluster(name, **full) for name in ("blue", "green")]
    with_clusters(world, *nodes, *clusters)
    before = {name: server_of(ready(world, name)) for name in ("blue", "green")}

    world.edit(NODE, "blue", **in_cluster("green"))
    world.edit(NODE, "green", **in_cluster("blue"))

    after = {name: ready(world, name, seconds=60) for name in ("blue", "green")}
    assert {name: server_of(node) for name, node in after.items()} == before
    for name, other in (("blue", "green"), ("green", "blue")):
        assert after[name]["status"]["resource"]["clusterID"] == cluster_of(world, other).id
        world.ready(name=name, seconds=60)
        assert cluster_of(world, name).min_size == cluster_of(world, name).max_size == 1
    assert len(world.nodes()) == 2


def test_a_move_survives_the_death_of_the_operator(world: World) -> None:
    with_clusters(world, *(world.cluster(name, desiredCapacity=1) for name in ("blue", "green")))
    world.apply(world.node(**in_cluster("blue")))
    before = ready(world)

    world.edit(NODE, "web-1", **in_cluster("green"))
    for step in ("Leaving", "Joining"):
        world.eventually(lambda step=step: step in [it for it, _ in world.events("web-1")], step)
        world.operator.kill()
        world.operator.start()

    after = ready(world, seconds=60)
    assert server_of(after) == server_of(before)
    assert after["status"]["resource"]["clusterID"] == cluster_of(world, "green").id
    assert len([it for it in world.nodes() if it.id == before["status"]["id"]]) == 1


def test_a_node_leaves_with_its_server(world: World) -> None:
    with_clusters(world, world.cluster(minSize=1, desiredCapacity=1))
    world.apply(world.node(role="primary", **in_cluster("web")))
    before = ready(world)

    after = changed(world, clusterRef=None)

    assert server_of(after) == server_of(before)
    assert "clusterID" not in after["status"]["resource"]
    assert after["status"]["resource"]["role"] == "primary"
    assert world.ready(seconds=60)["status"]["resource"]["nodes"]["active"] == 1


def test_a_node_is_not_destroyed_by_a_deletion_policy_when_it_leaves(world: World) -> None:
    """Senlin's deletion policy has the last word on what becomes of the server."""
    policy = world.policy(
        "grace", type="senlin.policy.deletion", properties={"criteria": "OLDEST_FIRST"}
    )
    listed = {"policyRef": {"name": "grace"}, "enabled": True}
    with_clusters(world, policy, world.cluster(desiredCapacity=1, policies=[listed]))
    world.apply(world.node(**in_cluster("web")))
    before = ready(world)

    world.edit(NODE, "web-1", clusterRef=None)
    told = world.waits_for("Unsafe", NODE, "web-1")
    assert f"policy {world.namespace}-grace" in told["message"]
    stalled = world.get(NODE, "web-1")
    assert stalled
    assert condition(stalled, "Stalled")["status"] == "True"

    world.edit(CLUSTER, "web", policies=[listed | {"enabled": False}])
    after = ready(world, seconds=90)
    assert server_of(after) == server_of(before)


def test_a_policy_that_destroys_nothing_lets_a_node_leave(world: World) -> None:
    policy = world.policy(
        "gentle", type="senlin.policy.deletion", properties={"destroy_after_deletion": False}
    )
    listed = {"policyRef": {"name": "gentle"}}
    with_clusters(world, policy, world.cluster(desiredCapacity=1, policies=[listed]))
    world.apply(world.node(**in_cluster("web")))
    before = ready(world)

    assert server_of(changed(world, clusterRef=None)) == server_of(before)


def test_a_full_cluster_of_others_is_waited_for(world: World) -> None:
    """Nobody makes room in what the operator does not look after."""
    with_clusters(world)
    profile = world.ready("SenlinProfile", "web-server")["status"]["id"]
    theirs = world.senlin.create_cluster(
        name=f"theirs-{world.namespace}",
        profile_id=profile,
        max_size=1,
        desired_capacity=1,
        metadata={"namespace": world.namespace},
        config={"node.name.format": f"{world.namespace}-$8R"},
    )
    theirs = world.senlin.wait_for_status(theirs, "ACTIVE", interval=0.2)
    shown = world.cluster("shown")
    shown["spec"] |= {"managementPolicy": "unmanaged", "import": {"id": theirs.id}}
    shown["spec"].pop("resource")
    world.apply(shown, world.node(**in_cluster("shown")))

    told = world.waits_for("NoRoom", NODE, "web-1")
    assert told["message"] == f"Cluster {theirs.name} may not have more nodes than 1."

    world.senlin.resize_cluster(theirs.id, max_size=2)
    ready(world)
    world.delete("senlinnode/web-1")
    world.gone(NODE, "web-1")
    world.senlin.wait_for_delete(world.senlin.delete_cluster(theirs.id), interval=0.2)


@pytest.mark.parametrize("size", [1, 3])
def test_scaling_never_gives_up_what_is_declared(world: World, size: int) -> None:
    members = [world.node("web-1", tainted=True, **in_cluster("web"))]
    with_clusters(world, world.cluster(desiredCapacity=2), *members)
    before = ready(world)

    for number in (4, size):
        world.kubectl("scale", "senlincluster/web", f"--replicas={number}")
        cluster = world.ready()
        assert cluster["status"]["resource"]["nodes"]["active"] == number

    assert server_of(ready(world)) == server_of(before)
    assert world.nodes()


def test_a_node_that_moves_out_survives_the_end_of_its_cluster(world: World) -> None:
    with_clusters(world, world.cluster(minSize=1, desiredCapacity=1))
    world.apply(world.node(**in_cluster("web")))
    before = ready(world)
    world.ready()

    world.delete("senlincluster/web")
    world.edit(NODE, "web-1", clusterRef=None)

    world.gone(CLUSTER, "web", seconds=60)
    assert server_of(ready(world)) == server_of(before)
    assert len(world.sandbox.nova.servers(world.nodes_named())) == 1


def test_a_lost_member_leaves_once_it_is_recovered(world: World) -> None:
    with_clusters(world, world.cluster(desiredCapacity=1))
    world.apply(world.node(**in_cluster("web")))
    node = ready(world)
    world.sandbox.nova.vanish(server_of(node))
    world.senlin.check_node(node["status"]["id"])
    world.waits_for("Degraded", NODE, "web-1")

    world.edit(NODE, "web-1", clusterRef=None)
    told = world.wait(
        NODE,
        "web-1",
        lambda it: "cannot leave cluster web without" in condition(it, "Ready")["message"],
        "told",
    )
    assert told["status"]["resource"]["clusterID"] == cluster_of(world).id

    after = changed(world, remediation={"mode": "Recover"})
    assert "clusterID" not in after["status"]["resource"]
    assert len(world.sandbox.nova.servers(server_of(after))) == 1
