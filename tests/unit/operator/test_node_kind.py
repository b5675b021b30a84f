"""A node from the manifest to Senlin's requests, and from Senlin's replies to the status."""

from dataclasses import replace
from typing import Any

import pytest

from senlin_operator.kinds.node.desired import Adoption, Desired, desired
from senlin_operator.kinds.node.kind import NodeKind
from senlin_operator.kinds.node.observed import Observed, observe
from senlin_operator.kinds.node.status import readiness, resource_status
from senlin_operator.kinds.node.steps import (
    Check,
    ClaimProfile,
    Create,
    Delete,
    DeleteProfile,
    Join,
    Leave,
    Recover,
    ReplaceUnbuilt,
    Update,
)
from senlin_operator.kinds.shared.bindings import Binding
from senlin_operator.kinds.shared.in_place import Content
from senlin_operator.kinds.shared.remediation import Remediation
from senlin_operator.kube.objects import Key
from senlin_operator.model.ownership import OWNER_KEY
from senlin_operator.model.step import Step
from tests.unit.operator.builders import (
    NOW,
    UID,
    Document,
    a_cluster,
    a_cluster_manifest,
    a_node,
    a_node_manifest,
    a_policy,
    a_profile_manifest,
    a_resource,
    a_snapshot,
    execute,
    ready,
    the_marker,
)
from tests.unit.operator.fake_senlin import FakeSenlin

SMALL = Key("SenlinProfile", "team", "small")
WEB = Key("SenlinCluster", "team", "web")
KNOWN = {
    SMALL: a_resource(a_profile_manifest(status=ready("p1"))),
    WEB: a_resource(a_cluster_manifest(status=ready("c1"))),
}
DESIRED = Desired(name="one", profile_id="p1")
OF_SMALL = Content("small", "os.nova.server", "1.0", {"flavor": "m1.tiny"})
ADOPTION = Adoption(identity="s1", type="os.nova.server-1.0", overrides={"key_name": "mine"})
OBSERVED = Observed(
    id="n1", name="node-n1", profile_id="p1", physical_id="server-n1", snapshot=a_snapshot()
)


def an_adopting_manifest(**adoption: Any) -> Document:
    raw = a_node_manifest("one", {"adopt": {"identity": "s1", **adoption}})
    del raw["spec"]["resource"]["profileRef"]
    return raw


@pytest.mark.parametrize(
    ("resource", "keys"),
    [
        pytest.param({}, (SMALL,), id="profileRef: the profile"),
        pytest.param(
            {"clusterRef": {"name": "web"}},
            (SMALL, WEB),
            id="clusterRef: the profile and the cluster",
        ),
    ],
)
def test_references(resource: Document, keys: tuple[Key, ...]) -> None:
    assert NodeKind().references(a_resource(a_node_manifest("one", resource))) == keys


def test_an_adopting_node_refers_to_nothing() -> None:
    assert NodeKind().references(a_resource(an_adopting_manifest())) == ()


def test_an_unmanaged_node_refers_to_nothing() -> None:
    raw = a_node_manifest("one", spec={"managementPolicy": "unmanaged", "import": {"id": "n1"}})
    del raw["spec"]["resource"]

    assert NodeKind().references(a_resource(raw)) == ()


@pytest.mark.parametrize(
    ("resource_fields", "fields"),
    [
        pytest.param({}, {}, id="only required fields: defaults"),
        pytest.param({"name": "two"}, {"name": "two"}, id="a name of its own"),
        pytest.param({"clusterRef": {"name": "web"}}, {"cluster_id": "c1"}, id="a cluster"),
        pytest.param({"role": "first"}, {"role": "first"}, id="a role"),
        pytest.param({"tainted": True}, {"tainted": True}, id="tainted"),
        pytest.param({"metadata": {"a": "b"}}, {"metadata": {"a": "b"}}, id="metadata"),
        pytest.param(
            {"remediation": {"mode": "Recover", "operation": "REBOOT", "checkInterval": "90s"}},
            {"remediation": Remediation(recover=True, operation="REBOOT", check_interval=90.0)},
            id="remediation",
        ),
    ],
)
def test_desired(resource_fields: Document, fields: Document) -> None:
    resource = a_resource(a_node_manifest("one", resource_fields))

    assert desired(resource, KNOWN) == replace(DESIRED, profile=OF_SMALL, **fields)


def test_desired_of_an_adoption() -> None:
    raw = an_adopting_manifest(
        type="os.nova.server-1.0", snapshot=False, overrides={"key_name": "mine"}
    )

    assert desired(a_resource(raw), {}) == Desired(name="one", adoption=ADOPTION)


@pytest.mark.parametrize(
    ("id_", "uid", "found"),
    [
        pytest.param("n1", UID, ("n1", ()), id="by its id: no duplicates are searched"),
        pytest.param(
            None,
            UID,
            ("n1", ("n3",)),
            id="by its owner's marker: the first; the others are duplicates",
        ),
        pytest.param(
            "deleted", UID, ("n1", ("n3",)), id="no node with its id: by its owner's marker"
        ),
        pytest.param("deleted", "unknown uid", None, id="neither its id nor its marker: absent"),
    ],
)
def test_observe_finds_the_node_of_an_owner(
    id_: str | None, uid: str, found: tuple[str, tuple[str, ...]] | None
) -> None:
    marker = {OWNER_KEY: UID}
    nodes = [a_node("n3", "", metadata=marker), a_node("n2"), a_node("n1", "", metadata=marker)]

    observed = observe(a_snapshot(nodes=nodes), id_, uid)

    assert (observed and (observed.id, observed.duplicates)) == found


def test_a_node_with_the_same_server_is_not_a_duplicate() -> None:
    """Its deletion would delete the server, too."""
    shared: Document = {"metadata": {OWNER_KEY: UID}, "physical_id": "s1"}

    observed = observe(
        a_snapshot(nodes=[a_node("n1", **shared), a_node("n2", **shared)]), None, UID
    )

    assert observed is not None
    assert observed.duplicates == ()


@pytest.mark.parametrize(
    ("fields", "differences"),
    [
        pytest.param({}, {}, id="a member"),
        pytest.param(
            {"cluster_id": "", "index": -1}, {"cluster_id": "", "index": -1}, id="in no cluster"
        ),
        pytest.param({"role": None}, {}, id="role null: omitted"),
        pytest.param(
            {"role": "x", "tainted": True}, {"role": "x", "tainted": True}, id="role and tainted"
        ),
        pytest.param(
            {"metadata": None, "physical_id": ""},
            {"physical_id": None},
            id="metadata null and no server: omitted",
        ),
        pytest.param(
            {"status": "UPDATING"},
            {"status": "UPDATING", "interrupted": True},
            id="UPDATING: interrupted",
        ),
        pytest.param(
            {"status": "ERROR", "status_reason": "Failed in updating server"},
            {"status": "ERROR", "interrupted": True, "reason": "Failed in updating server"},
            id="ERROR after a failed update: interrupted",
        ),
        pytest.param(
            {"status": "ERROR", "physical_id": None, "created_at": None},
            {"status": "ERROR", "physical_id": None, "created_at": None, "unbuilt": True},
            id="ERROR, never built: unbuilt",
        ),
        pytest.param(
            {"status": "ERROR", "created_at": None, "data": {"recovery": "RECREATE"}},
            {"status": "ERROR", "created_at": None},
            id="built by a recovery, ERROR later: not unbuilt",
        ),
    ],
)
def test_observe_reads_the_document(fields: Document, differences: Document) -> None:
    observed = observe(a_snapshot(nodes=[a_node("n1", **{"index": 1, **fields})]), "n1", UID)

    member = replace(OBSERVED, cluster_id="c1", index=1, created_at=NOW)
    assert observed is not None
    assert replace(observed, faults=[]) == replace(member, **differences)
    assert [it["status"] for it in observed.faults] == (
        ["ERROR"] if observed.status == "ERROR" else []
    )


def test_resource_status() -> None:
    member = replace(
        OBSERVED,
        cluster_id="c1",
        index=4,
        role="first",
        tainted=True,
        metadata={"a": "1", OWNER_KEY: UID},
        created_at=NOW,
    )

    assert resource_status(member) == {
        "name": "node-n1",
        "profileID": "p1",
        "status": "ACTIVE",
        "tainted": True,
        "clusterID": "c1",
        "index": 4,
        "physicalID": "server-n1",
        "role": "first",
        "metadata": {"a": "1"},
        "createdAt": NOW,
    }


def test_resource_status_omits_empty_fields() -> None:
    assert resource_status(replace(OBSERVED, physical_id=None)) == {
        "name": "node-n1",
        "profileID": "p1",
        "status": "ACTIVE",
        "tainted": False,
    }


@pytest.mark.parametrize(
    ("cluster_id", "role"),
    [
        pytest.param("", "first", id="in no cluster: created with its role"),
        pytest.param("c1", "", id="to join a cluster: created without its role"),
    ],
)
def test_create_sets_the_owner_marker(cluster_id: str, role: str) -> None:
    senlin = FakeSenlin(["p1"])
    desired = replace(DESIRED, role="first", metadata={"a": "1"}, cluster_id=cluster_id)

    result = execute(senlin.proxy, Create(desired), UID)

    created = senlin.node(result.id)
    assert result.action_id == senlin.started[-1]
    assert (created.name, created.cluster_id, created.role) == ("one", "", role)
    assert created.metadata == {"a": "1", **the_marker()}


def test_an_update_of_the_metadata_keeps_the_owner_marker() -> None:
    senlin = FakeSenlin(["p1"])
    id_ = execute(senlin.proxy, Create(DESIRED), UID).id

    execute(senlin.proxy, Update(id_, {"metadata": {"a": "1"}, "tainted": True}, ""), UID)

    assert senlin.node(id_).metadata == {"a": "1", **the_marker()}
    assert senlin.node(id_).tainted


@pytest.mark.parametrize(
    ("step", "request_"),
    [
        pytest.param(Recover("n1", ""), ("recover_node", "n1", "RECREATE"), id="recover"),
        pytest.param(Recover("n1", "", "REBOOT"), ("recover_node", "n1", "REBOOT"), id="reboot"),
        pytest.param(Check("n1"), ("check_node", "n1"), id="check"),
        pytest.param(Delete("n1"), ("delete_node", "n1"), id="delete"),
        pytest.param(Delete("n1", force=True), ("delete_node", "n1", "force"), id="forced delete"),
        pytest.param(ReplaceUnbuilt("n1"), ("delete_node", "n1"), id="replace unbuilt"),
        pytest.param(Update("n1", {"name": "x"}, ""), ("update_node", "n1", "x"), id="update"),
        pytest.param(
            Leave("n1", "c1", "web"), ("remove_nodes_from_cluster", "c1", "n1"), id="leave"
        ),
        pytest.param(Join("n2", "c1", "web"), ("add_nodes_to_cluster", "c1", "n2"), id="join"),
    ],
)
def test_a_step_sends_one_request(step: Step, request_: tuple[object, ...]) -> None:
    senlin = FakeSenlin(["p1"])
    senlin.put(a_cluster("c1", desired_capacity=2), [a_node("n1"), a_node("n0")])
    senlin.put_node(a_node("n2", ""))

    result = execute(senlin.proxy, step, UID)

    assert senlin.requests == [request_]
    assert (result.id, result.action_id) == (
        request_[2] if step.verb in ("Joining", "Leaving") else "n1",
        senlin.started[-1],
    )


def test_a_node_that_leaves_its_cluster_keeps_its_server() -> None:
    senlin = FakeSenlin(["p1"])
    senlin.put(a_cluster("c1", desired_capacity=2), [a_node("n1"), a_node("n0")])

    execute(senlin.proxy, Leave("n1", "c1", "web"), UID)

    assert (senlin.node("n1").cluster_id, senlin.node("n1").physical_id) == ("", "server-n1")


def test_only_replacing_a_node_counts_as_replaced() -> None:
    """Otherwise a replaced node would count as a sign that the project has been emptied."""
    senlin = FakeSenlin(["p1"])
    senlin.put_node(a_node("n1", ""))

    assert execute(senlin.proxy, ReplaceUnbuilt("n1"), UID).replaced
    assert not execute(senlin.proxy, Delete("n1"), UID).replaced


def test_delete_of_a_node_without_an_adoption() -> None:
    assert NodeKind().delete(OBSERVED, force=False) == Delete("n1")
    assert NodeKind().delete(OBSERVED, force=True) == Delete("n1", force=True)


@pytest.mark.parametrize(
    ("step", "observed", "lock"),
    [
        pytest.param(Create(DESIRED), None, None, id="create: no lock"),
        pytest.param(Check("n1"), OBSERVED, "n1", id="in no cluster: the node itself"),
        pytest.param(
            Check("n1"), replace(OBSERVED, cluster_id="c1"), "c1", id="a member: its cluster"
        ),
        pytest.param(Join("n1", "c2", ""), OBSERVED, "c2", id="join: the cluster that it joins"),
        pytest.param(
            Leave("n1", "c1", ""),
            replace(OBSERVED, cluster_id="c1"),
            "c1",
            id="leave: the cluster that it leaves",
        ),
        pytest.param(
            ClaimProfile("n1", "p1"), OBSERVED, None, id="claim a profile: no action, no lock"
        ),
        pytest.param(DeleteProfile("p1"), None, None, id="delete a profile: no lock"),
    ],
)
def test_lock(step: Step, observed: Observed | None, lock: str | None) -> None:
    assert step.lock(observed) == lock


@pytest.mark.parametrize(
    ("desired", "observed", "fetched"),
    [
        pytest.param(DESIRED, OBSERVED, False, id="in no cluster"),
        pytest.param(
            replace(DESIRED, cluster_id="c1"),
            replace(OBSERVED, cluster_id="c1"),
            False,
            id="stays in its cluster: not fetched",
        ),
        pytest.param(DESIRED, replace(OBSERVED, cluster_id="c1"), True, id="leaves: fetched"),
        pytest.param(replace(DESIRED, cluster_id="c1"), OBSERVED, False, id="joins: not fetched"),
        pytest.param(
            replace(DESIRED, cluster_id="c1", remediation=Remediation(recover=True)),
            replace(OBSERVED, cluster_id="c1", status="ERROR"),
            True,
            id="recovery in a cluster: fetched",
        ),
        pytest.param(
            replace(DESIRED, remediation=Remediation(recover=True)),
            replace(OBSERVED, status="ERROR"),
            False,
            id="recovery in no cluster: not fetched",
        ),
    ],
)
def test_the_policies_are_fetched_when_the_plan_needs_them(
    desired: Desired, observed: Observed, fetched: bool
) -> None:
    assert NodeKind().details is not None

    assert (NodeKind().details.version(desired, observed) is not None) == fetched


def test_the_policies_of_the_node_s_cluster_are_fetched() -> None:
    senlin = FakeSenlin(["p1"])
    senlin.put(a_cluster("c1"), [a_node("n1")])
    senlin.put_node(a_node("n2", ""))
    senlin.put_policy(a_policy("y1", uid=None))
    senlin.attach_policy_to_cluster("c1", "y1", enabled=True)
    details = NodeKind().details
    assert details is not None
    bound = (Binding("y1", "grow", True, "senlin.policy.scaling-1.0"),)

    assert details.fetch(senlin.proxy, "n1") == bound
    assert details.fetch(senlin.proxy, "n2") == ()
    assert details.add(OBSERVED, bound) == replace(OBSERVED, policies=bound)


@pytest.mark.parametrize(
    ("observed", "step"),
    [
        pytest.param(OBSERVED, Check("n1"), id="active: checked"),
        pytest.param(
            replace(OBSERVED, status="OPERATING"), Check("n1"), id="transient status: checked"
        ),
        pytest.param(
            replace(OBSERVED, status="CREATING", physical_id=None),
            Recover("n1", ""),
            id="its engine died while it was built: recovered, as a check would fail",
        ),
        pytest.param(
            replace(OBSERVED, status="ERROR", physical_id=None),
            Check("n1"),
            id="lost: checked, never recovered",
        ),
    ],
)
def test_the_step_of_a_routine_check(observed: Observed, step: Step) -> None:
    assert NodeKind().checks is not None
    assert NodeKind().checks.step(observed) == step


def test_an_unmanaged_active_node_is_ready() -> None:
    observed = replace(OBSERVED, cluster_id="c1", role="theirs", tainted=True)

    outcome = readiness(NodeKind().desired_from(observed), observed)

    assert outcome.message == "Node node-n1 is active."
