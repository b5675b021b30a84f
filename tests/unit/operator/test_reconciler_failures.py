"""Failures: of actions and requests, lost replies, outages, missing Secrets and references."""

import pytest

from openstack_clustering import Profile
from openstack_clustering.exceptions import (
    AuthenticationFailed,
    BadRequest,
    ClientException,
    Conflict,
    ConnectFailure,
    ServerError,
)
from senlin_operator.kube.objects import RECONCILE_AT
from senlin_operator.model.ownership import entries
from tests.unit.operator.builders import (
    WITH_FINALIZER,
    Clock,
    a_cluster_manifest,
    a_profile,
    a_profile_manifest,
    a_secret_manifest,
    an_owner,
)
from tests.unit.operator.environment import CHECKED, FOUR, PROFILE, SMALL, THREE, WEB, Environment


async def test_a_failed_action_is_reported_with_the_faults_of_its_nodes(env: Environment) -> None:
    env.senlin.broken_builds = 99
    env.kube.apply(PROFILE)
    env.kube.apply(a_cluster_manifest("web", THREE))

    await env.converge()

    action = env.condition(WEB, "ActionSucceeded")
    assert (action["status"], action["reason"]) == ("False", "ActionFailed")
    assert "No valid host" in action["message"]
    assert env.requests() == ["create_profile", "create_cluster"]
    assert env.condition(WEB, "Available")["status"] == "False"


async def test_a_failed_action_is_retried_after_a_pause(env: Environment) -> None:
    env.senlin.broken_builds = 3
    env.kube.apply(PROFILE)
    env.kube.apply(a_cluster_manifest("web", THREE))
    await env.converge()
    env.requests()

    await env.retry(WEB, after=5)
    await env.converge()

    assert env.requests() == ["recover_cluster"]
    assert env.reason(WEB) == "Ready"


async def test_a_request_without_a_reply_is_not_repeated_before_a_fresh_poll(
    env: Environment,
) -> None:
    await env.poll()
    env.senlin.lose_reply = True
    env.kube.apply(PROFILE)
    await env.converge(3)
    assert env.requests() == ["create_profile"]
    assert env.condition(SMALL)["status"] == "Unknown"

    env.clock.advance(10)
    await env.converge(2)

    assert env.requests() == []
    assert env.reason(SMALL) == "Ready"
    assert list(env.senlin.poll().all(Profile)) == [env.kube[SMALL]["status"]["id"]]


async def test_a_request_that_was_not_sent_is_retried(env: Environment) -> None:
    env.senlin.refusals.append(ConnectFailure("refused", sent=False))
    env.kube.apply(PROFILE)
    await env.converge(2)

    await env.retry(SMALL, after=10)
    await env.converge(2)

    assert env.requests() == ["create_profile", "create_profile"]
    assert env.reason(SMALL) == "Ready"


async def test_a_creation_by_a_process_that_died_is_found(env: Environment) -> None:
    """The process left a finalizer and no id; its request may still be in flight."""
    env.kube.apply(a_profile_manifest(uid="profile-uid", **WITH_FINALIZER))
    await env.converge(3)
    assert env.requests() == []
    marker = entries(an_owner("profile-uid", SMALL))
    env.senlin.put_profile(a_profile("p9", metadata=marker))

    env.clock.advance(15)
    await env.converge(2)

    assert env.requests() == []
    assert env.reason(SMALL) == "Ready"
    assert env.kube[SMALL]["status"]["id"] == "p9"


async def test_a_refused_request_is_not_repeated_until_the_spec_changes(
    ready_env: Environment,
) -> None:
    ready_env.senlin.refusals.append(BadRequest("too many"))
    ready_env.kube.apply(a_cluster_manifest("web", FOUR))
    await ready_env.converge(3)
    await ready_env.retry(WEB, after=60)
    await ready_env.poll()
    assert ready_env.requests() == ["resize_cluster"]
    assert ready_env.reason(WEB) == "Rejected"
    assert ready_env.condition(WEB, "Stalled")["status"] == "True"

    ready_env.kube.apply(a_cluster_manifest("web", THREE | {"desiredCapacity": 2}))
    await ready_env.converge()

    assert ready_env.requests() == ["resize_cluster"]
    assert ready_env.reason(WEB) == "Ready"


async def test_a_refused_request_is_retried_after_a_long_pause(ready_env: Environment) -> None:
    ready_env.senlin.refusals.append(BadRequest("over quota"))
    ready_env.kube.apply(a_cluster_manifest("web", FOUR))
    await ready_env.converge(3)

    await ready_env.retry(WEB, after=301)
    await ready_env.converge()

    assert ready_env.requests() == ["resize_cluster", "resize_cluster"]
    assert ready_env.reason(WEB) == "Ready"


async def test_the_reconcile_annotation_retries_a_refused_request_at_once(
    ready_env: Environment,
) -> None:
    ready_env.senlin.refusals.append(BadRequest("over quota"))
    ready_env.kube.apply(a_cluster_manifest("web", FOUR))
    await ready_env.converge(3)
    assert ready_env.reason(WEB) == "Rejected"

    annotations = {RECONCILE_AT: "2026-01-01"}
    ready_env.kube.apply(a_cluster_manifest("web", FOUR, annotations=annotations))
    await ready_env.converge()
    await ready_env.retry(WEB)

    assert ready_env.requests() == ["resize_cluster", "resize_cluster"]
    assert ready_env.reason(WEB) == "Ready"
    assert ready_env.kube[WEB]["status"]["lastHandledReconcileAt"] == "2026-01-01"


async def test_the_reconcile_annotation_sends_a_check(ready_env: Environment) -> None:
    ready_env.kube.apply(a_cluster_manifest("web", CHECKED))
    await ready_env.converge(2)

    annotations = {RECONCILE_AT: "2026-01-01"}
    ready_env.kube.apply(a_cluster_manifest("web", CHECKED, annotations=annotations))
    await ready_env.converge()

    assert ready_env.requests() == ["check_cluster"]


async def test_a_locked_cluster_is_waited_for_and_is_no_failure(ready_env: Environment) -> None:
    ready_env.senlin.refusals.append(Conflict("locked", type="ResourceIsLocked"))
    ready_env.kube.apply(a_cluster_manifest("web", FOUR))
    await ready_env.poll()
    assert ready_env.reason(WEB) == "Busy"
    assert ready_env.condition(WEB, "Stalled")["status"] == "False"

    await ready_env.retry(WEB, after=6)
    await ready_env.converge()

    assert ready_env.reason(WEB) == "Ready"


async def test_an_outage_is_reported_and_work_goes_on_after_it(ready_env: Environment) -> None:
    ready_env.senlin.down = ServerError("boom")
    ready_env.kube.apply(a_cluster_manifest("web", FOUR))
    ready_env.clock.advance(200)
    await ready_env.retry(WEB)
    await ready_env.converge(3)
    assert ready_env.condition(WEB)["status"] == "Unknown"
    assert ready_env.requests() == []

    ready_env.senlin.down = None
    await ready_env.converge()

    assert ready_env.reason(WEB) == "Ready"


async def test_no_request_is_sent_on_a_stale_snapshot(ready_env: Environment) -> None:
    ready_env.clock.advance(200)
    ready_env.kube.apply(a_cluster_manifest("web", FOUR))

    await ready_env.until_idle()
    assert ready_env.requests() == []
    await ready_env.poll()
    assert ready_env.requests() == ["resize_cluster"]


async def test_a_wrong_password_is_reported_once_on_every_object(ready_env: Environment) -> None:
    ready_env.senlin.down = AuthenticationFailed("The password is wrong.")

    await ready_env.converge(4)

    assert ready_env.reason(WEB) == ready_env.reason(SMALL) == "CredentialsRejected"
    assert sorted(ready_env.writes()) == [("status", "small"), ("status", "web")]


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        pytest.param(None, "CredentialsMissing", id="no Secret"),
        pytest.param("nonsense", "CredentialsUnreadable", id="not a clouds.yaml"),
        pytest.param("clouds: {}", "CredentialsUnreadable", id="no such cloud"),
    ],
)
async def test_unusable_credentials_are_reported_until_they_are_replaced(
    clock: Clock, secret: str | None, reason: str
) -> None:
    async with Environment(clock).running() as env:
        if secret:
            env.kube.apply(a_secret_manifest(secret))
        env.kube.apply(PROFILE)
        await env.converge(2)

        assert env.reason(SMALL) == reason
        assert env.condition(SMALL, "Stalled")["status"] == "True"
        assert (
            "finalizers" not in env.kube[SMALL]["metadata"]
            or not env.kube[SMALL]["metadata"]["finalizers"]
        )

        env.kube.apply(a_secret_manifest())  # a good Secret is used at once
        await env.converge(2)
        assert env.reason(SMALL) == "Ready"


async def test_objects_with_the_same_secret_read_it_once_a_version(ready_env: Environment) -> None:
    assert ready_env.kube.secret_reads == 2  # the finalizer has made the second version


async def test_a_missing_reference_is_named(env: Environment) -> None:
    env.kube.apply(a_cluster_manifest("web", THREE))

    await env.converge(2)

    assert env.reason(WEB) == "ReferenceMissing"
    assert env.condition(WEB)["message"] == "SenlinProfile small does not exist."
    assert env.requests() == []


async def test_a_reference_that_is_not_ready_is_waited_for(env: Environment) -> None:
    env.senlin.refusals.append(BadRequest("no such flavor"))
    env.kube.apply(PROFILE)
    env.kube.apply(a_cluster_manifest("web", THREE))

    await env.converge(2)

    assert env.reason(WEB) == "ReferenceNotReady"
    assert env.requests() == ["create_profile"]


async def test_a_stalled_reference_stalls_until_it_is_made(env: Environment) -> None:
    env.senlin.refusals.append(BadRequest("no such flavor"))
    env.kube.apply(a_cluster_manifest("web", THREE))
    await env.converge(1)
    env.kube.apply(PROFILE)
    await env.converge(2)

    sentence = "SenlinProfile small is not Ready: Senlin refuses it: no such flavor"
    assert env.condition(WEB)["message"] == sentence
    assert env.condition(WEB, "Stalled")["status"] == "True"
    assert env.condition(WEB, "Reconciling")["status"] == "False"
    assert ("Warning", "ReferenceNotReady", sentence) in env.recorder.events
    env.writes()
    await env.retry(WEB)
    assert env.writes() == []

    env.clock.advance(310)
    await env.retry(SMALL)
    await env.converge()

    assert env.reason(WEB) == "Ready"


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        pytest.param(ConnectFailure("refused", sent=False), "Warning", "Unreachable", id="outage"),
        pytest.param(
            ServerError("boom", status=503), "Warning", "CloudError", id="fault of Senlin"
        ),
        pytest.param(BadRequest("no", status=400), "Warning", "Rejected", id="refusal: Stalled"),
        pytest.param(Conflict("locked", status=409), "Normal", "Busy", id="Senlin is at work"),
    ],
)
async def test_what_a_person_should_see_is_a_warning(
    env: Environment, error: ClientException, kind: str, reason: str
) -> None:
    await env.poll()
    env.senlin.refusals.append(error)
    env.kube.apply(PROFILE)

    await env.converge(2)

    assert [(it[0], it[1]) for it in env.recorder.events if it[1] == reason] == [(kind, reason)]


async def test_a_first_failure_is_a_warning_before_anything_is_stalled(env: Environment) -> None:
    env.senlin.broken_builds = 1
    env.kube.apply(PROFILE)
    env.kube.apply(a_cluster_manifest("web", THREE))

    await env.converge()

    told = {(kind, reason) for kind, reason, _ in env.recorder.events if reason == "ActionFailed"}
    assert told == {("Warning", "ActionFailed")}
    assert env.condition(WEB, "Stalled")["status"] == "False"
