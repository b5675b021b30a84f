"""A session: its circuit breaker, which a refused login opens, and what it asks for once."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import REGISTRY

from openstack_clustering import ClientException, Config, ProfileType
from openstack_clustering.exceptions import (
    AuthenticationFailed,
    ConfigException,
    ConnectFailure,
    EndpointNotFound,
    InvalidResponse,
    ServerError,
)
from senlin_operator.cloud import session
from senlin_operator.cloud.credentials import Credential
from senlin_operator.cloud.inventory import Subscribers
from senlin_operator.cloud.list_budget import ListBudget
from senlin_operator.cloud.session import CloudSession, SessionOptions
from senlin_operator.cloud.session_pool import Limits, SessionPool, TooManySessions
from senlin_operator.kinds.policy.kind import PolicyKind
from senlin_operator.kinds.profile.kind import ProfileKind
from senlin_operator.reconcile.workers import Workers
from tests.unit.operator.builders import Clock

MEBIBYTE = 2**20
CREDENTIAL = Credential("fingerprint", "label", Config("openstack"))


class UnreachableConnection:
    """A connection to a Senlin that answers no poll."""

    session: Any = None

    def __init__(self, *_: Any, **__: Any) -> None:
        self.cluster = self

    def close(self, *, abort: bool = False) -> None:
        pass

    def actions(self, **_: Any) -> Any:
        raise ConnectFailure("No answer.")


class LargeConnection(UnreachableConnection):
    """A connection to a Senlin whose lists have two mebibytes."""

    def __init__(self, *_: Any, reply_guard: Callable[[int], str], **__: Any) -> None:
        super().__init__()
        self._guard = reply_guard

    def actions(self, **_: Any) -> Any:
        if problem := self._guard(2 * MEBIBYTE):
            raise InvalidResponse(problem, status=200)
        return []


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


async def test_the_lists_of_all_sessions_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "Connection", LargeConnection)
    options = SessionOptions((), lists=ListBudget(3 * MEBIBYTE))

    async def polled() -> CloudSession:
        over = asyncio.Event()
        subscribers = Subscribers(lambda ids: None, lambda keys: over.set(), lambda id_: True)
        made = CloudSession(CREDENTIAL, subscribers, options)
        await asyncio.wait_for(over.wait(), 5)
        return made

    first, second = await polled(), await polled()
    assert first.inventory.snapshot
    assert "--max-lists-mebibytes" in str(second.inventory.error)
    assert not list(await first.call("any", lambda proxy: proxy.actions()))  # no poll
    await asyncio.gather(first.close(), second.close())
    third = await polled()
    assert third.inventory.snapshot
    await third.close()


def refuse(_: Any) -> None:
    raise AuthenticationFailed("Wrong password.", status=401)


async def test_after_a_refused_login_nothing_is_sent(cloud_session: CloudSession) -> None:
    with pytest.raises(AuthenticationFailed):
        await cloud_session.call("first", refuse)
    sent: list[Any] = []

    with pytest.raises(AuthenticationFailed):
        await cloud_session.call("second", sent.append)
    assert sent == []


@pytest.mark.parametrize(
    "error",
    [
        AuthenticationFailed("No domain.", status=400),
        ConfigException("The provider has no such grant."),
        EndpointNotFound("No service."),
    ],
)
async def test_each_failed_login_opens_the_circuit(
    cloud_session: CloudSession, error: ClientException
) -> None:
    def fail(_: Any) -> None:
        raise error

    with pytest.raises(type(error)):
        await cloud_session.call("first", fail)
    sent: list[Any] = []

    with pytest.raises(type(error)):
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


async def test_creations_that_hang_hold_up_no_change(cloud_session: CloudSession) -> None:
    go_on = threading.Event()
    hanging = [
        asyncio.create_task(cloud_session.call("create", lambda _: go_on.wait(10), creates=True))
        for _ in range(50)
    ]

    async with asyncio.timeout(5):
        assert await cloud_session.call("update", lambda _: "changed") == "changed"
        assert not any(task.done() for task in hanging)

    go_on.set()
    await asyncio.gather(*hanging)


async def test_a_thread_that_is_free_again_sends_nothing_after_a_refused_login(
    cloud_session: CloudSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event loop does not know of the refusal yet."""
    monkeypatch.setattr(cloud_session, "_pool", ThreadPoolExecutor(1))
    go_on, sent = threading.Event(), list[Any]()

    def refuse_later(proxy: Any) -> None:
        go_on.wait(10)
        refuse(proxy)

    calls = [cloud_session.call("any", send) for send in (refuse_later, sent.append)]
    both = asyncio.gather(*calls, return_exceptions=True)
    await asyncio.sleep(0.1)
    assert len(cloud_session._in_progress) >= len(calls)
    go_on.set()

    assert [type(refusal) for refusal in await both] == [AuthenticationFailed] * 2
    assert sent == []


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
    options = SessionOptions((OnDemand(), PolicyKind(), ProfileKind()))
    pool = SessionPool(lambda _: subscribers, options)
    yield pool
    await pool.close()


async def test_the_subscribers_of_a_session_know_its_users(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr(session, "Connection", UnreachableConnection)
    known: list[Callable[[str], bool]] = []

    def subscribers(uses: Callable[[str], bool]) -> Subscribers:
        known.append(uses)
        return Subscribers(
            changed=lambda ids: None, polled=lambda keys: None, matters=lambda id_: True
        )

    pool = SessionPool(subscribers, SessionOptions(()))
    other = replace(CREDENTIAL, fingerprint="another")
    pool.use(CREDENTIAL, "one", "SenlinProfile", "team")
    pool.use(other, "two", "SenlinProfile", "team")

    assert [[uses(uid) for uid in ("one", "two", "")] for uses in known] == [
        [True, False, False],
        [False, True, False],
    ]
    pool.use(other, "one", "SenlinProfile", "team")
    assert [uses("one") for uses in known] == [False, True]
    await pool.close()


ALWAYS = ["SenlinPolicy", "SenlinProfile"]


async def test_a_kind_on_demand_is_listed_while_a_resource_of_it_uses_the_credential(
    pool: SessionPool,
) -> None:
    def listed() -> list[str]:
        return [kind.name for kind in pool.all()[0].inventory.kinds]

    pool.use(CREDENTIAL, "profile-uid", "SenlinProfile", "team")
    assert listed() == ALWAYS
    for uid in ("one", "two"):
        pool.use(CREDENTIAL, uid, "Rare", "team")
        assert listed() == ["Rare", *ALWAYS]

    pool.leave("one")
    assert listed() == ["Rare", *ALWAYS]
    pool.leave("two")
    assert listed() == ALWAYS
    pool.leave("nobody")
    pool.use(CREDENTIAL, "policy-uid", "SenlinPolicy", "team")
    pool.leave("profile-uid")
    assert listed() == ALWAYS


async def test_a_kind_on_demand_is_listed_for_its_own_credential_alone(pool: SessionPool) -> None:
    other = replace(CREDENTIAL, fingerprint="other")
    first = pool.use(CREDENTIAL, "one", "Rare", "team")
    second = pool.use(other, "two", "SenlinProfile", "team")
    assert ([it.name for it in second.inventory.kinds]) == ALWAYS

    pool.use(CREDENTIAL, "profile-uid", "SenlinProfile", "team")
    pool.use(other, "one", "Rare", "team")

    assert [it.name for it in first.inventory.kinds] == ALWAYS
    assert [it.name for it in second.inventory.kinds] == ["Rare", *ALWAYS]


def credential(number: int) -> Credential:
    return replace(CREDENTIAL, fingerprint=f"fingerprint-{number}", label=f"label-{number}")


@pytest.fixture
async def small_pool(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> AsyncIterator[SessionPool]:
    """A pool of at most 8 sessions, 3 of a namespace."""
    monkeypatch.setattr(session, "Connection", UnreachableConnection)
    subscribers = Subscribers(
        changed=lambda ids: None, polled=lambda keys: None, matters=lambda id_: True
    )
    pool = SessionPool(lambda _: subscribers, SessionOptions(()), Limits(of_namespace=3, in_all=8))
    yield pool
    await pool.close()


async def test_a_namespace_has_no_more_sessions_than_it_may(small_pool: SessionPool) -> None:
    for at in range(3):
        small_pool.use(credential(at), f"uid-{at}", "SenlinProfile", "team")

    with pytest.raises(TooManySessions, match="Namespace team uses 3 credentials already"):
        small_pool.use(credential(3), "uid-3", "SenlinProfile", "team")
    small_pool.use(credential(2), "uid-3", "SenlinProfile", "team")  # has a session already
    small_pool.use(credential(4), "uid-4", "SenlinProfile", "good")

    assert len(small_pool.all()) == 4


async def test_a_few_namespaces_cannot_use_up_all_sessions(small_pool: SessionPool) -> None:
    for at in range(4):
        small_pool.use(credential(at), f"uid-{at}", "SenlinProfile", f"evil-{at // 2}")
    with pytest.raises(TooManySessions, match="The operator uses 4 credentials already"):
        small_pool.use(credential(4), "uid-4", "SenlinProfile", "evil-0")
    for more in range(4):
        small_pool.use(credential(10 + more), f"{more}", "SenlinProfile", f"good-{more}")

    assert len(small_pool.all()) == 8
    with pytest.raises(TooManySessions):
        small_pool.use(credential(20), "one", "SenlinProfile", "another")


async def test_changes_of_a_secret_do_not_pile_up_sessions(small_pool: SessionPool) -> None:
    """Each has a request that hangs, so a session that is closed is not gone yet."""
    hanging, sessions, refused = threading.Event(), [], 0
    loop = asyncio.get_running_loop()
    for at in range(20):
        try:
            used = small_pool.use(credential(at), "uid", "SenlinProfile", "evil")
        except TooManySessions:
            refused += 1
            continue
        begun = asyncio.Event()

        def hang(_: Any, begun: asyncio.Event = begun) -> bool:
            loop.call_soon_threadsafe(begun.set)
            return hanging.wait(10)

        sessions.append(asyncio.create_task(used.call("hang", hang)))
        await begun.wait()  # one that has not begun would end at once

    assert (len(sessions), refused) == (3, 17)
    hanging.set()
    await asyncio.gather(*sessions)
    await asyncio.sleep(0.05)
    small_pool.use(credential(30), "uid", "SenlinProfile", "evil")


async def test_the_metrics_of_a_credential_go_with_its_last_session(
    small_pool: SessionPool,
) -> None:
    def errors() -> float | None:
        labels = {"credential": "label-1", "error": "AuthenticationFailed"}
        return REGISTRY.get_sample_value("senlin_operator_credential_errors_total", labels)

    old, new = credential(1), replace(credential(2), label="label-1")  # another password
    with pytest.raises(AuthenticationFailed):
        await small_pool.use(old, "one", "SenlinProfile", "team").call("refused", refuse)
    small_pool.use(new, "two", "SenlinProfile", "team")

    small_pool.leave("one")
    await asyncio.sleep(0.01)
    assert errors() == 1
    small_pool.leave("two")
    await asyncio.sleep(0.01)
    assert errors() is None


async def test_a_request_that_nobody_waits_for_any_more_is_not_sent(
    cloud_session: CloudSession,
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    results: list[str] = []

    def slow(_: Any) -> None:
        begun.set()
        go_on.wait(10)
        try:
            cloud_session._before_request("POST")
        except ClientException as error:
            results.append(str(error))

    call = asyncio.create_task(cloud_session.call("late", slow))
    await asyncio.to_thread(begun.wait, 10)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    go_on.set()
    await cloud_session.close()

    assert results == ["Nobody waits for the result any more."]


async def test_a_closed_session_sends_nothing(cloud_session: CloudSession) -> None:
    cloud_session._before_request("GET")

    await cloud_session.close()

    with pytest.raises(ClientException):
        cloud_session._before_request("GET")


async def test_a_reconcile_that_waits_for_a_thread_or_a_reply_is_not_at_work(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr(session, "Connection", UnreachableConnection)
    subscribers = Subscribers(
        changed=lambda ids: None, polled=lambda keys: None, matters=lambda id_: True
    )
    workers, hanging = Workers(1), threading.Event()
    used = CloudSession(CREDENTIAL, subscribers, SessionOptions((), waiting=workers.waiting))

    async def work() -> None:
        await used.call("hang", lambda _: hanging.wait(10))

    for _ in range(30):  # far more than threads
        await asyncio.wait_for(workers.free(), 1)
        workers.start(work(), "team")
    hanging.set()
    await workers.drain(10)
    await used.close()
