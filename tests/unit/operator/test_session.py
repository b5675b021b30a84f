"""The circuit of a credential: open from the first refusal on, closed by a later success alone."""

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

CREDENTIAL = Credential("fingerprint", "label", {}, "openstack", None)


class Silent:
    """A connection to a Senlin that does not answer looks."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.cluster = self

    def close(self) -> None:
        pass

    def actions(self, **_: Any) -> Any:
        raise ConnectFailure("Nobody answers.")


@pytest.fixture
async def cloud(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> AsyncIterator[CloudSession]:
    monkeypatch.setattr(session, "Connection", Silent)
    waking = Subscribers(changed=lambda ids: None, polled=lambda keys: None)
    cloud = CloudSession(
        CREDENTIAL,
        waking,
        SessionOptions(
            (),
        ),
    )
    yield cloud
    await cloud.close()


def refuse(_: Any) -> None:
    raise AuthenticationFailed("Wrong password.", status=401)


async def test_after_a_refusal_nothing_is_sent(cloud: CloudSession) -> None:
    with pytest.raises(AuthenticationFailed):
        await cloud.call("first", refuse)
    sent: list[Any] = []

    with pytest.raises(AuthenticationFailed):
        await cloud.call("second", sent.append)
    assert sent == []


async def test_a_success_that_was_sent_before_the_refusal_changes_nothing(
    cloud: CloudSession,
) -> None:
    """Senlin may take the old token some minutes longer than Keystone takes the old password."""
    begun, go_on = threading.Event(), threading.Event()

    def slow(_: Any) -> bool:
        begun.set()
        return go_on.wait(10)

    early = asyncio.create_task(cloud.call("early", slow))
    await asyncio.to_thread(begun.wait, 10)
    with pytest.raises(AuthenticationFailed):
        await cloud.call("late", refuse)
    go_on.set()
    assert await early
    sent: list[Any] = []

    with pytest.raises(AuthenticationFailed):
        await cloud.call("next", sent.append)
    assert sent == []


async def test_refusals_at_the_same_time_count_once(cloud: CloudSession, clock: Clock) -> None:
    """After one refusal the inventory logs in again after 45 seconds, after three after 180."""
    together = threading.Barrier(3)

    def refuse_all(_: Any) -> None:
        together.wait(10)
        refuse(None)

    calls = [cloud.call("at once", refuse_all) for _ in range(3)]
    refusals = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(refusal) for refusal in refusals] == [AuthenticationFailed] * 3

    clock.advance(44)
    with pytest.raises(AuthenticationFailed):
        await cloud.inventory.call("look", lambda _: "too early")
    clock.advance(2)
    assert await cloud.inventory.call("look", lambda _: "observed") == "observed"
    assert await cloud.call("next", lambda _: "sent") == "sent"


async def test_what_waits_for_a_permit_is_not_sent_after_a_refusal(cloud: CloudSession) -> None:
    """Or each of them would log in once more, and lock the user out."""
    sent: list[Any] = []

    def refuse_one(proxy: Any) -> None:
        sent.append(proxy)
        refuse(proxy)

    calls = [cloud.call("delete", refuse_one, urgent=True) for _ in range(50)]
    refusals = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(refusal) for refusal in refusals] == [AuthenticationFailed] * 50
    assert len(sent) <= session._THREADS
