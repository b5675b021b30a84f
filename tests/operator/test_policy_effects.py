"""What attached policies do to a cluster: neither fought nor mistaken for drift."""

from collections import Counter
from typing import Any
from uuid import uuid4

import pytest

from tests.operator.test_cluster_policies import listed, policy
from tests.operator.test_cluster_template import inline, template
from tests.operator.world import Document, World, condition

ATTACHED = {"CREATE": 1, "ATTACH_POLICY": 1, "RESIZE": 1}  # an empty start, and the way out of it


def rule(type_: str, **properties: Any) -> Document:
    """Return the manifest of a policy that is called as its type is."""
    return policy(type_.replace("_", "-"), f"senlin.policy.{type_}", **properties)


def ruled(world: World, *policies: Document, **changes: Any) -> Document:
    """Return a cluster under these policies, once it is Ready."""
    world.apply(*policies)
    return world.quickstart(
        policies=listed(*(it["metadata"]["name"] for it in policies)), **changes
    )


def scaled(world: World, size: int) -> Document:
    """Scale the cluster by its manifest; return it once it is Ready."""
    world.kubectl("scale", "senlincluster/web", f"--replicas={size}")
    cluster = world.ready()
    assert cluster["status"]["resource"]["nodes"] == {"total": size, "active": size, "unhealthy": 0}
    return cluster


def servers(world: World) -> list[Document]:
    """Return the servers of the namespace, oldest first."""
    return world.sandbox.nova.servers(world.nodes_named())


def actions(world: World, cluster: Document) -> Counter[str]:
    """Return what has been done to the cluster by now, after one more look at it."""
    asked = uuid4().hex
    annotation = f"senlin.openstack.org/reconcile-requested-at={asked}"
    world.kubectl("annotate", "--overwrite", "senlincluster/web", annotation)
    world.wait(
        "SenlinCluster",
        "web",
        lambda it: it["status"].get("lastHandledReconcileAt") == asked,
        "looked at",
    )
    world.ready()
    done = world.senlin.actions(target=cluster["status"]["id"])
    return Counter(it.action.removeprefix("CLUSTER_") for it in done)


def drift(world: World) -> list[str]:
    """Return what the operator took for drift."""
    return [note for _, note in world.events("web") if note.startswith("Drift")]


def scaled_up_and_down(world: World, cluster: Document) -> None:
    """Scale the cluster, and see that no more is done than that."""
    scaled(world, 5)
    scaled(world, 2)

    assert len(servers(world)) == 2
    assert actions(world, cluster) == {**ATTACHED, "RESIZE": 3}
    assert drift(world) == []


def test_affinity_puts_all_servers_into_one_group(world: World) -> None:
    group = {"name": f"{world.namespace}-group", "policies": "affinity"}
    cluster = ruled(world, rule("affinity", servergroup=group, availability_zone="az2"))

    scaled_up_and_down(world, cluster)

    [made] = world.sandbox.nova.server_groups(group["name"])
    assert made["policies"] == ["affinity"]
    assert {it["scheduler_hints"]["group"] for it in servers(world)} == {made["id"]}
    assert {it["availability_zone"] for it in servers(world)} == {"az2"}

    world.edit("SenlinCluster", "web", policies=[])
    world.ready()
    assert world.sandbox.nova.server_groups(group["name"]) == []


def test_affinity_holds_for_the_first_nodes_of_a_cluster_whose_size_is_senlins(
    world: World,
) -> None:
    group = {"name": f"{world.namespace}-group"}
    cluster = ruled(world, rule("affinity", servergroup=group), capacityOwner="Senlin")

    [made] = world.sandbox.nova.server_groups(group["name"])
    assert [it["scheduler_hints"]["group"] for it in servers(world)] == [made["id"]] * 3
    # The update takes the mark of the empty start away.
    assert actions(world, cluster) == {**ATTACHED, "UPDATE": 1}


def test_batches_are_honoured_by_a_roll_that_comes_with_them(world: World) -> None:
    """The manifest changes in both at once; never more than two servers are changed together."""
    world.apply(world.secret(), inline(world, desiredCapacity=5), slow := batch(pause_time=2))
    cluster = world.ready()

    world.edit(
        "SenlinCluster",
        "web",
        profile=template(world, flavor="m1.small"),
        policies=listed(slow["metadata"]["name"]),
    )
    world.ready()

    assert {server["flavor"]["name"] for server in servers(world)} == {"m1.small"}
    first, second, third = rolled(world, cluster)
    assert [len(it) for it in (first, second, third)] == [2, 2, 1]
    scaled(world, 3)
    scaled(world, 4)
    assert actions(world, cluster) == {**ATTACHED, "UPDATE": 1, "RESIZE": 2}
    assert drift(world) == []


def batch(**properties: Any) -> Document:
    return rule("batch", max_batch_size=2, min_in_service=1, **properties)


def rolled(world: World, cluster: Document) -> list[list[str]]:
    """Return the nodes of each batch: what begins before the pause after another's end is one."""
    updates = world.senlin.actions(action="NODE_UPDATE", cluster_id=cluster["status"]["id"])
    batches: list[list[str]] = []
    end = 0.0
    for update in sorted(updates, key=lambda it: it.start_at):
        if not batches or update.start_at >= end + 2:
            batches.append([])
        batches[-1].append(update.target)
        end = max(end, update.end_at)
    return batches


def test_deletion_chooses_the_nodes_and_leaves_them_a_while(world: World) -> None:
    oldest = rule("deletion", criteria="OLDEST_FIRST", grace_period=2)
    cluster = ruled(world, oldest, desiredCapacity=2)
    old = {it["id"] for it in servers(world)}
    scaled(world, 4)

    scaled(world, 2)

    assert not old & {it["id"] for it in servers(world)}
    *_, shrunk = resizes(world, cluster)
    assert shrunk.end_at - shrunk.start_at >= 2
    assert actions(world, cluster) == {**ATTACHED, "RESIZE": 3}
    assert drift(world) == []


def resizes(world: World, cluster: Document) -> list[Any]:
    """Return the resizes of the cluster, oldest first."""
    found = world.senlin.actions(action="CLUSTER_RESIZE", target=cluster["status"]["id"])
    return sorted(found, key=lambda it: it.start_at)


def test_a_deletion_that_leaves_the_size_alone_does_not_hold_up_a_member(world: World) -> None:
    """With a declared member, the operator names the nodes; then Senlin keeps desired_capacity."""
    member = world.node("primary", clusterRef={"name": "web"})
    del member["spec"]["resource"]["name"]
    world.apply(member)
    cluster = ruled(world, rule("deletion", reduce_desired_capacity=False))

    scaled(world, 1)

    assert world.get("SenlinNode", "primary")["status"]["id"] in {
        it.id for it in world.senlin.nodes(cluster_id=cluster["status"]["id"])
    }
    done = actions(world, cluster)
    assert (done["DEL_NODES"], done["RESIZE"]) == (1, 2)  # the second one mends Senlin's record


def test_a_deletion_that_spares_the_servers_is_not_undone(world: World) -> None:
    cluster = ruled(world, rule("deletion", destroy_after_deletion=False))
    before = {it["id"] for it in servers(world)}

    scaled(world, 2)

    assert {it["id"] for it in servers(world)} == before
    assert actions(world, cluster) == {**ATTACHED, "RESIZE": 2}
    world.delete("senlincluster/web")
    world.gone("SenlinCluster", "web")
    [spared] = world.nodes()
    assert spared.cluster_id == ""
    assert [it["id"] for it in servers(world)] == [spared.physical_id]
    world.senlin.wait_for_delete(world.senlin.delete_node(spared), interval=0.2)


def test_a_grace_period_longer_than_the_timeout_costs_no_node_too_many(world: World) -> None:
    """Senlin calls the action timed out once it wakes, and deletes the node all the same."""
    patient = rule("deletion", grace_period=4)
    cluster = ruled(world, patient, timeoutSeconds=2)

    scaled(world, 2)

    assert len(servers(world)) == 2
    assert actions(world, cluster) == {**ATTACHED, "RESIZE": 2}


def test_a_hook_is_waited_for(world: World) -> None:
    hook = {"type": "zaqar", "params": {"queue": "leaving"}, "timeout": 600}
    cluster = ruled(world, rule("deletion", hooks=hook))

    world.kubectl("scale", "senlincluster/web", "--replicas=2")
    world.eventually(lambda: len(waiting(world)) == 1, "waiting for the hook")
    working = world.waits_for("ActionRunning")
    assert "desiredCapacity 3 → 2" in working["message"]
    assert len(servers(world)) == 3

    world.senlin.complete_lifecycle(cluster["status"]["id"], waiting(world)[0].id)
    world.ready()
    assert len(servers(world)) == 2
    assert actions(world, cluster) == {**ATTACHED, "RESIZE": 2}


def waiting(world: World) -> list[Any]:
    """Return the actions that wait for a hook."""
    ours = {it.id for it in world.nodes()}
    found = world.senlin.actions(status="WAITING_LIFECYCLE_COMPLETION")
    return [it for it in found if it.target in ours]


def test_a_hook_that_nobody_answers_times_out(world: World) -> None:
    hook = {"type": "zaqar", "params": {"queue": "leaving"}, "timeout": 1}
    cluster = ruled(world, rule("deletion", hooks=hook))

    scaled(world, 2)

    assert actions(world, cluster) == {**ATTACHED, "RESIZE": 2}


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(rule("zone_placement", zones=[{"name": "az1"}, {"name": "az2"}]), id="zones"),
        pytest.param(rule("region_placement", regions=[{"name": "RegionOne"}]), id="regions"),
    ],
)
def test_placement_is_left_to_senlin(world: World, policy: Document) -> None:
    """Senlin 16 makes a plan, keeps it to itself, and puts the nodes where the profile says."""
    scaled_up_and_down(world, ruled(world, policy))


WEBHOOK = {"type": "webhook", "params": {"url": "http://hook.invalid"}, "timeout": 1}
ONE_REGION = rule("region_placement", regions=[{"name": "RegionOne"}])


@pytest.mark.parametrize(
    ("policies", "size", "sentence"),
    [
        pytest.param(
            [rule("deletion", hooks=WEBHOOK)],
            2,
            "Lifecycle hook type 'webhook' is not implemented",
            id="a hook that Senlin 16 does not have",
        ),
        pytest.param(
            [rule("region_placement", regions=[{"name": "RegionOne", "cap": 3}])],
            7,
            "There is no feasible plan to handle all nodes.",
            id="no room in the regions",
        ),
        pytest.param(
            [ONE_REGION, rule("deletion")],
            2,
            "empty range for randrange()",
            id="nodes of a region: Senlin 16 does not know where it has put them",
        ),
        pytest.param(
            [rule("zone_placement", zones=[{"name": "az2"}])],
            4,
            "'az1'",
            id="nodes in a zone that is not in the list: Senlin 16 falls over them",
        ),
    ],
)
def test_what_a_policy_makes_impossible_is_told_and_healed_by_the_manifest(
    world: World, policies: list[Document], size: int, sentence: str
) -> None:
    ruled(world, *policies, maxSize=9)

    world.kubectl("scale", "senlincluster/web", f"--replicas={size}")
    assert sentence in world.waits_for("ActionFailed")["message"]

    world.edit("SenlinCluster", "web", policies=[])
    world.ready()
    assert len(servers(world)) == size


def test_a_size_that_senlin_owns_follows_its_scaling_policies(world: World) -> None:
    out = policy(
        "out", "senlin.policy.scaling", event="CLUSTER_SCALE_OUT", adjustment={"number": 2}
    )
    in_ = policy("in", "senlin.policy.scaling", event="CLUSTER_SCALE_IN", adjustment={"number": 3})
    cluster = ruled(world, out, in_, capacityOwner="Senlin")
    cluster_id = cluster["status"]["id"]

    world.senlin.wait_for_action(world.senlin.scale_out_cluster(cluster_id)["action"])
    grown = {"ATTACH_POLICY": 2, "UPDATE": 1, "SCALE_OUT": 1}
    assert actions(world, cluster) == {**ATTACHED, **grown}
    assert world.ready()["status"]["resource"]["desiredCapacity"] == 5

    world.senlin.wait_for_action(world.senlin.scale_in_cluster(cluster_id)["action"])
    assert actions(world, cluster) == {**ATTACHED, **grown, "SCALE_IN": 1}
    assert world.ready()["status"]["resource"]["desiredCapacity"] == 2
    assert drift(world) == []


def test_a_size_that_the_spec_owns_is_set_back(world: World) -> None:
    cluster = ruled(world, rule("scaling", event="CLUSTER_SCALE_OUT", adjustment={"number": 2}))

    scaled_up_and_down(world, cluster)
    world.senlin.scale_out_cluster(cluster["status"]["id"])
    world.eventually(lambda: drift(world) != [], "set back")

    assert actions(world, cluster) == {**ATTACHED, "SCALE_OUT": 1, "RESIZE": 4}
    assert drift(world) == ["Drift corrected. desiredCapacity 4 → 2"]


def test_load_balancing_follows_the_nodes(world: World) -> None:
    cluster = ruled(
        world, rule("loadbalance", pool={"subnet": "private"}, vip={"subnet": "public"})
    )
    members = world.sandbox.nova.pool_members

    scaled_up_and_down(world, cluster)

    assert names(members(world.nodes_named())) == names(servers(world))
    world.delete("senlincluster/web")
    world.gone("SenlinCluster", "web")
    assert members(world.nodes_named()) == []


def test_a_node_that_load_balancing_cannot_reach_is_told_and_recovered(world: World) -> None:
    """For Senlin it is in WARNING from then on, whatever a check finds."""
    elsewhere = rule("loadbalance", pool={"subnet": "public"}, vip={"subnet": "public"})
    world.apply(elsewhere, world.secret(), world.profile())
    world.apply(world.cluster(policies=listed("loadbalance")))

    told = world.wait(
        "SenlinCluster",
        "web",
        lambda it: "lb pool" in condition(it, "Ready").get("message", ""),
        "told",
    )
    assert condition(told, "Ready")["reason"] == "Degraded"

    world.edit("SenlinCluster", "web", policies=[], remediation={"mode": "Recover"})
    world.ready()


def test_policies_of_many_types_get_along(world: World) -> None:
    polling = {"interval": 5, "detection_modes": [{"type": "NODE_STATUS_POLLING"}]}
    rules = [
        rule("affinity", servergroup={"policies": "soft-anti-affinity"}),
        rule("batch", max_batch_size=1, pause_time=0),
        rule("deletion", criteria="OLDEST_FIRST"),
        rule("health", detection=polling, recovery={"actions": [{"name": "RECREATE"}]}),
        rule("loadbalance", pool={"subnet": "private"}, vip={"subnet": "public"}),
        rule("scaling", event="CLUSTER_SCALE_OUT", adjustment={}),
        rule("zone_placement", zones=[{"name": "az1"}, {"name": "az2"}]),
    ]
    cluster = ruled(world, *rules)
    old = {it["id"] for it in servers(world)}

    scaled(world, 5)
    scaled(world, 2)

    assert not old & {it["id"] for it in servers(world)}
    assert names(world.sandbox.nova.pool_members(world.nodes_named())) == names(servers(world))
    assert actions(world, cluster) == {**ATTACHED, "ATTACH_POLICY": len(rules), "RESIZE": 3}
    assert drift(world) == []


def names(documents: list[Document]) -> set[str]:
    return {it["name"] for it in documents}


def test_a_health_policys_recoveries_are_not_fought(world: World) -> None:
    polling = {"interval": 1, "detection_modes": [{"type": "NODE_STATUS_POLLING"}]}
    health = rule(
        "health",
        detection={**polling, "node_update_timeout": 1},
        recovery={"actions": [{"name": "RECREATE"}]},
    )
    cluster = ruled(world, health, remediation={"mode": "Recover", "checkInterval": "5s"})
    scaled(world, 5)
    scaled(world, 3)
    [victim, *_] = servers(world)

    world.sandbox.nova.vanish(victim["id"])
    world.eventually(
        lambda: (
            len(servers(world)) == 3 and victim["id"] not in {it["id"] for it in servers(world)}
        ),
        "made again",
    )
    settled = world.ready()

    assert "remediation is left to policy health" in condition(settled, "Ready")["message"]
    done = actions(world, cluster)
    assert {it: number for it, number in done.items() if it != "CHECK"} == {
        **ATTACHED,
        "RESIZE": 3,
    }
