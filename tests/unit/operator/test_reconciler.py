"""A resource from the manifest to the status."""

from prometheus_client import REGISTRY

from openstack_clustering import Cluster
from openstack_clustering.exceptions import BadRequest, ConnectFailure
from senlin_operator.kube.client import KubeError
from senlin_operator.kube.objects import FINALIZER, Key
from tests.unit.operator.builders import (
    WITH_FINALIZER,
    Clock,
    a_cluster,
    a_cluster_manifest,
    a_node,
    a_node_manifest,
    a_profile_manifest,
    ready,
)
from tests.unit.operator.environment import CHECKED, FOUR, PROFILE, SMALL, THREE, WEB, Environment

ONE = Key("SenlinNode", "team", "one")
MEMBER = a_node_manifest("one", {"clusterRef": {"name": "web"}}, uid="one-uid")


async def test_the_finalizer_is_added_before_the_cloud_object_is_created(env: Environment) -> None:
    env.senlin.refusals.append(BadRequest("no such flavor"))
    env.kube.apply(PROFILE)

    await env.poll()

    assert env.requests() == ["create_profile"]
    assert env.kube[SMALL]["metadata"]["finalizers"] == [FINALIZER]
    assert env.writes() == [("add finalizer", "small"), ("status", "small")]


async def test_nothing_is_created_while_the_finalizer_is_refused(env: Environment) -> None:
    await env.poll()
    env.kube.refusals += [
        KubeError(403, "forbidden")
    ] * 2  # of the Secret's finalizer and of the profile's
    env.kube.apply(PROFILE)

    await env.poll()

    assert env.requests() == []


async def test_a_cluster_from_manifest_to_ready(env: Environment) -> None:
    env.kube.apply(PROFILE)
    env.kube.apply(a_cluster_manifest("web", THREE))

    await env.converge()

    assert env.requests() == ["create_profile", "create_cluster"]
    assert env.writes() == [
        ("add finalizer", "small"),
        ("status", "web"),  # the cluster waits for its profile
        ("status", "small"),
        ("add finalizer", "web"),
        ("status", "web"),  # the action has begun
        ("status", "web"),  # Ready
    ]
    status = env.kube[WEB]["status"]
    assert status["resource"]["nodes"] == {"total": 3, "active": 3, "unhealthy": 0}
    assert status["action"]["status"] == "SUCCEEDED"
    assert env.condition(WEB, "Available")["status"] == "True"


async def test_a_ready_object_causes_no_requests_and_no_writes(ready_env: Environment) -> None:
    await ready_env.converge()
    await ready_env.retry(WEB)
    await ready_env.retry(SMALL)

    assert ready_env.requests() == []
    assert ready_env.writes() == []
    assert ready_env.recorder.events == []


async def test_a_restart_with_ready_objects_causes_no_requests_and_no_writes(
    ready_env: Environment,
) -> None:
    ready_env.controller = ready_env.new_controller()
    async with ready_env.running():
        await ready_env.retry(WEB)
        await ready_env.retry(SMALL)
        await ready_env.converge()

    assert ready_env.requests() == []
    assert ready_env.writes() == []


async def test_a_change_of_the_manifest_is_carried_out_and_reported(ready_env: Environment) -> None:
    ready_env.kube.apply(a_cluster_manifest("web", FOUR))

    await ready_env.converge()

    assert ready_env.requests() == ["resize_cluster"]
    assert ready_env.writes() == [("status", "web"), ("status", "web")]
    assert ready_env.kube[WEB]["status"]["observedGeneration"] == 2
    assert ready_env.kube[WEB]["status"]["resource"]["nodes"]["active"] == 4


async def test_drift_is_corrected_and_reported(ready_env: Environment) -> None:
    id_ = ready_env.kube[WEB]["status"]["id"]
    ready_env.senlin.resize_to(id_, 5, 1, 5)
    ready_env.requests()

    await ready_env.converge()

    assert ready_env.requests() == ["resize_cluster"]
    assert ready_env.reason(WEB) == "Ready"
    note = "Drift corrected. desiredCapacity 5 → 3"
    assert ("Normal", "Resizing", note) in ready_env.recorder.events


async def test_a_cluster_deleted_by_others_is_created_again(ready_env: Environment) -> None:
    ready_env.senlin.vanish(ready_env.kube[WEB]["status"]["id"])

    await ready_env.converge()

    assert ready_env.requests() == ["create_cluster"]
    assert ready_env.reason(WEB) == "Ready"
    assert list(ready_env.senlin.poll().all(Cluster)) == [ready_env.kube[WEB]["status"]["id"]]


async def test_a_cluster_missing_after_a_restart_is_not_created_again_at_once(
    ready_env: Environment,
) -> None:
    """The process that died may have a create request in flight."""
    ready_env.senlin.vanish(ready_env.kube[WEB]["status"]["id"])
    ready_env.controller = ready_env.new_controller()
    async with ready_env.running():
        await ready_env.retry(WEB)
        await ready_env.converge(2)
        assert ready_env.requests() == []

        ready_env.clock.advance(11)
        await ready_env.converge()

    assert ready_env.requests() == ["create_cluster"]


async def test_a_duplicate_that_is_being_deleted_does_not_become_the_object(
    env: Environment,
) -> None:
    env.kube.apply(PROFILE)
    await env.converge(2)
    profile_id = env.kube[SMALL]["status"]["id"]
    for id_ in ("c1", "c2"):
        nodes = [a_node(f"{id_}-{number}") for number in range(3)]
        env.senlin.put(a_cluster(id_, profile_id=profile_id), nodes)
    env.senlin.slow = True

    env.kube.apply(a_cluster_manifest("web", THREE))
    await env.converge(2)

    assert env.requests() == ["create_profile", "delete_cluster"]
    assert env.kube[WEB]["status"]["id"] == "c1"


async def test_no_step_is_taken_while_an_action_runs(ready_env: Environment) -> None:
    ready_env.senlin.slow = True
    ready_env.kube.apply(a_cluster_manifest("web", FOUR))
    await ready_env.converge(2)
    ready_env.kube.apply(a_cluster_manifest("web", THREE | {"name": "shop"}))
    await ready_env.converge(3)
    assert ready_env.requests() == ["resize_cluster"]
    assert ready_env.reason(WEB) == "ActionRunning"

    ready_env.senlin.slow = False
    ready_env.senlin.finish()
    await ready_env.converge()

    assert ready_env.requests() == ["update_cluster", "resize_cluster"]
    assert ready_env.reason(WEB) == "Ready"


async def test_a_cluster_is_found_by_its_id_in_the_status(env: Environment) -> None:
    """As after a restore of the cluster's manifests from a backup, with another uid."""
    env.senlin.put(a_cluster("c1", "an older uid"), [a_node(f"n{i}") for i in range(3)])
    env.kube.apply(a_profile_manifest(uid="profile-uid", status=ready("p1"), **WITH_FINALIZER))
    env.kube.apply(a_cluster_manifest("web", THREE, status={"id": "c1"}))

    await env.converge()

    assert "create_cluster" not in env.requests()
    assert env.kube[WEB]["status"]["id"] == "c1"


async def test_a_lost_node_is_reported_not_replaced(ready_env: Environment) -> None:
    ready_env.senlin.lose_servers(ready_env.kube[WEB]["status"]["id"], 1)

    await ready_env.converge()

    assert ready_env.reason(WEB) == "Degraded"
    assert ("Warning", "Degraded") in {it[:2] for it in ready_env.recorder.events}
    assert ready_env.requests() == []
    assert ready_env.kube[WEB]["status"]["resource"]["nodes"]["unhealthy"] == 1
    assert ready_env.condition(WEB, "Available")["status"] == "True"


async def test_a_routine_check_is_sent_at_its_interval_and_not_reported(
    ready_env: Environment,
) -> None:
    ready_env.kube.apply(a_cluster_manifest("web", CHECKED))
    await ready_env.converge(2)
    ready_env.writes()
    assert ready_env.requests() == []

    await ready_env.retry(WEB, after=301)
    await ready_env.converge()

    assert ready_env.requests() == ["check_cluster"]
    assert ready_env.writes() == []  # a routine check is not reported


async def test_a_change_is_reported_before_a_routine_check(ready_env: Environment) -> None:
    """A check may take long."""
    ready_env.kube.apply(a_cluster_manifest("web", CHECKED))
    await ready_env.converge(2)
    ready_env.senlin.slow = True
    ready_env.senlin.lose_servers(ready_env.kube[WEB]["status"]["id"], 1)

    ready_env.clock.advance(301)
    await ready_env.poll()

    assert ready_env.reason(WEB) == "Degraded"


async def test_a_transient_status_that_never_ends_is_checked(ready_env: Environment) -> None:
    """Such a status is left when an engine dies."""
    id_ = ready_env.kube[WEB]["status"]["id"]
    cluster = ready_env.senlin.cluster(id_)
    ready_env.senlin.put(type(cluster)({**cluster.to_dict(), "status": "RESIZING"}))
    await ready_env.converge(2)
    assert ready_env.requests() == []

    ready_env.clock.advance(31)
    await ready_env.converge()

    assert ready_env.requests() == ["check_cluster"]
    assert ready_env.senlin.cluster(id_).status == "ACTIVE"
    assert ready_env.reason(WEB) == "Ready"


async def test_a_step_and_polls_that_fail_alike_are_retried_with_pauses(
    ready_env: Environment, clock: Clock
) -> None:
    ready_env.senlin.refusals.append(ConnectFailure("Keystone does not answer."))
    ready_env.kube.apply(a_cluster_manifest("web", FOUR))
    await ready_env.until_idle()
    ready_env.senlin.down = ConnectFailure("Keystone does not answer.")
    await ready_env.poll()
    clock.advance(10)  # the step may be retried

    failures = [await failed_reconciles(ready_env, clock) for _ in range(20)]

    assert failures[-1] - failures[0] <= 1
    clock.advance(30)
    assert await failed_reconciles(ready_env, clock) > failures[-1]


async def failed_reconciles(env: Environment, clock: Clock) -> float:
    """Let some time pass; return how many reconciles of clusters have failed so far."""
    clock.advance(0.2)
    env.queue.add(SMALL)  # wakes the queue, which sleeps by a real clock
    await env.until_idle()
    labels = {"kind": "SenlinCluster", "outcome": "failed"}
    return REGISTRY.get_sample_value("senlin_operator_reconcile_total", labels) or 0.0


async def test_a_cluster_and_its_member_are_not_changed_at_the_same_time(
    ready_env: Environment,
) -> None:
    ready_env.kube.apply(MEMBER)
    await ready_env.converge(10)
    assert (ready_env.reason(ONE), ready_env.reason(WEB)) == ("Ready", "Ready")
    ready_env.requests()
    ready_env.senlin.slow = True

    ready_env.kube.apply(a_cluster_manifest("web", FOUR))
    ready_env.kube.apply(
        a_node_manifest(
            "one", {"clusterRef": {"name": "web"}, "metadata": {"a": "b"}}, uid="one-uid"
        )
    )
    await ready_env.converge(3)
    assert len(ready_env.requests()) == 1  # the other object waits

    ready_env.senlin.slow = False
    ready_env.senlin.finish()
    await ready_env.converge(5)

    assert len(ready_env.requests()) == 1
    assert (ready_env.reason(ONE), ready_env.reason(WEB)) == ("Ready", "Ready")


async def test_actions_of_different_clusters_run_at_the_same_time(ready_env: Environment) -> None:
    shop = Key("SenlinCluster", "team", "shop")
    ready_env.senlin.slow = True

    ready_env.kube.apply(a_cluster_manifest("web", FOUR))
    ready_env.kube.apply(a_cluster_manifest("shop", THREE, uid="shop-uid"))
    await ready_env.converge(2)

    assert sorted(map(str, ready_env.requests())) == ["create_cluster", "resize_cluster"]
    assert ready_env.reason(shop) == ready_env.reason(WEB) == "ActionRunning"
    assert ready_env.reason(SMALL) == "Ready"
