"""The deletion of an object: what it waits for, what goes with it, and in which order."""

import pytest

from openstack_clustering import Cluster, Profile
from openstack_clustering.exceptions import Conflict, ServerError
from senlin_operator.kube.objects import FINALIZER, FORCE, SECRET, Key
from senlin_operator.model.ownership import OWNER_KEY
from tests.unit.operator.builders import (
    SECRET_KEY,
    UID,
    WITH_FINALIZER,
    Clock,
    a_cluster,
    a_cluster_manifest,
    a_node,
    a_node_manifest,
    a_profile,
    a_secret_manifest,
    ready,
)
from tests.unit.operator.environment import PROFILE, SMALL, THREE, WEB, Environment

ONE = Key("SenlinNode", "team", "one")
FORCED = {FORCE: "true"}
ADOPTED = {"adopt": {"identity": "server-n1", "type": "os.nova.server-1.0"}}


async def test_an_object_without_a_cloud_object_is_deleted_without_credentials(
    clock: Clock,
) -> None:
    async with Environment(clock).running() as env:
        env.kube.apply(PROFILE)
        await env.until_idle()
        assert env.reason(SMALL) == "CredentialsMissing"

        env.kube.remove(SMALL)
        await env.until_idle()

        assert SMALL not in env.kube
        assert env.cache.get(SMALL) is None


async def test_the_finalizer_stays_until_the_cloud_object_is_deleted(
    ready_env: Environment,
) -> None:
    ready_env.senlin.slow = True
    ready_env.kube.remove(WEB)
    await ready_env.converge(3)
    assert ready_env.requests() == ["delete_cluster"]
    assert WEB in ready_env.kube

    ready_env.senlin.finish()
    await ready_env.converge(2)

    assert WEB not in ready_env.kube
    assert ready_env.requests() == []
    assert ready_env.writes() == [("remove finalizer", "web")]


async def test_deletion_waits_for_referrers_and_names_them(ready_env: Environment) -> None:
    ready_env.kube.remove(SMALL)
    await ready_env.until_idle()
    assert ready_env.reason(SMALL) == "InUse"
    message = "Deletion waits while it is used by SenlinCluster web."
    assert ready_env.condition(SMALL)["message"] == message

    ready_env.kube.remove(WEB)
    await ready_env.converge()

    assert SMALL not in ready_env.kube
    assert ready_env.requests() == ["delete_cluster", "delete_profile"]


async def test_the_secret_is_deleted_after_its_last_referrer(ready_env: Environment) -> None:
    assert ready_env.kube[SECRET_KEY]["metadata"]["finalizers"] == [FINALIZER]
    ready_env.kube.remove(SECRET_KEY)
    ready_env.kube.remove(WEB)
    ready_env.kube.remove(SMALL)

    await ready_env.converge()

    assert SECRET_KEY not in ready_env.kube
    assert ready_env.senlin.poll().all(Cluster) == ready_env.senlin.poll().all(Profile) == {}
    assert ready_env.sessions.users == set()


async def test_another_secret_is_kept_for_an_object_that_waits(ready_env: Environment) -> None:
    """The cluster has to be deleted with it some day, whatever it waits for until then."""
    rotated = Key(SECRET, "team", "rotated")
    ready_env.kube.apply(a_secret_manifest(name=rotated.name, uid="another"))
    manifest = a_cluster_manifest("web", THREE | {"profileRef": {"name": "absent"}})
    manifest["spec"]["cloudCredentialsRef"]["secretName"] = rotated.name

    ready_env.kube.apply(manifest)
    await ready_env.converge()

    assert ready_env.reason(WEB) == "ReferenceMissing"
    assert ready_env.kube[rotated]["metadata"]["finalizers"] == [FINALIZER]


async def test_a_failed_deletion_is_reported_and_retried(ready_env: Environment) -> None:
    ready_env.senlin.refusals.append(ServerError("boom"))
    ready_env.kube.remove(WEB)
    await ready_env.converge(2)
    assert ready_env.reason(WEB) == "CloudError"

    await ready_env.retry(WEB, after=10)
    await ready_env.converge(3)

    assert WEB not in ready_env.kube


async def test_deletion_without_an_id_finds_the_cloud_object_by_its_owner_marker(
    env: Environment,
) -> None:
    env.senlin.put(a_cluster("c1", UID), [a_node()])
    env.kube.apply(a_cluster_manifest("web", THREE, **WITH_FINALIZER))
    env.kube.remove(WEB)
    await env.until_idle()
    env.clock.advance(15)

    await env.converge()

    assert WEB not in env.kube
    assert env.requests() == ["delete_cluster"]
    assert env.senlin.poll().all(Cluster) == {}


async def test_on_delete_detach_leaves_the_cloud_object(ready_env: Environment) -> None:
    raw = a_cluster_manifest("web", THREE, spec={"managedOptions": {"onDelete": "detach"}})
    ready_env.kube.apply(raw)
    await ready_env.until_idle()

    ready_env.kube.remove(WEB)
    await ready_env.converge(2)

    assert WEB not in ready_env.kube
    assert ready_env.requests() == []
    assert len(ready_env.senlin.poll().all(Cluster)) == 1


async def test_leftovers_are_deleted_after_the_cloud_object(env: Environment) -> None:
    """Senlin makes a profile for a node that it adopts, and does not delete it with the node."""
    env.senlin.put_profile(a_profile("p9", "one-uid", name="prof-one"))
    env.senlin.put_profile(a_profile("p8", "another-uid", name="prof-two"))
    node = a_node("n1", "", profile_id="p9", metadata={OWNER_KEY: "one-uid"})
    env.senlin.put_node(node)
    env.kube.apply(
        a_node_manifest("one", ADOPTED, uid="one-uid", status=ready("n1"), **WITH_FINALIZER)
    )
    await env.until_idle()

    env.kube.remove(ONE)
    await env.converge()

    assert env.requests() == ["delete_node", "delete_profile"]
    assert ONE not in env.kube
    assert list(env.senlin.poll().all(Profile)) == ["p8"]


@pytest.mark.parametrize(
    "error", [ServerError("boom"), Conflict("still in use", type="ResourceInUse")]
)
async def test_the_finalizer_stays_until_all_leftovers_are_deleted(
    env: Environment, error: ServerError | Conflict
) -> None:
    env.senlin.put_profile(a_profile("p9", "one-uid", name="prof-one"))
    env.kube.apply(
        a_node_manifest("one", ADOPTED, uid="one-uid", status=ready("n1"), **WITH_FINALIZER)
    )
    await env.poll()
    env.senlin.refusals.append(error)

    env.kube.remove(ONE)
    await env.until_idle()
    assert ONE in env.kube
    assert list(env.senlin.poll().all(Profile)) == ["p9"]

    await env.retry(ONE, after=15)
    await env.converge(3)
    assert ONE not in env.kube
    assert env.senlin.poll().all(Profile) == {}


@pytest.mark.parametrize("annotations", [{}, FORCED])
async def test_deleting_a_cluster_spares_a_member_that_should_leave_it(
    ready_env: Environment, annotations: dict[str, str]
) -> None:
    one = a_node_manifest("one", {"clusterRef": {"name": "web"}}, uid="one-uid")
    ready_env.kube.apply(one)
    await ready_env.converge(10)
    assert ready_env.reason(ONE) == "Ready"
    node_id = ready_env.kube[ONE]["status"]["id"]
    server = ready_env.senlin.node(node_id).physical_id
    ready_env.senlin.slow = True

    ready_env.kube.apply(a_node_manifest("one", uid="one-uid"))
    ready_env.kube.apply(a_cluster_manifest("web", THREE, annotations=annotations))
    ready_env.kube.remove(WEB)
    await ready_env.converge(3)
    assert ready_env.reason(WEB) == "InUse"
    assert "SenlinNode one" in ready_env.condition(WEB)["message"]

    ready_env.senlin.slow = False
    ready_env.senlin.finish()
    await ready_env.converge(10)

    assert WEB not in ready_env.kube
    assert ready_env.senlin.node(node_id).physical_id == server
    assert ready_env.reason(ONE) == "Ready"


async def test_a_node_of_another_namespace_is_no_declared_member_and_is_not_named(
    ready_env: Environment,
) -> None:
    """It shares the project, and its node has got into the cluster: it must not be destroyed."""
    elsewhere = a_node_manifest("one", {"clusterRef": {"name": "web"}}, uid="one-uid")
    elsewhere["metadata"]["namespace"] = "evil"
    ready_env.kube.apply(elsewhere)
    cluster_id = ready_env.kube[WEB]["status"]["id"]
    node = a_node("strange", cluster_id, metadata={OWNER_KEY: "one-uid"}, profile_id="profile-1")
    ready_env.senlin.put_node(node, cluster_id)
    await ready_env.converge(3)
    assert ready_env.reason(WEB) != "TooManyMembers"

    ready_env.kube.remove(WEB)
    await ready_env.converge(5)

    message = ready_env.condition(WEB)["message"]
    assert "a SenlinNode of another namespace" in message
    assert "one" not in message.split()
    assert ready_env.senlin.node("strange").physical_id == "server-strange"


async def test_a_referrer_without_a_cloud_object_does_not_delay_a_deletion(
    env: Environment,
) -> None:
    """Else each would wait for the other: nothing is created from a profile being deleted."""
    env.kube.apply(PROFILE)
    await env.converge(2)

    env.kube.remove(SMALL)
    env.kube.apply(a_cluster_manifest("web", THREE))
    await env.converge()
    assert SMALL not in env.kube
    assert env.reason(WEB) == "ReferenceMissing"

    env.kube.apply(PROFILE)
    await env.converge()

    assert env.reason(WEB) == "Ready"


async def test_duplicates_of_a_profile_are_deleted_with_it(env: Environment) -> None:
    env.kube.apply(PROFILE)
    await env.converge(2)
    del env.kube[SMALL]["status"]["id"]
    env.senlin.put_profile(a_profile("duplicate", "profile-uid"))
    await env.poll()

    env.kube.remove(SMALL)
    await env.converge()

    assert SMALL not in env.kube
    assert env.senlin.poll().all(Profile) == {}


async def test_duplicates_of_a_cluster_are_deleted_with_it(env: Environment) -> None:
    """One of several creations is kept; a deletion keeps none."""
    env.kube.apply(PROFILE)
    await env.converge(2)
    profile_id = env.kube[SMALL]["status"]["id"]
    for id_ in ("c1", "c2"):
        env.senlin.put(a_cluster(id_, profile_id=profile_id))
    env.kube.apply(a_cluster_manifest("web", THREE, **WITH_FINALIZER))
    env.kube.remove(WEB)
    await env.until_idle()
    env.clock.advance(15)

    await env.converge()

    assert WEB not in env.kube
    assert env.senlin.poll().all(Cluster) == {}
