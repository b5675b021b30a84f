"""Which actions of this process keep others off a cluster."""

import contextlib

import pytest

from openstack_clustering.exceptions import ServerError
from tests.unit.operator.watcher import Watcher


@pytest.mark.parametrize(
    ("lock", "by", "locked"),
    [
        pytest.param("c1", None, True, id="the cluster that it works on"),
        pytest.param("c2", None, False, id="another cluster"),
        pytest.param("c1", "n1", False, id="its own action does not keep an object off"),
        pytest.param("c1", "c1", True, id="but that of a member keeps the cluster off"),
    ],
)
def test_a_watched_action_keeps_others_off(
    watcher: Watcher, lock: str, by: str | None, locked: bool
) -> None:
    watcher.inventory.watch("a1", "n1", "c1")

    assert watcher.inventory.locked(lock, by) is locked


def test_an_action_that_locks_nothing_keeps_nobody_off(watcher: Watcher) -> None:
    watcher.inventory.watch("a1", "c1")

    assert not watcher.inventory.locked("c1")


@pytest.mark.parametrize("cleanly", [True, False])
async def test_the_end_of_an_action_lets_others_in(watcher: Watcher, cleanly: bool) -> None:
    watcher.senlin.slow = True
    action_id = watcher.senlin.check_cluster("c1")["action"]
    watcher.inventory.watch(action_id, "c1", "c1")
    await watcher.poll()
    assert watcher.inventory.locked("c1")

    if cleanly:
        watcher.senlin.finish()
    else:
        watcher.inventory.unwatch(action_id)
    await watcher.poll()

    assert not watcher.inventory.locked("c1")


async def test_an_action_that_senlin_has_forgotten_keeps_nobody_off(watcher: Watcher) -> None:
    watcher.inventory.watch("purged", "c1", "c1")

    await watcher.poll()

    assert not watcher.inventory.locked("c1")


def test_a_request_that_is_under_way_keeps_others_off(watcher: Watcher) -> None:
    with watcher.inventory.locking("c1"):
        assert watcher.inventory.locked("c1")
        assert watcher.inventory.locked("c1", by="c1")
        assert not watcher.inventory.locked("c2")

    assert not watcher.inventory.locked("c1")


def test_a_request_that_is_refused_keeps_nobody_off(watcher: Watcher) -> None:
    with contextlib.suppress(ServerError), watcher.inventory.locking("c1"):
        raise ServerError("boom")

    assert not watcher.inventory.locked("c1")


def test_a_request_that_locks_nothing(watcher: Watcher) -> None:
    with watcher.inventory.locking(None):
        assert not watcher.inventory.locked("c1")


async def test_actions_of_what_has_gone_are_forgotten(watcher: Watcher) -> None:
    for id_, target in (("a1", "c1"), ("a2", "c2")):
        watcher.inventory.watch(id_, target, target)

    watcher.inventory.unwatch_all("c1")

    assert not watcher.inventory.locked("c1")
    assert watcher.inventory.locked("c2")
