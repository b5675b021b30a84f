"""A SenlinPolicy from manifest to status: created, found by its name suffix, refused, in use."""

from openstack_clustering import Policy
from openstack_clustering.exceptions import Conflict, ServerError
from senlin_operator.kube.objects import Key
from senlin_operator.model.ownership import with_suffix
from tests.unit.operator.builders import WITH_FINALIZER, a_policy, a_policy_manifest, an_owner
from tests.unit.operator.environment import Environment

GROW = Key("SenlinPolicy", "team", "grow")


async def test_a_policy_from_manifest_to_ready(env: Environment) -> None:
    env.kube.apply(a_policy_manifest())

    await env.converge()

    status = env.kube[GROW]["status"]
    assert env.reason(GROW) == "Ready"
    assert status["resource"]["name"] == "grow"
    assert list(env.senlin.poll().all(Policy)) == [status["id"]]
    assert env.requests() == ["create_policy"]


async def test_a_creation_by_a_process_that_died_is_found_by_its_name_suffix(
    env: Environment,
) -> None:
    env.kube.apply(a_policy_manifest(**WITH_FINALIZER))
    await env.converge(3)
    assert env.requests() == []
    env.senlin.put_policy(a_policy("y1", name=with_suffix("grow", an_owner(key=GROW))))

    env.clock.advance(15)
    await env.converge(2)

    assert env.kube[GROW]["status"]["id"] == "y1"
    assert env.requests() == []


async def test_properties_that_do_not_fit_the_schema_stall_at_once(env: Environment) -> None:
    message = "Unrecognizable spec item 'nosuch'"
    env.senlin.refusals.append(ServerError(message, status=500, type="ESchema"))
    env.kube.apply(a_policy_manifest())

    await env.converge()

    assert env.condition(GROW, "Stalled")["status"] == "True"
    assert env.condition(GROW)["message"] == f"Senlin refuses it: {message}"
    assert env.requests() == ["create_policy"]


async def test_deletion_waits_while_clusters_of_others_use_the_policy(env: Environment) -> None:
    env.kube.apply(a_policy_manifest())
    await env.converge()
    message = "The policy 'y1' cannot be deleted: still attached to some clusters."
    refusal = Conflict(message, type="ResourceInUse")
    env.senlin.refusals.append(refusal)

    env.kube.remove(GROW)
    await env.until_idle()
    assert env.reason(GROW) == "Ready"  # the snapshot may be from before the deletion
    env.senlin.refusals.append(refusal)
    env.clock.advance(2)
    await env.converge()

    assert env.reason(GROW) == "InUse"
    assert message in env.condition(GROW, "Reconciling")["message"]

    await env.retry(GROW, after=10)
    await env.converge()

    assert GROW not in env.kube
    assert list(env.senlin.poll().all(Policy)) == []
