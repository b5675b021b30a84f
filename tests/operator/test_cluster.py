"""The life of a cluster, through the API server as a user lives it."""

from tests.operator.tenant import Tenant, TenantWithOperator, condition, is_ready


def test_the_quickstart_becomes_ready(tenant: Tenant) -> None:
    cluster = tenant.quickstart()

    status = cluster["status"]
    assert status["resource"]["nodes"] == {"total": 3, "active": 3, "unhealthy": 0}
    assert condition(cluster, "ActionSucceeded")["status"] == "True"
    assert condition(cluster, "Available")["status"] == "True"
    assert condition(cluster, "Reconciling")["status"] == "False"
    assert condition(cluster, "Stalled")["status"] == "False"
    [made] = tenant.clusters()
    assert made.id == status["id"]
    assert len(tenant.sandbox.nova.servers(tenant.nodes_named())) == 3


def test_scale_grows_and_shrinks(tenant: Tenant) -> None:
    tenant.quickstart()

    for size in (5, 2):
        tenant.kubectl("scale", "senlincluster/web", f"--replicas={size}")
        cluster = tenant.ready()
        assert cluster["status"]["resource"]["nodes"]["active"] == size
        assert len(tenant.sandbox.nova.servers(tenant.nodes_named())) == size


def test_kubectl_wait_does_not_return_early_after_an_edit(tenant: Tenant) -> None:
    tenant.quickstart()
    tenant.sandbox.nova.slow_builds(3, name=tenant.nodes_named())

    tenant.kubectl("scale", "senlincluster/web", "--replicas=4")
    tenant.kubectl("wait", "--for=condition=Ready", "senlincluster/web", "--timeout=60s")

    cluster = tenant.get("SenlinCluster", "web")
    assert cluster
    assert cluster["status"]["resource"]["nodes"]["active"] == 4


def test_every_mutable_field_is_changed_in_place(tenant: Tenant) -> None:
    before = tenant.quickstart()

    tenant.edit(
        "SenlinCluster",
        "web",
        name="web-2",
        minSize=2,
        maxSize=6,
        timeoutSeconds=600,
        metadata={"tier": "front"},
        config={"stopNodeBeforeDelete": True},
    )
    after = tenant.ready()

    made = tenant.senlin.get_cluster(before["status"]["id"])
    assert after["status"]["id"] == made.id
    assert (made.name, made.min_size, made.max_size, made.timeout) == ("web-2", 2, 6, 600)
    assert made.metadata["tier"] == "front"
    assert made.config["cluster.stop_node_before_delete"] is True
    assert made.desired_capacity == 3


def test_another_profile_rolls_the_nodes(tenant: Tenant) -> None:
    tenant.quickstart()
    tenant.apply(tenant.profile("larger", flavor="m1.small"))

    tenant.edit("SenlinCluster", "web", profileRef={"name": "larger"})
    cluster = tenant.ready()

    larger = tenant.get("SenlinProfile", "larger")
    assert larger
    assert cluster["status"]["resource"]["profileID"] == larger["status"]["id"]
    nodes = tenant.senlin.nodes(cluster_id=cluster["status"]["id"])
    assert {node.profile_id for node in nodes} == {larger["status"]["id"]}


def test_a_change_by_others_is_corrected_and_reported(tenant: Tenant) -> None:
    before = tenant.quickstart()
    cluster_id = before["status"]["id"]

    tenant.senlin.update_cluster(cluster_id, timeout=77)
    tenant.eventually(lambda: tenant.senlin.get_cluster(cluster_id).timeout == 3600, "corrected")

    notes = [note for reason, note in tenant.events("web") if reason == "Updating"]
    assert any("Drift" in note and "timeout 77 → 3600" in note for note in notes), notes
    told = condition(tenant.ready(), "Ready")["message"]
    assert told == "3 of 3 nodes are active. Drift corrected: timeout 77 → 3600."


def test_a_deletion_by_others_is_followed_by_a_new_creation(tenant: Tenant) -> None:
    before = tenant.quickstart()

    tenant.senlin.delete_cluster(before["status"]["id"])
    after = tenant.wait(
        "SenlinCluster",
        "web",
        lambda it: it["status"]["id"] != before["status"]["id"] and is_ready(it),
        "made again",
    )

    [made] = tenant.clusters()
    assert made.id == after["status"]["id"]


def test_a_failed_build_reports_the_fault_of_the_node_and_is_retried(tenant: Tenant) -> None:
    tenant.sandbox.nova.fail_builds(tenant.nodes_named(), text="No valid host was found")
    tenant.apply(tenant.secret(), tenant.profile(), tenant.cluster())

    failed = tenant.wait(
        "SenlinCluster",
        "web",
        lambda it: condition(it, "ActionSucceeded").get("status") == "False",
        "failed",
    )
    # Senlin 16 does not pass on what Nova says of it.
    generic = "transitioned to failure state ERROR."
    assert generic in condition(failed, "ActionSucceeded")["message"]
    assert condition(failed, "Ready")["status"] == "False"
    assert failed["status"]["faults"]

    tenant.sandbox.nova.lift(name=tenant.nodes_named())
    healed = tenant.ready(seconds=90)
    assert "faults" not in healed["status"]
    assert len(tenant.clusters()) == 1


def test_a_wrong_profile_is_healed_by_another_one(tenant: Tenant) -> None:
    tenant.sandbox.nova.fail_builds(tenant.nodes_named(), text="Image is too large")
    tenant.apply(tenant.secret(), tenant.profile(), tenant.cluster())
    tenant.waits_for("ActionFailed")

    tenant.apply(tenant.profile("better", flavor="m1.small"))
    tenant.sandbox.nova.lift(name=tenant.nodes_named())
    tenant.edit("SenlinCluster", "web", profileRef={"name": "better"})

    cluster = tenant.ready(seconds=90)
    assert cluster["status"]["resource"]["nodes"] == {"total": 3, "active": 3, "unhealthy": 0}


def test_a_settled_cluster_costs_no_write(tenant: Tenant) -> None:
    settled = tenant.quickstart(remediation={"checkInterval": "5s"})

    def checks() -> int:
        return sum(
            action.action == "CLUSTER_CHECK"
            for action in tenant.senlin.actions(target=settled["status"]["id"])
        )

    tenant.eventually(lambda: checks() >= 2, "checked twice")
    now = tenant.get("SenlinCluster", "web")
    assert now
    assert now["metadata"]["resourceVersion"] == settled["metadata"]["resourceVersion"]


def test_a_project_that_empties_at_once_is_not_filled_again(
    tenant_with_operator: TenantWithOperator,
) -> None:
    """As when the Secret leads to another project by mistake."""
    tenant = tenant_with_operator
    before = tenant.quickstart()
    tenant.apply(tenant.cluster("web-2", desiredCapacity=1))
    other = tenant.ready(name="web-2")

    tenant.operator.stop()
    for cluster in (before, other):
        tenant.senlin.wait_for_delete(tenant.senlin.delete_cluster(cluster["status"]["id"]))
    tenant.senlin.delete_profile(before["status"]["resource"]["profileID"])
    tenant.operator.start()

    tenant.waits_for("ProjectEmptied")
    tenant.waits_for("ProjectEmptied", name="web-2")
    assert tenant.clusters() == tenant.profiles() == []

    names = ("senlinprofile/web-server", "senlincluster/web", "senlincluster/web-2")
    tenant.kubectl("annotate", *names, "senlin.openstack.org/reconcile-requested-at=now")
    tenant.ready()
    tenant.ready(name="web-2")
    assert len(tenant.clusters()) == 2


def test_a_size_that_senlin_owns_is_kept_within_the_limits(tenant: Tenant) -> None:
    cluster = tenant.quickstart(capacityOwner="Senlin")
    cluster_id = cluster["status"]["id"]

    tenant.senlin.scale_out_cluster(cluster_id, 2)
    grown = tenant.wait(
        "SenlinCluster",
        "web",
        lambda it: it["status"]["resource"]["desiredCapacity"] == 5 and is_ready(it),
        "grown",
    )
    assert grown["spec"]["resource"]["desiredCapacity"] == 3
    assert "Resizing" not in {reason for reason, _ in tenant.events("web")}

    tenant.edit("SenlinCluster", "web", maxSize=4)
    assert tenant.ready()["status"]["resource"]["nodes"]["active"] == 4
    assert tenant.senlin.get_cluster(cluster_id).max_size == 4
