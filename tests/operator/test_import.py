"""What is unmanaged is shown, and never touched."""

from typing import Any

from tests.operator.world import Document, World, condition


def unmanaged(document: Document, **which: Any) -> Document:
    """Return the manifest of an observer of something that is there already."""
    spec = document["spec"]
    del spec["resource"]
    return document | {"spec": spec | {"managementPolicy": "unmanaged", "import": which}}


def handmade(world: World, name: str, size: int = 1) -> Any:
    """Make a cluster as somebody else would, and return it once it is active."""
    profile = handmade_profile(world, name)
    made = world.senlin.create_cluster(
        name=name,
        profile_id=profile.id,
        desired_capacity=size,
        metadata={"namespace": world.namespace},
        config={"node.name.format": f"{world.namespace}-$8R"},
    )
    return world.senlin.wait_for_status(made, "ACTIVE", interval=0.2)


def handmade_profile(world: World, name: str) -> Any:
    resource = world.profile()["spec"]["resource"]
    spec = {key: resource[key] for key in ("type", "version", "properties")}
    metadata = {"namespace": world.namespace}
    return world.senlin.create_profile(name=name, spec=spec, metadata=metadata)


def test_a_cluster_is_shown_by_its_id_and_by_its_name(world: World) -> None:
    name = f"theirs-{world.namespace}"
    theirs = handmade(world, name, size=2)
    by_id = unmanaged(world.cluster("by-id"), id=theirs.id)
    by_name = unmanaged(world.cluster("by-name"), filter={"name": name})

    world.apply(world.secret(), by_id, by_name)

    for observer in ("by-id", "by-name"):
        shown = world.ready(name=observer)
        assert shown["status"]["id"] == theirs.id
        assert shown["status"]["resource"]["nodes"]["active"] == 2
        assert "finalizers" not in shown["metadata"]

    world.senlin.update_cluster(theirs.id, timeout=1234)
    world.wait(
        "SenlinCluster",
        "by-id",
        lambda it: it["status"]["resource"]["timeoutSeconds"] == 1234,
        "shown",
    )
    world.delete("senlincluster/by-id", "senlincluster/by-name")
    world.gone("SenlinCluster", "by-id")
    assert world.senlin.get_cluster(theirs.id).status == "ACTIVE"
    world.senlin.wait_for_delete(world.senlin.delete_cluster(theirs.id), interval=0.2)


def test_what_is_not_there_is_waited_for(world: World) -> None:
    name = f"later-{world.namespace}"
    world.apply(world.secret(), unmanaged(world.profile(), filter={"name": name}))

    ready = world.waits_for("ImportMissing", "SenlinProfile", "web-server")

    assert name in ready["message"]


def test_two_of_one_name_are_an_error_that_names_their_ids(world: World) -> None:
    name = f"twins-{world.namespace}"
    twins = [handmade(world, name, size=0) for _ in range(2)]

    world.apply(world.secret(), unmanaged(world.cluster(), filter={"name": name}))
    ready = world.waits_for("ImportAmbiguous")

    assert all(twin.id in ready["message"] for twin in twins)
    for twin in twins:
        world.senlin.wait_for_delete(world.senlin.delete_cluster(twin.id), interval=0.2)


def test_a_managed_cluster_may_use_a_profile_of_others(world: World) -> None:
    theirs = handmade_profile(world, "theirs")

    world.apply(world.secret(), unmanaged(world.profile(), id=theirs.id), world.cluster())
    cluster = world.ready()

    assert cluster["status"]["resource"]["profileID"] == theirs.id
    world.delete("senlincluster/web", "senlinprofile/web-server")
    world.gone("SenlinCluster", "web")
    assert world.senlin.get_profile(theirs.id)


def test_an_unhealthy_cluster_of_others_is_told_and_left_alone(world: World) -> None:
    theirs = handmade(world, f"broken-{world.namespace}")
    world.apply(world.secret(), unmanaged(world.cluster(), id=theirs.id))
    world.ready()

    world.sandbox.nova.vanish(world.nodes_named())
    world.senlin.check_cluster(theirs.id)
    ready = world.waits_for("Degraded")

    assert "0 of 1 nodes are active" in ready["message"]
    cluster = world.get("SenlinCluster", "web")
    assert cluster
    assert condition(cluster, "Stalled")["status"] == "False"
    actions = {it.action for it in world.senlin.actions(target=theirs.id)}
    assert actions == {"CLUSTER_CREATE", "CLUSTER_CHECK"}
