"""The real cloud's optional services: Heat and Octavia."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox import Sandbox
from tests.sandbox.api import NETWORKS, Senlin, unique, wait_for

pytestmark = [pytest.mark.real, pytest.mark.thorough]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Sandbox]:
    with Sandbox.up(kubernetes=False, cloud="real", only=("nova", "heat", "octavia")) as cloud:
        yield cloud


@pytest.fixture
def senlin(cloud: Sandbox) -> Iterator[Senlin]:
    with Senlin(cloud) as senlin:
        yield senlin


def stack_cluster(senlin: Senlin, template: dict[str, Any]) -> str:
    """Create a cluster of one stack; return its id."""
    heat = {"heat_template_version": "2018-08-31", "resources": template}
    spec = {"type": "os.heat.stack", "version": "1.0", "properties": {"template": heat}}
    profile = senlin.call("POST", "/profiles", {"profile": {"name": unique("stack"), "spec": spec}})
    body = {"name": unique("stacks"), "profile_id": profile["profile"]["id"], "desired_capacity": 1}
    return str(senlin.call("POST", "/clusters", {"cluster": body})["cluster"]["id"])


def test_a_cluster_of_stacks(cloud: Sandbox, senlin: Senlin) -> None:
    server = {"flavor": "m1.tiny", "image": "cirros", "networks": NETWORKS}
    cluster_id = stack_cluster(
        senlin, {"server": {"type": "OS::Nova::Server", "properties": server}}
    )

    senlin.wait_until(cluster_id, "ACTIVE")

    assert [it["status"] for it in cloud.nova.servers()] == ["ACTIVE"]
    assert senlin.act(cluster_id, "check") == "SUCCEEDED"
    assert senlin.delete_cluster(cluster_id) == "SUCCEEDED"
    assert cloud.nova.servers() == []


def failed_stacks(cloud: Sandbox) -> list[dict[str, Any]]:
    return [it for it in cloud.real.heat.stacks() if it["stack_status"] == "CREATE_FAILED"]


def test_senlin_does_not_notice_that_a_stack_has_failed(cloud: Sandbox, senlin: Senlin) -> None:
    with cloud.nova.no_valid_host():
        server = {"flavor": "m1.tiny", "image": "cirros", "networks": NETWORKS}
        cluster_id = stack_cluster(
            senlin, {"server": {"type": "OS::Nova::Server", "properties": server}}
        )
        [stack] = wait_for(lambda: failed_stacks(cloud))

    assert "No valid host was found" in stack["stack_status_reason"]
    assert senlin.cluster(cluster_id)["status"] == "CREATING"


def load_balancing_policy(senlin: Senlin) -> str:
    port = {"protocol": "HTTP", "protocol_port": 80, "subnet": "private"}
    properties = {"pool": port, "vip": port}
    spec = {"type": "senlin.policy.loadbalance", "version": "1.3", "properties": properties}
    body = {"policy": {"name": unique("balanced"), "spec": spec}}
    return str(senlin.call("POST", "/policies", body)["policy"]["id"])


def test_a_load_balancing_policy_adds_servers_to_a_pool(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    policy = load_balancing_policy(senlin)
    cluster_id = senlin.active_cluster(name, 1)

    assert senlin.act(cluster_id, "policy_attach", policy_id=policy) == "SUCCEEDED"
    assert senlin.act(cluster_id, "scale_out", count=1) == "SUCCEEDED"

    assert len(cloud.nova.load_balancers("senlin-lb-*")) == 1
    members = {it["name"] for it in cloud.nova.pool_members()}
    assert members == {it["name"] for it in cloud.nova.servers(f"{name}-*")}
    assert senlin.act(cluster_id, "policy_detach", policy_id=policy) == "SUCCEEDED"
    assert cloud.nova.load_balancers() == []


def test_a_load_balancer_fails_after_it_was_accepted(cloud: Sandbox, senlin: Senlin) -> None:
    policy = load_balancing_policy(senlin)
    cluster_id = senlin.active_cluster(unique("web"), 1)

    with cloud.real.octavia.failing():
        assert senlin.act(cluster_id, "policy_attach", policy_id=policy) == "FAILED"

    path = f"/actions?target={cluster_id}&action=CLUSTER_ATTACH_POLICY"
    [action] = senlin.call("GET", path)["actions"]
    assert action["status_reason"].startswith("Failed in creating loadbalancer (")


def test_a_stack_that_is_gone_fails_the_check(cloud: Sandbox, senlin: Senlin) -> None:
    cluster_id = stack_cluster(senlin, {"text": {"type": "OS::Heat::RandomString"}})
    senlin.wait_until(cluster_id, "ACTIVE")
    [node] = senlin.nodes(cluster_id)

    assert cloud.real.heat.vanish(f"{node['name']}*") == 1

    assert senlin.act(cluster_id, "check") == "FAILED"
    [node] = senlin.nodes(cluster_id)
    assert "ResourceNotFound: 404" in node["status_reason"]
