"""A server that is there already becomes a node."""

from uuid import uuid4

from tests.operator.test_node import NODE, alone, changed, ready, server_of
from tests.operator.world import World, condition


def booted(world: World, name: str = "legacy", **attributes: str) -> str:
    """Make a server that Senlin knows nothing of; return its id."""
    server = world.sandbox.nova.boot(f"{world.namespace}-{name}", **attributes)
    return str(server["id"])


def test_a_server_is_adopted_as_it_is(world: World) -> None:
    server = booted(world, key_name="default")
    before = world.sandbox.nova.servers(server)

    world.apply(world.secret(), world.adopting(server, role="primary", tainted=True))
    node = ready(world)

    shown = node["status"]["resource"]
    assert (shown["physicalID"], shown["role"], shown["tainted"]) == (server, "primary", True)
    assert world.sandbox.nova.servers(server) == before
    [made] = world.nodes()
    profile = world.senlin.get_profile(made.profile_id)
    assert profile.spec["properties"]["networks"] == [{"network": "private"}]
    assert profile.metadata == {"senlin.openstack.org/uid": node["metadata"]["uid"]}


def test_node_server_and_profile_go_with_the_resource(world: World) -> None:
    server = booted(world, key_name="default")
    world.apply(world.secret(), world.adopting(server))
    ready(world)
    profile = world.nodes()[0].profile_id

    world.delete("senlinnode/web-1")
    world.gone(NODE, "web-1")

    assert world.nodes() == world.sandbox.nova.servers(server) == []
    assert profile not in {it.id for it in world.senlin.profiles()}


def test_detach_leaves_server_and_node(world: World) -> None:
    server = booted(world, key_name="default")
    document = world.adopting(server)
    document["spec"]["managedOptions"] = {"onDelete": "detach"}
    world.apply(world.secret(), document)
    ready(world)

    world.delete("senlinnode/web-1")
    world.gone(NODE, "web-1")

    [left] = world.nodes()
    assert [it["status"] for it in world.sandbox.nova.servers(server)] == ["ACTIVE"]
    world.senlin.wait_for_delete(world.senlin.delete_node(left), interval=0.2)
    world.senlin.delete_profile(left.profile_id)


def test_a_preview_tells_what_is_missing_before_anything_is_made(world: World) -> None:
    server = booted(world)

    world.apply(world.secret(), world.adopting(server))
    told = world.waits_for("Rejected", NODE, "web-1")

    assert f"{server} has no key_name" in told["message"]
    assert "adopt.overrides" in told["message"]
    assert world.nodes() == []
    world.delete("senlinnode/web-1")
    world.gone(NODE, "web-1")

    world.apply(world.adopting(server, adopt={"overrides": {"key_name": "default"}}))
    assert server_of(ready(world)) == server


def test_an_unknown_server_is_told(world: World) -> None:
    identity = str(uuid4())

    world.apply(world.secret(), world.adopting(identity))
    told = world.waits_for("Rejected", NODE, "web-1")

    assert told["message"].startswith(f"There is no {identity} to adopt")
    stalled = world.get(NODE, "web-1")
    assert stalled
    assert condition(stalled, "Stalled")["status"] == "True"


def test_an_unknown_type_is_told(world: World) -> None:
    document = world.adopting(booted(world), adopt={"type": "os.nova.nosuch-1.0"})
    world.apply(world.secret(), document)

    assert "os.nova.nosuch-1.0" in world.waits_for("Rejected", NODE, "web-1")["message"]


def test_a_server_that_is_a_node_already_is_not_made_another(world: World) -> None:
    first = alone(world)

    world.apply(world.adopting(server_of(first), "second"))
    told = world.waits_for("Rejected", NODE, "second")

    assert f"is already node {world.namespace}-web-1" in told["message"]
    assert len(world.nodes()) == 1


def test_an_adopted_node_is_made_anew_from_what_was_found(world: World) -> None:
    server = booted(world, key_name="default", flavor="m1.small", image="debian-12")
    world.apply(world.secret(), world.adopting(server))
    ready(world)
    id_ = world.nodes()[0].id
    world.sandbox.nova.vanish(server)
    world.senlin.check_node(id_)
    world.waits_for("Degraded", NODE, "web-1")

    after = changed(world, remediation={"mode": "Recover"})

    assert after["status"]["id"] == id_
    [made] = world.sandbox.nova.servers(server_of(after))
    assert made["flavor"]["name"] == "m1.small"


def test_an_adopted_node_joins_a_cluster(world: World) -> None:
    server = booted(world, key_name="default")
    world.apply(world.secret(), world.profile(), world.cluster(desiredCapacity=2))
    world.apply(world.adopting(server, "legacy"))
    ready(world, "legacy")

    node = changed(world, "legacy", clusterRef={"name": "web"})

    assert server_of(node) == server
    assert world.ready()["status"]["resource"]["nodes"]["active"] == 2


def test_a_reply_that_is_lost_makes_no_second_node(world: World) -> None:
    server = booted(world, key_name="default")
    with world.sandbox.senlin.fault("lose-reply", method="POST", path="/v1/nodes/adopt$", count=1):
        world.apply(world.secret(), world.adopting(server))
        ready(world)

    assert len(world.nodes()) == 1
