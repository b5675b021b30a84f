"""Whatever is deleted, in whatever order: the cloud is empty afterwards, and nothing hangs."""

from tests.operator.world import World, ticks


def assert_nothing_left(world: World) -> None:
    assert world.clusters() == []
    assert world.profiles() == []
    assert world.sandbox.nova.servers(world.nodes_named()) == []


def test_cluster_then_profile(world: World) -> None:
    world.quickstart()

    world.delete("senlincluster/web")
    world.gone("SenlinCluster", "web")
    world.delete("senlinprofile/web-server")
    world.gone("SenlinProfile", "web-server")

    assert_nothing_left(world)


def test_both_at_once(world: World) -> None:
    world.quickstart()

    world.delete("senlinprofile/web-server", "senlincluster/web")
    world.gone("SenlinCluster", "web")
    world.gone("SenlinProfile", "web-server")

    assert_nothing_left(world)


def test_a_profile_in_use_names_its_users(world: World) -> None:
    world.quickstart()

    world.delete("senlinprofile/web-server")
    ready = world.waits_for("InUse", "SenlinProfile", "web-server")

    assert "SenlinCluster web" in ready["message"]
    assert len(world.profiles()) == 1


def test_a_namespace_with_everything_in_it_empties(world: World) -> None:
    world.quickstart()

    world.sandbox.kubectl("delete", "namespace", world.namespace, "--wait=false")
    for _ in ticks(60):
        if not world.sandbox.kubectl("get", "namespace", world.namespace, "--ignore-not-found"):
            break
    else:
        raise AssertionError(world.kubectl("get", "senlin,secrets", "-o", "yaml") + world.tail())

    assert_nothing_left(world)


def test_deletion_while_it_is_being_created(world: World) -> None:
    world.sandbox.nova.slow_builds(4, name=world.nodes_named())
    world.apply(world.secret(), world.profile(), world.cluster())
    world.waits_for("ActionRunning")

    world.delete("senlincluster/web", "senlinprofile/web-server")
    world.gone("SenlinCluster", "web", seconds=60)
    world.gone("SenlinProfile", "web-server")

    assert_nothing_left(world)


def test_a_refused_deletion_is_told_and_repeated(world: World) -> None:
    world.quickstart()
    world.sandbox.nova.refuse_deletion(world.nodes_named())

    world.delete("senlincluster/web")
    ready = world.waits_for("ActionFailed")
    assert ready["status"] == "False"

    world.sandbox.nova.lift(name=world.nodes_named())
    world.gone("SenlinCluster", "web", seconds=60)
    assert world.clusters() == []


def test_detach_leaves_the_cloud_alone(world: World) -> None:
    world.quickstart()
    world.patch("SenlinCluster", "web", {"spec": {"managedOptions": {"onDelete": "detach"}}})
    world.ready()

    world.delete("senlincluster/web")
    world.gone("SenlinCluster", "web")

    [left] = world.clusters()
    assert left.status == "ACTIVE"
    world.senlin.wait_for_delete(world.senlin.delete_cluster(left.id))


def test_what_never_was_created_goes_at_once(world: World) -> None:
    world.apply(world.cluster())
    world.waits_for("CredentialsMissing")

    world.delete("senlincluster/web")

    world.gone("SenlinCluster", "web", seconds=10)
