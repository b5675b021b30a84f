"""A cloud object that stays in Senlin takes with it what it needs there; other users are named."""

import pytest

from openstack_clustering import Cluster, Policy, Profile
from senlin_operator.kube.objects import DETACHED, Key
from tests.unit.operator.builders import (
    SECRET_KEY,
    UID,
    WITH_FINALIZER,
    Clock,
    a_cluster,
    a_cluster_manifest,
    a_node,
    a_policy_manifest,
    a_profile_manifest,
    a_secret_manifest,
    a_template_manifest,
    ready,
)
from tests.unit.operator.environment import PROFILE, SMALL, THREE, WEB, Environment, replace_process

GROW = Key("SenlinPolicy", "team", "grow")
DETACH = {"managedOptions": {"onDelete": "detach"}}
WITH_POLICY = THREE | {"policies": [{"policyRef": {"name": "grow"}, "enabled": True}]}


def stalled(env: Environment, key: Key) -> str:
    return str(env.condition(key, "Stalled")["status"])


async def detach_web(env: Environment, resource: object = THREE) -> None:
    env.kube.apply(a_cluster_manifest("web", resource, spec=DETACH))
    await env.converge(2)
    env.kube.remove(WEB)
    await env.converge(2)
    assert WEB not in env.kube


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_profile_stays_with_the_cluster_that_was_detached(
    clock: Clock, restarted: bool
) -> None:
    env = Environment(clock)
    async with env.running():
        for manifest in (a_secret_manifest(), PROFILE, a_cluster_manifest("web", THREE)):
            env.kube.apply(manifest)
        await env.converge()
        await detach_web(env)
        assert env.kube[SMALL]["metadata"]["annotations"] == {
            f"{DETACHED}{UID}": "SenlinCluster web"
        }
    if restarted:
        await replace_process(env)
    async with env.running():
        await env.converge(2)
        env.kube.remove(SMALL)
        await env.converge(2)

    assert SMALL not in env.kube
    assert len(env.senlin.poll().all(Profile)) == 1
    assert ("Normal", "Detached", "Cluster web stays in Senlin.") in env.recorder.events
    assert env.recorder.events[-1] == (
        "Normal",
        "Detached",
        "Profile small stays in Senlin, as it is used for what was detached: SenlinCluster web.",
    )


async def test_policies_stay_with_the_cluster_that_was_detached(env: Environment) -> None:
    for manifest in (
        PROFILE,
        a_policy_manifest("grow", uid="policy-uid"),
        a_cluster_manifest("web", WITH_POLICY),
    ):
        env.kube.apply(manifest)
    await env.converge(10)
    await detach_web(env, WITH_POLICY)

    env.kube.remove(GROW)
    await env.converge(2)

    assert GROW not in env.kube
    assert len(env.senlin.poll().all(Policy)) == 1


async def test_what_a_detached_cluster_does_not_use_any_more_is_deleted(
    ready_env: Environment,
) -> None:
    await detach_web(ready_env)
    [cluster] = ready_env.senlin.poll().all(Cluster)
    ready_env.senlin.delete_cluster(cluster)
    await ready_env.converge(2)

    ready_env.kube.remove(SMALL)
    await ready_env.converge(2)

    assert SMALL not in ready_env.kube
    assert ready_env.senlin.poll().all(Profile) == {}


@pytest.mark.parametrize("foreground", [False, True])
async def test_an_inline_profile_is_detached_although_its_manifest_is_older(
    env: Environment, foreground: bool
) -> None:
    env.kube.apply(a_template_manifest(resource=THREE))
    await env.converge(8)
    assert env.reason(WEB) == "Ready"
    [owned] = env.kube.keys("SenlinProfile")

    env.kube.apply(a_template_manifest(resource=THREE, spec=DETACH))
    env.kube.remove(WEB, foreground=foreground)
    await env.converge(3)

    assert WEB not in env.kube
    assert owned not in env.kube
    assert len(env.senlin.poll().all(Profile)) == 1
    assert "delete_profile" not in env.requests()


async def test_a_user_that_no_resource_manages_is_a_persons_business(env: Environment) -> None:
    env.kube.apply(PROFILE)
    await env.converge(2)
    id_ = env.kube[SMALL]["status"]["id"]
    nodes = [a_node("n1", "c9", profile_id=id_), a_node("n2", "c9", profile_id=id_)]
    env.senlin.put(a_cluster("c9", "a-uid-elsewhere", name="theirs", profile_id=id_), nodes)
    await env.poll()

    env.kube.remove(SMALL)
    await env.converge(2)

    assert (env.reason(SMALL), stalled(env, SMALL)) == ("InUse", "True")
    assert env.condition(SMALL)["message"] == (
        "Senlin still uses it for cluster theirs, which no resource manages. Delete that in "
        "Senlin, or set spec.managedOptions.onDelete: detach here as well, to leave this in "
        "Senlin, too."
    )
    env.writes()
    await env.retry(SMALL, after=31)
    await env.converge(2)
    assert env.writes() == []

    env.kube.apply(a_profile_manifest(uid="profile-uid", spec=DETACH))
    await env.converge(2)
    assert SMALL not in env.kube


async def test_a_user_that_a_resource_manages_is_waited_for_by_its_name(env: Environment) -> None:
    """Its manifest names another profile already, but its nodes have not changed theirs."""
    env.kube.apply(PROFILE)
    await env.converge(2)
    id_ = env.kube[SMALL]["status"]["id"]
    env.senlin.put(a_cluster("c1", profile_id="p9"), [a_node("n1", profile_id=id_)])
    web = a_cluster_manifest(
        "web",
        THREE | {"profileRef": {"name": "other"}},
        status=ready("c1"),
        annotations={"senlin.openstack.org/paused": "true"},
        **WITH_FINALIZER,
    )
    env.kube.apply(web)
    await env.poll()

    env.kube.remove(SMALL)
    await env.converge(2)

    assert (env.reason(SMALL), stalled(env, SMALL)) == ("InUse", "False")
    message = "Senlin still uses it for SenlinCluster web."
    assert env.condition(SMALL)["message"] == message


async def test_a_referrer_that_stays_for_long_is_a_persons_business(
    ready_env: Environment,
) -> None:
    ready_env.kube.remove(SMALL)
    await ready_env.until_idle()
    assert (ready_env.reason(SMALL), stalled(ready_env, SMALL)) == ("InUse", "False")

    await ready_env.retry(SMALL, after=62)
    assert (ready_env.reason(SMALL), stalled(ready_env, SMALL)) == ("InUse", "True")

    ready_env.kube.remove(WEB)
    await ready_env.converge()
    assert SMALL not in ready_env.kube


async def test_a_secret_that_is_kept_gets_one_event(ready_env: Environment) -> None:
    ready_env.kube.remove(SECRET_KEY)
    await ready_env.until_idle()
    ready_env.queue.add(SECRET_KEY)
    await ready_env.until_idle()

    [(kind, note)] = [(it[0], it[2]) for it in ready_env.recorder.events if it[1] == "Kept"]
    assert kind == "Warning"
    assert "deleted, as they need it for that: SenlinCluster web, SenlinProfile small. " in note

    ready_env.kube.remove(WEB)
    ready_env.kube.remove(SMALL)
    await ready_env.converge()
    assert SECRET_KEY not in ready_env.kube


async def test_a_secret_that_goes_with_its_users_gets_no_event(ready_env: Environment) -> None:
    for key in (WEB, SMALL, SECRET_KEY):
        ready_env.kube.remove(key)
    await ready_env.converge()

    assert SECRET_KEY not in ready_env.kube
    assert "Kept" not in [reason for _, reason, _ in ready_env.recorder.events]


@pytest.mark.parametrize(
    ("hidden", "message"),
    [
        (False, "Secret openstack does not exist in namespace team."),
        (True, "Secret openstack in namespace team is not of the type Opaque."),
    ],
)
async def test_a_missing_secret_is_told_from_one_of_another_type(
    clock: Clock, hidden: bool, message: str
) -> None:
    async with Environment(clock).running() as env:
        env.kube.hidden |= {SECRET_KEY} if hidden else set()
        env.kube.apply(PROFILE)
        await env.until_idle()

        assert env.condition(SMALL)["message"] == message
