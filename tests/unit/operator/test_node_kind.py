"""A node from the manifest to Senlin's requests, and from Senlin's answers to the status."""

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
)
from tests.unit.operator.fake_senlin import FakeSenlin

SMALL = Key("SenlinProfile", "team", "small")
WEB = Key("SenlinCluster", "team", "web")
KNOWN = {
    SMALL: a_resource(a_profile_manifest(status=ready("p1"))),
    WEB: a_resource(a_cluster_manifest(status=ready("c1"))),
}
DESIRED = Desired(name="one", profile_id="p1")
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
        pytest.param({}, (SMALL,), id="its profile"),
        pytest.param({"clusterRef": {"name": "web"}}, (SMALL, WEB), id="its cluster, too"),
    ],
)
def test_references(resource: Document, keys: tuple[Key, ...]) -> None:
    assert NodeKind().references(a_resource(a_node_manifest("one", resource))) == keys


def test_an_adoption_refers_to_no_profile() -> None:
    assert NodeKind().references(a_resource(an_adopting_manifest())) == ()


def test_who_only_shows_refers_to_nobody() -> None:
    raw = a_node_manifest("one", spec={"managementPolicy": "unmanaged", "import": {"id": "n1"}})
    del raw["spec"]["resource"]

    assert NodeKind().references(a_resource(raw)) == ()


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        pytest.param({}, {}, id="nothing but what is required"),
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
def test_spec(wanted: Document, said: Document) -> None:
    resource = a_resource(a_node_manifest("one", wanted))

    assert desired(resource, KNOWN) == replace(DESIRED, **said)


def test_spec_of_an_adoption() -> None:
    raw = an_adopting_manifest(
        type="os.nova.server-1.0", snapshot=False, overrides={"key_name": "mine"}
    )

    assert desired(a_resource(raw), {}) == Desired(name="one", adoption=ADOPTION)


@pytest.mark.parametrize(
    ("id_", "uid", "found"),
    [
        pytest.param("n1", UID, ("n1", ()), id="by its id; other marked ones are not looked for"),
        pytest.param(None, UID, ("n1", ("n3",)), id="by its mark: the first, the others told"),
        pytest.param("gone", UID, ("n1", ("n3",)), id="its id is gone: by its mark"),
        pytest.param("gone", "nobody", None, id="not there any more"),
    ],
)
def test_observe_finds_ours(
    id_: str | None, uid: str, found: tuple[str, tuple[str, ...]] | None
) -> None:
    mark = {OWNER_KEY: UID}
    nodes = [a_node("n3", "", metadata=mark), a_node("n2"), a_node("n1", "", metadata=mark)]

    observed = observe(a_snapshot(nodes=nodes), id_, uid)

    assert (observed and (observed.id, observed.duplicates)) == found


def test_a_duplicate_with_the_same_server_is_no_duplicate() -> None:
    """Its deletion would take the server along."""
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
            {"cluster_id": "", "index": -1}, {"cluster_id": "", "index": -1}, id="by itself"
        ),
        pytest.param({"role": None}, {}, id="a role that Senlin forgot"),
        pytest.param({"role": "x", "tainted": True}, {"role": "x", "tainted": True}, id="more"),
        pytest.param({"metadata": None, "physical_id": ""}, {"physical_id": None}, id="nothing"),
        pytest.param(
            {"status": "UPDATING"}, {"status": "UPDATING", "interrupted": True}, id="moving"
        ),
        pytest.param(
            {"status": "ERROR", "status_reason": "Failed in updating server"},
            {"status": "ERROR", "interrupted": True, "reason": "Failed in updating server"},
            id="left by an update",
        ),
        pytest.param(
            {"status": "ERROR", "physical_id": None, "created_at": None},
            {"status": "ERROR", "physical_id": None, "created_at": None, "unbuilt": True},
            id="never built",
        ),
        pytest.param(
            {"status": "ERROR", "created_at": None, "data": {"recovery": "RECREATE"}},
            {"status": "ERROR", "created_at": None},
            id="built at the second try, and broken",
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


def test_status() -> None:
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


def test_status_leaves_out_what_there_is_not() -> None:
    assert resource_status(replace(OBSERVED, physical_id=None)) == {
        "name": "node-n1",
        "profileID": "p1",
        "status": "ACTIVE",
        "tainted": False,
    }


@pytest.mark.parametrize(
    ("cluster_id", "role"),
    [
        pytest.param("", "first", id="by itself: with its role"),
        pytest.param("c1", "", id="to join: the role follows"),
    ],
)
def test_create_marks_the_node_as_ours(cluster_id: str, role: str) -> None:
    senlin = FakeSenlin(["p1"])
    spec = replace(DESIRED, role="first", metadata={"a": "1"}, cluster_id=cluster_id)

    started = execute(senlin.proxy, Create(spec), UID)

    made = senlin.node(started.id)
    assert started.action_id == senlin.started[-1]
    assert (made.name, made.cluster_id, made.role) == ("one", "", role)
    assert made.metadata == {"a": "1", OWNER_KEY: UID}


def test_update_of_the_metadata_keeps_the_mark() -> None:
    senlin = FakeSenlin(["p1"])
    id_ = execute(senlin.proxy, Create(DESIRED), UID).id

    execute(senlin.proxy, Update(id_, {"metadata": {"a": "1"}, "tainted": True}, ""), UID)

    assert senlin.node(id_).metadata == {"a": "1", OWNER_KEY: UID}
    assert senlin.node(id_).tainted


@pytest.mark.parametrize(
    ("step", "request_"),
    [
        pytest.param(Recover("n1", ""), ("recover_node", "n1", "RECREATE"), id="recover"),
        pytest.param(Recover("n1", "", "REBOOT"), ("recover_node", "n1", "REBOOT"), id="reboot"),
        pytest.param(Check("n1"), ("check_node", "n1"), id="check"),
        pytest.param(Delete("n1"), ("delete_node", "n1"), id="delete"),
        pytest.param(Delete("n1", force=True), ("delete_node", "n1", "force"), id="by force"),
        pytest.param(ReplaceUnbuilt("n1"), ("delete_node", "n1"), id="discard"),
        pytest.param(Update("n1", {"name": "x"}, ""), ("update_node", "n1", "x"), id="update"),
        pytest.param(
            Leave("n1", "c1", "web"), ("remove_nodes_from_cluster", "c1", "n1"), id="leave"
        ),
        pytest.param(Join("n2", "c1", "web"), ("add_nodes_to_cluster", "c1", "n2"), id="join"),
    ],
)
def test_execute_sends_one_request(step: Step, request_: tuple[object, ...]) -> None:
    senlin = FakeSenlin(["p1"])
    senlin.put(a_cluster("c1", desired_capacity=2), [a_node("n1"), a_node("n0")])
    senlin.put_node(a_node("n2", ""))

    started = execute(senlin.proxy, step, UID)

    assert senlin.requests == [request_]
    assert (started.id, started.action_id) == (
        request_[2] if step.verb in ("Joining", "Leaving") else "n1",
        senlin.started[-1],
    )


def test_who_leaves_keeps_its_server() -> None:
    senlin = FakeSenlin(["p1"])
    senlin.put(a_cluster("c1", desired_capacity=2), [a_node("n1"), a_node("n0")])

    execute(senlin.proxy, Leave("n1", "c1", "web"), UID)

    assert (senlin.node("n1").cluster_id, senlin.node("n1").physical_id) == ("", "server-n1")


def test_what_is_discarded_is_told() -> None:
    """So that nobody takes it for a sign that the project has been emptied."""
    senlin = FakeSenlin(["p1"])
    senlin.put_node(a_node("n1", ""))

    assert execute(senlin.proxy, ReplaceUnbuilt("n1"), UID).replaced
    assert not execute(senlin.proxy, Delete("n1"), UID).replaced


def test_any_other_node_is_simply_deleted() -> None:
    assert NodeKind().delete(OBSERVED, force=False) == Delete("n1")
    assert NodeKind().delete(OBSERVED, force=True) == Delete("n1", force=True)


@pytest.mark.parametrize(
    ("step", "observed", "lock"),
    [
        pytest.param(Create(DESIRED), None, None, id="a new one keeps nobody off"),
        pytest.param(Check("n1"), OBSERVED, "n1", id="one by itself keeps others off itself"),
        pytest.param(
            Check("n1"), replace(OBSERVED, cluster_id="c1"), "c1", id="a member, off its cluster"
        ),
        pytest.param(Join("n1", "c2", ""), OBSERVED, "c2", id="one that joins, off that cluster"),
        pytest.param(
            Leave("n1", "c1", ""), replace(OBSERVED, cluster_id="c1"), "c1", id="one that leaves"
        ),
        pytest.param(ClaimProfile("n1", "p1"), OBSERVED, None, id="no action, no lock"),
        pytest.param(DeleteProfile("p1"), None, None, id="nor afterwards"),
    ],
)
def test_lock(step: Step, observed: Observed | None, lock: str | None) -> None:
    assert step.lock(observed) == lock


@pytest.mark.parametrize(
    ("spec", "observed", "asked"),
    [
        pytest.param(DESIRED, OBSERVED, False, id="by itself"),
        pytest.param(
            replace(DESIRED, cluster_id="c1"), replace(OBSERVED, cluster_id="c1"), False, id="stays"
        ),
        pytest.param(DESIRED, replace(OBSERVED, cluster_id="c1"), True, id="leaves"),
        pytest.param(replace(DESIRED, cluster_id="c1"), OBSERVED, False, id="joins"),
        pytest.param(
            replace(DESIRED, cluster_id="c1", remediation=Remediation(recover=True)),
            replace(OBSERVED, cluster_id="c1", status="ERROR"),
            True,
            id="is to be recovered",
        ),
        pytest.param(
            replace(DESIRED, remediation=Remediation(recover=True)),
            replace(OBSERVED, status="ERROR"),
            False,
            id="is to be recovered, by itself",
        ),
    ],
)
def test_the_policies_are_asked_for_where_they_have_a_say(
    spec: Desired, observed: Observed, asked: bool
) -> None:
    assert NodeKind().details is not None

    assert (NodeKind().details.version(spec, observed) is not None) == asked


def test_the_policies_of_its_cluster_are_asked_for() -> None:
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
        pytest.param(OBSERVED, Check("n1"), id="compared with its server"),
        pytest.param(
            replace(OBSERVED, status="OPERATING"), Check("n1"), id="led out of its status"
        ),
        pytest.param(
            replace(OBSERVED, status="CREATING", physical_id=None),
            Recover("n1", ""),
            id="never finished by an engine that died: a check would fail",
        ),
        pytest.param(
            replace(OBSERVED, status="ERROR", physical_id=None), Check("n1"), id="lost: never more"
        ),
    ],
)
def test_check(observed: Observed, step: Step) -> None:
    assert NodeKind().checks is not None
    assert NodeKind().checks.step(observed) == step


def test_what_is_shown_is_as_it_should_be() -> None:
    observed = replace(OBSERVED, cluster_id="c1", role="theirs", tainted=True)

    outcome = readiness(NodeKind().desired_from(observed), observed)

    assert outcome.message == "Node node-n1 is active."
