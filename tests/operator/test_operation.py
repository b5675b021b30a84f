"""Operations through the API server, as a user runs them: each ends, and was sent once."""

from typing import Any

import pytest

from tests.operator.tenant import Document, Tenant, condition

PASSWORD = "gehe1m-und-lang"


@pytest.fixture
def web(tenant: Tenant) -> Document:
    """A cluster of two nodes whose size belongs to Senlin."""
    return tenant.quickstart(desiredCapacity=2, capacityOwner="Senlin")


def sent(tenant: Tenant, name: str) -> list[Any]:
    """Return the actions of that name on the cluster or its nodes that a request has started."""
    ids = [it.id for it in (*tenant.clusters(), *tenant.nodes())]
    found = tenant.senlin.actions(target=ids, action=name)
    return [it for it in found if it.cause == "RPC Request"]


def completed(tenant: Tenant, name: str) -> Document:
    done = tenant.ends(name)
    assert condition(done, "Complete").get("status") == "True", done["status"]
    assert condition(done, "Ready")["status"] == "True"
    return done


def failed(tenant: Tenant, name: str, **options: Any) -> tuple[str, str]:
    """Return reason and message of the failure in which an operation ends."""
    done = tenant.ends(name, **options)
    assert condition(done, "Failed").get("status") == "True", done["status"]
    assert condition(done, "Stalled")["status"] == "True"
    return condition(done, "Failed")["reason"], condition(done, "Failed")["message"]


def waits(tenant: Tenant, name: str, reason: str) -> str:
    return str(tenant.waits_for(reason, "SenlinOperation", name)["message"])


def orphan(tenant: Tenant, name: str) -> str:
    """Make a node in no cluster, as others do; return its id."""
    profile = tenant.get("SenlinProfile", "web-server")
    assert profile
    node = tenant.senlin.create_node(
        name=f"{tenant.namespace}-{name}", profile_id=profile["status"]["id"]
    )
    tenant.senlin.wait_for_status(node, "ACTIVE", interval=0.2, wait=30)
    return node.id


def test_a_check_is_complete_once_its_action_has_succeeded(tenant: Tenant, web: Document) -> None:
    tenant.apply(tenant.operation("look", {"check": {}}))

    status = completed(tenant, "look")["status"]

    [action] = sent(tenant, "CLUSTER_CHECK")
    assert status["action"] | {"id": action.id, "status": "SUCCEEDED"} == status["action"]
    assert status["operation"] == "check"
    assert status["target"]["id"] == web["status"]["id"]
    assert status["startTime"] <= status["completionTime"]
    assert {it["action"] for it in status["children"]} == {"NODE_CHECK"}
    assert status["childrenTotal"] == 2
    assert "sending" not in status
    tenant.wait("SenlinOperation", "look", lambda it: "finalizers" not in it["metadata"], "let go")
    assert [reason for reason, _ in tenant.events("look")] == ["Checking", "Complete"]
    tenant.patch("SenlinOperation", "look", {"spec": {"ttlSecondsAfterFinished": 3600}})
    tenant.ready("SenlinOperation", "look")


def test_a_recovery_mends_what_a_check_has_found(tenant: Tenant, web: Document) -> None:
    assert tenant.sandbox.nova.vanish(tenant.nodes()[0].name) == 1

    tenant.apply(tenant.operation("mend", {"recover": {"check": True}}))

    completed(tenant, "mend")
    assert len(tenant.sandbox.nova.servers(tenant.nodes_named())) == 2
    assert {it.status for it in tenant.nodes()} == {"ACTIVE"}


def test_the_size_is_changed_in_each_way(tenant: Tenant, web: Document) -> None:
    def size_after(name: str, operation: Document) -> int:
        tenant.apply(tenant.operation(name, operation))
        completed(tenant, name)
        return len(tenant.nodes())

    assert size_after("out", {"scaleOut": {"count": 2}}) == 4
    assert size_after("in", {"scaleIn": {}}) == 3
    exact = {"adjustmentType": "EXACT_CAPACITY", "number": 2, "minSize": 1}
    assert size_after("exact", {"resize": exact}) == 2
    more = {"adjustmentType": "CHANGE_IN_CAPACITY", "number": 9, "strict": False}
    assert size_after("more", {"resize": more}) == 5, "as far as the limits allow"
    less = {"adjustmentType": "CHANGE_IN_PERCENTAGE", "number": -10, "minStep": 2}
    assert size_after("less", {"resize": less}) == 3
    assert "Drift" not in condition(tenant.ready(), "Ready")["message"]


def test_nodes_join_are_replaced_and_leave(tenant: Tenant, web: Document) -> None:
    first, second = orphan(tenant, "first"), orphan(tenant, "second")
    old = tenant.nodes()[0].id
    steps: dict[str, Document] = {
        "add": {"addNodes": {"nodes": [first]}},
        "swap": {"replaceNodes": {"nodes": [{"old": first, "new": second}]}},
        "drop": {"removeNodes": {"nodes": [second]}},
        "destroy": {"removeNodes": {"nodes": [old], "destroy": True}},
    }

    for name, operation in steps.items():
        tenant.apply(tenant.operation(name, operation))
        completed(tenant, name)

    clusters = {it.id: it.cluster_id for it in tenant.nodes()}
    assert old not in clusters
    assert clusters[first] == clusters[second] == ""
    [cluster] = tenant.clusters()
    assert len(cluster.node_ids) == 1


def test_an_operation_of_the_profile_s_type_reaches_all_nodes_or_one(
    tenant: Tenant, web: Document
) -> None:
    tenant.apply(
        tenant.operation("all", {"perform": {"name": "reboot", "params": {"type": "SOFT"}}})
    )
    completed(tenant, "all")
    one = tenant.nodes()[0].id
    tenant.apply(tenant.operation("one", {"perform": {"name": "reboot"}}, nodeID=one))

    status = completed(tenant, "one")["status"]

    assert status["target"]["type"] == "node"
    [action] = sent(tenant, "NODE_OPERATION")
    assert (action.target_id, action.inputs["operation"]) == (one, "reboot")
    [action] = sent(tenant, "CLUSTER_OPERATION")
    assert action.inputs["params"] == {"type": "SOFT"}


def test_a_secret_parameter_reaches_senlin_alone(tenant: Tenant, web: Document) -> None:
    reference = {"name": "admin_pass", "secretKeyRef": {"name": "password", "key": "new"}}
    perform = {"name": "change_password", "secretParams": [reference]}
    tenant.apply(tenant.operation("password", {"perform": perform}))
    assert "Secret password" in waits(tenant, "password", "ReferenceMissing")

    tenant.kubectl("create", "secret", "generic", "password", f"--from-literal=new={PASSWORD}")

    done = completed(tenant, "password")
    [action] = sent(tenant, "CLUSTER_OPERATION")
    assert action.inputs["params"] == {"admin_pass": PASSWORD}
    assert PASSWORD not in str(done)
    assert PASSWORD not in str(tenant.events("password"))
    assert PASSWORD not in tenant.log()


def test_attributes_are_collected_into_the_status(tenant: Tenant, web: Document) -> None:
    tenant.apply(
        tenant.operation("statuses", {"collect": {"path": "status"}}),
        tenant.operation("wrong", {"collect": {"path": "a[["}}),
    )

    result = completed(tenant, "statuses")["status"]["result"]
    assert result["total"] == 2
    assert {it["nodeID"]: it["value"] for it in result["values"]} == {
        it.id: "ACTIVE" for it in tenant.nodes()
    }
    reason, message = failed(tenant, "wrong")
    assert reason == "Rejected", message


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        pytest.param({"scaleOut": {}}, "kubectl scale senlincluster/web", id="a scaling"),
        pytest.param(
            {"resize": {"minSize": 0}}, "kubectl scale senlincluster/web", id="a change of limits"
        ),
        pytest.param(
            {"perform": {"name": "dance"}}, "'dance' is not supported", id="an unknown operation"
        ),
        pytest.param(
            {"recover": {"operation": "REBUILD"}}, "cannot rebuild", id="a defect of Senlin"
        ),
    ],
)
def test_what_is_refused_fails_at_once(tenant: Tenant, operation: Document, words: str) -> None:
    tenant.quickstart(desiredCapacity=1)
    tenant.apply(tenant.operation("wrong", operation))

    reason, message = failed(tenant, "wrong")

    assert reason == "Rejected"
    assert words in message
    assert "action" not in (tenant.get("SenlinOperation", "wrong") or {})["status"]


def test_an_id_is_for_what_no_resource_stands_for(tenant: Tenant, web: Document) -> None:
    id_ = web["status"]["id"]
    nowhere = "00000000-0000-4000-8000-000000000000"
    tenant.apply(
        tenant.operation("ours", {"check": {}}, clusterID=id_),
        tenant.operation("nobodys", {"check": {}}, clusterID=nowhere),
    )

    assert "SenlinCluster web stands for" in failed(tenant, "ours")[1]
    assert f"no cluster with the id {nowhere}" in failed(tenant, "nobodys")[1]


def test_a_failing_action_is_tried_again_as_often_as_wanted(tenant: Tenant, web: Document) -> None:
    nova, name = tenant.sandbox.nova, tenant.nodes()[0].name
    nova.vanish(name)
    with nova.fail_builds(name=tenant.nodes_named(), text="The disk is full."):
        tenant.apply(
            tenant.operation("once", {"recover": {"check": True}}),
        )
        reason, message = failed(tenant, "once")
        assert reason == "ActionFailed"
        assert "recovery of cluster" in message
        tenant.apply(tenant.operation("again", {"recover": {"check": True}}, backoffLimit=1))
        assert "It will be tried again." in waits(tenant, "again", "ActionFailed")

    done = completed(tenant, "again")

    assert done["status"]["failed"] == 1
    assert len(sent(tenant, "CLUSTER_RECOVER")) == 3


def test_it_waits_its_turn(tenant: Tenant, web: Document) -> None:
    with tenant.sandbox.nova.slow_builds(5, name=tenant.nodes_named()):
        tenant.apply(tenant.operation("first", {"scaleOut": {}}))
        tenant.waits_for("ActionRunning", "SenlinOperation", "first")
        tenant.apply(tenant.operation("second", {"check": {}}))
        message = waits(tenant, "second", "Busy")
        assert "CLUSTER_SCALE_OUT of SenlinOperation first" in message

    first, second = completed(tenant, "first"), completed(tenant, "second")
    assert first["status"]["completionTime"] <= second["status"]["action"]["startedAt"]


def test_it_does_not_start_on_a_paused_target_or_while_suspended(
    tenant: Tenant, web: Document
) -> None:
    pause = "senlin.openstack.org/paused"
    tenant.kubectl("annotate", "senlincluster/web", f"{pause}=true")
    tenant.apply(tenant.operation("held", {"check": {}}))
    assert "SenlinCluster web is paused" in waits(tenant, "held", "TargetPaused")

    tenant.patch("SenlinOperation", "held", {"spec": {"suspend": True}})
    waits(tenant, "held", "Suspended")
    tenant.kubectl("annotate", "senlincluster/web", f"{pause}-")
    tenant.patch("SenlinOperation", "held", {"spec": {"suspend": False}})

    done = completed(tenant, "held")
    assert condition(done, "Suspended")["status"] == "False"
    assert len(sent(tenant, "CLUSTER_CHECK")) == 1


def test_what_lasts_too_long_is_cancelled(tenant: Tenant, web: Document) -> None:
    with tenant.sandbox.nova.slow_builds(60, name=tenant.nodes_named()):
        tenant.apply(tenant.operation("slow", {"scaleOut": {}}, timeoutSeconds=3))
        reason, message = failed(tenant, "slow", seconds=60)

    assert reason == "DeadlineExceeded"
    assert "longer than timeoutSeconds (3)" in message
    assert "cancelled action" in message


def test_a_deletion_cancels_what_runs(tenant: Tenant, web: Document) -> None:
    with tenant.sandbox.nova.slow_builds(8, name=tenant.nodes_named()):
        tenant.apply(tenant.operation("grow", {"scaleOut": {}}))
        tenant.waits_for("ActionRunning", "SenlinOperation", "grow")
        tenant.wait("SenlinOperation", "grow", lambda it: "action" in it["status"], "started")
        tenant.delete("senlinoperation/grow")
        tenant.gone("SenlinOperation", "grow")

    [action] = sent(tenant, "CLUSTER_SCALE_OUT")
    assert action.status == "CANCELLED"
    tenant.eventually(
        lambda: any(reason == "Cancelling" for reason, _ in tenant.events("grow")), "told"
    )


def test_a_deletion_says_if_senlin_does_not_cancel(tenant: Tenant, web: Document) -> None:
    node = tenant.nodes()[0]
    tenant.sandbox.nova.vanish(node.name)
    with tenant.sandbox.nova.slow_builds(40, name=tenant.nodes_named()):
        tenant.apply(tenant.operation("mend", {"recover": {}}, nodeID=node.id))
        tenant.wait(
            "SenlinOperation", "mend", lambda it: "action" in it.get("status", {}), "started"
        )
        tenant.delete("senlinoperation/mend")
        tenant.gone("SenlinOperation", "mend", seconds=60)

    tenant.eventually(
        lambda: any(reason == "CancelRefused" for reason, _ in tenant.events("mend")), "told"
    )


def test_it_is_deleted_when_its_time_to_live_is_over(tenant: Tenant, web: Document) -> None:
    tenant.apply(tenant.operation("brief", {"check": {}}, ttlSecondsAfterFinished=0))

    tenant.eventually(lambda: len(sent(tenant, "CLUSTER_CHECK")) == 1, "sent")
    tenant.gone("SenlinOperation", "brief")


def test_the_action_is_found_whose_answer_was_lost(tenant: Tenant, web: Document) -> None:
    path = f"/v1/clusters/{web['status']['id']}/actions$"
    with tenant.sandbox.senlin.fault("lose-reply", method="POST", path=path, count=1) as fault:
        tenant.apply(tenant.operation("grow", {"scaleOut": {"count": 1}}))
        completed(tenant, "grow")
        assert fault.hits == 1

    assert len(sent(tenant, "CLUSTER_SCALE_OUT")) == 1
    assert len(tenant.nodes()) == 3


@pytest.mark.thorough
def test_a_request_that_may_be_lost_is_not_sent_again(tenant: Tenant, web: Document) -> None:
    path = f"/v1/clusters/{web['status']['id']}/actions$"
    with tenant.sandbox.senlin.fault("drop", method="POST", path=path, count=1) as fault:
        tenant.apply(tenant.operation("grow", {"scaleOut": {}}))
        reason, message = failed(tenant, "grow", seconds=120)
        assert fault.hits == 1

    assert reason == "ResultUnknown"
    assert "unknown" in message
    assert sent(tenant, "CLUSTER_SCALE_OUT") == []
    assert len(tenant.nodes()) == 2
