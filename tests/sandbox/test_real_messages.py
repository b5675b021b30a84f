"""The real cloud's Zaqar and RabbitMQ, through which a repaired Senlin learns of events."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from sandbox import Sandbox
from sandbox.control import fetch
from tests.sandbox.api import Senlin, unique, wait_for
from tests.sandbox.test_real_cloud import only_node

pytestmark = [pytest.mark.real, pytest.mark.thorough]
ACTION = "CLUSTER_SCALE_OUT"


@pytest.fixture(scope="module")
def cloud() -> Iterator[Sandbox]:
    services = ("nova", "zaqar", "rabbitmq")
    with Sandbox.up(kubernetes=False, cloud="real", only=services, senlin="repaired") as cloud:
        yield cloud


@pytest.fixture
def senlin(cloud: Sandbox) -> Iterator[Senlin]:
    with Senlin(cloud) as senlin:
        yield senlin


def send(cloud: Sandbox, queue: str, cluster_id: str) -> None:
    """Put a message into a queue of Zaqar."""
    headers = {"X-Auth-Token": cloud.token(), "Client-ID": str(uuid4())}
    url = f"{cloud.proxies['zaqar'].url}/v2/queues/{queue}/messages"
    message = {"ttl": 300, "body": {"cluster": cluster_id, "action": ACTION}}
    assert fetch("POST", url, {"messages": [message]}, headers=headers).status_code == 201


def test_a_message_scales_a_cluster(cloud: Sandbox, senlin: Senlin) -> None:
    cluster_id = senlin.active_cluster(unique("web"), 1)
    receiver = {
        "name": unique("receiver"),
        "type": "message",
        "cluster_id": cluster_id,
        "action": ACTION,
    }
    made = senlin.call("POST", "/receivers", {"receiver": receiver})["receiver"]

    send(cloud, made["channel"]["queue_name"], cluster_id)

    wait_for(lambda: len(senlin.nodes(cluster_id)) == 2)


def cluster_that_listens(senlin: Senlin, name: str) -> str:
    """Create a cluster of one node, whose loss Nova's notification should tell; return its id."""
    properties = {
        # The interval is so long that no poll can notice the loss.
        "detection": {"interval": 3600, "detection_modes": [{"type": "LIFECYCLE_EVENTS"}]},
        "recovery": {"actions": [{"name": "RECREATE"}]},
    }
    spec = {"type": "senlin.policy.health", "version": "1.2", "properties": properties}
    policy = senlin.call("POST", "/policies", {"policy": {"name": name, "spec": spec}})["policy"]
    cluster_id = senlin.active_cluster(name, 1)
    assert senlin.act(cluster_id, "policy_attach", policy_id=policy["id"]) == "SUCCEEDED"
    return cluster_id


def test_a_lost_server_is_recovered_after_novas_notification(
    cloud: Sandbox, senlin: Senlin
) -> None:
    name = unique("web")
    cluster_id = cluster_that_listens(senlin, name)
    before = only_node(senlin, cluster_id)["physical_id"]

    cloud.nova.vanish(f"{name}-*")

    wait_for(lambda: only_node(senlin, cluster_id)["physical_id"] not in (None, before))
    wait_for(lambda: only_node(senlin, cluster_id)["status"] == "ACTIVE")


def test_a_released_senlin_refuses_its_own_call_after_the_notification() -> None:
    name = unique("web")
    released = Sandbox.up(kubernetes=False, cloud="real", only=("nova", "rabbitmq"))
    with released, Senlin(released) as senlin:
        cluster_id = cluster_that_listens(senlin, name)
        released.nova.vanish(f"{name}-*")

        log = released.directory / "senlin.log"
        wait_for(lambda: "is not recognizable" in log.read_text())

        assert only_node(senlin, cluster_id)["status"] == "ACTIVE"  # nobody has noticed
