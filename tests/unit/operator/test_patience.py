"""What is told while Senlin is at work for long."""

import pytest

from openstack_clustering import Node, Profile
from senlin_operator.kube.objects import FORCE
from tests.unit.operator.builders import a_cluster_manifest
from tests.unit.operator.environment import PROFILE, THREE, WEB, Environment

NODE = "web-1"


@pytest.fixture
async def creating(env: Environment) -> Environment:
    """Return an environment where Senlin has begun to build a node, and does not finish."""
    env.kube.apply(PROFILE)
    await env.converge()
    env.senlin.slow = True
    env.kube.apply(a_cluster_manifest("web", THREE | {"desiredCapacity": 1}))
    await env.converge(2)
    for _ in range(3):
        env.senlin.work()
    [node] = env.senlin.nodes()
    env.senlin.put_node(Node({**node, "name": NODE, "status": "CREATING"}), node.cluster_id)
    await env.poll()
    return env


def message(env: Environment) -> str:
    assert env.reason(WEB) == "ActionRunning"
    return str(env.condition(WEB)["message"])


async def test_what_lasts_long_says_since_when(creating: Environment) -> None:
    assert "It has lasted since" not in message(creating)
    since = creating.kube[WEB]["status"]["action"]["startedAt"]

    await creating.retry(WEB, after=61)

    assert message(creating).endswith(f"It has lasted since {since}.")
    assert creating.condition(WEB, "Stalled")["status"] == "False"


async def test_what_nova_says_meanwhile(creating: Environment) -> None:
    creating.session.nova.states = {NODE: "BUILD"}

    await creating.retry(WEB, after=61)
    creating.writes()
    await creating.retry(WEB, after=30)

    assert message(creating).endswith(f": node {NODE}: Nova says BUILD.")
    assert creating.session.nova.asked == [NODE]
    assert creating.writes() == []


async def test_what_heat_says_meanwhile(creating: Environment) -> None:
    creating.session.heat.stack = "CREATE_FAILED: Resource CREATE failed: no."
    [profile] = creating.senlin.profiles()
    spec = {**profile.spec, "type": "os.heat.stack"}
    creating.senlin.put_profile(Profile({**profile, "spec": spec}))
    await creating.poll()

    await creating.retry(WEB, after=61)

    text = f": node {NODE}: Heat says CREATE_FAILED: Resource CREATE failed: no."
    assert message(creating).endswith(text)


async def test_a_deletion_that_senlin_refuses_for_long_says_what_helps(
    creating: Environment,
) -> None:
    creating.kube.remove(WEB)
    await creating.poll()
    assert creating.reason(WEB) == "Busy"
    assert FORCE not in creating.condition(WEB)["message"]

    await creating.retry(WEB, after=61)
    await creating.poll()

    remedy = f'The annotation {FORCE}: "true" deletes it all the same.'
    assert creating.condition(WEB)["message"].endswith(remedy)


async def test_an_action_that_has_ended_is_not_told(ready_env: Environment) -> None:
    ready_env.clock.advance(600)
    ready_env.senlin.slow = True
    cluster_id = ready_env.kube[WEB]["status"]["id"]
    ready_env.senlin.update_cluster(cluster_id, timeout=77)  # by somebody else
    ready_env.senlin.work()
    ready_env.senlin.work()  # it is UPDATING now
    ready_env.kube.remove(WEB)

    await ready_env.converge(2)

    assert ready_env.reason(WEB) == "Busy"
    assert ready_env.kube[WEB]["status"]["action"]["status"] == "SUCCEEDED"
    assert "It has lasted since" not in str(ready_env.kube[WEB]["status"]["conditions"])
