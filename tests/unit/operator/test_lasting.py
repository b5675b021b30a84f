"""What only people can end is in progress at first, and Stalled once it has lasted for long."""

from openstack_clustering.exceptions import ConnectFailure
from tests.unit.operator.builders import a_cluster_manifest
from tests.unit.operator.environment import (
    PROFILE,
    SMALL,
    THREE,
    WEB,
    Environment,
    replace_process,
)

MISSING = "SenlinProfile small does not exist."


async def later(env: Environment, seconds: float) -> None:
    """Let time pass until the object is reconciled by itself."""
    env.clock.advance(seconds)
    env.queue.add(SMALL)  # so that the queue reads the clock
    await env.converge(2)


def states(env: Environment) -> dict[str, str]:
    names = ("Ready", "Reconciling", "Stalled")
    return {name: env.condition(WEB, name)["status"] for name in names}


async def test_a_missing_reference_is_stalled_after_ten_minutes(env: Environment) -> None:
    env.kube.apply(a_cluster_manifest("web", THREE))
    await env.converge(1)
    assert states(env) == {"Ready": "False", "Reconciling": "True", "Stalled": "False"}

    await later(env, 598)
    assert states(env)["Reconciling"] == "True"
    env.writes()
    await later(env, 3)

    assert states(env) == {"Ready": "False", "Reconciling": "False", "Stalled": "True"}
    assert ("Warning", "ReferenceMissing", MISSING) in env.recorder.events
    assert len(env.writes()) == 1
    await later(env, 1000)
    assert env.writes() == []


async def test_it_goes_on_at_once_when_it_ends(env: Environment) -> None:
    env.kube.apply(a_cluster_manifest("web", THREE))
    await env.converge(1)
    await later(env, 601)

    env.kube.apply(PROFILE)
    await env.converge()

    assert env.reason(WEB) == "Ready"
    assert states(env) == {"Ready": "True", "Reconciling": "False", "Stalled": "False"}


async def test_a_restart_does_not_begin_again(env: Environment) -> None:
    env.kube.apply(a_cluster_manifest("web", THREE))
    await env.converge(1)
    await later(env, 601)
    env.writes()

    await replace_process(env)
    async with env.running():
        await env.converge(2)

    assert states(env)["Stalled"] == "True"
    assert env.writes() == []


async def test_an_edit_begins_again(env: Environment) -> None:
    env.kube.apply(a_cluster_manifest("web", THREE))
    await env.converge(1)
    await later(env, 601)

    env.kube.apply(a_cluster_manifest("web", THREE | {"desiredCapacity": 2}))
    await env.converge(1)

    assert states(env)["Stalled"] == "False"


async def test_an_outage_is_stalled_after_ten_minutes(ready_env: Environment) -> None:
    ready_env.senlin.down = ConnectFailure("refused", sent=False)
    await later(ready_env, 130)  # the snapshot is too old by then
    await ready_env.retry(WEB)
    assert states(ready_env) == {"Ready": "Unknown", "Reconciling": "True", "Stalled": "False"}

    await later(ready_env, 601)
    await ready_env.retry(WEB)

    assert states(ready_env) == {"Ready": "Unknown", "Reconciling": "False", "Stalled": "True"}
    ready_env.senlin.down = None
    await later(ready_env, 60)
    await ready_env.retry(WEB)
    assert states(ready_env) == {"Ready": "True", "Reconciling": "False", "Stalled": "False"}
