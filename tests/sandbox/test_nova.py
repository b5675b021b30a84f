import time

from sandbox import Sandbox
from tests.sandbox.api import Senlin, a_profile, unique, wait_for


def test_an_unknown_flavor_is_refused(senlin: Senlin) -> None:
    spec = a_profile(flavor="m9.huge")["spec"]

    reply = senlin.ask("POST", "/profiles/validate", {"profile": {"spec": spec}})

    assert reply.status_code == 400
    assert "m9.huge" in reply.json()["error"]["message"]


def test_the_next_build_ends_in_error(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    cloud.nova.fail_builds(f"{name}-*", count=1, text="The disk is full.")

    cluster_id = senlin.create_cluster(name, 2)

    senlin.wait_until(cluster_id, "WARNING", "ERROR")
    failed, good = sorted(senlin.nodes(cluster_id), key=lambda node: node["status"] == "ACTIVE")
    assert "The disk is full." in failed["status_reason"]
    assert good["status"] == "ACTIVE"


def test_a_refused_build_leaves_no_server(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    cloud.nova.fail_builds(f"{name}-*", text="Quota exceeded.", refuse=True)

    cluster_id = senlin.create_cluster(name, 1)

    senlin.wait_until(cluster_id, "WARNING", "ERROR")
    [node] = senlin.nodes(cluster_id)
    assert "Quota exceeded." in node["status_reason"]
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


def test_a_broken_server_is_rebuilt_with_the_same_id(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    cluster_id = senlin.active_cluster(name, 1)
    [server] = cloud.nova.servers(f"{name}-*")

    assert cloud.nova.break_server(server["id"]) == 1

    senlin.act(cluster_id, "check")
    [node] = senlin.nodes(cluster_id)
    assert node["status"] == "ERROR"
    # Without parameters Senlin 16 takes None for a mapping, and fails.
    recovery = {"operation": "REBUILD", "operation_params": {}}
    assert senlin.act(cluster_id, "recover", **recovery) == "SUCCEEDED"
    [after] = cloud.nova.servers(f"{name}-*")
    assert (after["id"], after["status"]) == (server["id"], "ACTIVE")


def test_nothing_works_while_nova_is_down(cloud: Sandbox, senlin: Senlin) -> None:
    name = unique("web")
    cluster_id = senlin.active_cluster(name, 1)

    with cloud.nova.down(text="Nova is away."):
        assert senlin.act(cluster_id, "check") == "FAILED"
        [node] = senlin.nodes(cluster_id)
        assert "Nova is away." in node["status_reason"]

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


def test_a_profile_with_another_flavor_and_image_changes_the_server_in_place(
    cloud: Sandbox, senlin: Senlin
) -> None:
    name = unique("web")
    cluster_id = senlin.active_cluster(name, 1)
    [before] = cloud.nova.servers(f"{name}-*")
    profile_id = senlin.create_profile(flavor="m1.small", image="cirros-new")

    reply = senlin.ask("PATCH", f"/clusters/{cluster_id}", {"cluster": {"profile_id": profile_id}})

    assert senlin.ended(reply.headers["Location"].rpartition("/")[2]) == "SUCCEEDED"
    [after] = cloud.nova.servers(f"{name}-*")
    assert (after["id"], after["status"]) == (before["id"], "ACTIVE")
    assert after["flavor"]["name"] == "m1.small"
    assert after["image"] != before["image"]


def test_a_server_that_someone_else_has_made_is_adopted(cloud: Sandbox, senlin: Senlin) -> None:
    server = cloud.nova.boot(unique("web"), key_name="default", metadata={"team": "blues"})
    body = {"identity": server["id"], "type": "os.nova.server-1.0", "overrides": {}}

    preview = senlin.call("POST", "/nodes/adopt-preview", body)["node_profile"]["node_preview"]
    adopted = senlin.call("POST", "/nodes/adopt", body)["node"]

    assert preview["properties"]["metadata"] == {"team": "blues"}
    assert adopted["physical_id"] == server["id"]
