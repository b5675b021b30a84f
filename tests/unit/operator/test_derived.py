"""What an action has started, as the status of a SenlinOperation shows it."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from openstack_clustering import Action, Proxy
from senlin_operator.reconcile.derived import derived_actions, faults
from tests.unit.operator.builders import a_node, a_snapshot, an_action

EARLIER, NOW, LATER = (f"2026-01-01T00:00:0{second}Z" for second in (0, 1, 2))
SNAPSHOT = a_snapshot(nodes=[a_node("n1"), a_node("n2"), a_node("n3", "other")])


def a_parent(action: str = "CLUSTER_RESIZE", **fields: Any) -> Action:
    times = {"created_at": NOW, "start_time": 10.0, "end_time": 20.0}
    return an_action("parent", "FAILED", **{"action": action, **times, **fields})


def a_derived(id_: str = "child", status: str = "SUCCEEDED", **fields: Any) -> Action:
    rest = {"cause": "Derived Action", "created_at": NOW, "start_time": 11.0, "target": "n1"}
    return an_action(id_, status, **{"action": "NODE_CREATE", **rest, **fields})


class Senlin:
    """Lists the same actions, and notes what it is asked for."""

    def __init__(self, *actions: Action) -> None:
        self.actions_, self.queries = actions, list[dict[str, Any]]()

    def actions(self, **query: Any) -> Iterator[Action]:
        self.queries.append(query)
        return iter(self.actions_)


def shown(*actions: Action, parent: Action | None = None) -> dict[str, Any]:
    return derived_actions(cast("Proxy", Senlin(*actions)), parent or a_parent(), SNAPSHOT)


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        pytest.param({}, True, id="began while the parent ran"),
        pytest.param({"cause": "Derived Action with Lifecycle Hook"}, True, id="waited for a hook"),
        pytest.param({"start_time": None}, True, id="never began"),
        pytest.param({"created_at": LATER}, True, id="created later"),
        pytest.param({"cause": "RPC Request"}, False, id="of somebody else"),
        pytest.param({"created_at": EARLIER}, False, id="created before the parent"),
        pytest.param({"start_time": 9.0}, False, id="of an action of the same second, before"),
        pytest.param({"start_time": 21.0}, False, id="of an action after the parent"),
    ],
)
def test_which_actions_are_derived(fields: dict[str, Any], counts: bool) -> None:
    assert shown(a_derived(**fields)).get("childrenTotal", 0) == counts


def test_an_action_that_started_no_other() -> None:
    assert shown() == {}


def test_what_is_shown_of_a_derived() -> None:
    failed = a_derived(status="FAILED", status_reason="no host")

    assert shown(failed, a_derived("other")) == {
        "children": [
            {
                "id": "child",
                "action": "NODE_CREATE",
                "target": "n1",
                "status": "FAILED",
                "reason": "no host",
            },
            {"id": "other", "action": "NODE_CREATE", "target": "n1", "status": "SUCCEEDED"},
        ],
        "childrenTotal": 2,
    }


def test_failed_ones_come_first_and_few_are_shown() -> None:
    good = [a_derived(f"a{number:03}") for number in range(30)]
    bad = [a_derived(f"z{number}", status) for number, status in enumerate(("FAILED", "CANCELLED"))]

    found = shown(*good, *bad)

    assert found["childrenTotal"] == 32
    assert [it["id"] for it in found["children"][:3]] == ["z0", "z1", "a000"]
    assert len(found["children"]) == 20


@pytest.mark.parametrize(
    ("action", "query"),
    [
        ("CLUSTER_RESIZE", {"cluster_id": "c1"}),
        ("CLUSTER_CHECK", {"target": ["n1", "n2"]}),
        ("CLUSTER_RECOVER", {"target": ["n1", "n2"]}),
        ("CLUSTER_OPERATION", {"target": ["n1", "n2"]}),
    ],
)
def test_where_they_are_searched(action: str, query: dict[str, Any]) -> None:
    senlin = Senlin()

    derived_actions(cast("Proxy", senlin), a_parent(action), SNAPSHOT)

    assert senlin.queries == [{**query, "sort": "created_at:desc", "limit": 100}]


def test_many_nodes_do_not_go_into_one_url() -> None:
    senlin = Senlin()
    nodes = [a_node(f"n{number}") for number in range(250)]

    derived_actions(cast("Proxy", senlin), a_parent("CLUSTER_CHECK"), a_snapshot(nodes=nodes))

    assert [len(it["target"]) for it in senlin.queries] == [100, 100, 50]


def test_no_list_is_read_further_than_the_parent() -> None:
    read = []

    def actions(**_: object) -> Iterator[Action]:
        for created in (LATER, NOW, EARLIER, EARLIER):
            read.append(created)
            yield a_derived(created, created_at=created)

    derived_actions(cast("Proxy", SimpleNamespace(actions=actions)), a_parent(), SNAPSHOT)

    assert read == [LATER, NOW, EARLIER]


def test_the_reasons_of_those_that_failed_have_the_names_of_nodes() -> None:
    listed = [
        {"target": "n1", "status": "FAILED", "reason": "no host"},
        {"target": "gone", "status": "CANCELLED", "reason": "cancelled"},
        {"target": "n2", "status": "SUCCEEDED", "reason": "fine"},
        {"target": "n2", "status": "FAILED"},
    ]

    assert faults(listed, SNAPSHOT) == [
        {"node": "n1", "name": "node-n1", "reason": "no host"},
        {"node": "gone", "name": "gone", "reason": "cancelled"},
    ]
