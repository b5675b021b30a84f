import re
import time
from collections.abc import Iterator

import pytest

from sandbox import Sandbox
from tests.sandbox.api import (
    FAILED_BUILD,
    NO_HOST,
    UNAVAILABLE,
    UNREACHABLE,
    Senlin,
    rebuilt,
    refusal_of,
    unique,
    wait_for,
)


@pytest.fixture(scope="module")
def repaired() -> Iterator[Sandbox]:
    with Sandbox.up(kubernetes=False, senlin="repaired") as cloud:
        yield cloud


def test_the_next_build_ends_in_error(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    cloud.nova.fail_builds(f"{name}-*", count=1, text="The disk is full.")

    cluster_id = senlin.create_cluster(name, 2)

    senlin.wait_until(cluster_id, "WARNING", "ERROR")
    failed, good = sorted(senlin.nodes(cluster_id), key=lambda node: node["status"] == "ACTIVE")
    assert re.fullmatch(FAILED_BUILD, failed["status_reason"])
    assert good["status"] == "ACTIVE"


def test_nova_says_why_a_build_failed(cloud: Sandbox) -> None:
    name = unique("web")
    cloud.nova.fail_builds(name, count=1, text="The disk is full.")

    servers = [cloud.nova.boot(name), cloud.nova.boot(name)]

    assert [it["status"] for it in cloud.nova.servers(name)] == ["ERROR", "ACTIVE"]
    fault = f"Build of instance {servers[0]['id']} aborted: The disk is full."
    assert servers[0]["fault"]["message"] == fault


def test_the_scheduler_finds_no_host(cloud: Sandbox) -> None:
    name = unique("web")
    cloud.nova.no_valid_host(name)

    server = cloud.nova.boot(name)

    assert server["status"] == "ERROR"
    assert server["fault"]["message"] == NO_HOST


def test_a_resize_without_a_host_is_accepted_and_waited_for(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    cluster_id = senlin.active_cluster(name, 1)
    profile_id = senlin.create_profile(flavor="m1.small")

    with cloud.nova.no_valid_host(f"{name}-*"):
        senlin.ask("PATCH", f"/clusters/{cluster_id}", {"cluster": {"profile_id": profile_id}})
        wait_for(lambda: cloud.nova.servers(f"{name}-*")[0]["status"] == "SHUTOFF")
        [node] = senlin.nodes(cluster_id)

    assert node["status"] == "UPDATING"
    [server] = cloud.nova.servers(f"{name}-*")
    assert server["flavor"]["name"] == "m1.tiny"


def test_a_refused_build_leaves_no_server(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    cloud.nova.fail_builds(f"{name}-*", text="Quota exceeded.", refuse=True)

    cluster_id = senlin.create_cluster(name, 1)

    senlin.wait_until(cluster_id, "WARNING", "ERROR")
    [node] = senlin.nodes(cluster_id)
    assert re.fullmatch(refusal_of("Quota exceeded."), node["status_reason"])
    assert node["physical_id"] is None
    assert cloud.nova.servers(f"{name}-*") == []


def test_a_fault_meets_only_the_servers_that_it_names(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    cloud.nova.fail_builds(metadata={"team": "red*"})

    bad = senlin.create_cluster(name, 1, metadata={"team": "reds"})
    good = senlin.create_cluster(name, 1, metadata={"team": "blues"})

    assert senlin.wait_until(bad, "ACTIVE", "WARNING") == "WARNING"
    assert senlin.wait_until(good, "ACTIVE", "WARNING") == "ACTIVE"


def test_a_slow_build_takes_its_time(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    begin = time.monotonic()

    with cloud.nova.slow_builds(1, f"{name}-*"):
        senlin.active_cluster(name, 2)

    assert time.monotonic() - begin > 1


def test_a_slow_build_is_done_once_its_fault_is_lifted(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    slow = cloud.nova.slow_builds(600, f"{name}-*")
    cluster_id = senlin.create_cluster(name, 1)
    [server] = wait_for(lambda: cloud.nova.servers(f"{name}-*"))
    assert server["status"] == "BUILD"

    slow.lift()

    senlin.wait_until(cluster_id, "ACTIVE")


def test_a_vanished_server_is_noticed_and_replaced(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    cluster_id = senlin.active_cluster(name, 2)

    assert cloud.nova.vanish(f"{name}-1") == 1

    senlin.act(cluster_id, "check")
    assert sorted(node["status"] for node in senlin.nodes(cluster_id)) == ["ACTIVE", "ERROR"]
    senlin.act(cluster_id, "recover", operation="RECREATE")
    senlin.wait_until(cluster_id, "ACTIVE")
    assert len(cloud.nova.servers(f"{name}-*")) == 2


def test_a_rebuild_fails_unless_senlin_is_repaired(cloud: Sandbox, repaired: Sandbox) -> None:
    with Senlin(cloud) as senlin:
        assert rebuilt(cloud, senlin, operation_params={}) == "FAILED"

    with Senlin(repaired) as its_senlin:
        assert rebuilt(repaired, its_senlin, operation_params={}) == "SUCCEEDED"
        assert rebuilt(repaired, its_senlin) == "SUCCEEDED"


def test_an_image_changes_if_senlin_is_repaired(repaired: Sandbox) -> None:
    name = unique("web")
    with Senlin(repaired) as senlin:
        cluster_id = senlin.active_cluster(name, 1)
        [before] = repaired.nova.servers(f"{name}-*")

        assert senlin.update_profile(cluster_id, image="cirros-new") == "SUCCEEDED"

    [after] = repaired.nova.servers(f"{name}-*")
    assert (after["id"], after["status"]) == (before["id"], "ACTIVE")
    assert after["image"] != before["image"]


def test_nobody_can_connect_to_a_nova_that_is_down(cloud: Sandbox, senlin: Senlin) -> None:
    cluster_id = senlin.active_cluster(unique("web"), 1)

    with cloud.nova.down():
        reasons = []
        for _ in range(2):
            assert senlin.act(cluster_id, "check") == "FAILED"
            [node] = senlin.nodes(cluster_id)
            reasons.append(node["status_reason"])

    assert all(re.fullmatch(UNREACHABLE, it) for it in reasons)
    assert reasons[0] != reasons[1]  # an address in memory


def test_nothing_works_while_nova_is_down(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    cluster_id = senlin.active_cluster(name, 1)

    with cloud.nova.down(text="Nova is away."):
        assert senlin.act(cluster_id, "check") == "FAILED"
        [node] = senlin.nodes(cluster_id)
        assert re.fullmatch(UNAVAILABLE, node["status_reason"])

    senlin.act(cluster_id, "check")
    assert [node["status"] for node in senlin.nodes(cluster_id)] == ["ACTIVE"]


def test_nova_comes_back_by_itself(cloud: Sandbox, senlin: Senlin) -> None:
    cluster_id = senlin.active_cluster(unique("web"), 1)

    cloud.nova.down(seconds=3)

    assert senlin.act(cluster_id, "check") == "FAILED"
    wait_for(lambda: senlin.act(cluster_id, "check") == "SUCCEEDED")


def test_a_refused_deletion_keeps_the_server(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    cluster_id = senlin.active_cluster(name, 1)
    cloud.nova.refuse_deletion(f"{name}-*", count=1)

    assert senlin.delete_cluster(cluster_id) == "FAILED"
    assert len(cloud.nova.servers(f"{name}-*")) == 1

    assert senlin.delete_cluster(cluster_id) == "SUCCEEDED"
    assert cloud.nova.servers(f"{name}-*") == []


def test_a_profile_with_another_flavor_changes_the_server_in_place(
    cloud: Sandbox, senlin: Senlin
) -> None:
    name = unique("web")
    cluster_id = senlin.active_cluster(name, 1)
    [before] = cloud.nova.servers(f"{name}-*")

    assert senlin.update_profile(cluster_id, flavor="m1.small") == "SUCCEEDED"

    [after] = cloud.nova.servers(f"{name}-*")
    assert (after["id"], after["status"]) == (before["id"], "ACTIVE")
    assert after["flavor"]["name"] == "m1.small"


def test_a_server_that_someone_else_has_made_is_adopted(cloud: Sandbox, senlin: Senlin) -> None:
    server = cloud.nova.boot(unique("web"), key_name="default", metadata={"team": "blues"})
    body = {"identity": server["id"], "type": "os.nova.server-1.0", "overrides": {}}

    preview = senlin.call("POST", "/nodes/adopt-preview", body)["node_profile"]["node_preview"]
    adopted = senlin.call("POST", "/nodes/adopt", body)["node"]

    assert preview["properties"]["metadata"] == {"team": "blues"}
    assert adopted["physical_id"] == server["id"]
