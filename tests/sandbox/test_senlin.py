import pytest
import requests
import yaml

from sandbox import Sandbox
from tests.sandbox.api import Senlin, unique, wait_for


def test_a_cluster_of_three_nodes_becomes_active(senlin: Senlin) -> None:
    cluster_id = senlin.create_cluster(unique("web"), 3)

    assert senlin.wait_until(cluster_id, "ACTIVE", "ERROR", "WARNING") == "ACTIVE"
    assert [node["status"] for node in senlin.nodes(cluster_id)] == ["ACTIVE"] * 3


def test_users_of_a_project_see_the_same_and_those_of_another_do_not(
    cloud: Sandbox, senlin: Senlin
) -> None:
    cluster_id = senlin.active_cluster(unique("web"), 0)

    with Senlin(cloud, "blue-2") as same, Senlin(cloud, "green-1") as other:
        assert same.ask("GET", f"/clusters/{cluster_id}").status_code == 200
        assert other.ask("GET", f"/clusters/{cluster_id}").status_code == 404


def test_a_user_without_a_role_gets_no_token_for_a_project(cloud: Sandbox) -> None:
    with pytest.raises(requests.HTTPError) as refused:
        cloud.token("nobody")

    assert refused.value.response.status_code == 401


def test_clouds_yaml_names_each_user_and_the_first_of_each_project(cloud: Sandbox) -> None:
    clouds = yaml.safe_load(cloud.clouds_yaml.read_text())["clouds"]

    assert clouds["blue"] == clouds["blue-1"]
    assert clouds["green"] == clouds["green-1"]
    assert {"blue-2", "green-2", "nobody", "admin"} < clouds.keys()


def test_clouds_merge_what_is_said_of_auth(cloud: Sandbox) -> None:
    document = cloud.clouds("green-2", auth={"password": "wrong"}, region_name="Elsewhere")

    entry = document["clouds"]["openstack"]
    assert entry["region_name"] == "Elsewhere"
    assert entry["auth"]["password"] == "wrong"
    assert entry["auth"]["username"] == "green-2"


def test_a_webhook_goes_through_the_proxy_and_grows_the_cluster(
    cloud: Sandbox, senlin: Senlin
) -> None:
    cluster_id = senlin.active_cluster(unique("web"), 1)
    body = {
        "name": unique("grow"),
        "type": "webhook",
        "cluster_id": cluster_id,
        "action": "CLUSTER_SCALE_OUT",
    }
    receiver = senlin.call("POST", "/receivers", {"receiver": body})["receiver"]

    url = receiver["channel"]["alarm_url"]
    assert url.startswith(cloud.senlin.url)
    assert requests.post(url, timeout=30).status_code == 202
    wait_for(lambda: len(senlin.nodes(cluster_id)) == 2)


def test_an_affinity_policy_makes_a_server_group_for_its_servers(
    cloud: Sandbox, senlin: Senlin
) -> None:
    name = unique("web")
    spec = {
        "type": "senlin.policy.affinity",
        "version": "1.0",
        "properties": {"servergroup": {}, "availability_zone": "az2"},
    }
    policy = senlin.call("POST", "/policies", {"policy": {"name": name, "spec": spec}})["policy"]
    cluster_id = senlin.active_cluster(name, 0)

    assert senlin.act(cluster_id, "policy_attach", policy_id=policy["id"]) == "SUCCEEDED"
    assert senlin.act(cluster_id, "scale_out", count=1) == "SUCCEEDED"
    [server] = cloud.nova.servers(f"{name}-*")
    assert server["availability_zone"] == "az2"
    assert server["scheduler_hints"]["group"]


def test_an_unhealthy_node_is_recovered_by_a_health_policy(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    properties = {
        "detection": {
            "interval": 1,
            "node_update_timeout": 1,
            "detection_modes": [{"type": "NODE_STATUS_POLLING"}],
        },
        "recovery": {"actions": [{"name": "RECREATE"}]},
    }
    spec = {"type": "senlin.policy.health", "version": "1.0", "properties": properties}
    policy = senlin.call("POST", "/policies", {"policy": {"name": name, "spec": spec}})["policy"]
    cluster_id = senlin.active_cluster(name, 1)
    assert senlin.act(cluster_id, "policy_attach", policy_id=policy["id"]) == "SUCCEEDED"
    [before] = cloud.nova.servers(f"{name}-*")

    cloud.nova.vanish(f"{name}-*")

    after = wait_for(lambda: cloud.nova.servers(f"{name}-*"))
    assert after[0]["id"] != before["id"]
