"""Leader election: leases, the fence and shards, on a clock that the test moves."""

import asyncio
from typing import Any, cast

import pytest

from senlin_operator.kube.client import KubeError
from senlin_operator.kube.leases import Leases
from senlin_operator.leader import Fence, Leader, LostLease, Shard
from senlin_operator.telemetry import clock as operator_clock
from tests.unit.operator.builders import Clock

NAMESPACES = [f"team-{number}" for number in range(200)]


class FakeLeases:
    """Keeps leases as an API server does: a write of an outdated version is a conflict."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, Any]] = {}
        self.writes = 0
        self.down = False
        self.refusals: list[KubeError] = []  # of the reads to come

    async def get(self, name: str) -> dict[str, Any] | None:
        if self.refusals:
            raise self.refusals.pop(0)
        return self.stored.get(name)

    async def labelled(self, _: str) -> list[dict[str, Any]]:
        return list(self.stored.values())

    async def put(
        self, name: str, _: str, spec: dict[str, Any], old: dict[str, Any] | None
    ) -> dict[str, Any]:
        if self.down:
            raise KubeError(0, "down")
        if self.stored.get(name) != old:
            raise KubeError(409, "conflict")
        self.writes += 1
        metadata = {"name": name, "resourceVersion": str(self.writes)}
        self.stored[name] = {"metadata": metadata, "spec": spec}
        return self.stored[name]

    def holder(self, name: str = "it") -> str:
        return str(self.stored[name]["spec"]["holderIdentity"])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that moves only by sleeps, or when the test says so."""
    fake = Clock()

    async def sleep(seconds: float) -> None:
        fake.advance(seconds)

    monkeypatch.setattr(operator_clock, "monotonic", fake)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    return fake


def a_leader(leases: FakeLeases, identity: str = "me", shard: Shard | None = None) -> Leader:
    return Leader(
        cast("Leases", leases),
        Fence(),
        installation="it",
        shard=shard or Shard(),
        identity=identity,
    )


async def test_a_free_lease_is_acquired(clock: Clock) -> None:
    leases = FakeLeases()

    await a_leader(leases).acquire()

    assert leases.holder() == "me"


async def test_a_refused_lease_is_logged_once(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    leases = FakeLeases()
    forbidden, raced = KubeError(403, "forbidden"), KubeError(409, "another was faster")
    leases.refusals += [forbidden, forbidden, raced, forbidden, KubeError(0, "away")]

    await a_leader(leases).acquire()

    logged = [vars(it)["error"] for it in caplog.records if it.levelname == "WARNING"]
    assert logged == ["forbidden", "away"]


async def test_a_released_lease_is_acquired_at_once(clock: Clock) -> None:
    leases = FakeLeases()
    first = a_leader(leases, "first")
    await first.acquire()
    await first.release()
    before = clock()

    await a_leader(leases, "second").acquire()

    assert leases.holder() == "second"
    assert clock() - before < 1


async def test_lease_transitions_count_changes_of_the_holder(clock: Clock) -> None:
    """As client-go counts them: a release alone is no transition."""
    leases = FakeLeases()
    counts = []
    for identity in ("first", "second", "third"):
        leader = a_leader(leases, identity)
        await leader.acquire()
        counts.append(leases.stored["it"]["spec"]["leaseTransitions"])
        await leader.release()

    assert counts == [0, 1, 2]


@pytest.mark.parametrize("renewed", ["1999-12-31T23:59:59.000000Z", "2999-12-31T23:59:59.000000Z"])
async def test_the_clock_of_the_holder_does_not_matter(clock: Clock, renewed: str) -> None:
    leases = FakeLeases()
    await a_leader(leases, "first").acquire()
    leases.stored["it"]["spec"]["renewTime"] = renewed
    before = clock()

    await a_leader(leases, "second").acquire()

    assert 15 <= clock() - before <= 17


async def test_a_lease_that_is_not_renewed_is_acquired_after_its_duration(clock: Clock) -> None:
    leases = FakeLeases()
    await a_leader(leases, "first").acquire()
    before = clock()

    await a_leader(leases, "second").acquire()

    assert leases.holder() == "second"
    assert clock() - before >= 15


async def test_a_leader_that_cannot_renew_gives_up_before_the_lease_ends(clock: Clock) -> None:
    leases = FakeLeases()
    leader = a_leader(leases)
    await leader.acquire()
    leases.down = True
    before = clock()

    with pytest.raises(LostLease):
        await leader.keep()

    assert 10 <= clock() - before < 13


async def test_a_leader_that_finds_another_holder_gives_up(clock: Clock) -> None:
    leases = FakeLeases()
    leader = a_leader(leases)
    await leader.acquire()
    leases.stored["it"] = {**leases.stored["it"], "spec": {"holderIdentity": "another"}}

    with pytest.raises(LostLease, match="taken"):
        await leader.keep()


async def test_the_fence_stops_writes_when_the_renewals_stop(clock: Clock) -> None:
    fence = Fence()
    leader = Leader(
        cast("Leases", FakeLeases()), fence, installation="it", shard=Shard(), identity="me"
    )
    fence.check()
    await leader.acquire()
    clock.advance(9)
    fence.check()
    clock.advance(2)

    with pytest.raises(KubeError, match="not the leader"):
        fence.check()


async def test_the_fence_stops_writes_after_a_release(clock: Clock) -> None:
    fence = Fence()
    leases = cast("Leases", FakeLeases())
    leader = Leader(leases, fence, installation="it", shard=Shard(), identity="me")
    await leader.acquire()

    await leader.release()

    with pytest.raises(KubeError):
        fence.check()


async def test_a_lease_is_not_released_while_a_write_has_no_reply(clock: Clock) -> None:
    """Else its effect might come after another process has looked for it."""
    fence, leases = Fence(), FakeLeases()
    leader = Leader(cast("Leases", leases), fence, installation="it", shard=Shard(), identity="me")
    await leader.acquire()
    fence.begin_write()
    before = clock()

    await leader.release()

    assert leases.holder() == "me"
    assert 3 <= clock() - before < 5
    with pytest.raises(KubeError):
        fence.check()


async def test_shards_of_one_count_hold_their_leases_side_by_side(clock: Clock) -> None:
    leases = FakeLeases()

    await a_leader(leases, "first", Shard(0, 2)).acquire()
    await a_leader(leases, "second", Shard(1, 2)).acquire()

    assert leases.holder("it-0-of-2") == "first"
    assert leases.holder("it-1-of-2") == "second"


@pytest.mark.parametrize("now", [Shard(), Shard(0, 3)])
async def test_another_count_of_shards_waits_for_all_leases_of_the_old_count(
    clock: Clock, now: Shard
) -> None:
    leases = FakeLeases()
    await a_leader(leases, "first", Shard(0, 2)).acquire()
    before = clock()

    await a_leader(leases, "second", now).acquire()

    assert clock() - before >= 15  # the old lease's duration


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_each_namespace_has_one_shard_and_no_shard_is_empty(count: int) -> None:
    shards = [Shard(index, count) for index in range(count)]

    owners = [[shard.index for shard in shards if shard.has(name)] for name in NAMESPACES]

    assert all(len(owner) == 1 for owner in owners)
    assert {owner[0] for owner in owners} == set(range(count))
