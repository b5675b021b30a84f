from collections.abc import Callable

import pytest

from openstack_clustering import Proxy, exceptions
from openstack_clustering.keywords import Resize
from openstack_clustering.queries import ActionQuery
from sandbox import Sandbox
from tests.client.factories import FAST, Factory, action_of, until


def test_life_of_a_cluster(senlin: Proxy, make: Factory, name: str) -> None:
    profile = make.profile()
    made = senlin.create_cluster(
        name=name,
        profile_id=profile,
        min_size=1,
        max_size=3,
        desired_capacity=2,
        timeout=600,
        metadata={"team": "web"},
        config={"node.name.format": "web-$I"},
    )
    assert (made.status, made.profile_name) == ("INIT", profile.name)
    action = senlin.wait_for_action(action_of(made), interval=FAST)
    assert (action.action, action.target_id) == ("CLUSTER_CREATE", made.id)
    assert senlin.wait_for_status(made, "active", interval=FAST) is made
    assert (made.min_size, made.max_size, made.desired_capacity) == (1, 3, 2)
    assert (made.timeout, made.metadata) == (600, {"team": "web"})
    assert sorted(node.name for node in senlin.nodes(cluster_id=made)) == ["web-1", "web-2"]
    assert len(made.node_ids) == 2

    changed = senlin.update_cluster(made, name=f"{name}-2", timeout=700, config={}, metadata={})
    senlin.wait_for_action(action_of(changed), interval=FAST)
    after = senlin.get_cluster(made)
    assert (after.name, after.timeout, after.config, after.metadata) == (f"{name}-2", 700, {}, {})

    deleted = senlin.delete_cluster(made)
    assert deleted is not None
    assert deleted.id == made.id
    assert senlin.wait_for_delete(deleted, interval=FAST) is deleted
    assert senlin.find_cluster(made.id) is None
    assert senlin.delete_cluster(made) is None
    with pytest.raises(exceptions.ResourceNotFound):
        senlin.delete_cluster(made, ignore_missing=False)


def test_deletion_by_name_can_be_waited_for(senlin: Proxy, make: Factory, name: str) -> None:
    cluster = make.cluster()

    deleted = senlin.wait_for_delete(senlin.delete_cluster(name), interval=FAST)

    assert deleted is not None
    assert deleted.id == cluster.id
    assert senlin.find_cluster(name) is None


def test_clusters_are_filtered(senlin: Proxy, make: Factory, name: str) -> None:
    cluster = make.cluster()

    assert [c.id for c in senlin.clusters(name=name, status="ACTIVE")] == [cluster.id]
    assert list(senlin.clusters(name=name, status=["ERROR", "WARNING"])) == []
    with pytest.raises(exceptions.BadRequest):
        list(senlin.clusters(status="SLEEPY"))
    with pytest.raises(exceptions.BadRequest):
        list(senlin.clusters(sort="colour"))
    assert senlin.find_cluster(name) == senlin.get_cluster(name) == senlin.get_cluster(cluster)


def test_invalid_cluster_is_refused(senlin: Proxy, make: Factory, name: str) -> None:
    with pytest.raises(exceptions.BadRequest, match="min_size"):
        senlin.create_cluster(name=name, profile_id=make.profile(), min_size=2, desired_capacity=1)
    with pytest.raises(exceptions.BadRequest, match="nowhere"):
        senlin.create_cluster(name=name, profile_id="nowhere")
    assert senlin.find_cluster(name) is None


def test_update_that_changes_nothing_is_sent_only_if_nobody_knows_it(
    senlin: Proxy, make: Factory, name: str
) -> None:
    cluster = make.cluster()

    assert senlin.update_cluster(cluster, name=name) is cluster
    with pytest.raises(exceptions.BadRequest, match="No property needs an update"):
        senlin.update_cluster(cluster.id, name=name)


def test_beginning_of_an_id_names_a_cluster(senlin: Proxy, make: Factory) -> None:
    cluster = make.cluster(1)
    short = cluster.id[:8]

    assert [node.id for node in senlin.nodes(cluster_id=short)] == cluster.node_ids
    assert list(senlin.cluster_policies(short)) == []
    assert len(list(senlin.collect_cluster_attrs(short, "status"))) == 1
    started = senlin.scale_out_cluster(short)
    assert senlin.wait_for_action(started, interval=FAST).target_id == cluster.id


def test_lists_are_filtered_by_what_the_server_cannot(
    senlin: Proxy, make: Factory, name: str
) -> None:
    cluster = make.cluster(2, metadata={"test": name})

    assert [it.id for it in senlin.clusters(metadata={"test": name})] == [cluster.id]
    assert [it.id for it in senlin.clusters(profile_id=cluster.profile_id)] == [cluster.id]
    assert list(senlin.clusters(name=name, desired_capacity=1)) == []
    assert len(list(senlin.nodes(cluster_id=cluster, tainted=False, max_items=1))) == 1
    assert len(list(senlin.nodes(cluster_id=cluster, limit=1, paginated=False))) == 1
    with pytest.raises(exceptions.BadRequest):
        list(senlin.nodes(limit="many"))


def test_new_profile_applies_to_nodes_unless_profile_only(senlin: Proxy, make: Factory) -> None:
    cluster = make.cluster(1)
    one, two = make.profile(flavor="m1.small"), make.profile(flavor="m1.medium")

    changed = senlin.update_cluster(cluster, profile_id=one)
    senlin.wait_for_action(action_of(changed), interval=FAST)
    changed = senlin.update_cluster(cluster, profile_id=two, is_profile_only=True)
    senlin.wait_for_action(action_of(changed), interval=FAST)

    (node,) = senlin.nodes(cluster_id=cluster)
    assert (node.profile_id, senlin.get_cluster(cluster).profile_id) == (one.id, two.id)
    make.on_cleanup(lambda: senlin.wait_for_delete(senlin.delete_cluster(cluster), interval=FAST))


@pytest.mark.parametrize(
    ("params", "size", "limits"),
    [
        ({"adjustment_type": "EXACT_CAPACITY", "number": 3}, 3, (0, 4)),
        ({"adjustment_type": "CHANGE_IN_CAPACITY", "number": -1}, 1, (0, 4)),
        ({"adjustment_type": "CHANGE_IN_PERCENTAGE", "number": 10, "min_step": 2}, 4, (0, 4)),
        ({"adjustment_type": "EXACT_CAPACITY", "number": 9, "strict": False}, 4, (0, 4)),
        ({"min_size": 1, "max_size": -1}, 2, (1, -1)),
    ],
)
def test_resize(
    senlin: Proxy, make: Factory, params: Resize, size: int, limits: tuple[int, int]
) -> None:
    cluster = make.cluster(2, max_size=4)

    senlin.wait_for_action(senlin.resize_cluster(cluster, **params), interval=FAST)

    after = senlin.get_cluster(cluster)
    assert (len(after.node_ids), after.min_size, after.max_size) == (size, *limits)


@pytest.mark.parametrize("params", [{}, {"adjustment_type": "EXACT_CAPACITY", "number": 9}])
def test_invalid_resize_is_refused(senlin: Proxy, make: Factory, params: Resize) -> None:
    cluster = make.cluster(max_size=4)

    with pytest.raises(exceptions.BadRequest):
        senlin.resize_cluster(cluster, **params)


def test_scaling(senlin: Proxy, make: Factory) -> None:
    cluster = make.cluster(1, max_size=4)

    senlin.wait_for_action(senlin.scale_out_cluster(cluster), interval=FAST)
    senlin.wait_for_action(senlin.scale_out_cluster(cluster, count=2), interval=FAST)
    assert len(senlin.get_cluster(cluster).node_ids) == 4

    senlin.wait_for_action(senlin.scale_in_cluster(cluster, 3), interval=FAST)
    assert len(senlin.get_cluster(cluster).node_ids) == 1

    for scale in (senlin.scale_in_cluster, senlin.scale_out_cluster):
        with pytest.raises(exceptions.BadRequest):
            scale(cluster, count=-2)
    with pytest.raises(exceptions.ResourceFailure, match="max_size"):
        senlin.wait_for_action(senlin.scale_out_cluster(cluster, 4), interval=FAST)


def test_check_and_recover(sandbox: Sandbox, senlin: Proxy, make: Factory, name: str) -> None:
    cluster = make.cluster(2)
    lost = senlin.get_node(cluster.node_ids[0])
    assert lost.physical_id
    sandbox.nova.vanish(lost.physical_id)

    senlin.wait_for_action(senlin.check_cluster(cluster), interval=FAST)
    assert senlin.get_node(lost).status == "ERROR"
    assert senlin.get_cluster(cluster).status == "WARNING"

    senlin.wait_for_action(
        senlin.recover_cluster(cluster, operation="RECREATE", check=True), interval=FAST
    )
    found = senlin.get_node(lost.id)
    assert found.status == "ACTIVE"
    assert found.physical_id != lost.physical_id
    with pytest.raises(exceptions.BadRequest):
        senlin.recover_cluster(cluster, operation="PRAY")


def test_collect_cluster_attrs(senlin: Proxy, make: Factory) -> None:
    cluster = make.cluster(2)

    found = list(senlin.collect_cluster_attrs(cluster, "status"))

    assert {attr.node_id: attr.attr_value for attr in found} == dict.fromkeys(
        cluster.node_ids, "ACTIVE"
    )
    assert {(attr.cluster_id, attr.path) for attr in found} == {(cluster.id, "status")}
    assert len(list(senlin.collect_cluster_attrs(cluster, "details.status"))) == 2
    assert list(senlin.collect_cluster_attrs(cluster, "no.such.thing")) == []
    with pytest.raises(exceptions.ServerError):
        list(senlin.collect_cluster_attrs(cluster, "["))


def test_operation_has_its_parameters(senlin: Proxy, make: Factory) -> None:
    cluster = make.cluster(2)

    started = senlin.perform_operation_on_cluster(cluster, "reboot", type="HARD")

    action = senlin.wait_for_action(started, interval=FAST)
    assert (action.inputs["operation"], action.inputs["params"]) == ("reboot", {"type": "HARD"})
    children = list(senlin.actions(target=cluster.node_ids, action="NODE_OPERATION"))
    assert [child.inputs["params"] for child in children] == [{"type": "HARD"}] * 2
    with pytest.raises(exceptions.BadRequest, match="fly"):
        senlin.perform_operation_on_cluster(cluster, "fly")
    with pytest.raises(exceptions.BadRequest):
        senlin.perform_operation_on_cluster(cluster, "reboot", type="GENTLE")


def test_waiting_deletion_hook_is_completed(senlin: Proxy, make: Factory) -> None:
    hook = {"type": "zaqar", "params": {"queue": "q"}, "timeout": 120}
    deletion = {
        "type": "senlin.policy.deletion",
        "version": "1.1",
        "properties": {"hooks": hook},
    }
    policy = make.policy(deletion)
    cluster = make.cluster(1)
    senlin.wait_for_action(senlin.attach_policy_to_cluster(cluster, policy), interval=FAST)
    scaled = senlin.scale_in_cluster(cluster)

    query: ActionQuery = {"target": cluster.node_ids, "status": "WAITING_LIFECYCLE_COMPLETION"}
    (waiting,) = until(lambda: list(senlin.actions(**query)))
    assert senlin.complete_lifecycle(cluster, waiting.id)["action"] == waiting.id

    senlin.wait_for_action(scaled, interval=FAST, wait=30)
    assert senlin.get_cluster(cluster).node_ids == []
    with pytest.raises(exceptions.ResourceNotFound):
        senlin.complete_lifecycle(cluster, cluster.id)


def test_every_operation_raises_for_a_missing_cluster(senlin: Proxy, name: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: senlin.get_cluster(name),
        lambda: senlin.update_cluster(name, timeout=9),
        lambda: senlin.check_cluster(name),
        lambda: senlin.recover_cluster(name),
        lambda: senlin.resize_cluster(name, min_size=1),
        lambda: senlin.scale_in_cluster(name),
        lambda: senlin.scale_out_cluster(name),
        lambda: list(senlin.collect_cluster_attrs(name, "name")),
        lambda: senlin.perform_operation_on_cluster(name, "reboot"),
        lambda: senlin.add_nodes_to_cluster(name, ["some-node"]),
        lambda: senlin.remove_nodes_from_cluster(name, ["some-node"]),
        lambda: senlin.replace_nodes_in_cluster(name, {"some-node": "other-node"}),
        lambda: senlin.attach_policy_to_cluster(name, "some-policy"),
        lambda: senlin.update_cluster_policy(name, "some-policy", enabled=True),
        lambda: senlin.detach_policy_from_cluster(name, "some-policy"),
        lambda: senlin.get_cluster_policy("some-policy", name),
        lambda: list(senlin.cluster_policies(name)),
        lambda: senlin.complete_lifecycle(name, name),
    ]
    for call in calls:
        with pytest.raises(exceptions.ResourceNotFound, match=name):
            call()


def test_busy_cluster_is_a_conflict_unless_forced(
    sandbox: Sandbox, senlin: Proxy, make: Factory, name: str
) -> None:
    profile = make.profile(name=name)
    with sandbox.nova.slow_builds(30, name):
        cluster = senlin.create_cluster(name=name, profile_id=profile, desired_capacity=1)
        senlin.wait_for_status(cluster, "CREATING", interval=FAST)

        calls: list[Callable[[], object]] = [
            lambda: senlin.check_cluster(cluster),
            lambda: senlin.update_cluster(cluster, timeout=99),
            lambda: senlin.delete_cluster(cluster),
            lambda: senlin.scale_out_cluster(cluster),
        ]
        for call in calls:
            with pytest.raises(exceptions.Conflict) as caught:
                call()
            assert caught.value.type in ("ResourceIsLocked", "ActionConflict", "ActionInProgress")
        forced = senlin.delete_cluster(cluster, force_delete=True)
    senlin.wait_for_delete(forced, interval=FAST)


def test_failed_deletion_is_noticed(
    sandbox: Sandbox, senlin: Proxy, make: Factory, name: str
) -> None:
    cluster = make.cluster(1)

    with sandbox.nova.refuse_deletion(name), pytest.raises(exceptions.ResourceFailure):
        senlin.wait_for_delete(senlin.delete_cluster(cluster), interval=FAST)

    assert senlin.get_cluster(cluster).status in ("WARNING", "ERROR")


def test_failed_creation_is_noticed(
    sandbox: Sandbox, senlin: Proxy, make: Factory, name: str
) -> None:
    profile = make.profile(name=name)
    with sandbox.nova.fail_builds(name):
        cluster = senlin.create_cluster(
            name=name, profile_id=profile, desired_capacity=1, min_size=1
        )
        make.on_cleanup(
            lambda: senlin.wait_for_delete(senlin.delete_cluster(cluster), interval=FAST)
        )
        with pytest.raises(exceptions.ResourceFailure, match="is ERROR"):
            senlin.wait_for_status(cluster, "ACTIVE", failures=["Error"], interval=FAST)
        with pytest.raises(exceptions.ResourceFailure, match="is FAILED"):
            senlin.wait_for_action(action_of(cluster), interval=FAST)
