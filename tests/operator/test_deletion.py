"""Whatever is deleted, in whatever order: the cloud is empty afterwards, and nothing hangs."""

from typing import Any

from senlin_operator.model.ownership import OWNER_KEY
from tests.operator.tenant import Tenant, condition, ticks

DETACH = {"spec": {"managedOptions": {"onDelete": "detach"}}}


def assert_nothing_left(tenant: Tenant) -> None:
    assert tenant.receivers() == []
    assert tenant.clusters() == []
    assert tenant.profiles() == []
    assert tenant.sandbox.nova.servers(tenant.nodes_named()) == []


def delete_namespace(tenant: Tenant) -> None:
    tenant.sandbox.kubectl("delete", "namespace", tenant.namespace, "--wait=false")
    for _ in ticks(60):
        if not tenant.sandbox.kubectl("get", "namespace", tenant.namespace, "--ignore-not-found"):
            return
    raise AssertionError(tenant.kubectl("get", "senlin,secrets", "-o", "yaml") + tenant.tail())


def remove_what_was_detached(tenant: Tenant) -> None:
    for cluster in tenant.clusters():
        tenant.senlin.wait_for_delete(tenant.senlin.delete_cluster(cluster.id))
    for profile in tenant.profiles():
        tenant.senlin.delete_profile(profile.id)
    for policy in tenant.policies():
        tenant.senlin.delete_policy(policy.id)


def inline(tenant: Tenant) -> dict[str, Any]:
    """Return what a cluster needs for its profile to be inline."""
    return {"profile": tenant.profile()["spec"]["resource"], "profileRef": None}


def test_cluster_then_profile(tenant: Tenant) -> None:
    tenant.quickstart()

    tenant.delete("senlincluster/web")
    tenant.gone("SenlinCluster", "web")
    tenant.delete("senlinprofile/web-server")
    tenant.gone("SenlinProfile", "web-server")

    assert_nothing_left(tenant)


def test_cluster_and_profile_at_once(tenant: Tenant) -> None:
    tenant.quickstart()

    tenant.delete("senlinprofile/web-server", "senlincluster/web")
    tenant.gone("SenlinCluster", "web")
    tenant.gone("SenlinProfile", "web-server")

    assert_nothing_left(tenant)


def test_a_namespace_with_everything_in_it_empties(tenant: Tenant) -> None:
    tenant.quickstart()
    tenant.apply(tenant.receiver())
    tenant.ready("SenlinReceiver", "grow")

    delete_namespace(tenant)

    assert_nothing_left(tenant)


def test_deletion_while_it_is_being_created(tenant: Tenant) -> None:
    tenant.sandbox.nova.slow_builds(4, name=tenant.nodes_named())
    tenant.apply(tenant.secret(), tenant.profile(), tenant.cluster())
    tenant.waits_for("ActionRunning")

    tenant.delete("senlincluster/web", "senlinprofile/web-server")
    tenant.gone("SenlinCluster", "web", seconds=60)
    tenant.gone("SenlinProfile", "web-server")

    assert_nothing_left(tenant)


def test_detach_leaves_the_cloud_alone(tenant: Tenant) -> None:
    tenant.quickstart()
    tenant.patch("SenlinCluster", "web", DETACH)
    tenant.ready()

    tenant.delete("senlincluster/web")
    tenant.gone("SenlinCluster", "web")

    [left] = tenant.clusters()
    assert left.status == "ACTIVE"
    text = "Cluster web stays in Senlin."
    tenant.eventually(lambda: ("Detached", text) in tenant.events("web"), "told")
    tenant.delete("senlinprofile/web-server")
    tenant.gone("SenlinProfile", "web-server")
    text = "Profile web-server stays in Senlin, as it is used for what was detached"
    text = f"{text}: SenlinCluster web."
    tenant.eventually(lambda: ("Detached", text) in tenant.events("web-server"), "told")
    [profile] = tenant.profiles()
    assert profile.id == left.profile_id
    remove_what_was_detached(tenant)


def test_a_namespace_whose_cluster_was_detached_before_empties(tenant: Tenant) -> None:
    tenant.quickstart()
    tenant.patch("SenlinCluster", "web", DETACH)
    tenant.delete("senlincluster/web")
    tenant.gone("SenlinCluster", "web")

    delete_namespace(tenant)

    assert [it.status for it in tenant.clusters()] == ["ACTIVE"]
    assert len(tenant.profiles()) == 1
    remove_what_was_detached(tenant)


def test_a_namespace_with_a_cluster_that_is_detached_empties(tenant: Tenant) -> None:
    """With an inline profile, mirrored nodes and two policies, none of which says detach."""
    policies = [tenant.policy("grow"), tenant.policy("grow-more")]
    names = [it["metadata"]["name"] for it in policies]
    cluster = tenant.cluster(
        **inline(tenant), members="Mirror", policies=[{"policyRef": {"name": it}} for it in names]
    )
    tenant.apply(tenant.secret(), *policies, cluster)
    tenant.ready()
    tenant.eventually(lambda: len(tenant.all_of("SenlinNode")) == 3, "mirrored")
    tenant.patch("SenlinCluster", "web", DETACH)

    delete_namespace(tenant)

    [left] = tenant.clusters()
    assert len(left.node_ids) == 3
    assert [it.id for it in tenant.profiles()] == [left.profile_id]
    bound = {it.policy_id for it in tenant.senlin.cluster_policies(left.id)}
    assert bound == {it.id for it in tenant.policies()}
    remove_what_was_detached(tenant)


def test_a_profile_that_somebody_elses_cluster_uses_says_what_to_do(tenant: Tenant) -> None:
    tenant.apply(tenant.secret(), tenant.profile())
    tenant.ready("SenlinProfile", "web-server")
    [profile] = tenant.profiles()
    theirs = tenant.senlin.create_cluster(
        name="theirs",
        profile_id=profile.id,
        metadata={"namespace": tenant.namespace, OWNER_KEY: "a-uid-of-another-kubernetes"},
    )
    tenant.senlin.wait_for_status(theirs, "ACTIVE")

    tenant.delete("senlinprofile/web-server")
    ready = tenant.waits_for("InUse", "SenlinProfile", "web-server")
    found = tenant.get("SenlinProfile", "web-server") or {}
    assert condition(found, "Stalled")["status"] == "True"
    assert "Senlin still uses it for cluster theirs, which no resource manages." in ready["message"]

    tenant.patch("SenlinProfile", "web-server", DETACH)
    tenant.gone("SenlinProfile", "web-server")
    assert len(tenant.profiles()) == 1
    remove_what_was_detached(tenant)


def test_a_secret_that_is_deleted_first_says_what_it_waits_for(tenant: Tenant) -> None:
    tenant.quickstart()

    tenant.delete("secret/openstack")

    def told() -> list[str]:
        return [note for reason, note in tenant.events("openstack") if reason == "Kept"]

    tenant.eventually(lambda: bool(told()), "told")
    [note] = told()
    assert "SenlinCluster web, SenlinProfile web-server." in note
    tenant.delete("senlincluster/web", "senlinprofile/web-server")
    tenant.gone("SenlinProfile", "web-server")
    assert told() == [note]
