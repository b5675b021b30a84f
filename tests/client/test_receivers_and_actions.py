import pytest

from openstack_clustering import Proxy, exceptions
from openstack_clustering.keywords import NewReceiver
from sandbox import Sandbox
from tests.client.factories import FAST, Factory, action_of


def test_life_of_a_receiver(senlin: Proxy, make: Factory, name: str) -> None:
    cluster = make.cluster()
    made = senlin.create_receiver(
        name=name,
        type="webhook",
        cluster_id=cluster,
        action="CLUSTER_SCALE_OUT",
        params={"count": "1"},
    )
    assert made.channel["alarm_url"].startswith("http")
    assert senlin.get_receiver(name) == senlin.get_receiver(made) == senlin.find_receiver(name)
    assert [r.id for r in senlin.receivers(cluster_id=cluster, action=made.action)] == [made.id]
    assert [r.id for r in senlin.receivers(name=name, type="webhook", user=made.user_id)] == [
        made.id
    ]
    assert list(senlin.receivers(name=name, user="somebody-else")) == []

    changed = senlin.update_receiver(made, name=f"{name}-2", params={"count": "2"})
    assert (changed.name, changed.params) == (f"{name}-2", {"count": "2"})
    with pytest.raises(exceptions.BadRequest, match="message"):
        senlin.notify_receiver(made)

    senlin.delete_receiver(made)
    assert senlin.find_receiver(made.id) is None
    senlin.delete_receiver(made)
    with pytest.raises(exceptions.ResourceNotFound):
        senlin.delete_receiver(made, ignore_missing=False)
    for call in (senlin.get_receiver, senlin.update_receiver, senlin.notify_receiver):
        with pytest.raises(exceptions.ResourceNotFound):
            call(made.id)


def test_webhook_is_triggered(senlin: Proxy, make: Factory, name: str) -> None:
    cluster = make.cluster()
    receiver = senlin.create_receiver(
        name=name, type="webhook", cluster_id=cluster, action="CLUSTER_SCALE_OUT"
    )

    started = senlin.trigger_webhook(receiver, {"count": 2})
    senlin.wait_for_action(started, interval=FAST)
    senlin.wait_for_action(senlin.trigger_webhook(receiver.channel["alarm_url"]), interval=FAST)

    assert len(senlin.get_cluster(cluster).node_ids) == 3
    senlin.delete_receiver(receiver)
    with pytest.raises(exceptions.ResourceNotFound):
        senlin.trigger_webhook(receiver)


@pytest.mark.parametrize(
    "attrs",
    [{"type": "pigeon"}, {"action": "CLUSTER_EXPLODE"}, {"cluster_id": "no-such-cluster"}],
)
def test_invalid_receiver_is_refused(
    senlin: Proxy, make: Factory, name: str, attrs: NewReceiver
) -> None:
    invalid: NewReceiver = {
        "name": name,
        "type": "webhook",
        "cluster_id": make.cluster(),
        "action": "CLUSTER_SCALE_OUT",
    }
    invalid.update(attrs)

    with pytest.raises(exceptions.BadRequest):
        senlin.create_receiver(**invalid)


def test_actions_are_filtered(senlin: Proxy, make: Factory) -> None:
    cluster = make.cluster(1)
    started = senlin.check_cluster(cluster)["action"]
    senlin.wait_for_action(started, interval=FAST)

    assert [a.action for a in senlin.actions(target=cluster)] == ["CLUSTER_CREATE", "CLUSTER_CHECK"]
    of_both = senlin.actions(target_id=[cluster.id, *cluster.node_ids], status=["SUCCEEDED"])
    assert {a.action for a in of_both} == {
        "CLUSTER_CREATE", "CLUSTER_CHECK", "NODE_CREATE", "NODE_CHECK"
    }  # fmt: skip
    (check,) = senlin.actions(target=cluster, action="CLUSTER_CHECK")
    assert check.id == started
    assert list(senlin.actions(target=cluster, status=["INIT", "READY", "RUNNING"])) == []
    assert {a.cluster_id for a in senlin.actions(cluster_id=cluster)} == {cluster.id}
    assert senlin.get_action(check) == senlin.get_action(check.id) == senlin.get_action(check.name)
    assert check.start_at is not None
    assert check.end_at is not None
    assert check.end_at >= check.start_at
    with pytest.raises(exceptions.BadRequest):
        list(senlin.actions(status="SLEEPY"))
    with pytest.raises(exceptions.ResourceNotFound):
        senlin.get_action(cluster.id)


def test_action_is_cancelled(sandbox: Sandbox, senlin: Proxy, make: Factory, name: str) -> None:
    profile = make.profile(name=name)
    with sandbox.nova.slow_builds(30, name):
        cluster = senlin.create_cluster(name=name, profile_id=profile, desired_capacity=1)
        senlin.wait_for_status(cluster, "CREATING", interval=FAST)
        cancelled = senlin.update_action(action_of(cluster), status="CANCELLED", force=True)
        assert cancelled.status == "CANCELLED"
        with pytest.raises(exceptions.ResourceFailure, match="is CANCELLED"):
            senlin.wait_for_action(action_of(cluster), interval=FAST)
    forced = senlin.delete_cluster(cluster, force_delete=True)
    senlin.wait_for_delete(forced, interval=FAST)


def test_ended_action_cannot_be_cancelled(senlin: Proxy, make: Factory, name: str) -> None:
    cluster = make.cluster()
    (created,) = senlin.actions(target=cluster)

    with pytest.raises(exceptions.BadRequest):
        senlin.update_action(created, status="SLEEPY")
    with pytest.raises(exceptions.Conflict) as caught:
        senlin.cancel_action(created)
    assert caught.value.type == "ActionImmutable"
    with pytest.raises(exceptions.ResourceNotFound):
        senlin.cancel_action(cluster.id)


def test_events(senlin: Proxy, make: Factory) -> None:
    cluster = make.cluster()

    found = list(senlin.events(obj_type="cluster", obj_id=cluster.id))

    assert [(e.action, e.status) for e in found] == [
        ("CLUSTER_CREATE", "start"), ("CLUSTER_CREATE", "end")
    ]  # fmt: skip
    assert {(e.obj_name, e.level) for e in found} == {(cluster.name, "INFO")}
    assert senlin.get_event(found[0]) == senlin.get_event(found[0].id)
    assert len(list(senlin.events(cluster_id=cluster, action="CLUSTER_CREATE", level="INFO"))) == 2
    assert list(senlin.events(obj_name=cluster.name, level=["ERROR", "CRITICAL"])) == []
    with pytest.raises(exceptions.BadRequest):
        list(senlin.events(level="LOUD"))
    with pytest.raises(exceptions.ResourceNotFound):
        senlin.get_event(cluster.id)
