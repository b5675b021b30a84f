"""Drift is what others did, never what a manifest did; Ready tells it until the next resync."""

from senlin_operator.kube.objects import Key
from tests.unit.operator.builders import a_cluster_manifest, a_node_manifest
from tests.unit.operator.environment import PROFILE, SMALL, THREE, WEB, Environment, replace_process

ONE = Key("SenlinNode", "team", "one")
MEMBER = a_node_manifest("one", {"clusterRef": {"name": "web"}}, uid="node-uid")
ALONE = a_node_manifest("one", uid="node-uid")
TOLD = "3 of 3 nodes are active. Drift corrected: timeout 77 → 3600."
SETTLED = "3 of 3 nodes are active."


def drift(env: Environment) -> list[str]:
    """Return what was told as drift, in events and in Ready."""
    notes = [note for _, _, note in env.recorder.events if "Drift" in note]
    return notes + [it for it in [env.condition(WEB)["message"]] if "Drift" in it]


async def with_three_nodes(env: Environment) -> None:
    env.kube.apply(PROFILE)
    env.kube.apply(a_cluster_manifest("web", THREE))
    await env.converge()
    assert env.reason(WEB) == "Ready"


async def test_members_that_join_and_leave_by_their_manifests_are_no_drift(
    env: Environment,
) -> None:
    await with_three_nodes(env)

    for manifest in (MEMBER, ALONE, MEMBER):
        env.kube.apply(manifest)
        await env.converge(20)
        assert (env.reason(WEB), env.reason(ONE)) == ("Ready", "Ready")
    env.kube.remove(ONE)
    await env.converge(20)

    assert ONE not in env.kube
    assert env.condition(WEB)["message"] == SETTLED
    assert drift(env) == []
    assert len(list(env.senlin.nodes())) == 3


async def test_a_node_that_others_take_away_is_drift(env: Environment) -> None:
    await with_three_nodes(env)
    [cluster] = env.senlin.clusters()

    env.senlin.resize_to(cluster.id, 2, 1, 5)
    await env.converge()

    assert drift(env)[0] == "Drift corrected. desiredCapacity 2 → 3"


async def test_drift_is_told_until_the_next_resync_with_one_write(env: Environment) -> None:
    await with_three_nodes(env)
    [cluster] = env.senlin.clusters()
    env.senlin.update_cluster(cluster.id, timeout=77)
    await env.converge()
    await env.retry(WEB, after=200.0)
    await env.converge(1)
    assert env.condition(WEB)["message"] == TOLD
    env.writes()

    await env.retry(SMALL, after=600.0)  # the resync period
    await env.poll()

    assert env.condition(WEB)["message"] == SETTLED
    assert env.writes() == [("status", "web")]
    await env.retry(WEB)
    assert env.writes() == []


async def test_a_restart_keeps_it_as_long(env: Environment) -> None:
    await with_three_nodes(env)
    [cluster] = env.senlin.clusters()
    env.senlin.update_cluster(cluster.id, timeout=77)
    await env.converge()

    await replace_process(env)
    async with env.running():
        await env.converge()
        assert env.condition(WEB)["message"] == TOLD

        env.clock.advance(600.0)
        await env.retry(WEB)
        await env.converge()

        assert env.condition(WEB)["message"] == SETTLED
