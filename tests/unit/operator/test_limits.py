"""Token buckets, and the turns of those who wait for a token."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openstack_clustering import Node, Profile
from senlin_operator.kube import limits
from senlin_operator.kube.limits import Bucket, Buckets, FairRate
from tests.unit.operator.builders import Clock, a_cluster_manifest
from tests.unit.operator.environment import FOUR, WEB, Environment


def test_a_bucket_gives_its_burst_and_then_one_an_interval(clock: Clock) -> None:
    bucket = Bucket(3, 10.0)
    assert [bucket.take() for _ in range(3)] == [0, 0, 0]
    assert bucket.take() == pytest.approx(10, abs=0.01)

    clock.advance(9)
    assert bucket.take() == pytest.approx(1, abs=0.01)
    clock.advance(1.1)
    assert bucket.take() == 0
    clock.advance(1000)
    assert [bool(bucket.take()) for _ in range(4)] == [False, False, False, True]


@given(st.lists(st.floats(0, 100), max_size=50))
def test_a_bucket_never_gives_more_than_its_burst_and_what_came_since(pauses: list[float]) -> None:
    now = [0.0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("senlin_operator.telemetry.clock.monotonic", lambda: now[0])
        bucket, given_out = Bucket(5, 10.0), 0
        for pause in pauses:
            now[0] += pause
            given_out += not bucket.take()

            assert given_out <= 5 + now[0] / 10 + 1e-6


def test_each_object_has_a_bucket(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_REMEMBERED_MOST", 2)
    buckets = Buckets(1, 10.0)

    assert [bool(buckets.take(of)) for of in "aabab"] == [False, True, False, True, True]
    buckets.take("c")  # one too many: a, which was used least recently, is forgotten
    assert not buckets.take("a")


async def test_while_a_rate_is_used_up_the_namespaces_have_turns() -> None:
    rate, admitted = FairRate(2, 0.001), []

    async def write(namespace: str) -> None:
        await rate.admit(namespace)
        admitted.append(namespace)

    writes = [*["flood"] * 20, "good", "good"]
    await asyncio.wait_for(asyncio.gather(*map(write, writes)), 5)

    assert admitted[:6] == ["flood", "flood", "flood", "good", "flood", "good"]
    assert len(admitted) == len(writes)


async def test_a_write_that_is_cancelled_holds_up_nobody() -> None:
    rate = FairRate(1, 0.001)
    await rate.admit("team")
    waiting = [asyncio.create_task(rate.admit("team")) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()

    await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)

    assert not any(task.exception() for task in waiting[1:])


LETTERS = "abcdefghij"  # of a number, the operator would tell only once


async def flip(env: Environment, number: int) -> None:
    """Have the cloud tell something else of a node at each poll."""
    node = next(env.senlin.nodes())
    for at in range(number):
        reason = f"Reason {LETTERS[at // 10]}{LETTERS[at % 10]}."
        told = {**node.to_dict(), "status": "ERROR", "status_reason": reason}
        env.senlin.put_node(Node(told), node.cluster_id)
        env.clock.advance(1)
        await env.poll()


async def test_a_status_that_changes_all_the_time_is_written_rarely_and_the_newest_wins(
    ready_env: Environment,
) -> None:
    env = ready_env

    await flip(env, 100)

    statuses = [write for write, _ in env.writes() if write == "status"]
    assert 25 <= len(statuses) <= 36  # a burst of 25, and 100 seconds
    await env.retry(WEB, after=11)
    assert "Reason jj." in env.condition(WEB)["message"]


async def test_what_the_operator_records_is_written_at_once(ready_env: Environment) -> None:
    env = ready_env
    await flip(env, 40)
    env.writes()

    env.kube.apply(a_cluster_manifest("web", FOUR, generation=2))
    await env.poll()

    assert env.kube[WEB]["status"]["observedGeneration"] == 2


async def test_drift_that_comes_back_at_once_is_corrected_ever_more_rarely(
    ready_env: Environment,
) -> None:
    env = ready_env

    for at in range(100):
        [profile] = env.senlin.profiles()
        env.senlin.put_profile(Profile({**profile.to_dict(), "name": f"renamed-{at}"}))
        env.clock.advance(1)
        await env.poll()

    assert 10 <= env.requests().count("update_profile") <= 14  # a burst of 10, and 100 seconds
