"""What happens to an object between the manifest and the status."""

import pytest
from prometheus_client import REGISTRY

from openstack_clustering import Cluster
from openstack_clustering.exceptions import BadRequest, ConnectFailure
from senlin_operator.kube.client import KubeError
from senlin_operator.kube.objects import FINALIZER, PAUSED
from tests.unit.operator.builders import (
    WITH_FINALIZER,
    Clock,
    a_cluster,
    a_cluster_manifest,
    a_node,
    a_profile_manifest,
    ready,
)
from tests.unit.operator.fake_world import CHECKED, FOUR, PROFILE, SMALL, THREE, WEB, World


async def test_the_finalizer_is_there_before_anything_is_made(world: World) -> None:
    world.senlin.refusals.append(BadRequest("no such flavor"))
    world.kube.apply(PROFILE)

    await world.poll()

    assert world.requests() == ["create_profile"]
    assert world.kube[SMALL]["metadata"]["finalizers"] == [FINALIZER]
    assert world.writes() == [("finalizer on", "small"), ("status", "small")]


async def test_nothing_is_made_without_the_finalizer(world: World) -> None:
    await world.poll()
    world.kube.refusals += [KubeError(403, "forbidden")] * 2  # the Secret's and the profile's
    world.kube.apply(PROFILE)

    await world.poll()

    assert world.requests() == []


async def test_a_cluster_from_manifest_to_ready(world: World) -> None:
    world.kube.apply(PROFILE)
    world.kube.apply(a_cluster_manifest("web", THREE))

    await world.converge()

    assert world.requests() == ["create_profile", "create_cluster"]
    assert world.writes() == [
        ("finalizer on", "small"),
        ("status", "web"),  # it waits for its profile
        ("status", "small"),
        ("finalizer on", "web"),
        ("status", "web"),  # its action has begun
        ("status", "web"),  # Ready
    ]
    status = world.kube[WEB]["status"]
    assert status["resource"]["nodes"] == {"total": 3, "active": 3, "unhealthy": 0}
    assert status["action"]["status"] == "SUCCEEDED"
    assert world.condition(WEB, "Available")["status"] == "True"


async def test_a_settled_object_is_left_alone(settled: World) -> None:
    await settled.converge()
    await settled.retry(WEB)
    await settled.retry(SMALL)

    assert settled.requests() == []
    assert settled.writes() == []
    assert settled.recorder.events == []


async def test_a_restart_with_settled_objects_writes_nothing(settled: World) -> None:
    settled.controller = settled.restarted()
    async with settled.running():
        await settled.retry(WEB)
        await settled.retry(SMALL)
        await settled.converge()

    assert settled.requests() == []
    assert settled.writes() == []


async def test_a_change_is_carried_out_and_told(settled: World) -> None:
    settled.kube.apply(a_cluster_manifest("web", FOUR))

    await settled.converge()

    assert settled.requests() == ["resize_cluster"]
    assert settled.writes() == [("status", "web"), ("status", "web")]
    assert settled.kube[WEB]["status"]["observedGeneration"] == 2
    assert settled.kube[WEB]["status"]["resource"]["nodes"]["active"] == 4


async def test_drift_is_corrected_and_named(settled: World) -> None:
    id_ = settled.kube[WEB]["status"]["id"]
    settled.senlin.resize_cluster(id_, "EXACT_CAPACITY", 5, 1, 5)
    settled.requests()

    await settled.converge()

    assert settled.requests() == ["resize_cluster"]
    assert settled.reason(WEB) == "Ready"
    note = "Drift corrected. desiredCapacity 5 → 3"
    assert ("Normal", "Resizing", note) in settled.recorder.events


async def test_what_vanished_is_made_again(settled: World) -> None:
    settled.senlin.vanish(settled.kube[WEB]["status"]["id"])

    await settled.converge()

    assert settled.requests() == ["create_cluster"]
    assert settled.reason(WEB) == "Ready"
    assert list(settled.senlin.poll().all(Cluster)) == [settled.kube[WEB]["status"]["id"]]


async def test_what_vanished_before_a_restart_is_not_made_again_at_once(settled: World) -> None:
    """The process that died may have sent for it already."""
    settled.senlin.vanish(settled.kube[WEB]["status"]["id"])
    settled.controller = settled.restarted()
    async with settled.running():
        await settled.retry(WEB)
        await settled.converge(2)
        assert settled.requests() == []

        settled.clock.advance(11)
        await settled.converge()

    assert settled.requests() == ["create_cluster"]


async def test_a_duplicate_that_goes_does_not_become_the_object(world: World) -> None:
    world.kube.apply(PROFILE)
    await world.converge(2)
    profile_id = world.kube[SMALL]["status"]["id"]
    for id_ in ("c1", "c2"):
        nodes = [a_node(f"{id_}-{number}") for number in range(3)]
        world.senlin.put(a_cluster(id_, profile_id=profile_id), nodes)
    world.senlin.slow = True

    world.kube.apply(a_cluster_manifest("web", THREE))
    await world.converge(2)

    assert world.requests() == ["create_profile", "delete_cluster"]
    assert world.kube[WEB]["status"]["id"] == "c1"


async def test_no_step_is_taken_while_an_action_runs(settled: World) -> None:
    settled.senlin.slow = True
    settled.kube.apply(a_cluster_manifest("web", FOUR))
    await settled.converge(2)
    settled.kube.apply(a_cluster_manifest("web", THREE | {"name": "shop"}))
    await settled.converge(3)
    assert settled.requests() == ["resize_cluster"]
    assert settled.reason(WEB) == "ActionRunning"

    settled.senlin.slow = False
    settled.senlin.finish()
    await settled.converge()

    assert settled.requests() == ["update_cluster", "resize_cluster"]
    assert settled.reason(WEB) == "Ready"


async def test_a_cluster_is_adopted_by_its_id_in_the_status(world: World) -> None:
    """As after a restore of the cluster's manifests from a backup, with another uid."""
    world.senlin.put(a_cluster("c1", "an older uid"), [a_node(f"n{i}") for i in range(3)])
    world.kube.apply(a_profile_manifest(uid="profile-uid", status=ready("p1"), **WITH_FINALIZER))
    world.kube.apply(a_cluster_manifest("web", THREE, status={"id": "c1"}))

    await world.converge()

    assert "create_cluster" not in world.requests()
    assert world.kube[WEB]["status"]["id"] == "c1"


async def test_a_lost_node_is_reported_not_replaced(settled: World) -> None:
    settled.senlin.lose_servers(settled.kube[WEB]["status"]["id"], 1)

    await settled.converge()

    assert settled.reason(WEB) == "Degraded"
    assert settled.requests() == []
    assert settled.kube[WEB]["status"]["resource"]["nodes"]["unhealthy"] == 1
    assert settled.condition(WEB, "Available")["status"] == "True"


async def test_nodes_are_checked_when_it_is_time(settled: World) -> None:
    settled.kube.apply(a_cluster_manifest("web", CHECKED))
    await settled.converge(2)
    settled.writes()
    assert settled.requests() == []

    await settled.retry(WEB, after=301)
    await settled.converge()

    assert settled.requests() == ["check_cluster"]
    assert settled.writes() == []  # nobody is told of a routine


async def test_what_is_new_is_told_before_the_nodes_are_checked(settled: World) -> None:
    """A check may take its time."""
    settled.kube.apply(a_cluster_manifest("web", CHECKED))
    await settled.converge(2)
    settled.senlin.slow = True
    settled.senlin.lose_servers(settled.kube[WEB]["status"]["id"], 1)

    settled.clock.advance(301)
    await settled.poll()

    assert settled.reason(WEB) == "Degraded"


async def test_a_status_that_never_ends_is_ended_by_a_check(settled: World) -> None:
    """Senlin leaves it behind when an engine dies."""
    id_ = settled.kube[WEB]["status"]["id"]
    cluster = settled.senlin.cluster(id_)
    settled.senlin.put(type(cluster)({**cluster.to_dict(), "status": "RESIZING"}))
    await settled.converge(2)
    assert settled.requests() == []

    settled.clock.advance(31)
    await settled.converge()

    assert settled.requests() == ["check_cluster"]
    assert settled.senlin.cluster(id_).status == "ACTIVE"
    assert settled.reason(WEB) == "Ready"


@pytest.mark.parametrize("paused", ["true", "false"])
async def test_a_paused_object_is_left_alone(settled: World, paused: str) -> None:
    annotations = {PAUSED: paused}

    settled.kube.apply(a_cluster_manifest("web", FOUR, annotations=annotations))
    await settled.converge()

    assert settled.requests() == ([] if paused == "true" else ["resize_cluster"])


async def test_a_step_and_looks_that_fail_alike_are_not_tried_again_and_again(
    settled: World, clock: Clock
) -> None:
    settled.senlin.refusals.append(ConnectFailure("Keystone does not answer."))
    settled.kube.apply(a_cluster_manifest("web", FOUR))
    await settled.rest()
    settled.senlin.down = ConnectFailure("Keystone does not answer.")
    await settled.poll()
    clock.advance(10)  # the step may be tried again

    attempts = [await failed_attempts(settled, clock) for _ in range(20)]

    assert attempts[-1] - attempts[0] <= 1
    clock.advance(30)
    assert await failed_attempts(settled, clock) > attempts[-1]


async def failed_attempts(world: World, clock: Clock) -> float:
    """Let some time pass; return how often the cluster was tried in vain so far."""
    clock.advance(0.2)
    world.queue.add(SMALL)  # wakes the queue, which sleeps by a real clock
    await world.rest()
    labels = {"kind": "SenlinCluster", "outcome": "failed"}
    return REGISTRY.get_sample_value("senlin_operator_reconcile_total", labels) or 0.0
