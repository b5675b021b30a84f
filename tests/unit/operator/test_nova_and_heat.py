"""The questions to Nova and Heat, and what is read out of their replies."""

from typing import Any

import pytest
from keystoneauth1.exceptions import EndpointNotFound

from openstack_clustering import Config
from senlin_operator.cloud.heat import Heat
from senlin_operator.cloud.nova import Nova
from tests.unit.operator.builders import Clock, Document

SERVER = "2a537982-022e-4b02-bc33-ac8f5a8eed59"
NO_HOST = "No valid host was found. There are not enough hosts available."
CONFIG = Config(region_name="RegionOne")


class FakeKeystoneSession:
    """Answers requests from a table of paths."""

    def __init__(self, documents: Document) -> None:
        self.documents = documents
        self.headers: list[dict[str, str]] = []

    def get(self, path: str, *, headers: dict[str, str], **_: Any) -> Any:
        self.headers.append(headers)
        if "catalogue" in self.documents:
            raise EndpointNotFound
        return FakeReply(self.documents.get(path))


class FakeReply:
    def __init__(self, document: Any) -> None:
        self.ok = document is not None
        self._document = document

    def json(self) -> Any:
        return self._document


PATH = f"/servers/{SERVER}"
ACTIONS = f"{PATH}/os-instance-actions"
BY_NAME = "/servers/detail?name=web-1"
FAULT = {"code": 500, "message": NO_HOST}


def actions(*listed: Document) -> Document:
    return {ACTIONS: {"instanceActions": list(listed)}}


def failed(action: str, details: str | None = None) -> Document:
    """Return the instance actions of a server whose newest one failed."""
    events = [{"event": "x"} | ({"details": details} if details else {})]
    return actions({"action": action, "request_id": "r1", "message": "Error"}) | {
        f"{ACTIONS}/r1": {"instanceAction": {"events": events}}
    }


DELETED = {"action": "delete", "request_id": "r2", "message": None}
CREATED = {"action": "create", "request_id": "r1", "message": None}


@pytest.mark.parametrize(
    ("documents", "cause"),
    [
        pytest.param({PATH: {"server": {"fault": FAULT}}}, NO_HOST, id="in ERROR: its fault"),
        pytest.param({PATH: {"server": {"status": "ACTIVE"}}}, None, id="no fault: nothing"),
        pytest.param(failed("create", NO_HOST), NO_HOST, id="deleted: the details of its action"),
        pytest.param(failed("create"), None, id="deleted, and a member asks: nothing"),
        pytest.param(actions(DELETED, CREATED), None, id="deleted by somebody: nothing"),
        pytest.param({}, None, id="Nova refuses: nothing"),
        pytest.param({"catalogue": None}, None, id="no compute service: nothing"),
        pytest.param({PATH: ["?"]}, None, id="another form: nothing"),
    ],
)
def test_the_cause_of_a_failure(documents: Document, cause: str | None) -> None:
    session: Any = FakeKeystoneSession(documents)

    assert Nova(session, CONFIG).cause(SERVER) == cause
    assert {it["OpenStack-API-Version"] for it in session.headers} == {"compute 2.84"}


def test_the_faults_of_nodes_in_error() -> None:
    of_node = {"metadata": {"cluster_node_id": "n1"}}
    listed = [
        {"id": "1", "fault": {"message": "The disk is full."}, **of_node},
        {"id": SERVER, "fault": None, **of_node},  # it got no host
        {"id": "known", "fault": None, **of_node},
        {"id": "of a person", "fault": {"message": "no"}, "metadata": {}},
    ]
    read = {"server": {"id": SERVER, "fault": FAULT}}
    documents = {"/servers/detail?status=ERROR": {"servers": listed}, PATH: read}
    session: Any = FakeKeystoneSession(documents)

    nova = Nova(session, CONFIG)

    assert nova.faults(lambda it: it == "known") == {"1": "The disk is full.", SERVER: None}
    assert nova.fault(SERVER) == NO_HOST
    assert nova.fault("gone") is None


def server(status: str, **more: Any) -> Document:
    return {PATH: {"server": {"id": SERVER, "status": status, **more}}}


@pytest.mark.parametrize(
    ("documents", "state"),
    [
        (server("SHUTOFF") | actions(CREATED), "SHUTOFF"),
        (server("ERROR", fault=FAULT), f"ERROR: {NO_HOST}"),
        (server("SHUTOFF") | failed("resize"), "SHUTOFF, its resize failed"),
        (server("SHUTOFF") | failed("resize", NO_HOST), f"SHUTOFF, its resize failed: {NO_HOST}"),
        ({}, None),
    ],
)
def test_the_state_of_a_server(documents: Document, state: str | None) -> None:
    session: Any = FakeKeystoneSession(documents)

    assert Nova(session, CONFIG).state("n1", "web-1", SERVER) == state


def test_a_server_that_senlin_has_not_recorded_is_found_by_its_node() -> None:
    others = {"id": "other", "status": "ACTIVE", "metadata": {}}
    mine = {"id": SERVER, "status": "BUILD", "metadata": {"cluster_node_id": "n1"}}
    session: Any = FakeKeystoneSession({BY_NAME: {"servers": [others, mine]}})

    assert Nova(session, CONFIG).state("n1", "web-1", None) == "BUILD"


STACKS = "/stacks?tags=cluster_node_id%3Dn1&limit=1"
FAILED = {"stack_status": "CREATE_FAILED", "stack_status_reason": "Resource CREATE failed: no."}
COMPLETE = {"stack_status": "CREATE_COMPLETE", "stack_status_reason": "Stack CREATE completed"}


@pytest.mark.parametrize(
    ("stacks", "state"),
    [
        ([FAILED], "CREATE_FAILED: Resource CREATE failed: no."),
        ([COMPLETE], "CREATE_COMPLETE"),
        ([], None),
    ],
)
def test_the_state_of_a_stack(stacks: list[Document], state: str | None) -> None:
    session: Any = FakeKeystoneSession({STACKS: {"stacks": stacks}})

    assert Heat(session, CONFIG).state("n1") == state


def test_a_service_that_does_not_answer_is_left_alone_for_a_minute(clock: Clock) -> None:
    session: Any = FakeKeystoneSession({"catalogue": None})
    nova = Nova(session, Config())

    for seconds in (0, 30, 31):
        clock.advance(seconds)
        assert nova.cause(SERVER) is None

    assert len(session.headers) == 2
