"""How a Secret is read: apart from the event loop, and in bounded time."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from senlin_operator.cloud.credentials import Allowed, UnreadableSecret
from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.objects import Key, Resource
from senlin_operator.model.outcome import Blocked
from senlin_operator.reconcile import sessions as module
from senlin_operator.reconcile.sessions import Sessions
from tests.unit.operator.builders import Clock, a_profile_manifest, a_secret_manifest
from tests.unit.operator.environment import Environment


@pytest.fixture
async def env(clock: Clock) -> Environment:
    env = Environment(clock)
    env.kube.apply(a_secret_manifest())
    return env


def sessions_of(env: Environment, in_thread: Any = asyncio.to_thread) -> Sessions:
    kube, recorder = cast("KubeClient", env.kube), cast("Recorder", env.recorder)
    return Sessions(env.cache, kube, cast("Any", env.sessions), recorder, Allowed(), in_thread)


async def profile_of(env: Environment, cloud: str = "openstack", name: str = "") -> Resource:
    """Return a profile whose credential is this cloud of the Secret."""
    document = a_profile_manifest(name or f"of-{cloud}")
    document["spec"]["cloudCredentialsRef"]["cloudName"] = cloud
    key = env.kube.apply(document)
    await asyncio.sleep(0)  # the watch reports it
    found = env.cache.get(key)
    assert found
    return found


async def test_what_is_not_read_in_time_is_said_and_tried_again(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = True

    async def hangs(reading: Callable[[], Any]) -> Any:
        if hanging:
            await asyncio.Event().wait()
        return reading()

    monkeypatch.setattr(module, "_DEADLINE", 0.01)
    sessions = sessions_of(env, hangs)

    told = await sessions.session_for(await profile_of(env))

    text = "Secret openstack could not be read within 0 s."
    assert told == Blocked(Reason.CREDENTIALS_UNREADABLE, text)
    hanging = False
    assert await sessions.session_for(await profile_of(env)) is env.session


async def test_a_right_that_was_missing_is_tried_again(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses(_: Resource) -> Any:
        raise KubeError(403, "no right")

    sessions = sessions_of(env)
    with monkeypatch.context() as patch:
        patch.setattr(env.kube, "get_secret", refuses)
        told = await sessions.session_for(await profile_of(env))

    text = "The operator may not read Secret openstack."
    assert told == Blocked(Reason.CREDENTIALS_UNREADABLE, text)
    assert await sessions.session_for(await profile_of(env)) is env.session


async def test_a_secret_is_parsed_once_for_all_of_its_clouds(env: Environment) -> None:
    read: list[str] = []

    async def counted(reading: Callable[[], Any]) -> Any:
        result = reading()
        read.append(type(result).__name__)
        return result

    sessions = sessions_of(env, counted)
    for cloud in ("openstack", "other", "third", "openstack"):
        told = await sessions.session_for(await profile_of(env, cloud))
        assert isinstance(told, Blocked) is (cloud != "openstack")

    assert read == ["CredentialsFile", "Credential"]
    assert env.kube.secret_reads == 1


async def test_what_nobody_uses_is_forgotten(env: Environment) -> None:
    """Else whoever names one cloud after the other would fill the memory."""
    read: list[str] = []

    async def counted(reading: Callable[[], Any]) -> Any:
        try:
            result = reading()
        except UnreadableSecret:
            read.append("refused")
            raise
        read.append(type(result).__name__)
        return result

    sessions = sessions_of(env, counted)
    staying, leaving = await profile_of(env), await profile_of(env, "other")
    for profile in (staying, leaving):
        await sessions.session_for(profile)

    env.kube.remove(leaving.key)
    await asyncio.sleep(0)
    await sessions.release_secret(staying.secret_key)
    for cloud in ("openstack", "other"):
        await sessions.session_for(await profile_of(env, cloud))
    assert read == ["CredentialsFile", "Credential", "refused", "refused"]

    for key in (staying.key, leaving.key):
        env.kube.remove(key)
    await asyncio.sleep(0)
    await sessions.release_secret(staying.secret_key)
    await sessions.session_for(await profile_of(env))
    assert read[4:] == ["CredentialsFile", "Credential"]


async def test_a_user_that_leaves_does_not_cost_more_if_others_stay(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the deletion of thousands at once would take the square of their number."""
    sessions, read = sessions_of(env), 0
    users = [await profile_of(env, name=f"user-{number}") for number in range(100)]
    await sessions.session_for(users[0])
    await sessions.protect_secret(users[0].secret_key)
    for user in users:
        env.cache.store_reply(user.key.kind, await env.kube.set_finalizer(user, present=True))
    referring = env.cache.referring

    def counted(key: Key) -> Iterator[Resource]:
        nonlocal read
        for resource in referring(key):
            read += 1
            yield resource

    monkeypatch.setattr(env.cache, "referring", counted)
    await sessions.release_secret(users[0].secret_key)

    assert 0 < read < 10
    secret = env.cache.get(users[0].secret_key)
    assert secret
    assert secret.has_finalizer
