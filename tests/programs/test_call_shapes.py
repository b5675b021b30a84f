"""The calls that Heat 22 and Rally 3 make of openstacksdk's clustering proxy, in their order.

Their own modules need a whole Heat or Rally around them, so their calls are written out here. Both
were written for openstacksdk 0.11 to 0.17, in which `location` was the path of an action: Heat's
waits need the client itself, as they fail with openstacksdk 4, and so with `sdk`.
"""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from openstack_clustering import Connection, exceptions, sdk
from sandbox import Sandbox
from tests.client.factories import SCALING, SERVER, until

NAME = f"shape-{uuid4().hex[:8]}"
EXPECTED = (exceptions.HttpException,)  # as of Heat's constraints


@pytest.fixture(params=[Connection, sdk.Connection], ids=["client", "sdk"])
def senlin(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Any]:
    settings = next(iter(sandbox.clouds("green-1")["clouds"].values()))
    with request.param(**settings) as connection:
        yield connection.clustering


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Any]:
    with Connection(clouds=sandbox.clouds("green-1")) as connection:
        yield connection.cluster


def executed(senlin: Any, actions: list[dict[str, Any]]) -> None:
    """Execute actions one by one, as SenlinClientPlugin.execute_actions does."""
    for action in actions:
        result = getattr(senlin, action["func"])(**action["params"])
        started = result["action"] if isinstance(result, dict) else result.location.split("/")[-1]
        until(lambda started=started: is_done(senlin, started))  # type: ignore[misc]


def is_done(senlin: Any, action_id: str) -> bool:
    """As SenlinClientPlugin.check_action_status."""
    action = senlin.get_action(action_id)
    assert action.status != "FAILED", action.status_reason
    return bool(action.status == "SUCCEEDED")


def is_gone(get: Callable[[str], object], id: str) -> bool:
    try:
        get(id)
    except exceptions.NotFoundException as error:
        return error.status_code == 404
    return False


def spec_of(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = {"properties": properties}
    spec["type"], spec["version"] = kind.split("-")
    return spec


def test_heats_resources(client: Any) -> None:
    profile, policy = heats_specs(client)
    cluster = heats_cluster(client, profile)
    heats_cluster_is_updated(client, cluster, policy)
    node = heats_node_joins_and_leaves(client, profile, cluster)
    receiver = client.create_receiver(
        name=NAME,
        cluster_id=cluster.id,
        type="webhook",
        action="CLUSTER_SCALE_OUT",
        params={"count": "1"},
    )
    client.delete_receiver(receiver.id)
    heats_policy_is_detached(client, cluster, policy)
    for delete, get, id in (
        (client.delete_node, client.get_node, node.id),
        (client.delete_cluster, client.get_cluster, cluster.id),
    ):
        delete(id)
        until(lambda get=get, id=id: is_gone(get, id))  # type: ignore[misc]
    client.delete_policy(policy.id)
    client.delete_profile(profile.id)


def heats_specs(client: Any) -> tuple[Any, Any]:
    """Return a profile and a policy."""
    kinds = [it.name for it in client.profile_types()]
    assert "os.nova.server-1.0" in kinds
    assert "senlin.policy.scaling-1.0" in [it.name for it in client.policy_types()]
    profile = client.create_profile(
        name=NAME, spec=spec_of("os.nova.server-1.0", SERVER["properties"]), metadata=None
    )
    client.update_profile(client.get_profile(profile.id), metadata={"a": "b"})
    policy = client.create_policy(
        name=NAME, spec=spec_of("senlin.policy.scaling-1.0", SCALING["properties"])
    )
    return profile, policy


def heats_cluster(client: Any, profile: Any) -> Any:
    """Return a cluster without nodes, once it is ACTIVE."""
    cluster = client.create_cluster(
        name=NAME,
        profile_id=profile.id,
        desired_capacity=0,
        min_size=0,
        max_size=-1,
        metadata={},
        timeout=None,
    )
    until(lambda: client.get_cluster(cluster.id).status == "ACTIVE")
    return cluster


def heats_cluster_is_updated(client: Any, cluster: Any, policy: Any) -> None:
    binding = {"cluster": cluster.id, "policy": policy.id}
    found = client.get_cluster(cluster.id)
    executed(
        client,
        [
            {"func": "attach_policy_to_cluster", "params": {**binding, "enabled": True}},
            {"func": "update_cluster_policy", "params": {**binding, "enabled": False}},
            {"func": "update_cluster", "params": {"cluster": found, "name": f"{NAME}-2"}},
            {
                "func": "resize_cluster",
                "params": {
                    "cluster": cluster.id,
                    "adjustment_type": "EXACT_CAPACITY",
                    "number": 1,
                    "max_size": 3,
                },
            },
        ],
    )
    assert [it.attr_value for it in client.collect_cluster_attrs(cluster.id, "status")] == [
        "ACTIVE"
    ]
    assert [it.policy_id for it in client.cluster_policies(cluster.id)] == [policy.id]


def heats_node_joins_and_leaves(client: Any, profile: Any, cluster: Any) -> Any:
    """Return a node that is a member no more."""
    node = client.create_node(name=NAME, metadata={}, profile_id=profile.id, cluster_id=None)
    until(lambda: is_done(client, node.location.split("/")[-1]))
    members = {"cluster": cluster.id, "nodes": [node.id]}
    executed(
        client,
        [
            {"func": "update_node", "params": {"node": client.get_node(node.id), "name": "n"}},
            {"func": "add_nodes_to_cluster", "params": members},
            {"func": "remove_nodes_from_cluster", "params": members},
        ],
    )
    assert client.get_node(node.id, details=True).details["status"] == "ACTIVE"
    return node


def heats_policy_is_detached(client: Any, cluster: Any, policy: Any) -> None:
    detached = client.detach_policy_from_cluster(cluster.id, policy.id)["action"]
    until(lambda: is_done(client, detached))
    with pytest.raises(exceptions.HttpException) as caught:
        client.detach_policy_from_cluster(cluster.id, policy.id)
    assert caught.value.status_code == 400  # as is_bad_request has it


@pytest.mark.parametrize("name", ["no-such-thing", "no such thing", "../profiles"])
def test_heats_constraints(senlin: Any, name: str) -> None:
    for get in (senlin.get_profile, senlin.get_cluster, senlin.get_policy):
        with pytest.raises(EXPECTED):
            get(name)


def test_rallys_scenario_and_its_clean_up(senlin: Any) -> None:
    profile = senlin.create_profile(spec=SERVER, name=NAME)
    cluster = senlin.create_cluster(
        profile_id=profile.id,
        desired_capacity=1,
        min_size=0,
        max_size=3,
        metadata={},
        timeout=60,
        name=NAME,
    )
    until(lambda: senlin.get_cluster(cluster.id).status == "ACTIVE")
    assert cluster.id in [it["id"] for it in senlin.clusters()]
    action = senlin.resize_cluster(
        cluster.id, adjustment_type="CHANGE_IN_CAPACITY", number=1, min_size=0, strict=True
    )
    until(lambda: senlin.get_action(action["action"]).status == "SUCCEEDED")

    senlin.delete_cluster(cluster)
    until(lambda: http_status_of(lambda: senlin.get_cluster(cluster.id)) == 404)
    for left in senlin.profiles(name=NAME):
        senlin.delete_profile(left["id"])
    assert list(senlin.profiles(name=NAME)) == []


def http_status_of(call: Callable[[], object]) -> int | None:
    """As Rally reads it: `code`, or else the name in older versions of openstacksdk."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - as Rally has it
        return int(getattr(error, "code", getattr(error, "http_status", 400)))
    return None
