"""Clouds and users that flood events, statuses, metrics, sessions and ports.

Those of Kubernetes and of the metrics do it at one time; beside them a good tenant goes on.
"""

import itertools
import json
import socket
import time
from contextlib import ExitStack
from http import HTTPStatus
from typing import NamedTuple
from uuid import uuid4

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from sandbox.settings import LOOPBACK
from tests.operator.tenant import Document, ticks
from tests.operator.test_import import unmanaged
from tests.tenants.crowd import Crowd
from tests.tenants.flipping import Flipping, Keeping
from tests.tenants.hostile_cloud import Answer, HostileCloud, Request, Silence

SECONDS = 50.0  # of the flood: on an idle machine, more polls than an object may have statuses
SOON = 10.0  # seconds in which a new profile of the good tenant is Ready
MOST = 64 * 2**20  # bytes of memory that the flood may cost
# Of one object: what is written at once, and the seconds between two later ones.
STATUSES, STATUS_SECONDS = 25, 10.0
EVENTS, EVENT_SECONDS = 25, 300.0
CORRECTIONS, CORRECTION_SECONDS = 10, 30.0
LONGEST = 100_000  # bytes of a status
LONG = "名" * 500  # of three bytes each: longer than what Kubernetes takes in an event
CODES = range(610, 640)  # that HTTP does not have
CLUSTERS, USERS = 20, 15
SESSIONS, OF_SESSION = 8, 9  # sessions of a namespace, threads of a session
USUAL = 20  # threads of the operator beside those of sessions
CONNECTIONS = 200


def a_cluster(id_: str, **fields: object) -> Document:
    sizes = {"min_size": 0, "max_size": -1, "desired_capacity": 0, "timeout": 3600}
    return {"id": id_, "name": "web", "profile_id": "p", "status": "ACTIVE", **sizes, **fields}


def change_at_each_poll(cloud: HostileCloud, of: str, id_: str) -> None:
    """Have a cluster be well at every other poll, and at the others broken by another cause."""
    numbers = itertools.count()

    def listed(_: Request) -> Answer:
        number = next(numbers)
        word = "".join(chr(ord("a") + int(digit)) for digit in str(number))
        status = f"{word} {LONG}" if number % 2 else "ACTIVE"
        return Answer({"clusters": [a_cluster(id_, name=f"{word}{LONG}", status=status)]})

    never_rest(cloud, of)
    cloud.does("GET", "/v1/clusters", listed, of=of)


def never_rest(cloud: HostileCloud, of: str) -> None:
    """Have an action that never ends: a project with one is polled as often as possible."""
    action = {"id": str(uuid4()), "target": "x", "action": "CLUSTER_CHECK", "status": "RUNNING"}
    cloud.does("GET", "/v1/actions", Answer({"actions": [action]}), of=of)


def name_actions(cloud: HostileCloud, of: str) -> None:
    """Keep clusters, and have each action that creates one be called differently."""
    clusters: dict[str, Document] = {}

    def create(request: Request) -> Answer:
        id_ = str(uuid4())
        given = json.loads(request.body)["cluster"]
        clusters[id_] = cluster = a_cluster(id_, **given)
        return Answer({"cluster": cluster}, 202, {"Location": f"/actions/{id_}"})

    def listed(request: Request) -> Answer:
        ended = {"status": "SUCCEEDED", "start_at": 1, "end_at": 2}
        actions = [
            {"id": id_, "target": id_, "action": f"EVIL_{at}", **ended}
            for at, id_ in enumerate(clusters)
        ]
        return Answer({"actions": actions if "target=" in request.path else []})

    Keeping(cloud, of)
    cloud.does("POST", "/v1/clusters", create, of=of)
    cloud.does("GET", "/v1/clusters", lambda _: Answer({"clusters": [*clusters.values()]}), of=of)
    cloud.does("GET", "/v1/actions", listed, of=of)


class Flood(NamedTuple):
    """What a flood has left.

    Attributes:
        seconds: How long it was.
        memory: How many more bytes the operator has had at most.
        writes: The operator's in the hostile namespaces, as the audit log has them.
        samples: Those of the metrics.
    """

    seconds: float
    memory: int
    writes: list[Document]
    samples: list[Sample]

    def written(self, resource: str, about: str) -> int:
        """Return how many writes of a resource there were about the object of that name."""
        found = (it["objectRef"] for it in self.writes)
        names = [it["name"] for it in found if it["resource"] == resource]
        return sum(name == about or name.startswith(f"{about}.") for name in names)

    def labels(self, label: str) -> set[str]:
        return {it.labels[label] for it in self.samples if label in it.labels}


@pytest.fixture(scope="module")
def flood(shared_crowd: Crowd, shared_cloud: HostileCloud) -> Flood:
    crowd, cloud, good = shared_crowd, shared_cloud, shared_crowd.good
    first, second, third, fourth = crowd.hostile
    memory, began = crowd.operator.peak_memory, time.monotonic()
    changing = str(uuid4())
    change_at_each_poll(cloud, "changing", changing)
    Flipping(cloud, "flipping", LONG[:200])
    name_actions(cloud, "acting")
    codes = itertools.cycle(CODES)
    cloud.does("POST", "/v1/profiles", lambda _: Answer({}, next(codes)), of="codes")
    refusal = Answer({"error": {"code": 401, "message": "No."}}, 401)
    cloud.does("POST", "/v3/auth/tokens", refusal, of=".*users")
    for namespace, name, documents in (
        (first, "changing", [unmanaged(good.cluster("changing"), id=changing)]),
        (first, "flipping", [good.profile("flipping")]),
        (second, "acting", [good.profile(), *(empty(crowd, at) for at in range(CLUSTERS))]),
        (third, "codes", [good.profile(f"code-{code}") for code in CODES]),
    ):
        crowd.create_secret(namespace, name, json.dumps(cloud.clouds(name)))
        for document in documents:
            crowd.create(namespace, document, secret=name)
    crowd.make(fourth, cloud, ["users"])
    crowd.profiles(fourth, "users", 1)
    for at, _ in enumerate(ticks(SECONDS, pause=SECONDS / USERS)):
        crowd.change(fourth, "users", username=f"user-{at}")
    good.eventually(lambda: bool(refused(samples_of(crowd))), "the last login refused")
    samples = samples_of(crowd)
    memory = crowd.operator.peak_memory - memory
    return Flood(time.monotonic() - began, memory, list(crowd.writes()), samples)


def samples_of(crowd: Crowd) -> list[Sample]:
    families = text_string_to_metric_families(crowd.metrics())
    return [sample for family in families for sample in family.samples]


def refused(samples: list[Sample]) -> set[str]:
    """Return the credentials with refused logins."""
    return {
        it.labels["credential"]
        for it in samples
        if it.labels.get("error") == "AuthenticationFailed"
    }


def empty(crowd: Crowd, number: int) -> Document:
    return crowd.good.cluster(f"empty-{number}", desiredCapacity=0, minSize=0)


def test_an_object_has_no_more_statuses_than_it_may(flood: Flood) -> None:
    written = flood.written("senlinclusters", "changing")

    assert 0 < written <= STATUSES + flood.seconds / STATUS_SECONDS + 1
    statuses = [
        it["responseObject"]["status"]
        for it in flood.writes
        if "responseObject" in it and it["objectRef"].get("subresource") == "status"
    ]
    assert max(len(json.dumps(status)) for status in statuses) < LONGEST


def test_an_object_has_no_more_events_than_it_may(flood: Flood) -> None:
    for name in ("changing", "flipping"):
        written = flood.written("events", name)
        assert 0 < written <= EVENTS + flood.seconds / EVENT_SECONDS, name


def test_an_event_is_not_too_long_for_kubernetes(flood: Flood) -> None:
    """In bytes, of which a character may have several."""
    refused = [it for it in flood.writes if it["responseStatus"]["code"] >= 400]

    assert refused == []


def test_drift_is_corrected_ever_more_rarely(flood: Flood, shared_cloud: HostileCloud) -> None:
    [corrections] = (
        number
        for (method, path), number in shared_cloud.requests.items()
        if (method, path.rpartition("/")[0]) == ("PATCH", "/v1/profiles")
    )

    assert 0 < corrections <= CORRECTIONS + flood.seconds / CORRECTION_SECONDS + 1


def test_the_labels_of_metrics_have_known_values(flood: Flood) -> None:
    known = {str(int(status)) for status in HTTPStatus}
    actions = {it for it in flood.labels("action") if "EVIL" in it}

    assert flood.labels("code") <= known | {"none", "other"}
    assert "other" in flood.labels("code")
    assert actions == set()
    assert "other" in flood.labels("action")


def test_the_metrics_of_a_credential_end_with_it(flood: Flood) -> None:
    assert 0 < len(refused(flood.samples)) <= 2  # the last user's, and the one before


def test_a_good_tenant_goes_on(flood: Flood, shared_crowd: Crowd) -> None:
    assert shared_crowd.seconds_until_ready("beside-floods") < SOON
    assert flood.memory < MOST


def test_connections_to_the_metrics_cost_no_threads(shared_crowd: Crowd) -> None:
    """They say nothing, or a part of a request; beside them Prometheus gets its page."""
    crowd = shared_crowd
    crowd.metrics()
    threads = crowd.operator.threads

    with ExitStack() as later:
        for at in range(CONNECTIONS):
            place = (LOOPBACK, crowd.metrics_port)
            connection = later.enter_context(socket.create_connection(place))
            if at % 2:
                connection.sendall(b"GET /metrics HTTP/1.1\r\n")
        for _ in range(3):
            assert "workqueue_depth" in crowd.metrics()
        assert crowd.operator.threads <= threads + 2


def test_sessions_and_their_threads_end_with_their_users(crowd: Crowd, cloud: HostileCloud) -> None:
    """Even if their clouds keep them waiting, and if the Secrets change meanwhile."""
    cloud.does("GET", "/v1/.*", Silence())
    few = crowd.hostile[:4]
    for namespace in few:
        crowd.make(namespace, cloud, [f"cloud-{at}" for at in range(20)])
        for at in range(20):
            crowd.profiles(namespace, f"cloud-{at}", 1)
    crowd.good.eventually(lambda: cloud.requests["GET", "/v1/actions"] >= SESSIONS, "they wait")
    for number, namespace in itertools.product(range(10), few):
        crowd.change(namespace, "cloud-0", password=f"password-{number}")
    assert crowd.operator.threads < USUAL + OF_SESSION * (SESSIONS * len(few) + 1)

    for namespace in few:
        crowd.delete_all(namespace)

    crowd.good.eventually(lambda: crowd.operator.threads < USUAL + OF_SESSION, "they have ended")
