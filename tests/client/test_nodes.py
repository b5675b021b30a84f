import pytest

from openstack_clustering import NodeDetail, Proxy, exceptions
from sandbox import Sandbox
from tests.client.factories import FAST, Factory, action_of


def test_life_of_a_node(senlin: Proxy, make: Factory, name: str) -> None:
    made = senlin.create_node(
        name=name, profile_id=make.profile(), role="worker", metadata={"rack": "7"}
    )
    assert (made.status, made.index, made.cluster_id) == ("INIT", -1, "")
    senlin.wait_for_action(action_of(made), interval=FAST)
    senlin.wait_for_status(made, "ACTIVE", interval=FAST)
    assert (made.role, made.metadata) == ("worker", {"rack": "7"})
    assert made.physical_id

    changed = senlin.update_node(made, name=f"{name}-2", role="boss", metadata={}, tainted=True)
    senlin.wait_for_action(action_of(changed), interval=FAST)
    after = senlin.get_node(f"{name}-2")
    assert (after.id, after.role, after.metadata, after.tainted) == (made.id, "boss", {}, True)

    deleted = senlin.delete_node(made)
    assert deleted is not None
    assert deleted.id == made.id
    senlin.wait_for_delete(deleted, interval=FAST)
    assert senlin.find_node(f"{name}-2") is None
    assert senlin.delete_node(made) is None
    for call in (senlin.get_node, senlin.check_node, senlin.recover_node):
        with pytest.raises(exceptions.ResourceNotFound):
            call(made)
    with pytest.raises(exceptions.ResourceNotFound):
        senlin.delete_node(made, ignore_missing=False)


def test_node_with_details(sandbox: Sandbox, senlin: Proxy, make: Factory) -> None:
    node = make.node()

    for named in (node, node.id, node.name):
        found = senlin.get_node(named, details=True)
        assert isinstance(found, NodeDetail)
        assert found.details is not None
        assert found.details["id"] == node.physical_id
    assert senlin.get_node(node).details is None


def test_nodes_are_filtered(senlin: Proxy, make: Factory) -> None:
    cluster, orphan = make.cluster(2), make.node()

    assert {n.id for n in senlin.nodes(cluster_id=cluster)} == set(cluster.node_ids)
    assert {n.id for n in senlin.nodes(cluster_id=cluster.name)} == set(cluster.node_ids)
    assert [n.index for n in senlin.nodes(cluster_id=cluster, sort="index:desc")] == [2, 1]
    assert [n.id for n in senlin.nodes(name=orphan.name, status="ACTIVE")] == [orphan.id]
    found = senlin.find_node(orphan.name)
    assert found is not None
    assert found.id == orphan.id
    with pytest.raises(exceptions.BadRequest):
        list(senlin.nodes(cluster_id="no-such-cluster"))


def test_node_in_a_cluster_is_created(senlin: Proxy, make: Factory, name: str) -> None:
    profile = make.profile()
    cluster = make.cluster(profile_id=profile)

    node = make.node(profile_id=profile, cluster_id=cluster)

    assert node.cluster_id == cluster.id
    assert senlin.get_cluster(cluster).desired_capacity == 1


def test_node_is_checked_and_recovered(sandbox: Sandbox, senlin: Proxy, make: Factory) -> None:
    node = make.node()
    assert node.physical_id
    sandbox.nova.vanish(node.physical_id)

    senlin.wait_for_action(senlin.check_node(node), interval=FAST)
    assert senlin.get_node(node).status == "ERROR"

    recovered = senlin.recover_node(node, operation="RECREATE", check=True)
    senlin.wait_for_action(recovered, interval=FAST)
    assert senlin.get_node(node).status == "ACTIVE"
    with pytest.raises(exceptions.BadRequest):
        senlin.recover_node(node, operation="PRAY")


def test_operation_on_a_node(sandbox: Sandbox, senlin: Proxy, make: Factory) -> None:
    node = make.node()

    started = senlin.perform_operation_on_node(node, "stop")
    senlin.wait_for_action(started, interval=FAST)

    assert node.physical_id
    assert sandbox.nova.servers(node.physical_id)[0]["status"] == "SHUTOFF"
    with pytest.raises(exceptions.BadRequest, match="fly"):
        senlin.perform_operation_on_node(node, "fly")


def test_busy_node_is_a_conflict_unless_forced(
    sandbox: Sandbox, senlin: Proxy, make: Factory, name: str
) -> None:
    profile = make.profile(name=name)
    with sandbox.nova.slow_builds(30, name):
        node = senlin.create_node(name=name, profile_id=profile)
        senlin.wait_for_status(node, "CREATING", interval=FAST)
        with pytest.raises(exceptions.Conflict):
            senlin.delete_node(node)
        forced = senlin.delete_node(node, force_delete=True)
    senlin.wait_for_delete(forced, interval=FAST)


def test_server_is_adopted(sandbox: Sandbox, senlin: Proxy, make: Factory, name: str) -> None:
    running = make.node()
    assert running.physical_id
    server, type = running.physical_id, "os.nova.server-1.0"

    preview = senlin.adopt_node(preview=True, name=name, identity=server, type=type)
    assert preview["node_profile"]["node_preview"]["type"] == "os.nova.server"

    overrides = {"key_name": "default"}
    adopted = senlin.adopt_node(name=name, overrides=overrides, identity=server, type=type)
    make.on_cleanup(lambda: senlin.delete_profile(adopted.profile_id))
    make.on_cleanup(lambda: senlin.wait_for_delete(senlin.delete_node(adopted), interval=FAST))
    assert (adopted.name, adopted.physical_id) == (name, running.physical_id)
    assert senlin.get_node(name).id == adopted.id

    with pytest.raises(exceptions.HttpError, match="no-such-server"):
        senlin.adopt_node(identity="no-such-server", type="os.nova.server-1.0")
