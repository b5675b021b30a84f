"""What happens to an object between the manifest and the status."""

from collections.abc import AsyncIterator

import pytest
from builders import (
    GUARDED,
    SECRET_KEY,
    UID,
    Clock,
    a_cluster,
    a_cluster_manifest,
    a_node,
    a_profile,
    a_profile_manifest,
    a_secret_manifest,
    ready,
)
from small_world import World

from openstack_clustering.exceptions import (
    AuthenticationFailed,
    BadRequest,
    Conflict,
    ConnectFailure,
    ServerError,
)
from senlin_operator.kube.client import KubeError
from senlin_operator.kube.objects import FINALIZER, PAUSED, RECONCILE_AT, Key

SMALL = Key("SenlinProfile", "team", "small")
WEB = Key("SenlinCluster", "team", "web")
PROFILE = a_profile_manifest(uid="profile-uid")
THREE = {"minSize": 1, "maxSize": 5, "desiredCapacity": 3}
FOUR = THREE | {"desiredCapacity": 4}


@pytest.fixture
async def world(clock: Clock) -> AsyncIterator[World]:
    """Return a world with credentials and nothing else."""
    async with World(clock).running() as world:
        world.kube.apply(a_secret_manifest())
        await world.rest()
        yield world


@pytest.fixture
async def settled(world: World) -> World:
    """Return a world with a profile and a cluster of three, both Ready and at rest."""
    world.kube.apply(PROFILE)
    world.kube.apply(a_cluster_manifest("web", THREE))
    await world.converge()
    assert (world.reason(SMALL), world.reason(WEB)) == ("Ready", "Ready")
    world.requests()
    world.writes()
    world.recorder.events.clear()
    return world


async def test_the_finalizer_is_there_before_anything_is_made(world: World) -> None:
    world.senlin.refusals.append(BadRequest("no such flavor"))
    world.kube.apply(PROFILE)

    await world.look()

    assert world.requests() == ["create_profile"]
    assert world.kube[SMALL]["metadata"]["finalizers"] == [FINALIZER]
    assert world.writes() == [("finalizer on", "small"), ("status", "small")]


async def test_nothing_is_made_without_the_finalizer(world: World) -> None:
    await world.look()
    world.kube.refusals += [KubeError(403, "forbidden")] * 2  # the Secret's and the profile's
    world.kube.apply(PROFILE)

    await world.look()

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
    assert list(settled.senlin.look().clusters) == [settled.kube[WEB]["status"]["id"]]


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


async def test_a_failed_action_is_told_with_the_nodes_faults(world: World) -> None:
    world.senlin.broken_builds = 99
    world.kube.apply(PROFILE)
    world.kube.apply(a_cluster_manifest("web", THREE))

    await world.converge()

    action = world.condition(WEB, "ActionSucceeded")
    assert (action["status"], action["reason"]) == ("False", "ActionFailed")
    assert "No valid host" in action["message"]
    assert world.requests() == ["create_profile", "create_cluster"]
    assert world.condition(WEB, "Available")["status"] == "False"


async def test_a_failed_action_is_tried_again_after_a_pause(world: World) -> None:
    world.senlin.broken_builds = 3
    world.kube.apply(PROFILE)
    world.kube.apply(a_cluster_manifest("web", THREE))
    await world.converge()
    world.requests()

    await world.retry(WEB, after=5)
    await world.converge()

    assert world.requests() == ["recover_cluster"]
    assert world.reason(WEB) == "Ready"


async def test_a_lost_reply_is_not_repeated_until_a_look_that_began_after_it(world: World) -> None:
    await world.look()
    world.senlin.lose_reply = True
    world.kube.apply(PROFILE)
    await world.converge(3)
    assert world.requests() == ["create_profile"]
    assert world.condition(SMALL)["status"] == "Unknown"

    world.clock.advance(10)
    await world.converge(2)

    assert world.requests() == []
    assert world.reason(SMALL) == "Ready"
    assert list(world.senlin.look().profiles) == [world.kube[SMALL]["status"]["id"]]


async def test_a_request_that_never_left_is_sent_again(world: World) -> None:
    world.senlin.refusals.append(ConnectFailure("refused", sent=False))
    world.kube.apply(PROFILE)
    await world.converge(2)

    await world.retry(SMALL, after=10)
    await world.converge(2)

    assert world.requests() == ["create_profile", "create_profile"]
    assert world.reason(SMALL) == "Ready"


async def test_a_creation_that_a_dead_process_began_is_found(world: World) -> None:
    """It has left a finalizer and no id; its request may still be on the way."""
    world.kube.apply(a_profile_manifest(uid="profile-uid", **GUARDED))
    await world.converge(3)
    assert world.requests() == []
    world.senlin.put_profile(a_profile("p9", "profile-uid"))

    world.clock.advance(15)
    await world.converge(2)

    assert world.requests() == []
    assert world.reason(SMALL) == "Ready"
    assert world.kube[SMALL]["status"]["id"] == "p9"


async def test_what_senlin_refuses_is_held_back_until_the_spec_changes(settled: World) -> None:
    settled.senlin.refusals.append(BadRequest("too many"))
    settled.kube.apply(a_cluster_manifest("web", FOUR))
    await settled.converge(3)
    await settled.retry(WEB, after=60)
    await settled.look()
    assert settled.requests() == ["resize_cluster"]
    assert settled.reason(WEB) == "Rejected"
    assert settled.condition(WEB, "Stalled")["status"] == "True"

    settled.kube.apply(a_cluster_manifest("web", THREE | {"desiredCapacity": 2}))
    await settled.converge()

    assert settled.requests() == ["resize_cluster"]
    assert settled.reason(WEB) == "Ready"


async def test_what_senlin_refuses_is_tried_again_now_and_then(settled: World) -> None:
    settled.senlin.refusals.append(BadRequest("over quota"))
    settled.kube.apply(a_cluster_manifest("web", FOUR))
    await settled.converge(3)

    await settled.retry(WEB, after=301)
    await settled.converge()

    assert settled.requests() == ["resize_cluster", "resize_cluster"]
    assert settled.reason(WEB) == "Ready"


async def test_a_person_may_ask_for_another_try(settled: World) -> None:
    settled.senlin.refusals.append(BadRequest("over quota"))
    settled.kube.apply(a_cluster_manifest("web", FOUR))
    await settled.converge(3)
    assert settled.reason(WEB) == "Rejected"

    annotations = {RECONCILE_AT: "2026-01-01"}
    settled.kube.apply(a_cluster_manifest("web", FOUR, annotations=annotations))
    await settled.converge()
    await settled.retry(WEB)

    assert settled.requests() == ["resize_cluster", "resize_cluster"]
    assert settled.reason(WEB) == "Ready"
    assert settled.kube[WEB]["status"]["lastHandledReconcileAt"] == "2026-01-01"


async def test_a_person_may_ask_for_a_check(settled: World) -> None:
    settled.kube.apply(a_cluster_manifest("web", CHECKED))
    await settled.converge(2)

    annotations = {RECONCILE_AT: "2026-01-01"}
    settled.kube.apply(a_cluster_manifest("web", CHECKED, annotations=annotations))
    await settled.converge()

    assert settled.requests() == ["check_cluster"]


async def test_a_lock_is_waited_for_and_is_no_failure(settled: World) -> None:
    settled.senlin.refusals.append(Conflict("locked", type="ResourceIsLocked"))
    settled.kube.apply(a_cluster_manifest("web", FOUR))
    await settled.look()
    assert settled.reason(WEB) == "Busy"
    assert settled.condition(WEB, "Stalled")["status"] == "False"

    await settled.retry(WEB, after=6)
    await settled.converge()

    assert settled.reason(WEB) == "Ready"


async def test_an_outage_is_told_and_outlived(settled: World) -> None:
    settled.senlin.down = ServerError("boom")
    settled.kube.apply(a_cluster_manifest("web", FOUR))
    settled.clock.advance(200)
    await settled.retry(WEB)
    await settled.converge(3)
    assert settled.condition(WEB)["status"] == "Unknown"
    assert settled.requests() == []

    settled.senlin.down = None
    await settled.converge()

    assert settled.reason(WEB) == "Ready"


async def test_nothing_is_decided_on_an_old_look(settled: World) -> None:
    settled.clock.advance(200)
    settled.kube.apply(a_cluster_manifest("web", FOUR))

    await settled.rest()
    assert settled.requests() == []
    await settled.look()
    assert settled.requests() == ["resize_cluster"]


async def test_a_wrong_password_is_told_by_every_object_once(settled: World) -> None:
    settled.senlin.down = AuthenticationFailed("The password is wrong.")

    await settled.converge(4)

    assert settled.reason(WEB) == settled.reason(SMALL) == "CredentialsRejected"
    assert sorted(settled.writes()) == [("status", "small"), ("status", "web")]


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        pytest.param(None, "CredentialsMissing", id="no Secret"),
        pytest.param("nonsense", "CredentialsUnreadable", id="not a clouds.yaml"),
        pytest.param("clouds: {}", "CredentialsUnreadable", id="another cloud"),
    ],
)
async def test_credentials_that_are_of_no_use(
    clock: Clock, secret: str | None, reason: str
) -> None:
    async with World(clock).running() as world:
        if secret:
            world.kube.apply(a_secret_manifest(secret))
        world.kube.apply(PROFILE)
        await world.converge(2)

        assert world.reason(SMALL) == reason
        assert world.condition(SMALL, "Stalled")["status"] == "True"
        assert (
            "finalizers" not in world.kube[SMALL]["metadata"]
            or not world.kube[SMALL]["metadata"]["finalizers"]
        )

        world.kube.apply(a_secret_manifest())  # and a good one is taken up at once
        await world.converge(2)
        assert world.reason(SMALL) == "Ready"


async def test_many_objects_read_the_secret_once(settled: World) -> None:
    assert settled.kube.secret_reads == 1


async def test_a_missing_reference_is_named(world: World) -> None:
    world.kube.apply(a_cluster_manifest("web", THREE))

    await world.converge(2)

    assert world.reason(WEB) == "ReferenceMissing"
    assert world.condition(WEB)["message"] == "SenlinProfile small does not exist."
    assert world.requests() == []


async def test_a_reference_that_is_not_ready_is_waited_for(world: World) -> None:
    world.senlin.refusals.append(BadRequest("no such flavor"))
    world.kube.apply(PROFILE)
    world.kube.apply(a_cluster_manifest("web", THREE))

    await world.converge(2)

    assert world.reason(WEB) == "ReferenceNotReady"
    assert world.requests() == ["create_profile"]


async def test_deletion_of_what_was_never_made_needs_no_credential(clock: Clock) -> None:
    async with World(clock).running() as world:
        world.kube.apply(PROFILE)
        await world.rest()
        assert world.reason(SMALL) == "CredentialsMissing"

        world.kube.delete(SMALL)
        await world.rest()

        assert SMALL not in world.kube
        assert world.cache.get(SMALL) is None


async def test_deletion_waits_for_the_cloud_object_to_go(settled: World) -> None:
    settled.senlin.slow = True
    settled.kube.delete(WEB)
    await settled.converge(3)
    assert settled.requests() == ["delete_cluster"]
    assert WEB in settled.kube

    settled.senlin.finish()
    await settled.converge(2)

    assert WEB not in settled.kube
    assert settled.requests() == []
    assert settled.writes() == [("finalizer off", "web")]


async def test_deletion_waits_for_users_by_name(settled: World) -> None:
    settled.kube.delete(SMALL)
    await settled.rest()
    assert settled.reason(SMALL) == "InUse"
    message = "Deletion waits for its users to go: SenlinCluster web."
    assert settled.condition(SMALL)["message"] == message

    settled.kube.delete(WEB)
    await settled.converge()

    assert SMALL not in settled.kube
    assert settled.requests() == ["delete_cluster", "delete_profile"]


async def test_what_nobody_uses_any_more_lets_the_secret_go(settled: World) -> None:
    assert settled.kube[SECRET_KEY]["metadata"]["finalizers"] == [FINALIZER]
    settled.kube.delete(SECRET_KEY)
    settled.kube.delete(WEB)
    settled.kube.delete(SMALL)

    await settled.converge()

    assert SECRET_KEY not in settled.kube
    assert settled.senlin.look().clusters == settled.senlin.look().profiles == {}
    assert settled.clouds.users == set()


async def test_a_deletion_that_failed_is_told_and_tried_again(settled: World) -> None:
    settled.senlin.refusals.append(ServerError("boom"))
    settled.kube.delete(WEB)
    await settled.converge(2)
    assert settled.reason(WEB) == "CloudError"

    await settled.retry(WEB, after=10)
    await settled.converge(3)

    assert WEB not in settled.kube


async def test_deletion_finds_by_its_mark_what_has_no_id(world: World) -> None:
    world.senlin.put(a_cluster("c1", UID), [a_node()])
    world.kube.apply(a_cluster_manifest("web", THREE, **GUARDED))
    world.kube.delete(WEB)
    await world.rest()
    world.clock.advance(15)

    await world.converge()

    assert WEB not in world.kube
    assert world.requests() == ["delete_cluster"]
    assert world.senlin.look().clusters == {}


async def test_detached_objects_are_left_in_the_cloud(settled: World) -> None:
    raw = a_cluster_manifest("web", THREE, spec={"managedOptions": {"onDelete": "detach"}})
    settled.kube.apply(raw)
    await settled.rest()

    settled.kube.delete(WEB)
    await settled.converge(2)

    assert WEB not in settled.kube
    assert settled.requests() == []
    assert len(settled.senlin.look().clusters) == 1


async def test_a_cluster_is_adopted_by_its_id_in_the_status(world: World) -> None:
    """As after a restore of the cluster's manifests from a backup, with another uid."""
    world.senlin.put(a_cluster("c1", "an older uid"), [a_node(f"n{i}") for i in range(3)])
    world.kube.apply(a_profile_manifest(uid="profile-uid", status=ready("p1"), **GUARDED))
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


CHECKED = THREE | {"remediation": {"mode": "Report", "checkInterval": "5m"}}


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
    await settled.look()

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
