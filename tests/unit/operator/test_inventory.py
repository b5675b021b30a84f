"""The inventory of a project: its polls, which keys they requeue, and watched actions."""

import asyncio
import json
from typing import Any

import pytest

from openstack_clustering import Cluster
from openstack_clustering.exceptions import (
    AuthenticationFailed,
    EndpointNotFound,
    InvalidResponse,
    ServerError,
)
from senlin_operator.kube.objects import Key
from tests.unit.operator.builders import UID, Clock, a_cluster, a_policy
from tests.unit.operator.environment import PartialPace
from tests.unit.operator.recorded_inventory import RecordedInventory

WEB = Key("SenlinCluster", "team", "web")
SHOP = Key("SenlinCluster", "team", "shop")


async def test_the_first_poll_requeues_only_keys_that_wait_for_it(
    recorded: RecordedInventory,
) -> None:
    recorded.inventory.requeue_after_poll(WEB, None)

    await recorded.poll()

    assert (recorded.changed, recorded.polled) == ([], [{WEB}])
    assert recorded.inventory.snapshot is not None
    assert list(recorded.inventory.snapshot.all(Cluster)) == ["c1"]


async def test_a_poll_reports_changed_objects_and_their_owners(recorded: RecordedInventory) -> None:
    await recorded.poll()
    recorded.senlin.lose_servers("c1", 1)

    await recorded.poll()

    assert recorded.changed == [{"c1", "n1", UID}]


async def test_a_key_waits_for_one_poll(recorded: RecordedInventory) -> None:
    recorded.inventory.requeue_after_poll(WEB, None)

    await recorded.poll()
    await recorded.poll()

    assert recorded.polled == [{WEB}, set()]


async def test_a_key_added_during_a_poll_waits_for_the_next_one(
    recorded: RecordedInventory,
) -> None:
    recorded.inventory.requeue_after_poll(WEB, None)
    recorded.during = lambda: recorded.inventory.requeue_after_poll(SHOP, None)

    await recorded.poll()
    assert recorded.polled == [{WEB}]
    await recorded.poll()
    assert recorded.polled[1] == {SHOP}


async def test_a_poll_shows_the_end_of_a_watched_action(recorded: RecordedInventory) -> None:
    recorded.senlin.slow = True
    action_id = recorded.senlin.check_cluster("c1")["action"]
    recorded.inventory.watch(action_id, "c1")
    await recorded.poll()
    assert recorded.inventory.snapshot is not None
    assert recorded.inventory.snapshot.ended == {}
    recorded.senlin.finish()

    await recorded.poll()

    assert list(recorded.inventory.snapshot.ended) == [action_id]
    assert "c1" in recorded.changed[0]


async def test_the_end_of_an_action_is_kept_while_it_is_watched(
    recorded: RecordedInventory,
) -> None:
    action_id = recorded.senlin.check_cluster("c1")["action"]
    recorded.inventory.watch(action_id, "c1")
    await recorded.poll()
    await recorded.poll()
    assert recorded.inventory.snapshot is not None
    assert list(recorded.inventory.snapshot.ended) == [action_id]

    recorded.inventory.unwatch(action_id)
    await recorded.poll()

    assert recorded.inventory.snapshot.ended == {}


async def test_a_failed_poll_requeues_waiting_keys_and_keeps_the_last_snapshot(
    recorded: RecordedInventory,
) -> None:
    await recorded.poll()
    before = recorded.inventory.snapshot
    recorded.senlin.down = ServerError("boom")
    recorded.inventory.requeue_after_poll(WEB, None)

    await recorded.poll()

    assert repr(recorded.inventory.error) == repr(recorded.senlin.down)
    assert recorded.inventory.snapshot is before
    assert recorded.polled[-1] == {WEB}
    assert not recorded.inventory.refused


async def test_the_error_of_a_poll_does_not_keep_the_reply(recorded: RecordedInventory) -> None:
    """The traceback has the body, and the error of a JSON parser has the whole text."""
    error = InvalidResponse("GET /v1/clusters: the reply (200) has no JSON.", status=200)
    error.__context__ = json.JSONDecodeError("no value", "x" * 1000, 0)
    recorded.senlin.down = error

    await recorded.poll()

    kept = recorded.inventory.error
    assert isinstance(kept, InvalidResponse)
    assert (str(kept), kept.status) == (str(error), 200)
    assert (kept.__traceback__, kept.__context__, kept.__cause__) == (None, None, None)


async def test_a_successful_poll_clears_the_error(
    recorded: RecordedInventory, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    recorded.senlin.down = AuthenticationFailed("wrong")
    await recorded.poll()
    recorded.senlin.down = None

    await recorded.poll()

    assert recorded.inventory.error is None
    assert not recorded.inventory.refused
    assert caplog.messages == [
        "the project cannot be polled",
        "the project can be polled again",
    ]


@pytest.mark.parametrize("error", [AuthenticationFailed("wrong"), EndpointNotFound("none")])
async def test_a_refused_login_is_reported_once_to_all_objects(
    recorded: RecordedInventory, error: Any
) -> None:
    recorded.senlin.put_policy(a_policy("y1"))
    await recorded.poll()
    recorded.senlin.down = error

    await recorded.poll()
    await recorded.poll()

    assert recorded.inventory.refused
    assert recorded.changed == [{"c1", "n1", "n2", "n3", "p1", "y1", UID}]


@pytest.fixture
def no_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have all sleeps end at once; waits for an event keep their timeouts."""
    sleep = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda _: sleep(0))


@pytest.mark.usefixtures("no_sleeps")
async def test_polls_go_on_after_a_thousand_failures(recorded: RecordedInventory) -> None:
    recorded.senlin.down = ServerError("boom")

    async with recorded.running():
        for _ in range(1100):  # 2 to that power exceeds a float
            await recorded.next_poll()


@pytest.mark.usefixtures("no_sleeps")
async def test_polls_go_on_after_a_bug(recorded: RecordedInventory) -> None:
    recorded.during = lambda: 1 / 0
    async with recorded.running():
        await recorded.next_poll()
        assert (
            str(recorded.inventory.error) == "The project cannot be polled, by a bug: see the log."
        )
        recorded.during = lambda: None
        await recorded.next_poll()

    assert recorded.inventory.error is None
    assert recorded.inventory.snapshot is not None


@pytest.mark.usefixtures("no_sleeps")
async def test_a_waiting_key_brings_the_next_poll_forward(recorded: RecordedInventory) -> None:
    async with recorded.running():
        await recorded.next_poll()
        recorded.inventory.requeue_after_poll(WEB, None)
        await recorded.next_poll()

    assert recorded.polled[1] == {WEB}


@pytest.fixture
def in_a_large_project(recorded: RecordedInventory) -> RecordedInventory:
    """An inventory whose whole polls take long."""
    recorded.inventory.pace = PartialPace()
    return recorded


@pytest.mark.parametrize(
    ("awaited", "is_whole"),
    [
        pytest.param([], False, id="nothing is waited for"),
        pytest.param(["c1"], False, id="a cluster"),
        pytest.param([None], True, id="the absence of one"),
        pytest.param(["c1", None], True, id="a cluster, and then the absence of one"),
    ],
)
async def test_a_poll_is_whole_if_somebody_waits_for_everything(
    in_a_large_project: RecordedInventory, clock: Clock, awaited: list[str | None], is_whole: bool
) -> None:
    inventory = in_a_large_project.inventory
    await in_a_large_project.poll()
    first = clock()
    clock.advance(5)
    for id_ in awaited:
        inventory.requeue_after_poll(WEB, id_)

    await in_a_large_project.poll()

    assert inventory.snapshot
    assert (inventory.snapshot.began > first + 1) == is_whole
    assert inventory.snapshot.polled > first + 1


async def test_a_large_project_is_listed_again_after_a_while(
    in_a_large_project: RecordedInventory, clock: Clock
) -> None:
    await in_a_large_project.poll()
    in_a_large_project.senlin.put(a_cluster("c2"))
    await in_a_large_project.poll()
    assert in_a_large_project.changed == [set()]
    clock.advance(101)

    await in_a_large_project.poll()

    assert in_a_large_project.changed == [set(), {"c2", UID}]
