"""The search for the action of a request whose answer was lost."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from openstack_clustering import Action, Proxy
from senlin_operator.model.run import ANYTHING, Call, Target
from senlin_operator.reconcile.lost import GIVEN_UP, found, is_given_up, sending
from tests.unit.operator.builders import Clock, an_action

TARGET = Target("cluster", "c1", "web")
BEFORE, SAME, AFTER = (f"2026-01-01T00:00:0{second}Z" for second in (0, 1, 2))
SENT = {"since": SAME, "action": "CLUSTER_SCALE_OUT", "after": SAME, "known": ["old"]}


class Senlin:
    """Lists actions, and notes what it is asked for."""

    def __init__(self, *actions: Action) -> None:
        self.actions_, self.queries, self.read = actions, list[dict[str, Any]](), 0

    def actions(self, **query: Any) -> Iterator[Action]:
        self.queries.append(query)
        for action in self.actions_:
            self.read += 1
            yield action


def a_scaling(id_: str = "new", **fields: Any) -> Action:
    rest = {"action": "CLUSTER_SCALE_OUT", "cause": "RPC Request", "created_at": SAME}
    return an_action(id_, **{**rest, "inputs": {"count": 1}, **fields})


def a_call(**inputs: Any) -> Call:
    return Call("Scaling", "scale-out", lambda _: None, "CLUSTER_SCALE_OUT", inputs or {"count": 1})


def ids(*actions: Action, call: Call | None = None, **sent: Any) -> list[str]:
    senlin = cast("Proxy", Senlin(*actions))
    return [it.id for it in found(senlin, TARGET, call or a_call(), {**SENT, **sent})]


def test_before_the_request_the_newest_actions_are_written_down(clock: Clock) -> None:
    senlin = Senlin(
        a_scaling("a", created_at=SAME),
        a_scaling("b", created_at=SAME),
        a_scaling("c", created_at=BEFORE),
        a_scaling("d", created_at=BEFORE),
    )

    noted = sending(cast("Proxy", senlin), TARGET, "CLUSTER_SCALE_OUT")

    since = datetime.fromisoformat(noted.pop("since"))
    assert abs(since.timestamp() - clock()) < 2
    assert noted == {"action": "CLUSTER_SCALE_OUT", "after": SAME, "known": ["a", "b"]}
    assert senlin.read == 3
    assert senlin.queries == [
        {"target": "c1", "action": "CLUSTER_SCALE_OUT", "sort": "created_at:desc", "limit": 20}
    ]


@pytest.mark.usefixtures("clock")
def test_before_the_first_request_there_are_none() -> None:
    noted = sending(cast("Proxy", Senlin()), TARGET, "CLUSTER_SCALE_OUT")

    assert noted.keys() == {"since", "action"}


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        pytest.param({}, True, id="of the same second"),
        pytest.param({"created_at": AFTER}, True, id="later"),
        pytest.param({"status": "SUCCEEDED"}, True, id="over"),
        pytest.param({"id_": "old"}, False, id="known before"),
        pytest.param({"created_at": BEFORE}, False, id="older than what was known"),
        pytest.param({"cause": "Derived Action"}, False, id="of another action"),
        pytest.param({"inputs": {"count": 2}}, False, id="with other inputs"),
        pytest.param({"inputs": {}}, False, id="with fewer inputs"),
        pytest.param({"inputs": {"count": 1, "more": 1}}, True, id="with more inputs"),
        pytest.param({"created_at": "2026-01-01T00:05:02Z"}, False, id="five minutes later"),
    ],
)
def test_which_actions_the_request_may_have_started(fields: dict[str, Any], counts: bool) -> None:
    assert len(ids(a_scaling(**fields))) == counts


def test_clocks_may_differ_if_nothing_was_known() -> None:
    sent: dict[str, Any] = {"since": "2026-01-01T00:04:00Z", "after": "", "known": []}

    assert ids(a_scaling(created_at=BEFORE), **sent) == ["new"]
    assert ids(a_scaling(created_at="2025-12-31T23:58:00Z"), **sent) == []


def test_all_candidates_are_returned() -> None:
    assert ids(a_scaling("b", created_at=AFTER), a_scaling("a"), a_scaling("old")) == ["b", "a"]


@pytest.mark.parametrize(
    ("wanted", "stored", "equal"),
    [
        pytest.param({"nodes": ["a", "b"]}, {"nodes": ["b", "a"]}, True, id="order of nodes"),
        pytest.param({"nodes": ["a"]}, {"nodes": ["a", "b"]}, False, id="more nodes"),
        pytest.param({"count": None}, {}, True, id="left out"),
        pytest.param({"count": None}, {"count": 1}, False, id="left out, and given"),
        pytest.param({"number": 25}, {"number": 25.0}, True, id="a float"),
        pytest.param(
            {"params": {"a": 1, "secret": ANYTHING}},
            {"params": {"a": 1, "secret": "hunter2"}},
            True,
            id="a secret value",
        ),
        pytest.param(
            {"params": {"a": 1, "secret": ANYTHING}},
            {"params": {"a": 2, "secret": "hunter2"}},
            False,
            id="a secret value, and another one",
        ),
        pytest.param({"params": {"secret": ANYTHING}}, {"params": {}}, False, id="no secret value"),
    ],
)
def test_inputs(wanted: dict[str, Any], stored: dict[str, Any], equal: bool) -> None:
    assert bool(ids(a_scaling(inputs=stored), call=a_call(**wanted))) == equal


@pytest.mark.parametrize(("seconds", "given_up"), [(GIVEN_UP - 1, False), (GIVEN_UP + 2, True)])
def test_given_up(clock: Clock, seconds: float, given_up: bool) -> None:
    since = datetime.fromtimestamp(clock(), UTC).isoformat()
    clock.advance(seconds)

    assert is_given_up({"since": since}) == given_up
