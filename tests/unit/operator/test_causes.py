"""The cause of a failed build: asked of Nova once, and shown in place of Senlin's generic words."""

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from keystoneauth1.exceptions import EndpointNotFound

from senlin_operator.cloud.causes import Causes, failed_server, is_explained, with_cause
from senlin_operator.cloud.nova import Nova
from senlin_operator.cloud.session import CloudSession
from senlin_operator.model.step import Observation
from senlin_operator.reconcile.causes import with_causes
from tests.unit.operator.builders import OBSERVED_OF_THREE, Clock, a_cluster_manifest
from tests.unit.operator.environment import PROFILE, THREE, WEB, Environment, replace_process

SERVER = "2a537982-022e-4b02-bc33-ac8f5a8eed59"
CREATING = "Failed in creating server: "
GENERIC = f"{CREATING}Server:{SERVER} transitioned to failure state ERROR."
NO_HOST = "No valid host was found. There are not enough hosts available."


class FakeKeystoneSession:
    """Answers requests to Nova from a table of paths."""

    def __init__(self, documents: dict[str, Any]) -> None:
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


ACTIONS = f"/servers/{SERVER}/os-instance-actions"


@pytest.mark.parametrize(
    ("documents", "cause"),
    [
        pytest.param(
            {f"/servers/{SERVER}": {"server": {"fault": {"code": 500, "message": NO_HOST}}}},
            NO_HOST,
            id="a server in ERROR: its fault",
        ),
        pytest.param(
            {f"/servers/{SERVER}": {"server": {"status": "ACTIVE"}}},
            None,
            id="a server without a fault: nothing",
        ),
        pytest.param(
            {
                ACTIONS: {
                    "instanceActions": [
                        {"action": "delete", "request_id": "r2", "message": None},
                        {"action": "create", "request_id": "r1", "message": "Error"},
                    ]
                },
                f"{ACTIONS}/r1": {
                    "instanceAction": {"events": [{"details": None}, {"details": NO_HOST}]}
                },
            },
            NO_HOST,
            id="a deleted server: the details of its failed action",
        ),
        pytest.param({}, None, id="Nova refuses: nothing"),
        pytest.param({"catalogue": None}, None, id="no compute service: nothing"),
        pytest.param({f"/servers/{SERVER}": ["?"]}, None, id="another form: nothing"),
    ],
)
def test_nova_is_asked_for_the_cause(documents: dict[str, Any], cause: str | None) -> None:
    session: Any = FakeKeystoneSession(documents)

    assert Nova(session, {"region_name": "RegionOne"}).cause(SERVER) == cause
    assert {it["OpenStack-API-Version"] for it in session.headers} == {"compute 2.84"}


def test_a_nova_that_does_not_answer_is_left_alone_for_a_minute(clock: Clock) -> None:
    session: Any = FakeKeystoneSession({"catalogue": None})
    nova = Nova(session, {})

    for seconds in (0, 30, 31):
        clock.advance(seconds)
        assert nova.cause(SERVER) is None

    assert len(session.headers) == 2


def test_only_generic_words_are_replaced() -> None:
    assert failed_server(GENERIC) == SERVER
    assert failed_server("Failed in creating server: No Image found for gone.") is None
    assert with_cause(GENERIC, NO_HOST) == CREATING + NO_HOST
    assert is_explained(CREATING + NO_HOST, GENERIC)
    assert not is_explained(GENERIC, GENERIC)
    assert not is_explained("Failed in checking server: gone.", GENERIC)


@pytest.fixture
async def failed(env: Environment) -> Environment:
    """Return an environment where two of three builds failed, without a word about the cause."""
    env.session.nova[SERVER] = NO_HOST
    env.senlin.broken_builds = 2
    env.senlin.fault = GENERIC
    env.kube.apply(PROFILE)
    env.kube.apply(a_cluster_manifest("web", THREE))
    await env.converge()
    return env


async def test_a_failed_build_shows_novas_words(failed: Environment) -> None:
    [first, _] = faults = failed.kube[WEB]["status"]["faults"]

    assert [it["reason"] for it in faults] == [CREATING + NO_HOST] * 2
    for condition in ("Ready", "ActionSucceeded"):
        message = failed.condition(WEB, condition)["message"]
        assert f"2 nodes, such as {first['name']}: {CREATING}{NO_HOST}" in message


async def test_nova_is_asked_once_a_server(failed: Environment) -> None:
    await failed.converge()

    assert failed.session.asked == [SERVER]


def explained(observed: Observation) -> list[bool]:
    return [failed_server(fault["reason"]) is None for fault in observed.faults]


async def test_nova_is_asked_about_three_servers_a_reconcile(clock: Clock) -> None:
    asked: list[str] = []

    async def ask(server_id: str) -> str | None:
        asked.append(server_id)
        return NO_HOST

    session = cast("CloudSession", SimpleNamespace(causes=Causes(ask)))
    servers = [f"00000000-0000-0000-0000-00000000000{number}" for number in range(5)]
    faults: list[Mapping[str, Any]] = [
        {"node": it, "reason": GENERIC.replace(SERVER, it)} for it in servers
    ]
    observed = replace(OBSERVED_OF_THREE, faults=faults)

    first = await with_causes(observed, session, [])
    second = await with_causes(observed, session, [])

    explained = [
        [failed_server(it["reason"]) is None for it in of.faults] for of in (first, second)
    ]
    assert explained == [[True] * 3 + [False] * 2, [True] * 5]
    assert asked == servers


async def test_a_cause_stays_when_nova_does_not_say_it_any_more(failed: Environment) -> None:
    await replace_process(failed)  # its memory is empty, and Nova says nothing

    async with failed.running():
        await failed.converge(2)

    assert [it["reason"] for it in failed.kube[WEB]["status"]["faults"]] == [CREATING + NO_HOST] * 2


async def test_without_an_answer_senlins_words_are_shown(env: Environment) -> None:
    env.senlin.broken_builds = 1
    env.senlin.fault = GENERIC
    env.kube.apply(PROFILE)
    env.kube.apply(a_cluster_manifest("web", THREE))

    await env.converge()

    [fault] = env.kube[WEB]["status"]["faults"]
    assert fault["reason"] == GENERIC
