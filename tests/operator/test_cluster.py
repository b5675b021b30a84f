"""The life of a cluster, through the API server as a user lives it."""

from tests.operator.world import World, condition, is_ready


def test_the_quickstart_becomes_ready(world: World) -> None:
    cluster = world.quickstart()

    status = cluster["status"]
    assert status["resource"]["nodes"] == {"total": 3, "active": 3, "unhealthy": 0}
    assert condition(cluster, "ActionSucceeded")["status"] == "True"
    assert condition(cluster, "Available")["status"] == "True"
    assert condition(cluster, "Reconciling")["status"] == "False"
    assert condition(cluster, "Stalled")["status"] == "False"
    [made] = world.clusters()
    assert made.id == status["id"]
    assert len(world.sandbox.nova.servers(world.nodes_named())) == 3


def test_scale_grows_and_shrinks(world: World) -> None:
    world.quickstart()

    for size in (5, 2):
        world.kubectl("scale", "senlincluster/web", f"--replicas={size}")
        cluster = world.ready()
        assert cluster["status"]["resource"]["nodes"]["active"] == size
        assert len(world.sandbox.nova.servers(world.nodes_named())) == size


def test_kubectl_wait_does_not_return_early_after_an_edit(world: World) -> None:
    world.quickstart()
    world.sandbox.nova.slow_builds(3, name=world.nodes_named())

    world.kubectl("scale", "senlincluster/web", "--replicas=4")
    world.kubectl("wait", "--for=condition=Ready", "senlincluster/web", "--timeout=60s")

    cluster = world.get("SenlinCluster", "web")
    assert cluster
    assert cluster["status"]["resource"]["nodes"]["active"] == 4


def test_every_mutable_field_is_changed_in_place(world: World) -> None:
    before = world.quickstart()

    world.edit(
        "SenlinCluster",
        "web",
        name="web-2",
        minSize=2,
        maxSize=6,
        timeoutSeconds=600,
        metadata={"tier": "front"},
        config={"stopNodeBeforeDelete": True},
    )
    after = world.ready()

    made = world.senlin.get_cluster(before["status"]["id"])
    assert after["status"]["id"] == made.id
    assert (made.name, made.min_size, made.max_size, made.timeout) == ("web-2", 2, 6, 600)
    assert made.metadata["tier"] == "front"
    assert made.config["cluster.stop_node_before_delete"] is True
    assert made.desired_capacity == 3


def test_another_profile_rolls_the_nodes(world: World) -> None:
    world.quickstart()
    world.apply(world.profile("larger", flavor="m1.small"))

    world.edit("SenlinCluster", "web", profileRef={"name": "larger"})
    cluster = world.ready()

    larger = world.get("SenlinProfile", "larger")
    assert larger
    assert cluster["status"]["resource"]["profileID"] == larger["status"]["id"]
    nodes = world.senlin.nodes(cluster_id=cluster["status"]["id"])
    assert {node.profile_id for node in nodes} == {larger["status"]["id"]}


def test_an_external_change_is_corrected_and_named(world: World) -> None:
    before = world.quickstart()
    cluster_id = before["status"]["id"]

    world.senlin.update_cluster(cluster_id, timeout=77)
    world.eventually(lambda: world.senlin.get_cluster(cluster_id).timeout == 3600, "corrected")

    notes = [note for reason, note in world.events("web") if reason == "Updating"]
    assert any("Drift" in note and "timeout 77 → 3600" in note for note in notes), notes
    told = condition(world.ready(), "Ready")["message"]
    assert told == "3 of 3 nodes are active. Drift corrected: timeout 77 → 3600."


def test_an_external_resize_is_corrected(world: World) -> None:
    before = world.quickstart()
    cluster_id = before["status"]["id"]

    world.senlin.scale_out_cluster(cluster_id, 1)
    world.eventually(
        lambda: world.senlin.get_cluster(cluster_id).desired_capacity == 4, "grown by another"
    )
    world.eventually(
        lambda: (
            world.senlin.get_cluster(cluster_id).desired_capacity == 3
            and len(world.sandbox.nova.servers(world.nodes_named())) == 3
        ),
        "back at 3",
    )
    world.ready()


def test_an_external_deletion_is_made_good(world: World) -> None:
    before = world.quickstart()

    world.senlin.delete_cluster(before["status"]["id"])
    after = world.wait(
        "SenlinCluster",
        "web",
        lambda it: it["status"]["id"] != before["status"]["id"] and is_ready(it),
        "made again",
    )

    [made] = world.clusters()
    assert made.id == after["status"]["id"]


def test_a_failing_build_shows_the_nodes_own_fault_and_heals(world: World) -> None:
    world.sandbox.nova.fail_builds(world.nodes_named(), text="No valid host was found")
    world.apply(world.secret(), world.profile(), world.cluster())

    failed = world.wait(
        "SenlinCluster",
        "web",
        lambda it: condition(it, "ActionSucceeded").get("status") == "False",
        "failed",
    )
    assert "No valid host was found" in condition(failed, "ActionSucceeded")["message"]
    assert condition(failed, "Ready")["status"] == "False"
    assert failed["status"]["faults"]

    world.sandbox.nova.lift(name=world.nodes_named())
    healed = world.ready(seconds=90)
    assert "faults" not in healed["status"]
    assert len(world.clusters()) == 1


def test_a_wrong_profile_is_healed_by_another_one(world: World) -> None:
    world.sandbox.nova.fail_builds(world.nodes_named(), text="Image is too large")
    world.apply(world.secret(), world.profile(), world.cluster())
    world.waits_for("ActionFailed")

    world.apply(world.profile("better", flavor="m1.small"))
    world.sandbox.nova.lift(name=world.nodes_named())
    world.edit("SenlinCluster", "web", profileRef={"name": "better"})

    cluster = world.ready(seconds=90)
    assert cluster["status"]["resource"]["nodes"] == {"total": 3, "active": 3, "unhealthy": 0}


def test_a_server_that_vanishes_behind_senlins_back_is_noticed(world: World) -> None:
    world.quickstart(remediation={"checkInterval": "5s"})
    [victim, *_] = world.sandbox.nova.servers(world.nodes_named())

    world.sandbox.nova.vanish(victim["name"])
    ready = world.waits_for("Degraded")

    assert "2 of 3 nodes are active" in ready["message"]
    cluster = world.get("SenlinCluster", "web")
    assert cluster
    assert condition(cluster, "Available")["status"] == "True"
    assert [fault["name"] for fault in cluster["status"]["faults"]] == [victim["name"]]


def test_a_settled_cluster_costs_no_write(world: World) -> None:
    settled = world.quickstart(remediation={"checkInterval": "5s"})

    def checks() -> int:
        return sum(
            action.action == "CLUSTER_CHECK"
            for action in world.senlin.actions(target=settled["status"]["id"])
        )

    world.eventually(lambda: checks() >= 2, "checked twice")
    now = world.get("SenlinCluster", "web")
    assert now
    assert now["metadata"]["resourceVersion"] == settled["metadata"]["resourceVersion"]


def test_a_project_that_empties_at_once_is_not_filled_again(world: World) -> None:
    """As when the Secret leads to another project by mistake."""
    before = world.quickstart()
    world.apply(world.cluster("web-2", desiredCapacity=1))
    other = world.ready(name="web-2")

    world.operator.stop()
    for cluster in (before, other):
        world.senlin.wait_for_delete(world.senlin.delete_cluster(cluster["status"]["id"]))
    world.senlin.delete_profile(before["status"]["resource"]["profileID"])
    world.operator.start()

    world.waits_for("ProjectEmptied")
    world.waits_for("ProjectEmptied", name="web-2")
    assert world.clusters() == world.profiles() == []

    names = ("senlinprofile/web-server", "senlincluster/web", "senlincluster/web-2")
    world.kubectl("annotate", *names, "senlin.openstack.org/reconcile-requested-at=now")
    world.ready()
    world.ready(name="web-2")
    assert len(world.clusters()) == 2


def test_a_size_that_senlin_owns_is_kept_within_the_limits(world: World) -> None:
    cluster = world.quickstart(capacityOwner="Senlin")
    cluster_id = cluster["status"]["id"]

    world.senlin.scale_out_cluster(cluster_id, 2)
    grown = world.wait(
        "SenlinCluster",
        "web",
        lambda it: it["status"]["resource"]["desiredCapacity"] == 5 and is_ready(it),
        "grown",
    )
    assert grown["spec"]["resource"]["desiredCapacity"] == 3
    assert "Resizing" not in {reason for reason, _ in world.events("web")}

    world.edit("SenlinCluster", "web", maxSize=4)
    assert world.ready()["status"]["resource"]["nodes"]["active"] == 4
    assert world.senlin.get_cluster(cluster_id).max_size == 4
