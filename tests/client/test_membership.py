import pytest

from openstack_clustering import Proxy, exceptions
from tests.client.factories import FAST, Factory


def test_nodes_join_are_replaced_and_leave(senlin: Proxy, make: Factory, name: str) -> None:
    profile = make.profile()
    cluster = make.cluster(profile_id=profile)
    one = make.node(profile_id=profile, name=f"{name}-one")
    two = make.node(profile_id=profile, name=f"{name}-two")

    senlin.wait_for_action(senlin.add_nodes_to_cluster(cluster, [one]), interval=FAST)
    assert senlin.get_cluster(cluster).node_ids == [one.id]

    replaced = senlin.replace_nodes_in_cluster(cluster, [(one, two)])
    senlin.wait_for_action(replaced, interval=FAST)
    assert senlin.get_cluster(cluster).node_ids == [two.id]

    removed = senlin.remove_nodes_from_cluster(cluster, [two.name])
    senlin.wait_for_action(removed, interval=FAST)
    assert senlin.get_cluster(cluster).node_ids == []
    assert senlin.get_node(two).cluster_id == ""


def test_removed_node_is_destroyed_on_request(senlin: Proxy, make: Factory) -> None:
    cluster = make.cluster(1)
    (node,) = senlin.nodes(cluster_id=cluster)

    removed = senlin.remove_nodes_from_cluster(cluster, node, destroy_after_deletion=True)
    senlin.wait_for_action(removed, interval=FAST)

    assert senlin.find_node(node.id) is None


def test_nodes_that_cannot_join_or_leave_are_refused(senlin: Proxy, make: Factory) -> None:
    cluster, stranger = make.cluster(1), make.node()
    (member,) = senlin.nodes(cluster_id=cluster)

    with pytest.raises(exceptions.BadRequest):
        senlin.remove_nodes_from_cluster(cluster, [stranger])
    with pytest.raises(exceptions.BadRequest):
        senlin.add_nodes_to_cluster(cluster, ["no-such-node"])
    with pytest.raises(exceptions.BadRequest):
        senlin.add_nodes_to_cluster(cluster, [member])
    with pytest.raises(exceptions.BadRequest):
        senlin.replace_nodes_in_cluster(cluster, {stranger.id: member})


def test_life_of_a_binding(senlin: Proxy, make: Factory) -> None:
    policy, cluster = make.policy(), make.cluster()

    attached = senlin.attach_policy_to_cluster(cluster, policy, enabled=False)
    senlin.wait_for_action(attached, interval=FAST)
    (binding,) = senlin.cluster_policies(cluster)
    assert (binding.policy_id, binding.policy_name) == (policy.id, policy.name)
    assert binding.is_enabled is False
    assert [b.id for b in senlin.cluster_policies(cluster, enabled=False)] == [binding.id]
    assert list(senlin.cluster_policies(cluster, is_enabled=True)) == []
    assert [b.id for b in senlin.cluster_policies(cluster, policy_name=policy.name)] == [binding.id]
    assert list(senlin.cluster_policies(cluster, policy_type="senlin.policy.batch-1.0")) == []

    updated = senlin.update_cluster_policy(cluster, policy, enabled=True)
    senlin.wait_for_action(updated, interval=FAST)
    for found in (
        senlin.get_cluster_policy(policy, cluster),
        senlin.get_cluster_policy(policy.id, cluster.name),
        senlin.get_cluster_policy(policy.name, cluster.id),
        senlin.get_cluster_policy(binding),
    ):
        assert (found.id, found.is_enabled) == (binding.id, True)

    with pytest.raises(exceptions.Conflict):
        senlin.delete_policy(policy)
    detached = senlin.detach_policy_from_cluster(cluster, policy)
    senlin.wait_for_action(detached, interval=FAST)
    assert list(senlin.cluster_policies(cluster)) == []


def test_missing_binding_is_an_error(senlin: Proxy, make: Factory) -> None:
    policy, cluster = make.policy(), make.cluster()

    with pytest.raises(exceptions.ResourceNotFound) as caught:
        senlin.get_cluster_policy(policy, cluster)
    assert caught.value.type == "PolicyBindingNotFound"
    with pytest.raises(exceptions.BadRequest):
        senlin.detach_policy_from_cluster(cluster, policy)
    with pytest.raises(exceptions.BadRequest):
        senlin.update_cluster_policy(cluster, policy, enabled=True)
    with pytest.raises(exceptions.BadRequest):
        senlin.attach_policy_to_cluster(cluster, "no-such-policy")
