"""Texts of OpenStack: nothing that differs each time, and no address of a service."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from senlin_operator.model.text import grouped, named, stable

SERVER = "2a537982-022e-4b02-bc33-ac8f5a8eed59"
URL = f"http://10.0.0.5:8774/v2.1/servers/{SERVER}"
# Seen with Senlin 16 over a real Nova, and what a person should read.
PASSED_ON = {
    "no valid host: nothing to leave out": (
        f"Failed in creating server: Server:{SERVER} transitioned to failure state ERROR.",
        f"Failed in creating server: Server:{SERVER} transitioned to failure state ERROR.",
    ),
    "quota: Nova's sentence stays": (
        "Failed in creating server: ForbiddenException: 403: Client Error for url: "
        "http://10.0.0.5:8774/v2.1/servers, Quota exceeded for instances: Requested 1, but already "
        "used 5 of 0 instances.",
        "Failed in creating server: ForbiddenException: 403: Quota exceeded for instances: "
        "Requested 1, but already used 5 of 0 instances.",
    ),
    "Octavia refuses: one full stop": (
        "Failed in creating loadbalancer: ForbiddenException: 403: Client Error for url: "
        "http://10.0.0.5:9876/v2.0/lbaas/loadbalancers, Policy does not allow this request to be "
        "performed..",
        "Failed in creating loadbalancer: ForbiddenException: 403: Policy does not allow this "
        "request to be performed.",
    ),
    "a server that was deleted": (
        f"Failed in found server '{SERVER}': No Server found for {SERVER}: Client Error for url: "
        f"{URL}, Instance {SERVER} could not be found.",
        f"Failed in found server '{SERVER}': No Server found for {SERVER}: Instance {SERVER} could "
        "not be found.",
    ),
    "Nova away: neither address nor port": (
        "Unable to establish connection to http://10.0.0.5:8774/v2.1/servers: "
        "HTTPConnectionPool(host='10.0.0.5', port=8774): Max retries exceeded with url: "
        f"/v2.1/servers/{SERVER} (Caused by NewConnectionError('<urllib3.connection.HTTPConnection "
        "object at 0x7f0c2a5b3d90>: Failed to establish a new connection: [Errno 111] Connection "
        "refused'))",
        "Unable to establish connection to the service: (Caused by NewConnectionError("
        "'urllib3.connection.HTTPConnection: Failed to establish a new connection: [Errno 111] "
        "Connection refused'))",
    ),
    "a request id": (
        "The cluster is busy. (request id req-52af5c0b-c8bd-4bce-bdae-fe8eda8c71ac)",
        "The cluster is busy.",
    ),
    "a time": (
        "Timed out at 2026-11-28 17:18:31.048 after 12.5 seconds.",
        "Timed out at … after some time.",
    ),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("text", "shown"), PASSED_ON.values(), ids=PASSED_ON)
def test_a_text_that_senlin_passed_on(text: str, shown: str) -> None:
    assert stable(text) == shown


addresses = st.integers(0x1000, 2**48).map(hex)
ports = st.integers(1, 65535)
hosts = st.tuples(*[st.integers(0, 255)] * 4).map(lambda it: ".".join(map(str, it)))
volatile = st.one_of(
    addresses,
    st.builds("http://{}:{}/v2.1/servers".format, hosts, ports),
    st.builds("HTTPConnectionPool(host='{}', port={}): ".format, hosts, ports),
    st.uuids().map(lambda it: f"(request id req-{it})"),
    st.datetimes().map(lambda it: it.isoformat(sep=" ", timespec="microseconds")),
)


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        pytest.param(r"0x[0-9a-f]{6,}", addresses, id="addresses in memory"),
        pytest.param(r"(?<=:)\d+(?=/)|(?<=port=)\d+", ports.map(str), id="ports"),
        pytest.param(r"10\.0\.0\.5", hosts, id="hosts"),
    ],
)
@given(st.data())
def test_two_checks_of_one_failure_read_alike(
    pattern: str, values: st.SearchStrategy[str], data: st.DataObject
) -> None:
    once, again = data.draw(values), data.draw(values)

    for text, _ in PASSED_ON.values():
        one, other = (re.sub(pattern, value, text) for value in (once, again))
        assert stable(one) == stable(other)


@given(st.lists(st.one_of(st.text(max_size=20), volatile), max_size=8).map(" ".join))
def test_it_is_a_no_op_on_its_own_result(text: str) -> None:
    assert stable(stable(text)) == stable(text)
    assert len(stable(text)) <= 400


@pytest.mark.parametrize(
    ("faults", "texts"),
    [
        pytest.param([], [], id="none"),
        pytest.param([("a", "no host")], ["node a: no host"], id="one node: by its name"),
        pytest.param(
            [("a", "x"), ("b", "x"), ("c", "x")], ["3 nodes, such as a: x"], id="alike: counted"
        ),
        pytest.param([("a", "x"), ("b", "y")], ["node a: x", "node b: y"], id="different: each"),
        pytest.param(
            [("a", "w"), ("b", "x"), ("c", "y"), ("d", "z"), ("e", "z"), ("f", "v")],
            ["node a: w", "node b: x", "node c: y", "and 3 other nodes"],
            id="many: the first three, and how many others",
        ),
    ],
)
def test_equal_faults_are_counted(faults: list[tuple[str, str]], texts: list[str]) -> None:
    entries = [{"name": name, "reason": reason} for name, reason in faults]

    assert grouped(entries) == texts


def test_faults_without_a_reason_are_left_out() -> None:
    assert grouped([{"name": "a", "reason": ""}, {"name": "b", "reason": "x"}]) == ["node b: x"]


def test_equal_faults_of_different_servers_are_counted() -> None:
    ids = ("2a537982-022e-4b02-bc33-ac8f5a8eed59", "3b537982-022e-4b02-bc33-ac8f5a8eed59")
    faults = [{"name": it[0], "reason": f"Server:{it} transitioned."} for it in ids]

    assert grouped(faults) == [f"2 nodes, such as 2: Server:{ids[0]} transitioned."]


def test_a_cause_comes_before_generic_words() -> None:
    generic = f"Server:{SERVER} transitioned to failure state ERROR."
    faults = [{"name": "a", "reason": generic}, {"name": "b", "reason": "The disk is full."}]

    assert grouped(faults) == ["node b: The disk is full.", f"node a: {generic}"]


@pytest.mark.parametrize(
    ("count", "text"), [(1, "0"), (5, "0, 1, 2, 3, 4"), (7, "0, 1, 2, 3, 4 and 2 more")]
)
def test_names_that_are_left_out_are_counted(count: int, text: str) -> None:
    assert named([str(number) for number in range(count)]) == text
