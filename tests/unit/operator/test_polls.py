"""The polls of a project: what a whole one lists, and what a partial one reads."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openstack_clustering import Action, Cluster, Node, Policy, Profile, Proxy, Resource
from senlin_operator.cloud.polls import UNFINISHED, Poll, Subjects, has_ended, partial, whole
from senlin_operator.cloud.snapshot import Snapshot, Watched
from senlin_operator.kinds import KINDS
from tests.unit.operator.builders import (
    a_cluster,
    a_node,
    a_policy,
    a_profile,
    a_receiver,
    a_snapshot,
    an_action,
)
from tests.unit.operator.fake_senlin import FakeSenlin

WHOLE, LATER = 5.0, 9.0  # when the polls begin
TYPES: Mapping[str, type[Resource]] = {"c": Cluster, "n": Node, "p": Profile, "y": Policy}


@pytest.mark.parametrize(
    ("action", "ended"),
    [
        *(pytest.param(an_action(status=it), False, id=it) for it in (*UNFINISHED, "INIT")),
        pytest.param(an_action(status="SUCCEEDED"), True, id="SUCCEEDED"),
        pytest.param(an_action(status="FAILED"), True, id="FAILED"),
        pytest.param(an_action(status="CANCELLED"), True, id="CANCELLED"),
        pytest.param(
            an_action(status="FAILED", depends_on=["a2"]), False, id="FAILED, a child action runs"
        ),
        pytest.param(
            an_action(status="CANCELLED", depends_on=["a2"]),
            False,
            id="CANCELLED, a child action runs",
        ),
    ],
)
def test_has_ended(action: Action, ended: bool) -> None:
    assert has_ended(action) is ended


class ListingProxy:
    """A proxy that only lists, and records its queries."""

    def __init__(self, actions: Iterable[Action] = ()) -> None:
        self._actions = list(actions)
        self.queries: list[Any] = []

    def actions(self, **query: list[str]) -> list[Action]:
        self.queries.append(query)
        statuses, targets = query.get("status"), query.get("target")
        return [
            it
            for it in self._actions
            if it.status in (statuses or [it.status])
            and it.target_id in (targets or [it.target_id])
        ]

    def clusters(self) -> list[Cluster]:
        self.queries.append("clusters")
        return [a_cluster("c1"), a_cluster("c2")]

    def nodes(self) -> list[Any]:
        self.queries.append("nodes")
        return [a_node("n1"), a_node("n2", "c2"), a_node("n3"), a_node("n4", "")]

    def profiles(self) -> list[Any]:
        self.queries.append("profiles")
        return [a_profile("p1")]

    def policies(self) -> list[Any]:
        self.queries.append("policies")
        return [a_policy("y1")]

    def receivers(self) -> list[Any]:
        self.queries.append("receivers")
        return [a_receiver("r1")]


def poll_once(
    proxy: ListingProxy, watched: dict[str, Watched] | None = None, known: Iterable[Action] = ()
) -> Snapshot:
    ended = {it.id: it for it in known}
    return whole(cast("Proxy", proxy), KINDS.values(), Poll(5.0, watched or {}, ended))


def test_a_poll_lists_actions_first_and_everything_once() -> None:
    proxy = ListingProxy([an_action()])

    snapshot = poll_once(proxy)

    lists = ["receivers", "clusters", "nodes", "profiles", "policies"]
    assert proxy.queries == [{"status": list(UNFINISHED)}, *lists]
    assert snapshot == a_snapshot(
        began=5.0,
        clusters=[a_cluster("c1"), a_cluster("c2")],
        nodes=[a_node("n1"), a_node("n3"), a_node("n2", "c2"), a_node("n4", "")],
        profiles=[a_profile("p1")],
        policies=[a_policy("y1")],
        receivers=[a_receiver("r1")],
        unfinished=[an_action()],
    )


SUCCEEDED, RUNNING = an_action("a1", "SUCCEEDED"), an_action("a2", "RUNNING")


FAILED_WITH_CHILD = an_action("a3", "FAILED", depends_on=["a9"])


@pytest.mark.parametrize(
    ("watched", "known", "ended", "action_lists"),
    [
        pytest.param({}, [], [], 1, id="nothing is watched: one list of actions"),
        pytest.param({"a1": Watched("c1")}, [], [SUCCEEDED], 2, id="ended: found by a second list"),
        pytest.param({"a2": Watched("c1")}, [], [], 1, id="running: in the first list"),
        pytest.param({"a3": Watched("c1")}, [], [], 2, id="failed, a child action runs: not ended"),
        pytest.param(
            {"a1": Watched("c1"), "a3": Watched("c1")},
            [],
            [SUCCEEDED],
            2,
            id="two watched: one second list",
        ),
        pytest.param(
            {"a1": Watched("c1")},
            [SUCCEEDED],
            [SUCCEEDED],
            1,
            id="end known from an earlier poll: one list",
        ),
    ],
)
def test_a_poll_lists_the_ends_of_watched_actions(
    watched: dict[str, Watched], known: list[Action], ended: list[Action], action_lists: int
) -> None:
    proxy = ListingProxy([SUCCEEDED, RUNNING, FAILED_WITH_CHILD, an_action("a4", "SUCCEEDED")])

    snapshot = poll_once(proxy, watched, known)

    assert list(snapshot.ended.values()) == ended
    assert sum(isinstance(it, dict) for it in proxy.queries) == action_lists


def test_a_poll_reports_watched_actions_that_senlin_has_purged() -> None:
    snapshot = poll_once(ListingProxy([SUCCEEDED]), {"a1": Watched("c1"), "a0": Watched("c1")})

    assert snapshot.unknown == {"a0"}


def test_a_poll_asks_for_at_most_100_targets_in_one_url() -> None:
    proxy = ListingProxy()

    poll_once(proxy, {f"a{i}": Watched(f"c{i:03}") for i in range(250)})

    assert [len(it["target"]) for it in proxy.queries[1:4]] == [100, 100, 50]


def a_project() -> FakeSenlin:
    """Return a project with two clusters of two nodes each, and a node that stands alone."""
    senlin = FakeSenlin(["p1"])
    for cluster, nodes in (("c1", ("n1", "n2")), ("c2", ("n3", "n4"))):
        senlin.put(a_cluster(cluster), [a_node(id_, cluster) for id_ in nodes])
    senlin.put_node(a_node("n5", ""))
    senlin.put_policy(a_policy("y1"))
    return senlin


class CountingProxy:
    """Passes requests on, and records which there were."""

    def __init__(self, senlin: FakeSenlin) -> None:
        self._senlin = senlin
        self.requests: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._senlin, name)

        def call(*arguments: Any, **options: Any) -> Any:
            if name != "actions":
                what = [*arguments, *options.values()]
                self.requests.append(" ".join((name, *map(str, what))))
            return method(*arguments, **options)

        return call


def read(
    senlin: FakeSenlin | CountingProxy,
    before: Snapshot,
    *ids: str,
    matters: Callable[[str], bool] = lambda _: True,
    limit: int = 100,
) -> Snapshot:
    """Return the snapshot of a partial poll that these ids are waited for."""
    subjects: Subjects = {id_: TYPES[id_[0]] for id_ in ids}
    poll = Poll(LATER, {}, {}, newest=True)
    kinds = KINDS.values()
    return partial(cast("Proxy", senlin), kinds, poll, before, subjects, matters, limit)


@pytest.mark.parametrize(
    ("subject", "requests"),
    [
        pytest.param("c1", ["get_cluster c1", "nodes c1"], id="a cluster, with its nodes"),
        pytest.param("n3", ["get_cluster c2", "nodes c2"], id="a node, with its cluster"),
        pytest.param("n5", ["get_node n5"], id="a node that stands alone"),
        pytest.param("p1", ["get_profile p1"], id="a profile"),
        pytest.param("y1", ["get_policy y1"], id="a policy"),
    ],
)
def test_a_partial_poll_reads_what_is_waited_for(subject: str, requests: list[str]) -> None:
    senlin = a_project()
    proxy = CountingProxy(senlin)

    now = read(proxy, senlin.poll(WHOLE), subject)

    assert proxy.requests == requests
    assert now.objects == senlin.poll().objects
    assert (now.as_of(subject), now.as_of("p2"), now.began) == (LATER, WHOLE, WHOLE)


def test_a_node_that_left_its_cluster_is_read_by_itself() -> None:
    senlin = a_project()
    before = senlin.poll(WHOLE)
    senlin.put_node(a_node("n1"), "c2")
    senlin.put_node(a_node("n2"), "")

    now = read(senlin, before, "c1")

    assert now.members(Node, "c1") == ()
    assert {node.id for node in now.members(Node, "c2")} == {"n1", "n3", "n4"}
    assert now.all(Node) == senlin.poll().all(Node)


@pytest.mark.parametrize("subject", ["c1", "n1"])
def test_what_senlin_does_not_have_any_more_is_absent(subject: str) -> None:
    senlin = a_project()
    before = senlin.poll(WHOLE)
    senlin.vanish("c1")

    now = read(senlin, before, subject)

    assert {*now.all(Cluster)} == {"c2"}
    assert {*now.all(Node)} == {"n3", "n4", "n5"}
    assert now.markers.keys().isdisjoint({"c1", "n1", "n2"})
    assert now.as_of("n1") == LATER


def test_a_new_object_is_found_by_its_id() -> None:
    senlin = a_project()
    before = senlin.poll(WHOLE)
    senlin.put(a_cluster("c3"), [a_node("n6", "c3")])

    now = read(senlin, before, "c3")

    assert now.all(Cluster).keys() == {"c1", "c2", "c3"}
    assert [node.id for node in now.members(Node, "c3")] == ["n6"]


@pytest.mark.parametrize(
    ("matters", "shown"),
    [
        pytest.param("c1", 2000, id="of a cluster that somebody wants to know of"),
        pytest.param("n1", 2000, id="of a cluster with such a node"),
        pytest.param("c2", 3600, id="of another cluster"),
    ],
)
def test_what_others_have_done_since_is_read_if_it_matters(matters: str, shown: int) -> None:
    senlin = a_project()
    before = senlin.poll(WHOLE)
    senlin.put(a_cluster("c1", timeout=2000))
    senlin.check_cluster("c1")  # which has ended when the poll begins

    now = read(senlin, before, matters=lambda id_: id_ == matters)

    assert now.all(Cluster)["c1"].timeout == shown


def test_a_running_action_has_its_cluster_read_again() -> None:
    senlin = a_project()
    senlin.slow = True
    senlin.check_cluster("c1")
    before = read(senlin, senlin.poll(WHOLE))
    senlin.put(a_cluster("c1", timeout=2000))

    assert read(senlin, before).all(Cluster)["c1"].timeout == 2000


def test_more_new_actions_than_are_listed_make_the_poll_a_whole_one() -> None:
    senlin = a_project()
    before = read(senlin, senlin.poll(WHOLE), "c1")
    for _ in range(60):
        senlin.check_cluster("c1")
    senlin.put(a_cluster("c2", timeout=2000))

    now = read(senlin, before, matters=lambda _: False)

    assert (now.began, now.all(Cluster)["c2"].timeout) == (LATER, 2000)


def test_too_many_objects_make_the_poll_a_whole_one() -> None:
    senlin = a_project()

    now = read(senlin, senlin.poll(WHOLE), "c1", "n3", limit=1)

    assert now.began == LATER


def test_nodes_of_one_cluster_count_once() -> None:
    senlin = a_project()

    now = read(senlin, senlin.poll(WHOLE), "c1", "n1", "n2", limit=1)

    assert now.began == WHOLE


changes = st.lists(
    st.tuples(
        st.sampled_from(["move", "vanish", "lose", "join", "new"]),
        st.sampled_from(["c1", "c2"]),
        st.sampled_from(["n1", "n2", "n3", "n4", "n5"]),
    ),
    max_size=6,
)


@given(changes)
def test_a_partial_poll_of_everything_shows_what_a_whole_one_does(
    made: list[tuple[str, str, str]],
) -> None:
    senlin = a_project()
    before = senlin.poll(WHOLE)
    for number, (change, cluster, node) in enumerate(made):
        exists = cluster in senlin.poll().all(Cluster)
        if change == "new":
            senlin.put_node(a_node(f"n{number}-new", cluster), cluster if exists else "")
        elif change == "move" and node in senlin.poll().all(Node):
            senlin.put_node(a_node(node), "")
        elif change == "join" and exists and node in senlin.poll().all(Node):
            senlin.put_node(a_node(node), cluster)
        elif exists and change in ("vanish", "lose"):
            senlin.vanish(cluster) if change == "vanish" else senlin.lose_servers(cluster, 1)
    alone = {id_ for id_ in senlin.poll().all(Node) if id_.endswith("-new")}

    now = read(senlin, before, "c1", "c2", "n5", *alone)

    expected = senlin.poll(WHOLE)
    assert now.objects == expected.objects
    assert now.markers == expected.markers
    assert now.cluster_ids == expected.cluster_ids
    for cluster in ("c1", "c2"):
        assert now.member_ids(Node, cluster) == expected.member_ids(Node, cluster)
    for marker in expected.markers.values():
        for type_ in expected.objects:
            assert now.owned(type_, marker.uid) == expected.owned(type_, marker.uid)
            assert now.placed(type_, marker.place) == expected.placed(type_, marker.place)
