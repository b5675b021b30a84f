"""The life of a single node, through the API server as a user lives it."""

from typing import Any

from tests.operator.world import Document, World, condition, is_ready

NODE, CLUSTER = "SenlinNode", "SenlinCluster"


def in_cluster(name: str) -> dict[str, Any]:
    return {"clusterRef": {"name": name}}


def server_of(node: Document) -> str:
    return node["status"]["resource"]["physicalID"]


def ready(world: World, name: str = "web-1", **options: Any) -> Document:
    return world.ready(NODE, name, **options)


def alone(world: World, **changes: Any) -> Document:
    """Apply Secret, profile and node; return the node once it is Ready."""
    world.apply(world.secret(), world.profile(), world.node(**changes))
    return ready(world)


def changed(world: World, name: str = "web-1", /, **resource: Any) -> Document:
    """Edit the node; return it once it is as the edit says."""
    world.edit(NODE, name, **resource)
    return ready(world, name)


def test_a_node_stands_alone(world: World) -> None:
    node = alone(world, role="primary")

    [made] = world.nodes()
    [server] = world.sandbox.nova.servers(world.nodes_named())
    shown = node["status"]["resource"]
    assert (shown["name"], shown["status"], shown["role"]) == (made.name, "ACTIVE", "primary")
    assert shown["physicalID"] == server["id"]
    assert node["status"]["id"] == made.id
    assert "clusterID" not in shown
    assert condition(node, "ActionSucceeded")["status"] == "True"

    world.delete("senlinnode/web-1", "senlinprofile/web-server")
    world.gone(NODE, "web-1")
    world.gone("SenlinProfile", "web-server")
    assert world.nodes() == world.profiles() == []
    assert world.sandbox.nova.servers(world.nodes_named()) == []


def test_every_mutable_field_is_changed_in_place(world: World) -> None:
    before = alone(world)
    world.apply(world.profile("larger", flavor="m1.small"))

    after = changed(
        world,
        name=f"{world.namespace}-renamed",
        profileRef={"name": "larger"},
        role="second",
        metadata={"tier": "back"},
        tainted=True,
    )

    [made] = world.nodes()
    larger = world.get("SenlinProfile", "larger")
    assert larger
    assert (made.id, made.profile_id) == (before["status"]["id"], larger["status"]["id"])
    assert (made.name, made.role, made.tainted) == (f"{world.namespace}-renamed", "second", True)
    assert made.metadata["tier"] == "back"
    assert server_of(after) == server_of(before)
    [server] = world.sandbox.nova.servers(server_of(after))
    assert server["flavor"]["name"] == "m1.small"


def test_an_external_change_is_corrected_and_named(world: World) -> None:
    node = alone(world)

    world.senlin.update_node(node["status"]["id"], role="usurper")
    world.eventually(
        lambda: any("Drift" in it and "role usurper" in it for _, it in world.events("web-1")),
        "told",
    )

    ready(world)
    assert not world.nodes()[0].role


def test_an_external_deletion_is_made_good(world: World) -> None:
    before = alone(world)

    world.senlin.delete_node(before["status"]["id"])
    after = world.wait(
        NODE,
        "web-1",
        lambda it: it["status"]["id"] != before["status"]["id"] and is_ready(it),
        "made again",
    )

    assert [it.id for it in world.nodes()] == [after["status"]["id"]]


def test_a_failing_build_tells_its_fault_and_heals(world: World) -> None:
    world.sandbox.nova.fail_builds(world.nodes_named(), text="No valid host was found")
    world.apply(world.secret(), world.profile(), world.node())

    failed = world.waits_for("ActionFailed", NODE, "web-1")
    assert "No valid host was found" in failed["message"]

    world.sandbox.nova.lift(name=world.nodes_named())
    healed = ready(world, seconds=90)
    assert "faults" not in healed["status"]
    assert len(world.nodes()) == 1


def test_a_profile_that_cannot_be_built_is_healed_by_another_one(world: World) -> None:
    """Senlin updates no node without a server; this one is made anew."""
    bad = {"metadata": {"world": world.namespace}}
    world.sandbox.nova.fail_builds(refuse=True, metadata={"world": world.namespace})
    world.apply(world.secret(), world.profile("bad", **bad), world.profile())
    world.apply(*(world.node(f"web-{i}", profileRef={"name": "bad"}) for i in range(1, 6)))
    for i in range(1, 6):
        world.waits_for("ActionFailed", NODE, f"web-{i}")

    for i in range(1, 6):
        world.edit(NODE, f"web-{i}", profileRef={"name": "web-server"})

    for i in range(1, 6):
        ready(world, f"web-{i}", seconds=60)
    assert len(world.nodes()) == len(world.sandbox.nova.servers(world.nodes_named())) == 5


def test_an_update_that_fails_is_healed_by_the_manifest_alone(world: World) -> None:
    """Senlin cannot change config_drive in place, and leaves the node UPDATING."""
    before = alone(world)
    world.apply(world.profile("driven", config_drive=True))

    world.edit(NODE, "web-1", profileRef={"name": "driven"})
    world.waits_for("ActionFailed", NODE, "web-1")
    after = changed(world, profileRef={"name": "web-server"}, role="healed")

    assert server_of(after) == server_of(before)
    assert world.nodes()[0].status == "ACTIVE"


def test_a_lost_server_is_reported(world: World) -> None:
    node = alone(world, remediation={"checkInterval": "5s"})

    world.sandbox.nova.vanish(server_of(node))
    told = world.waits_for("Degraded", NODE, "web-1")

    assert "No Server found" in told["message"]
    degraded = world.get(NODE, "web-1")
    assert degraded
    assert [it["status"] for it in degraded["status"]["faults"]] == ["ERROR"]
    assert condition(degraded, "Stalled")["status"] == "False"
    assert "physicalID" not in degraded["status"]["resource"]


def test_a_lost_server_is_made_anew(world: World) -> None:
    """By whatever operation is meant for servers that are still there."""
    node = alone(world, remediation={"mode": "Recover", "operation": "REBOOT"})
    id_, server = node["status"]["id"], server_of(node)

    world.sandbox.nova.vanish(server)
    world.senlin.check_node(id_)
    recovered = world.wait(
        NODE,
        "web-1",
        lambda it: is_ready(it) and server_of(it) != server,
        "recovered",
    )

    assert recovered["status"]["id"] == id_
    assert len(world.sandbox.nova.servers(world.nodes_named())) == 1


def test_a_broken_server_is_mended_as_the_manifest_says(world: World) -> None:
    remediation = {"mode": "Recover", "operation": "REBUILD", "checkInterval": "5s"}
    server = server_of(alone(world, remediation=remediation))

    world.sandbox.nova.break_server(server)

    world.eventually(
        lambda: world.sandbox.nova.servers(server)[0]["status"] == "ACTIVE", "mended", seconds=60
    )
    assert server_of(ready(world)) == server
    assert any("by REBUILD" in note for _, note in world.events("web-1"))


def test_a_node_of_others_is_shown_and_left_alone(world: World) -> None:
    world.apply(world.secret(), world.profile())
    profile = world.ready("SenlinProfile", "web-server")
    name = f"{world.namespace}-theirs"
    theirs = world.senlin.create_node(name=name, profile_id=profile["status"]["id"], role="theirs")
    world.senlin.wait_for_status(theirs, "ACTIVE", interval=0.2)

    for observer, which in (("by-id", {"id": theirs.id}), ("by-name", {"filter": {"name": name}})):
        document = world.node(observer)
        document["spec"] |= {"managementPolicy": "unmanaged", "import": which}
        document["spec"].pop("resource")
        world.apply(document)
        shown = ready(world, observer)
        assert shown["status"]["resource"]["role"] == "theirs"
        assert "finalizers" not in shown["metadata"]

    world.sandbox.nova.vanish(name)
    world.senlin.check_node(theirs.id)
    world.waits_for("Degraded", NODE, "by-id")
    world.delete("senlinnode/by-id", "senlinnode/by-name")
    world.gone(NODE, "by-id")
    assert world.senlin.get_node(theirs.id).status == "ERROR"
    world.senlin.wait_for_delete(world.senlin.delete_node(theirs), interval=0.2)


def test_detach_leaves_the_node_alone(world: World) -> None:
    node = alone(world)
    world.patch(NODE, "web-1", {"spec": {"managedOptions": {"onDelete": "detach"}}})
    ready(world)

    world.delete("senlinnode/web-1")
    world.gone(NODE, "web-1")

    [left] = world.nodes()
    assert (left.id, left.status) == (node["status"]["id"], "ACTIVE")
    world.senlin.wait_for_delete(world.senlin.delete_node(left), interval=0.2)
