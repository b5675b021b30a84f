"""A size in the manifest of a cluster whose size Senlin owns is told to have no effect."""

from tests.unit.operator.builders import a_cluster_manifest
from tests.unit.operator.environment import PROFILE, THREE, WEB, Environment, replace_process

OWNED_BY_SENLIN = THREE | {"capacityOwner": "Senlin"}
SENTENCE = "desiredCapacity 5 is not used, as capacityOwner is Senlin."


async def test_a_later_size_is_told(env: Environment) -> None:
    env.kube.apply(PROFILE)
    env.kube.apply(a_cluster_manifest("web", OWNED_BY_SENLIN))
    await env.converge()
    assert env.condition(WEB)["message"] == "3 of 3 nodes are active."

    env.kube.apply(a_cluster_manifest("web", OWNED_BY_SENLIN | {"desiredCapacity": 5}))
    await env.converge()
    await env.converge()

    assert env.condition(WEB)["message"] == f"3 of 3 nodes are active. {SENTENCE}"
    told = [event for event in env.recorder.events if event[1] == "NotUsed"]
    assert told == [("Warning", "NotUsed", SENTENCE)]


async def test_it_is_told_once_beside_drift_also_after_a_restart(env: Environment) -> None:
    env.kube.apply(PROFILE)
    env.kube.apply(a_cluster_manifest("web", OWNED_BY_SENLIN))
    await env.converge()
    env.kube.apply(a_cluster_manifest("web", OWNED_BY_SENLIN | {"desiredCapacity": 5}))
    await env.converge()
    [cluster] = env.senlin.clusters()
    env.senlin.update_cluster(cluster.id, timeout=77)
    await env.converge()
    told = env.condition(WEB)["message"]

    await replace_process(env)
    async with env.running():
        await env.converge()

    assert told == f"3 of 3 nodes are active. Drift corrected: timeout 77 → 3600. {SENTENCE}"
    assert env.condition(WEB)["message"] == told
