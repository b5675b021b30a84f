"""The two clouds of the contract, and what they answer."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import uuid4

import pytest

from openstack_clustering import Connection
from sandbox import Sandbox
from tests.contract.fake import FakeCloud
from tests.contract.real import USER, RealCloud, sweep
from tests.contract.scenario import Scenario

Answer = Callable[[Scenario], object]
AT_ONCE = 6  # scenarios on the real Senlin: most of their time they wait for it


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.slow)])
def side(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def answer(side: str, request: pytest.FixtureRequest) -> Answer:
    """Returns a function that returns a scenario's answer; servers start for the real one only."""
    if side == "fake":
        return lambda scenario: scenario.story(FakeCloud())
    real: Answer = request.getfixturevalue("real")
    return real


@pytest.fixture(scope="session")
def real(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Answer]:
    """Begins with all scenarios of this run at once; a worker of pytest-xdist with its own only."""
    chosen = [] if hasattr(request.config, "workerinput") else _chosen(request.session)
    begun: dict[str, Future[object]] = {}
    run = f"contract-{uuid4().hex[:8]}"
    with Connection(clouds=sandbox.clouds(USER)) as connection, ThreadPoolExecutor(AT_ONCE) as pool:

        def answer_to(scenario: Scenario) -> object:
            with RealCloud(connection.cluster, sandbox.nova, run) as cloud:
                return scenario.story(cloud)

        begun.update({it.title: pool.submit(answer_to, it) for it in chosen})
        yield lambda it: (begun.get(it.title) or pool.submit(answer_to, it)).result()
        pool.shutdown(cancel_futures=True)
        sweep(connection.cluster, run)


def _chosen(session: pytest.Session) -> list[Scenario]:
    """Return the scenarios that this run asks the real Senlin about."""
    found = (it.callspec.params for it in session.items if hasattr(it, "callspec"))
    return [it["scenario"] for it in found if it.get("side") == "real" and "scenario" in it]
