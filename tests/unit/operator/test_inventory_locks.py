"""Which actions and requests of this process lock a cluster."""

import contextlib

import pytest

from openstack_clustering.exceptions import ServerError
from tests.unit.operator.builders import Clock
from tests.unit.operator.recorded_inventory import RecordedInventory


@pytest.mark.parametrize(
    ("lock", "by", "locked"),
    [
        pytest.param("c1", None, True, id="the cluster of the action: locked"),
        pytest.param("c2", None, False, id="another cluster: not locked"),
        pytest.param("c1", "n1", False, id="for the object of the action itself: not locked"),
        pytest.param("c1", "c1", True, id="for the cluster, by an action of its member: locked"),
    ],
)
def test_a_watched_action_locks_its_cluster(
    recorded: RecordedInventory, lock: str, by: str | None, locked: bool
) -> None:
    recorded.inventory.watch("a1", "n1", "c1")

    assert recorded.inventory.locked(lock, by) is locked


def test_an_action_without_a_lock_locks_nothing(recorded: RecordedInventory) -> None:
    recorded.inventory.watch("a1", "c1")

    assert not recorded.inventory.locked("c1")


@pytest.mark.parametrize("cleanly", [True, False])
async def test_the_end_of_an_action_releases_its_lock(
    recorded: RecordedInventory, cleanly: bool
) -> None:
    recorded.senlin.slow = True
    action_id = recorded.senlin.check_cluster("c1")["action"]
    recorded.inventory.watch(action_id, "c1", "c1")
    await recorded.poll()
    assert recorded.inventory.locked("c1")

    if cleanly:
        recorded.senlin.finish()
    else:
        recorded.inventory.unwatch(action_id)
    await recorded.poll()

    assert not recorded.inventory.locked("c1")


async def test_an_action_that_senlin_has_purged_releases_its_lock(
    recorded: RecordedInventory,
) -> None:
    recorded.inventory.watch("purged", "c1", "c1")

    await recorded.poll()

    assert not recorded.inventory.locked("c1")


def test_a_request_locks_the_cluster_while_it_is_sent(recorded: RecordedInventory) -> None:
    with recorded.inventory.locking("c1"):
        assert recorded.inventory.locked("c1")
        assert recorded.inventory.locked("c1", by="c1")
        assert not recorded.inventory.locked("c2")

    assert not recorded.inventory.locked("c1")


def test_a_refused_request_releases_its_lock(recorded: RecordedInventory) -> None:
    with contextlib.suppress(ServerError), recorded.inventory.locking("c1"):
        raise ServerError("boom")

    assert not recorded.inventory.locked("c1")


def test_a_request_without_a_lock_locks_nothing(recorded: RecordedInventory) -> None:
    with recorded.inventory.locking(None):
        assert not recorded.inventory.locked("c1")


async def test_actions_on_a_deleted_object_release_their_locks(recorded: RecordedInventory) -> None:
    for id_, target in (("a1", "c1"), ("a2", "c2")):
        recorded.inventory.watch(id_, target, target)

    recorded.inventory.unwatch_all("c1")

    assert not recorded.inventory.locked("c1")
    assert recorded.inventory.locked("c2")


def test_a_lock_is_held_for_a_while_after_a_request_without_an_answer(
    recorded: RecordedInventory, clock: Clock
) -> None:
    recorded.inventory.hold("c1", 3.0)

    assert recorded.inventory.locked("c1")
    assert not recorded.inventory.locked("c2")
    clock.advance(3.1)
    assert not recorded.inventory.locked("c1")
