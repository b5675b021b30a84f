"""Whatever is deleted, in whatever order: the cloud is empty afterwards, and nothing hangs."""

from tests.operator.tenant import Tenant, ticks


def assert_nothing_left(tenant: Tenant) -> None:
    assert tenant.receivers() == []
    assert tenant.clusters() == []
    assert tenant.profiles() == []
    assert tenant.sandbox.nova.servers(tenant.nodes_named()) == []


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

    tenant.sandbox.kubectl("delete", "namespace", tenant.namespace, "--wait=false")
    for _ in ticks(60):
        if not tenant.sandbox.kubectl("get", "namespace", tenant.namespace, "--ignore-not-found"):
            break
    else:
        raise AssertionError(tenant.kubectl("get", "senlin,secrets", "-o", "yaml") + tenant.tail())

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
    tenant.patch("SenlinCluster", "web", {"spec": {"managedOptions": {"onDelete": "detach"}}})
    tenant.ready()

    tenant.delete("senlincluster/web")
    tenant.gone("SenlinCluster", "web")

    [left] = tenant.clusters()
    assert left.status == "ACTIVE"
    tenant.senlin.wait_for_delete(tenant.senlin.delete_cluster(left.id))
