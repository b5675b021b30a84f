import threading
import time

import pytest
import requests

from sandbox import Sandbox
from tests.sandbox.api import Senlin, wait_for


def test_requests_are_counted_by_caller(cloud: Sandbox, senlin: Senlin) -> None:
    with Senlin(cloud, "green-1", caller="operator/1.0") as operator:
        operator.call("GET", "/clusters?limit=1")
        senlin.call("GET", "/nodes")

    [request] = cloud.senlin.requests(caller="operator")
    assert (request.method, request.path) == ("GET", "/v1/clusters?limit=1")
    assert (request.status, request.fault) == (200, None)
    assert (request.user, request.project) == ("green-1", "green")
    assert [request.path for request in cloud.senlin.requests(caller="tests")] == ["/v1/nodes"]
    cloud.senlin.clear()
    assert cloud.senlin.requests() == []


def test_requests_are_found_by_method_and_path(cloud: Sandbox, senlin: Senlin) -> None:
    senlin.create_profile()
    senlin.call("GET", "/profiles")

    assert [r.status for r in cloud.senlin.requests(method="POST", path="/profiles$")] == [201]


def test_an_answer_in_the_server_s_place(cloud: Sandbox, senlin: Senlin) -> None:
    fault = cloud.senlin.fault(
        "answer",
        method="GET",
        path="^/v1/clusters",
        count=1,
        status=429,
        body={"error": {"message": "Too many requests."}},
        headers={"Retry-After": "3"},
    )

    assert senlin.ask("GET", "/nodes").status_code == 200
    reply = senlin.ask("GET", "/clusters")
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "3")
    assert reply.json()["error"]["message"] == "Too many requests."
    assert senlin.ask("GET", "/clusters").status_code == 200
    assert fault.hits == 1
    assert [request.fault for request in cloud.senlin.requests(path="clusters")] == ["answer", None]


def test_an_answer_that_is_a_page(cloud: Sandbox, senlin: Senlin) -> None:
    with cloud.senlin.fault("answer", status=502, body="<html>Bad gateway</html>"):
        reply = senlin.ask("GET", "/clusters")

    assert reply.status_code == 502
    assert reply.headers["Content-Type"].startswith("text/html")
    assert reply.text == "<html>Bad gateway</html>"
    assert senlin.ask("GET", "/clusters").status_code == 200


def test_a_slow_request(cloud: Sandbox, senlin: Senlin) -> None:
    cloud.senlin.fault("slow", delay=0.5)
    begin = time.monotonic()

    senlin.call("GET", "/clusters")

    assert time.monotonic() - begin > 0.5


def test_a_dropped_request_never_reaches_the_server(cloud: Sandbox, senlin: Senlin) -> None:
    before = names_of_profiles(senlin)
    cloud.senlin.fault("drop", method="POST", count=1)

    with pytest.raises(requests.ConnectionError):
        senlin.create_profile()

    assert names_of_profiles(senlin) == before


def test_a_lost_reply_leaves_what_the_server_did(cloud: Sandbox, senlin: Senlin) -> None:
    before = names_of_profiles(senlin)
    cloud.senlin.fault("lose-reply", method="POST", count=1)

    with pytest.raises(requests.ConnectionError):
        senlin.create_profile()

    assert len(names_of_profiles(senlin) - before) == 1
    [request] = cloud.senlin.requests(method="POST")
    assert (request.status, request.fault) == (None, "lose-reply")


def names_of_profiles(senlin: Senlin) -> set[str]:
    return {profile["name"] for profile in senlin.call("GET", "/profiles")["profiles"]}


def test_a_held_request_goes_on_once_it_is_released(cloud: Sandbox, senlin: Senlin) -> None:
    fault = cloud.senlin.fault("hold", path="/clusters")
    answered = threading.Event()

    def ask() -> None:
        senlin.call("GET", "/clusters")
        answered.set()

    thread = threading.Thread(target=ask)
    thread.start()
    wait_for(lambda: fault.hits == 1)
    assert not answered.wait(0.2)
    fault.lift()
    assert answered.wait(5)
    thread.join()


def test_no_connection_at_all_for_some_seconds(cloud: Sandbox, senlin: Senlin) -> None:
    senlin.call("GET", "/clusters")
    cloud.senlin.fault("refuse", seconds=0.5)

    with pytest.raises(requests.ConnectionError, match="refused"):
        requests.get(cloud.senlin.url, timeout=5)
    with pytest.raises(requests.ConnectionError):
        senlin.ask("GET", "/clusters")

    wait_for(lambda: answers(cloud.senlin.url))
    senlin.call("GET", "/clusters")


def test_a_refusal_ends_when_it_is_lifted(cloud: Sandbox) -> None:
    with cloud.keystone.fault("refuse"):
        assert not answers(cloud.keystone.url)

    assert answers(cloud.keystone.url)


def answers(url: str) -> bool:
    try:
        requests.get(url, timeout=5)
    except requests.ConnectionError:
        return False
    return True


def test_keystone_s_proxy_has_faults_of_its_own(cloud: Sandbox) -> None:
    with (
        cloud.keystone.fault("answer", path="/auth/tokens", status=503),
        pytest.raises(requests.HTTPError, match="503"),
    ):
        cloud.token()

    assert [r.path for r in cloud.keystone.requests(method="POST")] == ["/v3/auth/tokens"]
    assert cloud.senlin.requests() == []


def test_a_fault_that_makes_no_sense_is_refused(cloud: Sandbox) -> None:
    with pytest.raises(Exception, match="refused"):
        cloud.senlin.fault("answer", path="(")
