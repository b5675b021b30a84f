"""The circuit breaker of a session: a refused login opens it, a later success closes it."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from openstack_clustering.exceptions import AuthenticationFailed, ConnectFailure
from senlin_operator.cloud import session
from senlin_operator.cloud.credentials import Credential
from senlin_operator.cloud.inventory import Subscribers
from senlin_operator.cloud.session import CloudSession, SessionOptions
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
    subscribers = Subscribers(changed=lambda ids: None, polled=lambda keys: None)
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
