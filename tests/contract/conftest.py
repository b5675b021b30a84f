"""The sides of the contract, and what they answer."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import pytest

from openstack_clustering import Connection
from sandbox import Sandbox
from tests.contract.fake import FakeCloud
from tests.contract.scenario import Scenario, Side
from tests.contract.servers import USER, SandboxCloud, sweep

Answer = Callable[[Scenario], object]
AT_ONCE = 6  # scenarios in a sandbox: most of their time they wait for Senlin
PATIENCE = {"simulation": 60.0, "real": 150.0}  # seconds for each wait


@pytest.fixture(
    params=[
        "fake",
        pytest.param("simulation", marks=pytest.mark.slow),
        pytest.param("real", marks=[pytest.mark.real, pytest.mark.thorough]),
    ]
)
def side(request: pytest.FixtureRequest) -> Side:
    chosen: Side = request.param
    return chosen


@pytest.fixture
def answer(side: Side, request: pytest.FixtureRequest) -> Answer:
    """Returns a function that returns a scenario's answer; servers start only for those sides."""
    if side == "fake":
        return lambda scenario: scenario.story(FakeCloud())
    found: Answer = request.getfixturevalue(side)
    return found


@pytest.fixture(scope="session")
def simulation(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Answer]:
    """Begins with all scenarios of this run at once; a worker of pytest-xdist with its own only."""
    is_worker = hasattr(request.config, "workerinput")
    with answers(sandbox, "simulation", [] if is_worker else chosen(request, "simulation")) as it:
        yield it


@pytest.fixture(scope="session")
def real(request: pytest.FixtureRequest) -> Iterator[Answer]:
    """Begins with all scenarios of this run at once: one worker of pytest-xdist has them all."""
    with (
        Sandbox.up(kubernetes=False, cloud="real") as sandbox,
        answers(sandbox, "real", chosen(request, "real")) as it,
    ):
        yield it


@contextmanager
def answers(sandbox: Sandbox, side: Side, begin: list[Scenario]) -> Iterator[Answer]:
    """Yield a function that returns a scenario's answer in a sandbox; these begin at once."""
    begun: dict[str, Future[object]] = {}
    run, patience = f"contract-{uuid4().hex[:8]}", PATIENCE[side]
    with Connection(clouds=sandbox.clouds(USER)) as connection, ThreadPoolExecutor(AT_ONCE) as pool:

        def answer_to(scenario: Scenario) -> object:
            with SandboxCloud(connection.cluster, sandbox.nova, run, patience) as cloud:
                return scenario.story(cloud)

        begun.update({it.title: pool.submit(answer_to, it) for it in begin})
        yield lambda it: (begun.get(it.title) or pool.submit(answer_to, it)).result()
        pool.shutdown(cancel_futures=True)
        sweep(connection.cluster, run, patience)


def chosen(request: pytest.FixtureRequest, side: Side) -> list[Scenario]:
    """Return the scenarios that this run asks that side about."""
    found = (it.callspec.params for it in request.session.items if hasattr(it, "callspec"))
    return [it["scenario"] for it in found if it.get("side") == side and "scenario" in it]
