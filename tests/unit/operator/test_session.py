"""A session: its circuit breaker, which a refused login opens, and what it asks for once."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from openstack_clustering import ProfileType
from openstack_clustering.exceptions import AuthenticationFailed, ConnectFailure, ServerError
from senlin_operator.cloud import session
from senlin_operator.cloud.credentials import Credential
from senlin_operator.cloud.inventory import Subscribers
from senlin_operator.cloud.session import CloudSession, SessionOptions, SessionPool
from senlin_operator.kinds.policy.kind import PolicyKind
from senlin_operator.kinds.profile.kind import ProfileKind
from tests.unit.operator.builders import Clock

CREDENTIAL = Credential("fingerprint", "label", {"clouds": {"openstack": {}}}, "openstack", None)


class UnreachableConnection:
    """A connection to a Senlin that answers no poll."""

    session: Any = None

    def __init__(self, *_: Any, **__: Any) -> None:
        self.cluster = self

    def close(self) -> None:
        pass

    def actions(self, **_: Any) -> Any:
        raise ConnectFailure("No answer.")


@pytest.fixture
async def cloud_session(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> AsyncIterator[CloudSession]:
    monkeypatch.setattr(session, "Connection", UnreachableConnection)
    subscribers = Subscribers(
        changed=lambda ids: None, polled=lambda keys: None, matters=lambda id_: True
    )
    cloud_session = CloudSession(
        CREDENTIAL,
        subscribers,
        SessionOptions(
            (),
        ),
    )
    yield cloud_session
    await cloud_session.close()


def refuse(_: Any) -> None:
    raise AuthenticationFailed("Wrong password.", status=401)


async def test_after_a_refused_login_nothing_is_sent(cloud_session: CloudSession) -> None:
    with pytest.raises(AuthenticationFailed):
        await cloud_session.call("first", refuse)
    sent: list[Any] = []

    with pytest.raises(AuthenticationFailed):
        await cloud_session.call("second", sent.append)
    assert sent == []


async def test_a_late_success_of_an_earlier_request_does_not_close_the_circuit(
    cloud_session: CloudSession,
) -> None:
    """Senlin may accept the old token for minutes after Keystone refuses the old password."""
    begun, go_on = threading.Event(), threading.Event()

    def slow(_: Any) -> bool:
        begun.set()
        return go_on.wait(10)

    early = asyncio.create_task(cloud_session.call("early", slow))
    await asyncio.to_thread(begun.wait, 10)
    with pytest.raises(AuthenticationFailed):
        await cloud_session.call("late", refuse)
    go_on.set()
    assert await early
    sent: list[Any] = []

    with pytest.raises(AuthenticationFailed):
        await cloud_session.call("next", sent.append)
    assert sent == []


async def test_concurrent_refusals_count_once(cloud_session: CloudSession, clock: Clock) -> None:
    """After one refusal the inventory logs in again after 45 seconds, after three after 180."""
    together = threading.Barrier(3)

    def refuse_all(_: Any) -> None:
        together.wait(10)
        refuse(None)

    calls = [cloud_session.call("at once", refuse_all) for _ in range(3)]
    refusals = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(refusal) for refusal in refusals] == [AuthenticationFailed] * 3

    clock.advance(44)
    with pytest.raises(AuthenticationFailed):
        await cloud_session.inventory.call("poll", lambda _: "too early")
    clock.advance(2)
    assert await cloud_session.inventory.call("poll", lambda _: "snapshot") == "snapshot"
    assert await cloud_session.call("next", lambda _: "sent") == "sent"


async def test_queued_requests_are_not_sent_after_a_refused_login(
    cloud_session: CloudSession,
) -> None:
    """Each of them would log in once more, and lock the user out."""
    sent: list[Any] = []

    def refuse_one(proxy: Any) -> None:
        sent.append(proxy)
        refuse(proxy)

    calls = [cloud_session.call("delete", refuse_one, urgent=True) for _ in range(50)]
    refusals = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(refusal) for refusal in refusals] == [AuthenticationFailed] * 50
    assert len(sent) <= session._THREADS


class OnDemand(ProfileKind):
    """A kind that is listed only if a resource of it uses the credential."""

    name = "Rare"
    on_demand = True


async def test_the_schema_of_a_type_is_asked_for_once_unless_that_fails(
    cloud_session: CloudSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema, asked = {"flavor": {"updatable": True}}, []

    def answer(_: Any, type_: str) -> ProfileType:
        asked.append(type_)
        if len(asked) == 1:
            raise ServerError("Busy.", status=500)
        return ProfileType({"name": type_, "schema": schema})

    monkeypatch.setattr(UnreachableConnection, "get_profile_type", answer, raising=False)
    with pytest.raises(ServerError):
        await cloud_session.profile_schema("os.nova.server-1.0")

    for _ in range(2):
        assert await cloud_session.profile_schema("os.nova.server-1.0") == schema
    assert asked == ["os.nova.server-1.0"] * 2


@pytest.fixture
async def pool(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> AsyncIterator[SessionPool]:
    monkeypatch.setattr(session, "Connection", UnreachableConnection)
    subscribers = Subscribers(
        changed=lambda ids: None, polled=lambda keys: None, matters=lambda id_: True
    )
    pool = SessionPool(subscribers, SessionOptions((OnDemand(), PolicyKind(), ProfileKind())))
    yield pool
    await pool.close()


ALWAYS = ["SenlinPolicy", "SenlinProfile"]


async def test_a_kind_on_demand_is_listed_while_a_resource_of_it_uses_the_credential(
    pool: SessionPool,
) -> None:
    def listed() -> list[str]:
        return [kind.name for kind in pool.all()[0].inventory.kinds]

    pool.use(CREDENTIAL, "profile-uid", "SenlinProfile")
    assert listed() == ALWAYS
    for uid in ("one", "two"):
        pool.use(CREDENTIAL, uid, "Rare")
        assert listed() == ["Rare", *ALWAYS]

    pool.leave("one")
    assert listed() == ["Rare", *ALWAYS]
    pool.leave("two")
    assert listed() == ALWAYS
    pool.leave("nobody")
    pool.use(CREDENTIAL, "policy-uid", "SenlinPolicy")
    pool.leave("profile-uid")
    assert listed() == ALWAYS


async def test_a_kind_on_demand_is_listed_for_its_own_credential_alone(pool: SessionPool) -> None:
    other = replace(CREDENTIAL, fingerprint="other")
    first = pool.use(CREDENTIAL, "one", "Rare")
    second = pool.use(other, "two", "SenlinProfile")
    assert ([it.name for it in second.inventory.kinds]) == ALWAYS

    pool.use(CREDENTIAL, "profile-uid", "SenlinProfile")
    pool.use(other, "one", "Rare")

    assert [it.name for it in first.inventory.kinds] == ALWAYS
    assert [it.name for it in second.inventory.kinds] == ["Rare", *ALWAYS]
