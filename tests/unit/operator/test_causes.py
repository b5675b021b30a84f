"""The cause of a failure: asked of Nova or Heat, and shown where Senlin's words are generic."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

import pytest

from senlin_operator.cloud.explanations import Explanations
from senlin_operator.cloud.heat import Heat
from senlin_operator.cloud.nova import Nova
from senlin_operator.model.generic import failed_server, is_explained, is_vague, with_cause
from senlin_operator.reconcile.causes import with_causes
from tests.unit.operator.builders import (
    OBSERVED_OF_THREE,
    Clock,
    a_cluster_manifest,
    a_node,
    a_profile,
    a_snapshot,
)
from tests.unit.operator.environment import (
    PROFILE,
    THREE,
    WEB,
    Environment,
    FakeHeat,
    FakeNova,
    replace_process,
)

T = TypeVar("T")

SERVER = "2a537982-022e-4b02-bc33-ac8f5a8eed59"
OTHER = "5b9f5b2e-9c66-4f0b-a7be-0f3c2a7d0c11"
CREATING = "Failed in creating server: "
GENERIC = f"{CREATING}Server:{SERVER} transitioned to failure state ERROR."
NO_HOST = "No valid host was found. There are not enough hosts available."
NOT_ACTIVE = "Check: Node is not ACTIVE."
TIMEOUT = "Failed in creating stack: Timeout waiting for Stack:1 to transition to CREATE_COMPLETE."


def test_only_generic_words_about_a_build_are_replaced() -> None:
    assert failed_server(GENERIC) == SERVER
    assert failed_server("Failed in creating server: No Image found for gone.") is None
    assert with_cause(GENERIC, NO_HOST) == CREATING + NO_HOST


@pytest.mark.parametrize(
    ("reason", "vague"), [(NOT_ACTIVE, True), (TIMEOUT, True), ("No Image found for gone.", False)]
)
def test_vague_words(reason: str, vague: bool) -> None:
    assert is_vague(reason) is vague


@pytest.mark.parametrize(
    ("published", "generic", "explained"),
    [
        (CREATING + NO_HOST, GENERIC, True),
        (GENERIC, GENERIC, False),
        ("Failed in checking server: gone.", GENERIC, False),
        (f"{NOT_ACTIVE} Nova says SHUTOFF", NOT_ACTIVE, True),
        (NOT_ACTIVE, NOT_ACTIVE, False),
    ],
)
def test_what_counts_as_explained(published: str, generic: str, explained: bool) -> None:
    assert is_explained(published, generic) is explained


@pytest.fixture
async def failed(env: Environment) -> Environment:
    """Return an environment where two of three builds failed, without a word about the cause."""
    env.session.nova.causes[SERVER] = NO_HOST
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

    assert failed.session.nova.asked == [SERVER]


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


class Answering:
    """Explanations over fakes of Nova and Heat."""

    def __init__(self) -> None:
        self.nova, self.heat = FakeNova(), FakeHeat()
        self.explanations = Explanations(
            self._read, cast("Nova", self.nova), cast("Heat", self.heat)
        )

    async def _read(self, question: Callable[[], T | None]) -> T | None:
        return question()


async def reasons(answering: Answering, *faults: Mapping[str, Any], **lists: Any) -> list[str]:
    """Return the reasons of faults with their causes; the nodes are in a snapshot."""
    observed = replace(OBSERVED_OF_THREE, faults=list(faults))
    told = await with_causes(observed, a_snapshot(**lists), answering.explanations, [])
    return [fault["reason"] for fault in told.faults]


async def test_three_questions_a_reconcile() -> None:
    answering = Answering()
    servers = [f"00000000-0000-0000-0000-00000000000{number}" for number in range(5)]
    answering.nova.causes = dict.fromkeys(servers, NO_HOST)
    faults = [{"node": it, "reason": GENERIC.replace(SERVER, it)} for it in servers]

    first, second = await reasons(answering, *faults), await reasons(answering, *faults)

    assert [failed_server(it) is None for it in first] == [True] * 3 + [False] * 2
    assert [failed_server(it) is None for it in second] == [True] * 5
    assert answering.nova.asked == servers


async def test_a_fault_is_learnt_while_the_server_exists(clock: Clock) -> None:
    answering = Answering()
    answering.nova.in_error = {SERVER: NO_HOST}
    fault = {"node": "n", "reason": GENERIC}

    await answering.explanations.watch()  # nothing is unexplained yet: Nova is not asked
    assert await reasons(answering, fault) == [GENERIC]
    await answering.explanations.watch()
    assert await reasons(answering, fault) == [CREATING + NO_HOST]


async def test_the_cause_of_an_earlier_try_stays_if_that_of_the_last_one_is_missed(
    clock: Clock,
) -> None:
    answering = Answering()
    answering.nova.causes[SERVER] = NO_HOST
    first = {"node": "n", "reason": GENERIC}
    again = "Failed in recovering node 'n': "
    second = {"node": "n", "reason": again + GENERIC.replace(SERVER, OTHER)}
    await reasons(answering, first)

    assert await reasons(answering, second) == [again + CREATING + NO_HOST]
    assert await reasons(answering, {**second, "node": "m"}) == [second["reason"]]
    clock.advance(3601)
    assert await reasons(answering, second) == [second["reason"]]


async def test_a_cause_is_kept_where_there_was_no_question_left() -> None:
    answering = Answering()
    servers = [f"00000000-0000-0000-0000-00000000000{number}" for number in range(8)]
    answering.nova.causes[servers[3]] = NO_HOST
    await reasons(answering, {"node": "3", "reason": GENERIC.replace(SERVER, servers[3])})
    faults = [
        {"node": str(number), "reason": GENERIC.replace(SERVER, servers[number + 4])}
        for number in range(4)
    ]

    told = await reasons(answering, *faults)

    assert [failed_server(it) is None for it in told] == [False] * 3 + [True]


async def test_a_missing_cause_is_asked_for_again_after_a_minute(clock: Clock) -> None:
    answering = Answering()
    fault = {"node": "n", "reason": GENERIC}

    for seconds in (0, 30, 31):
        clock.advance(seconds)
        assert await reasons(answering, fault) == [GENERIC]

    assert answering.nova.asked == [SERVER] * 2


async def test_vague_words_are_completed() -> None:
    answering = Answering()
    answering.nova.states = {"web-1": "SHUTOFF"}
    answering.heat.stack = "CREATE_FAILED: Resource CREATE failed: no."
    spec = {"type": "os.heat.stack", "version": "1.0"}
    told = await reasons(
        answering,
        {"node": "n1", "reason": NOT_ACTIVE},
        {"node": "n2", "reason": TIMEOUT},
        nodes=[a_node("n1", name="web-1"), a_node("n2", profile_id="p2")],
        profiles=[a_profile(), a_profile("p2", spec=spec)],
    )

    assert told == [
        f"{NOT_ACTIVE} Nova says SHUTOFF",
        f"{TIMEOUT} Heat says CREATE_FAILED: Resource CREATE failed: no.",
    ]
