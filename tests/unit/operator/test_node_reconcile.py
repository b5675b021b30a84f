"""SenlinNodes from manifest to status: requests, waiting for their cluster, and adoption."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from openstack_clustering import Cluster, Node, Profile
from senlin_operator.kube.objects import Key
from senlin_operator.model.ownership import OWNER_KEY, Owner, entries
from tests.unit.operator.builders import (
    KUBERNETES,
    Clock,
    Document,
    a_cluster_manifest,
    a_node_manifest,
    a_profile_manifest,
    a_secret_manifest,
)
from tests.unit.operator.environment import (
    PROFILE,
    THREE,
    WEB,
    Environment,
    LastRequest,
    replace_process,
)
from tests.unit.operator.fake_adoption import Adopting

ONE = Key("SenlinNode", "team", "one")
FULL = THREE | {"maxSize": 3}
MEMBER = {"clusterRef": {"name": "web"}}
PAUSED = {"senlin.openstack.org/paused": "true"}
DELETION = "senlin.policy.deletion"


def the_node(resource: Document | None = None, **more: Any) -> Document:
    return a_node_manifest("one", resource, uid="one-uid", **more)


async def a_ready_node(env: Environment, resource: Document | None = None) -> str:
    """Have a node in no cluster that is Ready; return its id."""
    env.kube.apply(PROFILE)
    env.kube.apply(the_node(resource))
    await env.converge()
    assert env.reason(ONE) == "Ready"
    env.requests()
    env.writes()
    return str(env.kube[ONE]["status"]["id"])


async def a_ready_member(env: Environment) -> str:
    """Have a Ready cluster with a declared member; return the node's id."""
    env.kube.apply(the_node(MEMBER))
    await env.converge(12)
    assert (env.reason(ONE), env.reason(WEB)) == ("Ready", "Ready")
    env.requests()
    return str(env.kube[ONE]["status"]["id"])


def lose_server(env: Environment, id_: str) -> None:
    """Have the node's server vanish, and Senlin notice it."""
    env.senlin.servers.discard(env.senlin.node(id_).physical_id or "")
    env.senlin.check_node(id_)
    env.requests()


async def test_a_creation_takes_one_request_and_three_writes(env: Environment) -> None:
    env.kube.apply(PROFILE)
    await env.converge(2)
    env.requests()
    env.writes()

    env.kube.apply(the_node())
    await env.converge()

    assert env.requests() == ["create_node"]
    assert env.writes() == [("add finalizer", "one"), ("status", "one"), ("status", "one")]
    assert env.reason(ONE) == "Ready"
    [node] = env.senlin.poll().all(Node).values()
    assert node.metadata == entries(Owner("one-uid", KUBERNETES, ONE))


async def test_a_ready_node_causes_no_requests_and_no_writes(env: Environment) -> None:
    await a_ready_node(env)

    await env.converge(5)

    assert (env.requests(), env.writes()) == ([], [])


async def test_a_member_is_created_then_joins_then_gets_its_role(ready_env: Environment) -> None:
    ready_env.kube.apply(the_node(MEMBER | {"role": "first"}))

    await ready_env.converge(12)

    requests = [verb for verb in ready_env.requests() if verb != "resize_cluster"]
    assert requests == ["create_node", "add_nodes_to_cluster", "update_node"]
    [node] = [
        it
        for it in ready_env.senlin.poll().all(Node).values()
        if (it.metadata or {}).get(OWNER_KEY)
    ]
    assert (node.role, bool(node.cluster_id)) == ("first", True)
    assert ready_env.reason(WEB) == "Ready"


async def test_a_deletion_waits_while_the_cluster_is_at_its_min_size(
    ready_env: Environment,
) -> None:
    id_ = await a_ready_member(ready_env)
    cluster = next(iter(ready_env.senlin.poll().all(Cluster)))
    ready_env.senlin.resize_to(cluster, 3, 3, 5)
    ready_env.kube.apply(a_cluster_manifest("web", THREE, annotations=PAUSED))
    await ready_env.poll()
    ready_env.requests()

    ready_env.kube.remove(ONE)
    await ready_env.converge(2)

    assert ready_env.requests() == []
    assert ready_env.reason(ONE) == "NoRoom"
    ready_env.kube.apply(a_cluster_manifest("web", THREE))
    await ready_env.converge(4)
    await ready_env.retry(ONE, after=4)
    await ready_env.converge(4)
    assert ONE not in ready_env.kube
    assert id_ not in ready_env.senlin.poll().all(Node)


async def test_deleting_a_cluster_lowers_its_min_size_for_members_that_leave(
    ready_env: Environment,
) -> None:
    three = {"minSize": 3, "maxSize": 3, "desiredCapacity": 3}
    ready_env.kube.apply(a_cluster_manifest("web", three))
    await a_ready_member(ready_env)

    ready_env.kube.remove(WEB)
    await ready_env.converge(3)

    assert ready_env.requests() == ["resize_cluster"]
    assert ready_env.reason(WEB) == "InUse"
    [cluster] = ready_env.senlin.poll().all(Cluster).values()
    assert (cluster.min_size, len(ready_env.senlin.poll().all(Node))) == (0, 3)

    ready_env.kube.remove(ONE)
    await ready_env.converge(4)
    assert (WEB in ready_env.kube, ONE in ready_env.kube) == (False, False)
    assert ready_env.senlin.poll().all(Node) == {}


async def test_a_refused_resize_of_a_cluster_being_deleted_is_retried(
    ready_env: Environment,
) -> None:
    await a_ready_member(ready_env)
    ready_env.senlin.slow = True
    ready_env.kube.remove(WEB)
    ready_env.senlin.check_cluster(next(iter(ready_env.senlin.poll().all(Cluster))))
    ready_env.requests()
    await ready_env.converge(2)
    assert set(ready_env.requests()) == {"resize_cluster"}
    assert (
        next(iter(ready_env.senlin.poll().all(Cluster).values())).min_size == 1
    )  # the cluster is locked

    ready_env.senlin.slow = False
    ready_env.senlin.finish()
    await ready_env.retry(WEB, after=6)
    await ready_env.converge(2)

    assert ready_env.requests() == ["resize_cluster"]
    [cluster] = ready_env.senlin.poll().all(Cluster).values()
    assert cluster.min_size == 0


async def test_a_node_is_requeued_when_the_action_of_its_cluster_ends(
    ready_env: Environment,
) -> None:
    """The node itself does not change by that action."""
    id_ = await a_ready_member(ready_env)
    cluster = ready_env.senlin.node(id_).cluster_id
    ready_env.senlin.slow = True
    ready_env.senlin.check_cluster(cluster)
    await ready_env.poll()
    ready_env.kube.apply(the_node())
    await ready_env.poll()
    assert ready_env.reason(ONE) == "Busy"

    ready_env.senlin.finish()
    ready_env.senlin.slow = False
    await ready_env.converge(4)

    assert ready_env.reason(ONE) == "Ready"
    assert ready_env.senlin.node(id_).cluster_id == ""


async def test_a_full_cluster_removes_a_node_for_a_declared_member(ready_env: Environment) -> None:
    ready_env.kube.apply(a_cluster_manifest("web", FULL))
    await ready_env.converge()

    id_ = await a_ready_member(ready_env)

    cluster = ready_env.senlin.node(id_).cluster_id
    assert len(ready_env.senlin.poll().members(Node, cluster)) == 3


async def test_replaced_nodes_do_not_count_as_an_emptied_project(env: Environment) -> None:
    unbuildable = {"properties": {"flavor": "none"}}
    names = [f"web-{number}" for number in range(5)]
    env.kube.apply(PROFILE)
    env.kube.apply(a_profile_manifest("bad", unbuildable, uid="bad-uid"))
    for name in names:
        bad = {"profileRef": {"name": "bad"}}
        env.kube.apply(a_node_manifest(name, bad, uid=f"{name}-uid"))
    await env.converge()
    assert {env.reason(Key("SenlinNode", "team", name)) for name in names} == {"ActionFailed"}

    for name in names:
        env.kube.apply(a_node_manifest(name, uid=f"{name}-uid"))
    await env.converge()

    assert {env.reason(Key("SenlinNode", "team", name)) for name in names} == {"Ready"}
    assert len(env.senlin.poll().all(Node)) == 5


async def test_nodes_that_others_deleted_all_at_once_are_not_created_again(
    env: Environment,
) -> None:
    names = [f"web-{number}" for number in range(5)]
    env.kube.apply(PROFILE)
    for name in names:
        env.kube.apply(a_node_manifest(name, uid=f"{name}-uid"))
    await env.converge()

    for id_ in env.senlin.poll().all(Node):
        env.senlin.delete_node(id_)
    await env.converge()

    assert {env.reason(Key("SenlinNode", "team", name)) for name in names} == {"ProjectEmptied"}


async def test_a_node_whose_engine_died_while_it_was_built_is_recovered(env: Environment) -> None:
    env.senlin.slow = True
    env.kube.apply(PROFILE)
    env.kube.apply(the_node())
    await env.converge(2)
    for _ in range(2):
        env.senlin.work()
    env.senlin.die(cleanly=False)
    env.senlin.slow = False
    await env.converge(2)
    [stuck] = env.senlin.poll().all(Node).values()
    assert stuck.status == "CREATING"

    for _ in range(3):
        await env.retry(ONE, after=31)
        await env.converge(3)

    assert env.reason(ONE) == "Ready"
    assert env.requests() == ["create_profile", "create_node", "recover_node"]


async def test_a_transient_status_after_a_failed_action_is_checked_soon(env: Environment) -> None:
    id_ = await a_ready_node(env)
    env.senlin.slow = True
    env.kube.apply(the_node({"name": "two"}))
    await env.poll()
    for _ in range(2):
        env.senlin.work()
    env.senlin.die(cleanly=False)
    env.senlin.slow = False
    await env.converge(2)
    assert (env.senlin.node(id_).status, env.reason(ONE)) == ("UPDATING", "ActionFailed")

    await env.retry(ONE, after=6)
    await env.converge(3)

    assert env.requests() == ["update_node", "check_node", "update_node"]
    assert (env.senlin.node(id_).name, env.reason(ONE)) == ("two", "Ready")


async def test_a_lost_server_is_reported(env: Environment) -> None:
    id_ = await a_ready_node(env)

    lose_server(env, id_)
    await env.converge(2)

    assert env.reason(ONE) == "Degraded"
    assert env.requests() == []
    assert env.condition(ONE, "Stalled")["status"] == "False"


async def test_a_lost_server_is_recreated_in_mode_recover(env: Environment) -> None:
    id_ = await a_ready_node(env, {"remediation": {"mode": "Recover"}})

    lose_server(env, id_)
    await env.converge(3)

    assert env.reason(ONE) == "Ready"
    assert env.requests() == ["recover_node"]


async def test_a_routine_check_is_sent_at_its_interval_and_not_reported(env: Environment) -> None:
    await a_ready_node(env, {"remediation": {"mode": "Report", "checkInterval": "5m"}})

    await env.retry(ONE, after=301)
    await env.converge(3)

    assert (env.requests(), env.writes()) == (["check_node"], [])


async def test_a_deletion_policy_blocks_a_node_from_leaving(ready_env: Environment) -> None:
    id_ = await a_ready_member(ready_env)
    cluster = ready_env.senlin.node(id_).cluster_id
    policy = ready_env.senlin.create_policy("grace", {"type": DELETION, "version": "1.0"})
    ready_env.senlin.attach_policy_to_cluster(cluster, policy.id, enabled=True)
    ready_env.requests()

    ready_env.kube.apply(the_node())
    await ready_env.converge(3)
    assert ready_env.reason(ONE) == "Unsafe"
    assert ready_env.condition(ONE, "Stalled")["status"] == "True"
    assert ready_env.requests() == []

    ready_env.senlin.update_cluster_policy(cluster, policy.id, enabled=False)
    await ready_env.retry(ONE, after=31)
    await ready_env.converge(4)
    assert ready_env.reason(ONE) == "Ready"
    assert ready_env.senlin.node(id_).cluster_id == ""


@pytest.fixture
async def adopting_env(clock: Clock) -> AsyncIterator[Environment]:
    """Return an environment with a SenlinNode that adopts a server at the first poll."""
    async with Environment(clock, Adopting(clock)).running() as env:
        env.kube.apply(a_secret_manifest())
        raw = the_node({"adopt": {"identity": "server-1", "type": "os.nova.server-1.0"}})
        del raw["spec"]["resource"]["profileRef"]
        env.kube.apply(raw)
        yield env


@pytest.mark.parametrize("last", [LastRequest.DONE, LastRequest.UNSENT])
@pytest.mark.parametrize("requests", range(1, 9))
@pytest.mark.parametrize("deleted", [False, True])
async def test_a_crash_during_an_adoption_leaves_no_duplicate_and_no_orphan(
    adopting_env: Environment, deleted: bool, requests: int, last: LastRequest
) -> None:
    adopting_env.crash_point.requests_left, adopting_env.crash_point.last_request = requests, last
    await adopting_env.converge(3)
    if deleted:
        adopting_env.kube.remove(ONE)
    await replace_process(adopting_env)

    async with adopting_env.running():
        for pause in (0, 15, 15):
            await adopting_env.retry(ONE, after=pause)
            await adopting_env.converge(3)

    snapshot = adopting_env.senlin.poll()
    assert len(snapshot.all(Node)) == len(snapshot.all(Profile)) == (0 if deleted else 1)
    assert (ONE in adopting_env.kube) != deleted
