"""What attached policies do to a cluster: neither fought nor mistaken for drift."""

from collections import Counter
from typing import Any
from uuid import uuid4

import pytest

from tests.operator.tenant import Document, Tenant, condition
from tests.operator.test_cluster_policies import listed, policy
from tests.operator.test_cluster_template import inline, template

pytestmark = pytest.mark.slow  # each of them waits for several actions of Senlin

ATTACHED = {"CREATE": 1, "ATTACH_POLICY": 1, "RESIZE": 1}  # an empty start, and the way out of it


def rule(type_: str, **properties: Any) -> Document:
    """Return the manifest of a policy that is called as its type is."""
    return policy(type_.replace("_", "-"), f"senlin.policy.{type_}", **properties)


def ruled(tenant: Tenant, *policies: Document, **changes: Any) -> Document:
    """Return a cluster under these policies, once it is Ready."""
    tenant.apply(*policies)
    return tenant.quickstart(
        policies=listed(*(it["metadata"]["name"] for it in policies)), **changes
    )


def scaled(tenant: Tenant, size: int) -> Document:
    """Scale the cluster by its manifest; return it once it is Ready."""
    tenant.kubectl("scale", "senlincluster/web", f"--replicas={size}")
    cluster = tenant.ready()
    assert cluster["status"]["resource"]["nodes"] == {"total": size, "active": size, "unhealthy": 0}
    return cluster


def servers(tenant: Tenant) -> list[Document]:
    """Return the servers of the namespace, oldest first."""
    return tenant.sandbox.nova.servers(tenant.nodes_named())


def actions(tenant: Tenant, cluster: Document) -> Counter[str]:
    """Return what has been done to the cluster by now, after one more reconcile."""
    asked = uuid4().hex
    annotation = f"senlin.openstack.org/reconcile-requested-at={asked}"
    tenant.kubectl("annotate", "--overwrite", "senlincluster/web", annotation)
    tenant.wait(
        "SenlinCluster",
        "web",
        lambda it: it["status"].get("lastHandledReconcileAt") == asked,
        "looked at",
    )
    tenant.ready()
    done = tenant.senlin.actions(target=cluster["status"]["id"])
    return Counter(it.action.removeprefix("CLUSTER_") for it in done)


def drift(tenant: Tenant) -> list[str]:
    """Return what the operator took for drift."""
    return [note for _, note in tenant.events("web") if note.startswith("Drift")]


def scaled_up_and_down(tenant: Tenant, cluster: Document) -> None:
    """Scale the cluster, and see that no more is done than that."""
    scaled(tenant, 5)
    scaled(tenant, 2)

    assert len(servers(tenant)) == 2
    assert actions(tenant, cluster) == {**ATTACHED, "RESIZE": 3}
    assert drift(tenant) == []


def test_affinity_puts_all_servers_into_one_group(tenant: Tenant) -> None:
    group = {"name": f"{tenant.namespace}-group", "policies": "affinity"}
    cluster = ruled(tenant, rule("affinity", servergroup=group, availability_zone="az2"))

    scaled_up_and_down(tenant, cluster)

    [made] = tenant.sandbox.nova.server_groups(group["name"])
    assert made["policies"] == ["affinity"]
    assert {it["scheduler_hints"]["group"] for it in servers(tenant)} == {made["id"]}
    assert {it["availability_zone"] for it in servers(tenant)} == {"az2"}

    tenant.edit("SenlinCluster", "web", policies=[])
    tenant.ready()
    assert tenant.sandbox.nova.server_groups(group["name"]) == []


def test_affinity_holds_for_the_first_nodes_of_a_cluster_whose_size_is_senlins(
    tenant: Tenant,
) -> None:
    group = {"name": f"{tenant.namespace}-group"}
    cluster = ruled(tenant, rule("affinity", servergroup=group), capacityOwner="Senlin")

    [made] = tenant.sandbox.nova.server_groups(group["name"])
    assert [it["scheduler_hints"]["group"] for it in servers(tenant)] == [made["id"]] * 3
    # The update removes the marker of the empty start.
    assert actions(tenant, cluster) == {**ATTACHED, "UPDATE": 1}


def test_batches_are_honoured_by_a_roll_that_comes_with_them(tenant: Tenant) -> None:
    """The manifest changes in both at once; never more than two servers are changed together."""
    tenant.apply(tenant.secret(), inline(tenant, desiredCapacity=5), slow := batch(pause_time=2))
    cluster = tenant.ready()

    tenant.edit(
        "SenlinCluster",
        "web",
        profile=template(tenant, flavor="m1.small"),
        policies=listed(slow["metadata"]["name"]),
    )
    tenant.ready()

    assert {server["flavor"]["name"] for server in servers(tenant)} == {"m1.small"}
    first, second, third = rolled(tenant, cluster)
    assert [len(it) for it in (first, second, third)] == [2, 2, 1]
    scaled(tenant, 3)
    scaled(tenant, 4)
    assert actions(tenant, cluster) == {**ATTACHED, "UPDATE": 1, "RESIZE": 2}
    assert drift(tenant) == []


def batch(**properties: Any) -> Document:
    return rule("batch", max_batch_size=2, min_in_service=1, **properties)


def rolled(tenant: Tenant, cluster: Document) -> list[list[str]]:
    """Return the nodes of each batch: what begins before the pause after another's end is one."""
    updates = tenant.senlin.actions(action="NODE_UPDATE", cluster_id=cluster["status"]["id"])
    batches: list[list[str]] = []
    end = 0.0
    for update in sorted(updates, key=lambda it: it.start_at or 0.0):
        assert update.start_at
        assert update.end_at
        if not batches or update.start_at >= end + 2:
            batches.append([])
        batches[-1].append(update.target_id)
        end = max(end, update.end_at)
    return batches


def test_deletion_chooses_the_nodes_and_leaves_them_a_while(tenant: Tenant) -> None:
    oldest = rule("deletion", criteria="OLDEST_FIRST", grace_period=2)
    cluster = ruled(tenant, oldest, desiredCapacity=2)
    old = {it["id"] for it in servers(tenant)}
    scaled(tenant, 4)

    scaled(tenant, 2)

    assert not old & {it["id"] for it in servers(tenant)}
    *_, shrunk = resizes(tenant, cluster)
    assert shrunk.end_at - shrunk.start_at >= 2
    assert actions(tenant, cluster) == {**ATTACHED, "RESIZE": 3}
    assert drift(tenant) == []


def resizes(tenant: Tenant, cluster: Document) -> list[Any]:
    """Return the resizes of the cluster, oldest first."""
    found = tenant.senlin.actions(action="CLUSTER_RESIZE", target=cluster["status"]["id"])
    return sorted(found, key=lambda it: it.start_at)


def test_a_deletion_that_leaves_the_size_alone_does_not_hold_up_a_member(tenant: Tenant) -> None:
    """With a declared member, the operator names the nodes; then Senlin keeps desired_capacity."""
    member = tenant.node("primary", clusterRef={"name": "web"})
    del member["spec"]["resource"]["name"]
    tenant.apply(member)
    cluster = ruled(tenant, rule("deletion", reduce_desired_capacity=False))

    scaled(tenant, 1)

    primary = tenant.get("SenlinNode", "primary")
    assert primary
    assert primary["status"]["id"] in {
        it.id for it in tenant.senlin.nodes(cluster_id=cluster["status"]["id"])
    }
    done = actions(tenant, cluster)
    assert (done["DEL_NODES"], done["RESIZE"]) == (1, 2)  # the second one corrects Senlin's record


def test_a_deletion_that_spares_the_servers_is_not_undone(tenant: Tenant) -> None:
    cluster = ruled(tenant, rule("deletion", destroy_after_deletion=False))
    before = {it["id"] for it in servers(tenant)}

    scaled(tenant, 2)

    assert {it["id"] for it in servers(tenant)} == before
    assert actions(tenant, cluster) == {**ATTACHED, "RESIZE": 2}
    tenant.delete("senlincluster/web")
    tenant.gone("SenlinCluster", "web")
    [spared] = tenant.nodes()
    assert spared.cluster_id == ""
    assert [it["id"] for it in servers(tenant)] == [spared.physical_id]
    tenant.senlin.wait_for_delete(tenant.senlin.delete_node(spared), interval=0.2)


def test_a_grace_period_longer_than_the_timeout_costs_no_node_too_many(tenant: Tenant) -> None:
    """Senlin calls the action timed out once it wakes, and deletes the node all the same."""
    patient = rule("deletion", grace_period=4)
    cluster = ruled(tenant, patient, timeoutSeconds=2)

    scaled(tenant, 2)

    assert len(servers(tenant)) == 2
    assert actions(tenant, cluster) == {**ATTACHED, "RESIZE": 2}


def test_a_hook_is_waited_for(tenant: Tenant) -> None:
    hook = {"type": "zaqar", "params": {"queue": "leaving"}, "timeout": 600}
    cluster = ruled(tenant, rule("deletion", hooks=hook))

    tenant.kubectl("scale", "senlincluster/web", "--replicas=2")
    tenant.eventually(lambda: len(waiting(tenant)) == 1, "waiting for the hook")
    working = tenant.waits_for("ActionRunning")
    assert "desiredCapacity 3 → 2" in working["message"]
    assert len(servers(tenant)) == 3

    tenant.senlin.complete_lifecycle(cluster["status"]["id"], waiting(tenant)[0].id)
    tenant.ready()
    assert len(servers(tenant)) == 2
    assert actions(tenant, cluster) == {**ATTACHED, "RESIZE": 2}


def waiting(tenant: Tenant) -> list[Any]:
    """Return the actions that wait for a hook."""
    ours = {it.id for it in tenant.nodes()}
    found = tenant.senlin.actions(status="WAITING_LIFECYCLE_COMPLETION")
    return [it for it in found if it.target_id in ours]


@pytest.mark.thorough
def test_a_hook_that_nobody_answers_times_out(tenant: Tenant) -> None:
    hook = {"type": "zaqar", "params": {"queue": "leaving"}, "timeout": 1}
    cluster = ruled(tenant, rule("deletion", hooks=hook))

    scaled(tenant, 2)

    assert actions(tenant, cluster) == {**ATTACHED, "RESIZE": 2}


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(rule("zone_placement", zones=[{"name": "az1"}, {"name": "az2"}]), id="zones"),
        pytest.param(rule("region_placement", regions=[{"name": "RegionOne"}]), id="regions"),
    ],
)
def test_placement_is_left_to_senlin(tenant: Tenant, policy: Document) -> None:
    """Senlin 16 makes a plan, keeps it to itself, and puts the nodes where the profile says."""
    scaled_up_and_down(tenant, ruled(tenant, policy))


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
def test_an_action_that_a_policy_makes_fail_is_reported_and_fixed_by_an_edit(
    tenant: Tenant, policies: list[Document], size: int, sentence: str
) -> None:
    ruled(tenant, *policies, maxSize=9)

    tenant.kubectl("scale", "senlincluster/web", f"--replicas={size}")
    assert sentence in tenant.waits_for("ActionFailed")["message"]

    tenant.edit("SenlinCluster", "web", policies=[])
    tenant.ready()
    assert len(servers(tenant)) == size


def test_a_size_that_senlin_owns_follows_its_scaling_policies(tenant: Tenant) -> None:
    out = policy(
        "out", "senlin.policy.scaling", event="CLUSTER_SCALE_OUT", adjustment={"number": 2}
    )
    in_ = policy("in", "senlin.policy.scaling", event="CLUSTER_SCALE_IN", adjustment={"number": 3})
    cluster = ruled(tenant, out, in_, capacityOwner="Senlin")
    cluster_id = cluster["status"]["id"]

    tenant.senlin.wait_for_action(tenant.senlin.scale_out_cluster(cluster_id)["action"])
    grown = {"ATTACH_POLICY": 2, "UPDATE": 1, "SCALE_OUT": 1}
    assert actions(tenant, cluster) == {**ATTACHED, **grown}
    assert tenant.ready()["status"]["resource"]["desiredCapacity"] == 5

    tenant.senlin.wait_for_action(tenant.senlin.scale_in_cluster(cluster_id)["action"])
    assert actions(tenant, cluster) == {**ATTACHED, **grown, "SCALE_IN": 1}
    assert tenant.ready()["status"]["resource"]["desiredCapacity"] == 2
    assert drift(tenant) == []


@pytest.mark.thorough
def test_a_size_that_the_spec_owns_is_set_back(tenant: Tenant) -> None:
    cluster = ruled(tenant, rule("scaling", event="CLUSTER_SCALE_OUT", adjustment={"number": 2}))

    scaled_up_and_down(tenant, cluster)
    tenant.senlin.scale_out_cluster(cluster["status"]["id"])
    tenant.eventually(lambda: drift(tenant) != [], "set back")

    assert actions(tenant, cluster) == {**ATTACHED, "SCALE_OUT": 1, "RESIZE": 4}
    assert drift(tenant) == ["Drift corrected. desiredCapacity 4 → 2"]


def test_load_balancing_follows_the_nodes(tenant: Tenant) -> None:
    cluster = ruled(
        tenant, rule("loadbalance", pool={"subnet": "private"}, vip={"subnet": "public"})
    )
    members = tenant.sandbox.nova.pool_members

    scaled_up_and_down(tenant, cluster)

    assert names(members(tenant.nodes_named())) == names(servers(tenant))
    tenant.delete("senlincluster/web")
    tenant.gone("SenlinCluster", "web")
    assert members(tenant.nodes_named()) == []


def test_a_node_that_load_balancing_cannot_reach_is_reported_and_recovered(tenant: Tenant) -> None:
    """For Senlin it is in WARNING from then on, whatever a check finds."""
    elsewhere = rule("loadbalance", pool={"subnet": "public"}, vip={"subnet": "public"})
    tenant.apply(elsewhere, tenant.secret(), tenant.profile())
    tenant.apply(tenant.cluster(policies=listed("loadbalance")))

    told = tenant.wait(
        "SenlinCluster",
        "web",
        lambda it: "lb pool" in condition(it, "Ready").get("message", ""),
        "told",
    )
    assert condition(told, "Ready")["reason"] == "Degraded"

    tenant.edit("SenlinCluster", "web", policies=[], remediation={"mode": "Recover"})
    tenant.ready()


@pytest.mark.thorough
def test_policies_of_many_types_get_along(tenant: Tenant) -> None:
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
    cluster = ruled(tenant, *rules)
    old = {it["id"] for it in servers(tenant)}

    scaled(tenant, 5)
    scaled(tenant, 2)

    assert not old & {it["id"] for it in servers(tenant)}
    assert names(tenant.sandbox.nova.pool_members(tenant.nodes_named())) == names(servers(tenant))
    assert actions(tenant, cluster) == {**ATTACHED, "ATTACH_POLICY": len(rules), "RESIZE": 3}
    assert drift(tenant) == []


def names(documents: list[Document]) -> set[str]:
    return {it["name"] for it in documents}


@pytest.mark.slow
def test_a_health_policys_recoveries_are_not_fought(tenant: Tenant) -> None:
    polling = {"interval": 1, "detection_modes": [{"type": "NODE_STATUS_POLLING"}]}
    health = rule(
        "health",
        detection={**polling, "node_update_timeout": 1},
        recovery={"actions": [{"name": "RECREATE"}]},
    )
    cluster = ruled(tenant, health, remediation={"mode": "Recover", "checkInterval": "5s"})
    scaled(tenant, 5)
    scaled(tenant, 3)
    [victim, *_] = servers(tenant)

    tenant.sandbox.nova.vanish(victim["id"])
    tenant.eventually(
        lambda: (
            len(servers(tenant)) == 3 and victim["id"] not in {it["id"] for it in servers(tenant)}
        ),
        "made again",
    )
    settled = tenant.ready()

    assert "remediation is left to policy health" in condition(settled, "Ready")["message"]
    done = actions(tenant, cluster)
    assert {it: number for it, number in done.items() if it != "CHECK"} == {
        **ATTACHED,
        "RESIZE": 3,
    }
