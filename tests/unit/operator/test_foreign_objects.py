"""Whatever others have in the project, and whatever Senlin says of it: our objects settle.

The real reconcile path runs on a project with settled objects of ours and with objects of others of
all kinds. Then Senlin says odd things of some of them.
"""

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from openstack_clustering import (
    Action,
    Cluster,
    ClusterPolicy,
    Node,
    Policy,
    Profile,
    Receiver,
    Resource,
)
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import Key
from senlin_operator.model.ownership import OWNER_KEY
from tests.unit.operator.builders import (
    NOW,
    Document,
    a_cluster,
    a_cluster_manifest,
    a_node,
    a_node_manifest,
    a_policy,
    a_policy_manifest,
    a_profile,
    a_profile_manifest,
    a_receiver,
    a_receiver_manifest,
    a_secret_manifest,
    an_action,
    an_operation_manifest,
)
from tests.unit.operator.environment import PartialPace
from tests.unit.operator.fake_odd_senlin import MISSING, FakeOddSenlin
from tests.unit.operator.harness import Harness

WEB = Key("SenlinCluster", "team", "web")
EXTRA = Key("SenlinProfile", "team", "extra")
DELETION = {"type": "senlin.policy.deletion", "version": "1.1", "properties": {"grace_period": 5}}
# By which ours are found and told apart: to change them is to make another object.
IDENTITY = {"id", "metadata", "name"}
DEEP: Any = None
for _ in range(250):  # as deep as Senlin 16 stores it
    DEEP = {"deeper": DEEP}
VALUES: list[Any] = [
    None,
    MISSING,
    True,
    0,
    -1,
    1.5,
    1e308,
    2**70,
    "",
    "x",
    "long" * 20_000,
    "中" * 500,
    [],
    ["a", 1, None, {}],
    {},
    {"": None},
    {"type": None, "version": [], "properties": ["x"]},
    {"type": "senlin.policy.deletion", "version": 1.1, "properties": None},
    {OWNER_KEY: ["x"]},
    {OWNER_KEY: None},
    DEEP,
]
values = st.sampled_from(VALUES)
sleeps = values.map(lambda it: {**DELETION, "properties": {"grace_period": it}})


class Project(Harness):
    """Objects of ours that have settled, and objects of others beside them."""

    senlin: FakeOddSenlin

    def __init__(self) -> None:
        super().__init__(FakeOddSenlin)
        self.run(self.begin(), 12)
        self.runner.run(self.settle())
        self.senlin.foreign = {*OF_OTHERS}

    async def begin(self) -> None:
        kube, senlin = self.env.kube, self.senlin
        kube.apply(a_secret_manifest())
        senlin.put_profile(a_profile("their-profile", None))
        senlin.put_policy(a_policy("their-policy", None, spec=DELETION))
        senlin.put_policy(a_policy("their-batch", None))
        senlin.put(
            a_cluster("their-cluster", None, profile_id="their-profile"),
            [a_node("their-member", profile_id="their-profile")],
        )
        senlin.put_node(a_node("their-node", "", profile_id="their-profile"))
        senlin.put_receiver(a_receiver("their-receiver", None, cluster_id="their-cluster"))
        for id_ in ("their-action", "their-next"):
            theirs = an_action(id_, target="their-cluster", created_at=NOW)
            senlin.add_action(**theirs._raw)
        ended = an_action(
            "their-end", "FAILED", target="their-cluster", end_time=5.0, created_at=NOW
        )
        senlin.add_action(**ended._raw)
        self.task = asyncio.create_task(self.env.controller.run())
        self.apply(a_profile_manifest("small"))
        self.apply(a_policy_manifest("grow"))
        bound = [{"policyRef": {"name": "grow"}, "enabled": True}]
        sized = {"desiredCapacity": 2, "policies": bound, "members": "Mirror"}
        self.apply(a_cluster_manifest("web", sized))
        self.apply(a_node_manifest("one", {"clusterRef": {"name": "web"}, "role": ""}))
        self.apply(a_node_manifest("two", {"role": "spare"}))
        self.apply(a_receiver_manifest("call"))
        self.apply(an_operation_manifest({"check": {}}, name="past"))

    def with_ids(self) -> list[Key]:
        return [key for key in self.all_keys() if "id" in self.env.kube[key]["status"]]

    async def observe(self) -> None:
        """Have the project polled, and every object reconciled."""
        for _ in range(2):
            for key in self.all_keys():
                self.env.queue.add(key)
            await self.advance(1.0)

    def ours(self, type_: type[Resource], number: int) -> str:
        """Return the id of one of the objects that are not of others."""
        ids = [str(it.id) for it in self.senlin.everything() if type(it) is type_]
        own = sorted({*ids} - OF_OTHERS.keys())
        return own[number % len(own)]

    def take_away(self, key: Key) -> None:
        async def remove() -> None:
            self.env.kube.remove(key)

        self.run(remove(), 8)
        assert key not in self.env.kube

    def said(self, odd: dict[str, Document]) -> None:
        """Have Senlin say odd things, and every object reconciled."""
        self.senlin.odd = odd
        self.run(self.observe())

    def statuses(self) -> dict[str, Any]:
        """Return the statuses, without the time of their last sync; each can be written."""
        statuses = {str(key): dict(self.env.kube[key].get("status", {})) for key in self.all_keys()}
        for status in statuses.values():
            status.pop("lastSyncTime", None)
        written = json.dumps(statuses, allow_nan=False, ensure_ascii=False).encode()
        assert len(written) < 2**20
        return statuses

    def repair(self) -> None:
        """Have Senlin say again what is, until every object of ours has settled."""
        self.senlin.odd, self.senlin.lists = {}, {}
        self.run(self.observe())
        if self.unexpected_reasons():
            self.runner.run(self.settle())
        assert self.unexpected_reasons() == []
        for id_ in {*self.senlin.started} - OF_OTHERS.keys():
            self.senlin.purge(id_)
        self.senlin.started.clear()


class Bugs(logging.Handler):
    """Keeps what the operator logs about an error that it did not expect."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(self.format(record))


@pytest.fixture(scope="module")
def bugs() -> Iterator[Bugs]:
    handler, logger = Bugs(), logging.getLogger("senlin_operator")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


class PartialProject(Project):
    """One of which most polls read only what is in question."""

    pace = PartialPace


@pytest.fixture(scope="module")
def project(bugs: Bugs, request: pytest.FixtureRequest) -> Iterator[Project]:
    project: Project = request.param()
    assert {project.reason(key) for key in project.all_keys()} == {"Ready", "Complete"}
    yield project
    project.repair()
    project.senlin.foreign = set()
    project.runner.run(_stop())
    project.runner.close()
    project.patch.undo()


async def _stop() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


OF_OTHERS: dict[str, type[Resource]] = {
    "their-profile": Profile,
    "their-policy": Policy,
    "their-batch": Policy,
    "their-cluster": Cluster,
    "their-member": Node,
    "their-node": Node,
    "their-receiver": Receiver,
    "their-action": Action,
    "their-next": Action,
    "their-end": Action,
}


OURS: list[type[Resource]] = [Cluster, Node, Profile, Policy, Receiver, ClusterPolicy, Action]


def one_of(objects: list[tuple[Any, type[Resource]]], but: set[str]) -> st.SearchStrategy[Any]:
    """Return a strategy for an object, one of its fields, and an odd value."""
    fields = [
        (which, field)
        for which, type_ in objects
        for field in sorted({*type_._fields.values(), *MORE.get(type_, ())} - but)
    ]
    return st.sampled_from(fields).flatmap(
        lambda it: st.tuples(
            st.just(it[0]), st.just(it[1]), values | sleeps if it[1] == "spec" else values
        )
    )


MORE: dict[type[Resource], list[str]] = {Cluster: ["policies"]}
odd_of_others = st.lists(one_of([*OF_OTHERS.items()], {"id"}), min_size=1, max_size=6)
odd_of_ours = st.lists(
    one_of([((type_, number), type_) for type_ in OURS for number in range(4)], IDENTITY),
    min_size=1,
    max_size=3,
)
each_poll = pytest.mark.parametrize("project", [Project, PartialProject], indirect=True)
usual = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)


def by_object(odd: list[tuple[str, str, Any]]) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for id_, field, value in odd:
        found.setdefault(id_, {})[field] = value
    return found


@each_poll
@settings(usual, max_examples=60)
@example(odd=[("their-policy", "spec", {**DELETION, "properties": {"grace_period": None}})])
@given(odd=odd_of_others)
def test_what_others_have_changes_nothing_of_ours(
    project: Project, bugs: Bugs, odd: list[tuple[str, str, Any]]
) -> None:
    before = project.statuses()
    try:
        project.said(by_object(odd))
        assert project.statuses() == before

        project.write(a_profile_manifest(EXTRA.name), 3)
        assert project.reason(EXTRA) == "Ready"
        project.take_away(EXTRA)
        assert project.statuses() == before
        assert bugs.found == []
        assert project.senlin.violations == []
    finally:
        bugs.found.clear()
        project.repair()


@each_poll
@settings(usual, max_examples=10)
@given(odd=odd_of_others)
def test_a_cluster_with_a_node_is_made_and_deleted_beside_what_others_have(
    project: Project, bugs: Bugs, odd: list[tuple[str, str, Any]]
) -> None:
    before = project.statuses()
    try:
        project.said(by_object(odd))
        project.write(a_cluster_manifest("extra", {"desiredCapacity": 1}), 8)
        project.write(a_node_manifest("extra", {"clusterRef": {"name": "extra"}}), 12)
        keys = [Key("SenlinNode", "team", "extra"), Key("SenlinCluster", "team", "extra")]
        assert [project.reason(key) for key in keys] == ["Ready", "Ready"]
        for key in keys:
            project.take_away(key)
        assert project.statuses() == before
        assert bugs.found == []
    finally:
        bugs.found.clear()
        project.repair()


@each_poll
@settings(usual, max_examples=40)
@given(odd=odd_of_ours)
def test_what_is_odd_of_ours_is_said_in_a_condition(
    project: Project, bugs: Bugs, odd: list[tuple[tuple[type[Resource], int], str, Any]]
) -> None:
    try:
        project.said(by_object([(project.ours(*which), *rest) for which, *rest in odd]))
        for status in project.statuses().values():
            [ready] = [it for it in status["conditions"] if it["type"] == "Ready"]
            assert ready["message"]
            assert ready["reason"] != Reason.INTERNAL_ERROR
        assert bugs.found == []
    finally:
        bugs.found.clear()
        project.repair()


LISTED: list[type[Resource]] = [Action, Cluster, Node, Policy, Profile, Receiver]


@pytest.mark.parametrize("project", [Project], indirect=True)
@pytest.mark.parametrize("type_", LISTED)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raws: [*raws, {**raws[0], "id": None}], "without an id"),
        (lambda raws: [*raws, {**raws[0], "id": 5}], "without an id"),
        (lambda raws: [*raws, {**raws[0], "id": "i" * 65}], "without an id"),
        (lambda raws: [*raws, {}], "without an id"),
        (lambda raws: [*raws, raws[0]], "with the same id"),
        (lambda raws: [*raws[1:], {**raws[0], "id": raws[1]["id"]}], "with the same id"),
    ],
    ids=["null", "a number", "too long", "nothing at all", "twice", "that of another"],
)
def test_a_list_that_may_not_be_whole_shows_no_absence(
    project: Project, bugs: Bugs, type_: type[Resource], change: Any, said: str
) -> None:
    """Else what the list hides would be made again, or its finalizer removed."""
    project.env.requests()
    project.senlin.lists = {type_: change}
    try:
        project.run(project.advance(200.0))  # the snapshot from before is too old by now
        project.run(project.observe())
        for key in project.with_ids():
            ready = project.env.condition(key)
            assert ready["reason"] == Reason.CLOUD_ERROR
            assert f"{type_.__name__.lower()}" in ready["message"]
            assert said in ready["message"]
        assert project.env.requests() == []
        assert bugs.found == []
    finally:
        bugs.found.clear()
        project.repair()
