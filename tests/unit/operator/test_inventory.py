"""A look at a project, what changed since the last one, and who is woken by it."""

import asyncio
from collections.abc import Iterable
from typing import Any, cast

import pytest

from openstack_clustering import Action, Cluster, Policy, Proxy
from openstack_clustering.exceptions import AuthenticationFailed, EndpointNotFound, ServerError
from senlin_operator.cloud.snapshot import (
    UNFINISHED,
    CloudObject,
    Snapshot,
    Watched,
    differences,
    has_ended,
    poll,
)
from senlin_operator.kinds import KINDS
from senlin_operator.kinds.cluster.kind import ClusterKind
from senlin_operator.kinds.policy.kind import PolicyKind
from senlin_operator.kube.objects import Key
from senlin_operator.model.kind import AnyKind
from senlin_operator.model.ownership import OWNER_KEY
from tests.unit.operator.builders import (
    UID,
    a_cluster,
    a_node,
    a_policy,
    a_profile,
    a_snapshot,
    an_action,
)
from tests.unit.operator.watcher import Watcher

WEB = Key("SenlinCluster", "team", "web")
SHOP = Key("SenlinCluster", "team", "shop")


@pytest.mark.parametrize(
    ("action", "ended"),
    [
        *(pytest.param(an_action(status=it), False, id=it) for it in (*UNFINISHED, "INIT")),
        pytest.param(an_action(status="SUCCEEDED"), True, id="SUCCEEDED"),
        pytest.param(an_action(status="FAILED"), True, id="FAILED"),
        pytest.param(an_action(status="CANCELLED"), True, id="CANCELLED"),
        pytest.param(
            an_action(status="FAILED", depends_on=["a2"]), False, id="FAILED: a child goes on"
        ),
        pytest.param(
            an_action(status="CANCELLED", depends_on=["a2"]), False, id="CANCELLED: a child goes on"
        ),
    ],
)
def test_has_ended(action: Action, ended: bool) -> None:
    assert has_ended(action) is ended


@pytest.mark.parametrize(
    ("action", "touches"),
    [
        pytest.param(an_action(), True, id="on the cluster"),
        pytest.param(an_action(target="n1", cluster_id=""), True, id="on a node, as by a check"),
        pytest.param(an_action(target="n9", cluster_id="c1"), True, id="on a node that has gone"),
        pytest.param(an_action(target="c2", cluster_id="c2"), False, id="on another cluster"),
        pytest.param(an_action(target="n2", cluster_id=""), False, id="on another's node"),
    ],
)
def test_actions_of_a_cluster(action: Action, touches: bool) -> None:
    snapshot = a_snapshot(nodes=[a_node("n1"), a_node("n2", "c2")], unfinished=[action])

    assert snapshot.actions_of("c1") == ([action] if touches else [])
    assert snapshot.actions_of("n1") == ([action] if touches else [])


@pytest.mark.parametrize(
    ("action", "touches"),
    [
        pytest.param(an_action(target="n1", cluster_id=""), True, id="on it"),
        pytest.param(an_action(target="n2", cluster_id=""), False, id="on another"),
        pytest.param(an_action(), False, id="on a cluster"),
    ],
)
def test_actions_of_a_node_alone(action: Action, touches: bool) -> None:
    snapshot = a_snapshot(nodes=[a_node("n1", ""), a_node("n2", "")], unfinished=[action])

    assert snapshot.actions_of("n1") == ([action] if touches else [])


@pytest.mark.parametrize(
    ("resource", "owner"),
    [
        (a_cluster(), UID),
        (a_cluster(uid=None), None),
        (a_cluster(metadata=None), None),
        (a_policy(), UID),
        (a_policy(name=f"grow.by.two.{UID}"), UID),
        (a_policy(name="grow"), None),
        (a_policy(name=".grow"), None),
    ],
)
def test_owner_uid(resource: CloudObject, owner: str | None) -> None:
    kind: AnyKind = PolicyKind() if isinstance(resource, Policy) else ClusterKind()
    assert kind.owner_uid(resource) == owner


class Listing:
    """A proxy that only lists, and keeps what it was asked for."""

    def __init__(self, actions: Iterable[Action] = ()) -> None:
        self._actions = list(actions)
        self.asked: list[Any] = []

    def actions(self, **query: list[str]) -> list[Action]:
        self.asked.append(query)
        statuses, targets = query.get("status"), query.get("target")
        return [
            it
            for it in self._actions
            if it.status in (statuses or [it.status])
            and it.target_id in (targets or [it.target_id])
        ]

    def clusters(self) -> list[Cluster]:
        self.asked.append("clusters")
        return [a_cluster("c1"), a_cluster("c2")]

    def nodes(self) -> list[Any]:
        self.asked.append("nodes")
        return [a_node("n1"), a_node("n2", "c2"), a_node("n3"), a_node("n4", "")]

    def profiles(self) -> list[Any]:
        self.asked.append("profiles")
        return [a_profile("p1")]

    def policies(self) -> list[Any]:
        self.asked.append("policies")
        return [a_policy("y1")]


def poll_once(
    proxy: Listing, watched: dict[str, Watched] | None = None, known: Iterable[Action] = ()
) -> Snapshot:
    ended = {it.id: it for it in known}
    return poll(cast("Proxy", proxy), KINDS.values(), 5.0, watched or {}, ended)


def test_look_lists_actions_first_and_everything_once() -> None:
    proxy = Listing([an_action()])

    snapshot = poll_once(proxy)

    lists = ["clusters", "nodes", "profiles", "policies"]
    assert proxy.asked == [{"status": list(UNFINISHED)}, *lists]
    assert snapshot == a_snapshot(
        began=5.0,
        clusters=[a_cluster("c1"), a_cluster("c2")],
        nodes=[a_node("n1"), a_node("n3"), a_node("n2", "c2"), a_node("n4", "")],
        profiles=[a_profile("p1")],
        policies=[a_policy("y1")],
        unfinished=[an_action()],
    )


DONE, GOES_ON = an_action("a1", "SUCCEEDED"), an_action("a2", "RUNNING")
BROKEN = an_action("a3", "FAILED", depends_on=["a9"])


@pytest.mark.parametrize(
    ("watched", "known", "ended", "questions"),
    [
        pytest.param({}, [], [], 1, id="nothing is watched"),
        pytest.param({"a1": Watched("c1")}, [], [DONE], 2, id="it has ended"),
        pytest.param({"a2": Watched("c1")}, [], [], 1, id="it goes on: listed already"),
        pytest.param({"a3": Watched("c1")}, [], [], 2, id="it failed, but a child goes on"),
        pytest.param(
            {"a1": Watched("c1"), "a3": Watched("c1")}, [], [DONE], 2, id="two: one question"
        ),
        pytest.param({"a1": Watched("c1")}, [DONE], [DONE], 1, id="its end is known already"),
    ],
)
def test_look_asks_for_the_ends_of_watched_actions(
    watched: dict[str, Watched], known: list[Action], ended: list[Action], questions: int
) -> None:
    proxy = Listing([DONE, GOES_ON, BROKEN, an_action("a4", "SUCCEEDED")])

    snapshot = poll_once(proxy, watched, known)

    assert list(snapshot.ended.values()) == ended
    assert sum(isinstance(it, dict) for it in proxy.asked) == questions


def test_look_tells_what_senlin_has_forgotten() -> None:
    snapshot = poll_once(Listing([DONE]), {"a1": Watched("c1"), "a0": Watched("c1")})

    assert snapshot.unknown == {"a0"}


def test_look_keeps_urls_short() -> None:
    proxy = Listing()

    poll_once(proxy, {f"a{i}": Watched(f"c{i:03}") for i in range(250)})

    assert [len(it["target"]) for it in proxy.asked[1:4]] == [100, 100, 50]


BEFORE: dict[str, Any] = {
    "clusters": [a_cluster()],
    "nodes": [a_node()],
    "profiles": [a_profile("p1", "owner")],
    "policies": [a_policy("y1", "ruler")],
}


@pytest.mark.parametrize(
    ("now", "changed"),
    [
        pytest.param({}, set(), id="nothing"),
        pytest.param({"clusters": [a_cluster(status="WARNING")]}, {"c1", UID}, id="status"),
        pytest.param({"clusters": []}, {"c1", UID}, id="a cluster has gone"),
        pytest.param(
            {"clusters": [a_cluster(), a_cluster("c2", "x")]}, {"c2", "x"}, id="one is new"
        ),
        pytest.param(
            {"clusters": [a_cluster(), a_cluster("c2", uid=None)]}, {"c2"}, id="a stranger is new"
        ),
        pytest.param(
            {"clusters": [a_cluster(metadata={OWNER_KEY: "x"})]},
            {"c1", UID, "x"},
            id="another owner",
        ),
        pytest.param({"nodes": [a_node(status="ERROR")]}, {"n1", "c1"}, id="a node"),
        pytest.param({"nodes": [a_node(), a_node("n2")]}, {"n2", "c1"}, id="another node"),
        pytest.param({"nodes": []}, {"n1", "c1"}, id="no node"),
        pytest.param(
            {"nodes": [a_node(), a_node("n2", "", metadata={OWNER_KEY: "x"})]},
            {"n2", "x"},
            id="a node of somebody, in no cluster",
        ),
        pytest.param(
            {"profiles": [a_profile("p1", "owner", name="x")]}, {"p1", "owner"}, id="a profile"
        ),
        pytest.param(
            {"policies": [a_policy("y1", uid=None)]}, {"y1", "ruler"}, id="a policy lost its mark"
        ),
        pytest.param({"policies": []}, {"y1", "ruler"}, id="a policy has gone"),
        pytest.param({"unfinished": [an_action()]}, {"c1"}, id="an action has begun"),
        pytest.param(
            {"unfinished": [an_action(target="n1", cluster_id="")]}, {"n1"}, id="on a node alone"
        ),
        pytest.param({"ended": [an_action(status="FAILED")]}, {"c1"}, id="an action has ended"),
    ],
)
def test_differences(now: dict[str, Any], changed: set[str]) -> None:
    assert differences(a_snapshot(**BEFORE), a_snapshot(**{**BEFORE, **now})) == changed


def test_an_action_that_is_no_longer_listed_is_a_difference() -> None:
    """That is how all ends show that nobody watches."""
    assert differences(a_snapshot(unfinished=[an_action()]), a_snapshot()) == {"c1"}


async def test_the_first_look_wakes_only_who_waits(watcher: Watcher) -> None:
    watcher.inventory.requeue_after_poll(WEB)

    await watcher.poll()

    assert (watcher.changed, watcher.polled) == ([], [{WEB}])
    assert watcher.inventory.snapshot is not None
    assert list(watcher.inventory.snapshot.all(Cluster)) == ["c1"]


async def test_a_look_wakes_the_owners_of_what_changed(watcher: Watcher) -> None:
    await watcher.poll()
    watcher.senlin.lose_servers("c1", 1)

    await watcher.poll()

    assert watcher.changed == [{"c1", "n1", UID}]


async def test_a_wait_is_for_one_look(watcher: Watcher) -> None:
    watcher.inventory.requeue_after_poll(WEB)

    await watcher.poll()
    await watcher.poll()

    assert watcher.polled == [{WEB}, set()]


async def test_a_look_that_is_under_way_is_not_the_one_to_wait_for(watcher: Watcher) -> None:
    watcher.inventory.requeue_after_poll(WEB)
    watcher.during = lambda: watcher.inventory.requeue_after_poll(SHOP)

    await watcher.poll()
    assert watcher.polled == [{WEB}]
    await watcher.poll()
    assert watcher.polled[1] == {SHOP}


async def test_a_watched_action_is_seen_to_end(watcher: Watcher) -> None:
    watcher.senlin.slow = True
    action_id = watcher.senlin.check_cluster("c1")["action"]
    watcher.inventory.watch(action_id, "c1")
    await watcher.poll()
    assert watcher.inventory.snapshot is not None
    assert watcher.inventory.snapshot.ended == {}
    watcher.senlin.finish()

    await watcher.poll()

    assert list(watcher.inventory.snapshot.ended) == [action_id]
    assert "c1" in watcher.changed[0]


async def test_an_end_is_kept_until_nobody_watches(watcher: Watcher) -> None:
    action_id = watcher.senlin.check_cluster("c1")["action"]
    watcher.inventory.watch(action_id, "c1")
    await watcher.poll()
    await watcher.poll()
    assert watcher.inventory.snapshot is not None
    assert list(watcher.inventory.snapshot.ended) == [action_id]

    watcher.inventory.unwatch(action_id)
    await watcher.poll()

    assert watcher.inventory.snapshot.ended == {}


async def test_a_failed_look_wakes_who_waits_and_keeps_the_last_one(watcher: Watcher) -> None:
    await watcher.poll()
    before = watcher.inventory.snapshot
    watcher.senlin.down = ServerError("boom")
    watcher.inventory.requeue_after_poll(WEB)

    await watcher.poll()

    assert watcher.inventory.error is watcher.senlin.down
    assert watcher.inventory.snapshot is before
    assert watcher.polled[-1] == {WEB}
    assert not watcher.inventory.refused


async def test_the_next_good_look_forgets_the_error(
    watcher: Watcher, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    watcher.senlin.down = AuthenticationFailed("wrong")
    await watcher.poll()
    watcher.senlin.down = None

    await watcher.poll()

    assert watcher.inventory.error is None
    assert not watcher.inventory.refused
    assert caplog.messages == [
        "the project cannot be polled",
        "the project can be polled again",
    ]


@pytest.mark.parametrize("error", [AuthenticationFailed("wrong"), EndpointNotFound("none")])
async def test_a_refused_credential_is_told_to_all_once(watcher: Watcher, error: Any) -> None:
    watcher.senlin.put_policy(a_policy("y1"))
    await watcher.poll()
    watcher.senlin.down = error

    await watcher.poll()
    await watcher.poll()

    assert watcher.inventory.refused
    assert watcher.changed == [{"c1", "n1", "n2", "n3", "p1", "y1"}]


async def test_looks_go_on_after_a_day_of_failures(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher.senlin.down = ServerError("boom")
    sleep = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda _: sleep(0))

    async with watcher.running():
        for _ in range(1100):  # 2 to that power is no float any more
            await watcher.next_poll()


async def test_looks_go_on_after_a_bug(watcher: Watcher) -> None:
    watcher.during = lambda: 1 / 0
    async with watcher.running():
        await watcher.next_poll()
        watcher.during = lambda: None
        await watcher.next_poll()

    assert watcher.inventory.snapshot is not None


async def test_a_wait_brings_the_next_poll_soon(watcher: Watcher) -> None:
    async with watcher.running():
        await watcher.next_poll()
        watcher.inventory.requeue_after_poll(WEB)
        await watcher.next_poll()

    assert watcher.polled[1] == {WEB}
