"""The policies of a cluster, as its manifest lists them."""

from typing import Any

from tests.operator.world import Document, World, condition


def policy(name: str, type_: str = "senlin.policy.deletion", **properties: Any) -> Document:
    return {
        "apiVersion": "senlin.openstack.org/v1alpha1",
        "kind": "SenlinPolicy",
        "metadata": {"name": name},
        "spec": {
            "cloudCredentialsRef": {"secretName": "openstack", "cloudName": "openstack"},
            "resource": {"type": type_, "version": "1.0", "properties": properties},
        },
    }


def listed(*names: str, **enabled: bool) -> list[Document]:
    """Return the list for a manifest: names in force, and others by keyword."""
    wanted = dict.fromkeys(names, True) | enabled
    return [{"policyRef": {"name": name}, "enabled": on} for name, on in wanted.items()]


def attached(world: World, cluster: Document) -> dict[str, bool]:
    """Return the attached policies, by the name of their resource."""
    bound = world.senlin.cluster_policies(cluster["status"]["id"])
    return {it.policy_name.split(".")[0]: it.is_enabled for it in bound}


def test_a_new_cluster_gets_its_policies_before_its_nodes(world: World) -> None:
    batch = policy("batch", "senlin.policy.batch", min_in_service=1, pause_time=0)
    world.apply(policy("deletion"), batch)

    cluster = world.quickstart(policies=listed("deletion", batch=False))

    assert attached(world, cluster) == {"deletion": True, "batch": False}
    assert condition(cluster, "PoliciesAttached")["status"] == "True"
    assert cluster["status"]["resource"]["nodes"]["active"] == 3
    told = [note for reason, note in world.events("web") if reason.endswith(("ing", "Policy"))]
    grown = next(at for at, note in enumerate(told) if "desiredCapacity 0 → 3" in note)
    assert all(at < grown for at, note in enumerate(told) if note.startswith("attachment"))


def test_policies_come_and_go_and_are_switched(world: World) -> None:
    world.apply(policy("deletion"), policy("batch", "senlin.policy.batch", pause_time=0))
    world.quickstart(policies=listed("deletion"))

    world.edit("SenlinCluster", "web", policies=listed("batch", deletion=False))
    assert attached(world, world.ready()) == {"batch": True, "deletion": False}

    world.edit("SenlinCluster", "web", policies=[])
    assert attached(world, world.ready()) == {}


def test_one_policy_takes_the_place_of_another_of_its_type(world: World) -> None:
    world.apply(policy("oldest", criteria="OLDEST_FIRST"), policy("random", criteria="RANDOM"))
    world.quickstart(policies=listed("oldest"))

    world.edit("SenlinCluster", "web", policies=listed("random"))

    assert attached(world, world.ready()) == {"random": True}


def test_two_of_one_type_are_told_and_healed_by_the_manifest(world: World) -> None:
    world.apply(policy("oldest", criteria="OLDEST_FIRST"), policy("random", criteria="RANDOM"))
    both = listed("oldest", "random")
    world.apply(world.secret(), world.profile(), world.cluster(policies=both))

    ready = world.waits_for("PoliciesConflict")
    assert ready["message"] == (
        "SenlinPolicy oldest and SenlinPolicy random are both of the type "
        "senlin.policy.deletion-1.0, of which a cluster takes one: leave one of them out of "
        "policies."
    )
    cluster = world.get("SenlinCluster", "web")
    assert cluster
    told = condition(cluster, "PoliciesAttached")
    assert (told["status"], told["reason"]) == ("False", "PoliciesConflict")
    assert told["message"] == ready["message"]
    assert condition(cluster, "Stalled")["status"] == "True"
    assert cluster["status"]["resource"]["nodes"]["active"] == 3
    assert attached(world, cluster) == {"oldest": True}

    world.edit("SenlinCluster", "web", policies=listed("random"))
    healed = world.ready()
    assert attached(world, healed) == {"random": True}
    assert condition(healed, "PoliciesAttached")["status"] == "True"


def test_a_missing_policy_is_waited_for(world: World) -> None:
    world.apply(world.secret(), world.profile(), world.cluster(policies=listed("later")))

    ready = world.waits_for("ReferenceMissing")
    assert ready["message"] == "SenlinPolicy later does not exist."

    world.apply(policy("later"))
    assert attached(world, world.ready()) == {"later": True}


def test_a_detachment_by_others_is_made_good(world: World) -> None:
    world.apply(policy("deletion"))
    cluster = world.quickstart(policies=listed("deletion"))
    [bound] = world.senlin.cluster_policies(cluster["status"]["id"])

    world.senlin.detach_policy_from_cluster(cluster["status"]["id"], bound.policy_id)
    world.eventually(lambda: attached(world, cluster) == {}, "detached", seconds=10)

    world.eventually(lambda: attached(world, cluster) == {"deletion": True}, "attached again")
    world.ready()


def test_a_policy_in_use_names_its_users(world: World) -> None:
    world.apply(policy("deletion"))
    world.quickstart(policies=listed("deletion"))

    world.delete("senlinpolicy/deletion")
    ready = world.waits_for("InUse", "SenlinPolicy", "deletion")
    assert ready["message"] == "Deletion waits for its users to go: SenlinCluster web."

    world.edit("SenlinCluster", "web", policies=[])
    world.gone("SenlinPolicy", "deletion")
    world.ready()


def test_everything_may_go_at_once(world: World) -> None:
    world.apply(policy("deletion"))
    world.quickstart(policies=listed("deletion"))

    world.delete("senlinpolicy/deletion", "senlinprofile/web-server", "senlincluster/web")

    for kind, name in (
        ("SenlinCluster", "web"),
        ("SenlinProfile", "web-server"),
        ("SenlinPolicy", "deletion"),
    ):
        world.gone(kind, name)
    assert world.clusters() == world.profiles() == []
