"""Nodes that stop working, and statuses that Senlin does not leave by itself."""

from collections.abc import Callable
from typing import Any

from tests.operator.test_cluster_policies import listed, policy
from tests.operator.world import World, condition

CHECKED = {"checkInterval": "5s"}
RECOVERED = {"mode": "Recover", **CHECKED}


def servers(world: World) -> set[str]:
    return {server["id"] for server in world.sandbox.nova.servers(world.nodes_named())}


def steps(world: World) -> list[str]:
    return [reason for reason, _ in world.events("web")]


def is_healed(world: World, lost: set[str]) -> Callable[[], bool]:
    """Return whether there are three servers again, none of which was lost."""
    return lambda: len(servers(world)) == 3 and not servers(world) & lost


def test_a_lost_server_is_made_again(world: World) -> None:
    world.quickstart(remediation=RECOVERED)
    [victim, *_] = world.sandbox.nova.servers(world.nodes_named())

    world.sandbox.nova.vanish(victim["name"])

    world.eventually(is_healed(world, {victim["id"]}), "made again")
    cluster = world.ready()
    assert cluster["status"]["resource"]["nodes"] == {"total": 3, "active": 3, "unhealthy": 0}
    assert "Recovering" in steps(world)


def test_a_broken_server_is_rebuilt_if_that_is_wanted(world: World) -> None:
    world.quickstart(remediation={**RECOVERED, "operation": "REBUILD"})
    before = servers(world)
    [victim, *_] = world.sandbox.nova.servers(world.nodes_named())

    world.sandbox.nova.break_server(victim["name"])
    world.wait("SenlinCluster", "web", lambda _: "Recovering" in steps(world), "being recovered")
    world.ready()

    assert servers(world) == before
    states = {server["status"] for server in world.sandbox.nova.servers(world.nodes_named())}
    assert states == {"ACTIVE"}


def test_too_many_lost_servers_are_left_to_a_person(world: World) -> None:
    world.quickstart(remediation={**RECOVERED, "maxUnhealthy": "40%"})
    victims = world.sandbox.nova.servers(world.nodes_named())[:2]
    for victim in victims:
        world.sandbox.nova.vanish(victim["name"])

    held = world.waits_for("RemediationHeld")
    assert "2 nodes are unhealthy, and at most 40% are recovered" in held["message"]
    assert "Recovering" not in steps(world)

    world.edit("SenlinCluster", "web", remediation={**RECOVERED, "maxUnhealthy": 2})
    world.ready()
    assert is_healed(world, {victim["id"] for victim in victims})()


def test_recovery_is_left_to_a_health_policy(world: World) -> None:
    detection = {"detection_modes": [{"type": "NODE_STATUS_POLLING"}], "interval": 600}
    recovery = {"actions": [{"name": "RECREATE"}]}
    world.apply(policy("health", "senlin.policy.health", detection=detection, recovery=recovery))
    settled = world.quickstart(remediation=RECOVERED, policies=listed("health"))
    assert "remediation is left to policy health" in condition(settled, "Ready")["message"]
    [victim, *_] = world.sandbox.nova.servers(world.nodes_named())

    world.sandbox.nova.vanish(victim["name"])

    degraded = world.waits_for("Degraded")
    assert "remediation is left to policy health" in degraded["message"]
    assert "Recovering" not in steps(world)


def test_a_status_without_an_action_is_led_out_of(world: World) -> None:
    """An update that Senlin breaks off leaves a cluster UPDATING for ever."""
    settled = world.quickstart()
    cluster_id = settled["status"]["id"]
    wrong: dict[str, Any] = {"cluster.stop_timeout_before_update": "soon"}
    world.senlin.update_cluster(cluster_id, config=wrong)
    world.eventually(
        lambda: world.senlin.get_cluster(cluster_id).status == "UPDATING", "stuck", seconds=10
    )

    world.eventually(
        lambda: world.senlin.get_cluster(cluster_id).status == "ACTIVE", "led out", seconds=90
    )
    world.ready()
    assert "Checking" in steps(world)


def test_a_deletion_can_be_forced(world: World) -> None:
    with world.sandbox.nova.slow_builds(600, world.nodes_named()):
        world.apply(world.secret(), world.profile(), world.cluster())
        world.waits_for("ActionRunning")
        world.delete("senlincluster", "web")
        busy = world.waits_for("Busy")
        assert busy["message"]

        world.kubectl("annotate", "senlincluster/web", "senlin.openstack.org/force-deletion=true")
        world.gone("SenlinCluster", "web")

    assert world.clusters() == []
