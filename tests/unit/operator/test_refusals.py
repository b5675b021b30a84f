"""What is made of all that goes wrong: refusals, lost replies, outages, missing things."""

import pytest

from openstack_clustering import Profile
from openstack_clustering.exceptions import (
    AuthenticationFailed,
    BadRequest,
    Conflict,
    ConnectFailure,
    ServerError,
)
from senlin_operator.kube.objects import RECONCILE_AT
from tests.unit.operator.builders import (
    WITH_FINALIZER,
    Clock,
    a_cluster_manifest,
    a_profile,
    a_profile_manifest,
    a_secret_manifest,
)
from tests.unit.operator.fake_world import CHECKED, FOUR, PROFILE, SMALL, THREE, WEB, World


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
    await world.poll()
    world.senlin.lose_reply = True
    world.kube.apply(PROFILE)
    await world.converge(3)
    assert world.requests() == ["create_profile"]
    assert world.condition(SMALL)["status"] == "Unknown"

    world.clock.advance(10)
    await world.converge(2)

    assert world.requests() == []
    assert world.reason(SMALL) == "Ready"
    assert list(world.senlin.poll().all(Profile)) == [world.kube[SMALL]["status"]["id"]]


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
    world.kube.apply(a_profile_manifest(uid="profile-uid", **WITH_FINALIZER))
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
    await settled.poll()
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
    await settled.poll()
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
    await settled.poll()
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
