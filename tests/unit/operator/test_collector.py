"""The metrics that are computed at a scrape."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from openstack_clustering.exceptions import AuthenticationFailed, ServerError
from senlin_operator.cloud.inventory import Inventory, Subscribers
from senlin_operator.cloud.session_pool import SessionPool
from senlin_operator.collector import StateCollector
from senlin_operator.kinds import KINDS, RUN_KINDS
from senlin_operator.kube.objects import SECRET, Key
from senlin_operator.model.cache import Cache
from senlin_operator.model.queue import Queue
from tests.unit.operator.builders import (
    Clock,
    Document,
    a_cluster_manifest,
    a_condition,
    a_profile_manifest,
    a_secret_manifest,
    a_snapshot,
    an_action,
    take_all,
)

THREE = {"desiredCapacity": 3}
QUEUE = {"name": "senlin-operator"}
ALL = {**KINDS, **RUN_KINDS}
Samples = list[tuple[Mapping[str, str], float]]


def sized(active: int | None = None, **resource: int) -> Document:
    """Return a status with a number of active nodes, if there is one."""
    nodes = {} if active is None else {"nodes": {"active": active}}
    return {"conditions": [a_condition()], "resource": {**resource, **nodes}}


class State:
    """The state of a process, and the samples that the collector makes of it."""

    def __init__(self, clock: Clock, *, by_namespace: bool = True) -> None:
        self.queue = Queue()
        self.cache = Cache(ALL, self.queue)
        self.projects: list[Any] = []
        sessions = cast("SessionPool", SimpleNamespace(all=lambda: self.projects))
        self._collector = StateCollector(
            ALL, self.cache, self.queue, sessions, by_namespace=by_namespace
        )

    def cluster(self, namespace: str, resource: Document | None = None, **fields: Any) -> None:
        """Add a cluster; without `resource`, an unmanaged one."""
        document = a_cluster_manifest(resource=resource, **{"uid": "u1", **fields})
        document["metadata"] |= {"namespace": namespace, "name": document["metadata"]["uid"]}
        if resource is None:
            del document["spec"]["resource"]
            document["spec"] |= {"managementPolicy": "unmanaged", "import": {"id": "c1"}}
        self.cache.on_event("SenlinCluster", None, document)

    def project(self, label: str) -> Inventory:
        """Add a project that has never been polled."""
        subscribers = Subscribers(
            changed=lambda _: None, polled=lambda _: None, matters=lambda _: True
        )
        inventory = Inventory(cast("Any", None), subscribers, ())
        self.projects.append(SimpleNamespace(label=label, inventory=inventory))
        return inventory

    def __getitem__(self, name: str) -> Samples:
        return list(self._samples(name))

    def _samples(self, name: str) -> Iterator[tuple[Mapping[str, str], float]]:
        for family in self._collector.collect():
            for sample in family.samples:
                if sample.name == name:
                    yield sample.labels, sample.value


@pytest.fixture
def state(clock: Clock) -> State:
    return State(clock)


def test_an_idle_process(state: State) -> None:
    assert state["senlin_operator_resources"] == []
    assert state["workqueue_unfinished_work_seconds"] == [(QUEUE, 0)]
    assert state["workqueue_longest_running_processor_seconds"] == [(QUEUE, 0)]
    assert state["senlin_operator_inventory_age_seconds"] == []


def test_resources_are_counted_by_their_conditions(state: State) -> None:
    ready = {"conditions": [a_condition(), a_condition("Stalled", "False")]}
    stuck = {"conditions": [a_condition("Ready", "False", reason="Rejected")]}
    paused = {"conditions": [a_condition("Paused", reason="Paused")]}
    statuses = {"web": ready, "shop": ready, "test": stuck, "new": {}, "held": paused}
    for name, status in statuses.items():
        state.cache.on_event(
            "SenlinCluster", None, a_cluster_manifest(name, uid=name, status=status)
        )
    state.cache.on_event(
        "SenlinProfile", None, a_profile_manifest("small", uid="small", status=stuck)
    )
    state.cache.on_event(SECRET, None, a_secret_manifest())

    found = [
        (labels["kind"], labels["condition"], labels["status"], labels["reason"], count)
        for labels, count in state["senlin_operator_resources"]
    ]
    assert sorted(found) == [
        ("SenlinCluster", "Paused", "True", "Paused", 1),
        ("SenlinCluster", "Ready", "False", "Rejected", 1),
        ("SenlinCluster", "Ready", "True", "Ready", 2),
        ("SenlinCluster", "Stalled", "False", "Ready", 2),
        ("SenlinProfile", "Ready", "False", "Rejected", 1),
    ]


def test_the_namespaces_of_resources_are_told_apart_unless_that_is_off(clock: Clock) -> None:
    for by_namespace, expected in ((True, {"team", "shop"}), (False, {None})):
        state = State(clock, by_namespace=by_namespace)
        for number, namespace in enumerate(("team", "shop", "shop")):
            state.cluster(namespace, THREE, uid=f"u{number}", status=sized(active=2))

        for name, count in {
            "senlin_operator_resources": 3,
            "senlin_operator_nodes": 3 * (3 + 2),
        }.items():
            samples = state[name]
            assert {labels.get("resource_namespace") for labels, _ in samples} == expected
            assert sum(value for _, value in samples) == count


def test_the_age_of_a_condition_is_that_of_the_oldest(state: State, clock: Clock) -> None:
    began = datetime.fromtimestamp(clock(), UTC)
    for uid, minutes in (("a", 5), ("b", 20), ("c", 1)):
        since = (began - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
        status = {"conditions": [a_condition("Available", "False", lastTransitionTime=since)]}
        state.cluster("team", uid=uid, status=status)
    clock.advance(60)

    [(labels, age)] = state["senlin_operator_condition_age_seconds"]
    assert (labels["condition"], labels["status"]) == ("Available", "False")
    assert round(age) in (21 * 60, 21 * 60 + 1)  # a transition time has no fractions


@pytest.mark.parametrize(
    ("resource", "status", "desired", "active"),
    [
        pytest.param(THREE, {}, 3, 0, id="new: none is active"),
        pytest.param(THREE, {"desiredCapacity": 5, "active": 2}, 3, 2, id="the manifest's size"),
        pytest.param(
            {**THREE, "capacityOwner": "Senlin"},
            {"desiredCapacity": 5, "active": 4},
            5,
            4,
            id="Senlin's size",
        ),
        pytest.param({"minSize": 2}, {}, 2, 0, id="new, without a size: minSize"),
        pytest.param(
            None, {"desiredCapacity": 5, "active": 4}, 5, 4, id="unmanaged: Senlin's size"
        ),
        pytest.param(None, {}, 0, 0, id="unmanaged, and not found"),
    ],
)
def test_nodes_are_counted_as_desired_and_as_active(
    state: State, resource: Document | None, status: Document, desired: int, active: int
) -> None:
    state.cluster("team", resource, status=sized(**status))

    found = {labels["state"]: value for labels, value in state["senlin_operator_nodes"]}
    assert found == {"desired": desired, "active": active}


async def test_unfinished_work_is_measured(state: State, clock: Clock) -> None:
    for name, wait in (("a", 7), ("b", 3)):
        state.queue.add(Key("SenlinCluster", "team", name))
        await take_all(state.queue)
        clock.advance(wait)

    [(_, total)] = state["workqueue_unfinished_work_seconds"]
    [(_, longest)] = state["workqueue_longest_running_processor_seconds"]
    assert (round(total), round(longest)) == (13, 10)


def test_the_age_of_an_inventory_is_that_of_its_latest_poll(state: State, clock: Clock) -> None:
    state.project("polled").snapshot = a_snapshot(began=clock())
    never = state.project("never polled")
    clock.advance(40)

    ages = {
        labels["credential"]: round(age)
        for labels, age in state["senlin_operator_inventory_age_seconds"]
    }
    assert ages == {"polled": 40, "never polled": 40}
    intervals = [value for _, value in state["senlin_operator_inventory_interval_seconds"]]
    assert intervals == [never.pace.idle, never.pace.idle]


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        pytest.param(None, 0, id="no error: 0"),
        pytest.param(AuthenticationFailed("no"), 1, id="login refused: 1"),
        pytest.param(ServerError("boom", status=503), 0, id="Senlin fails: 0"),
    ],
)
def test_only_a_refused_login_counts_as_a_refused_credential(
    state: State, error: ServerError | None, refused: int
) -> None:
    state.project("aaaa").error = error

    assert state["senlin_operator_credential_refused"] == [({"credential": "aaaa"}, refused)]


def test_watched_actions_count_until_a_poll_shows_their_end(state: State) -> None:
    inventory = state.project("aaaa")
    for id_ in ("one", "two", "three"):
        inventory.watch(id_, "c1")
    inventory.snapshot = a_snapshot(ended=[an_action("two", "SUCCEEDED")])

    assert state["senlin_operator_actions_in_flight"] == [({"credential": "aaaa"}, 2)]


def test_sessions_with_an_old_and_a_new_password_are_one_credential(
    state: State, clock: Clock
) -> None:
    for seconds, id_ in ((50, "one"), (10, "two")):
        inventory = state.project("aaaa")
        inventory.snapshot = a_snapshot(began=clock() - seconds)
        inventory.watch(id_, "c1")

    [(_, age)] = state["senlin_operator_inventory_age_seconds"]
    assert round(age) == 50
    assert state["senlin_operator_actions_in_flight"] == [({"credential": "aaaa"}, 2)]
