"""A node from the manifest to Senlin's requests, and from Senlin's answers to the status."""

from dataclasses import replace
from typing import Any

import pytest

from senlin_operator.cloud.inventory import OWNER
from senlin_operator.kinds import node
from senlin_operator.kinds.bindings import Binding
from senlin_operator.kinds.common import Delete
from senlin_operator.kinds.node import (
    KIND,
    Check,
    Create,
    DeleteProfile,
    Discard,
    Join,
    Leave,
    MarkProfile,
    Recover,
    Step,
    Update,
    execute,
    observe,
    status,
)
from senlin_operator.kinds.node_observed import Observed
from senlin_operator.kinds.node_spec import Adoption, Spec
from senlin_operator.kinds.remediation import Remediation
from senlin_operator.kube.objects import Key
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
    ready,
)
from tests.unit.operator.fake_senlin import FakeSenlin

SMALL = Key("SenlinProfile", "team", "small")
WEB = Key("SenlinCluster", "team", "web")
KNOWN = {
    SMALL: a_resource(a_profile_manifest(status=ready("p1"))),
    WEB: a_resource(a_cluster_manifest(status=ready("c1"))),
}
SPEC = Spec(name="one", profile_id="p1")
ADOPTION = Adoption(identity="s1", type="os.nova.server-1.0", overrides={"key_name": "mine"})
SEEN = Observed(
    id="n1", name="node-n1", profile_id="p1", physical_id="server-n1", around=a_snapshot()
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
    assert KIND.references(a_resource(a_node_manifest("one", resource))) == keys


def test_an_adoption_refers_to_no_profile() -> None:
    assert KIND.references(a_resource(an_adopting_manifest())) == ()


def test_who_only_shows_refers_to_nobody() -> None:
    raw = a_node_manifest("one", spec={"managementPolicy": "unmanaged", "import": {"id": "n1"}})
    del raw["spec"]["resource"]

    assert KIND.references(a_resource(raw)) == ()


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

    assert node.spec(resource, KNOWN) == replace(SPEC, **said)


def test_spec_of_an_adoption() -> None:
    raw = an_adopting_manifest(
        type="os.nova.server-1.0", snapshot=False, overrides={"key_name": "mine"}
    )

    assert node.spec(a_resource(raw), {}) == Spec(name="one", adoption=ADOPTION)


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
    mark = {OWNER: UID}
    nodes = [a_node("n3", "", metadata=mark), a_node("n2"), a_node("n1", "", metadata=mark)]

    seen = observe(a_snapshot(nodes=nodes), id_, uid)

    assert (seen and (seen.id, seen.duplicates)) == found


def test_a_duplicate_with_the_same_server_is_no_duplicate() -> None:
    """Its deletion would take the server along."""
    shared = {"metadata": {OWNER: UID}, "physical_id": "s1"}

    seen = observe(a_snapshot(nodes=[a_node("n1", **shared), a_node("n2", **shared)]), None, UID)

    assert seen is not None
    assert seen.duplicates == ()


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
        pytest.param({"status": "UPDATING"}, {"status": "UPDATING", "left": True}, id="moving"),
        pytest.param(
            {"status": "ERROR", "status_reason": "Failed in updating server"},
            {"status": "ERROR", "left": True, "reason": "Failed in updating server"},
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
    seen = observe(a_snapshot(nodes=[a_node("n1", **{"index": 1, **fields})]), "n1", UID)

    member = replace(SEEN, cluster_id="c1", index=1, created_at=NOW)
    assert seen is not None
    assert replace(seen, faults=[]) == replace(member, **differences)
    assert [it["status"] for it in seen.faults] == (["ERROR"] if seen.status == "ERROR" else [])


def test_status() -> None:
    member = replace(
        SEEN,
        cluster_id="c1",
        index=4,
        role="first",
        tainted=True,
        metadata={"a": "1", OWNER: UID},
        created_at=NOW,
    )

    assert status(member) == {
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
    assert status(replace(SEEN, physical_id=None)) == {
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
    spec = replace(SPEC, role="first", metadata={"a": "1"}, cluster_id=cluster_id)

    started = execute(senlin.proxy, Create(spec), UID)

    made = senlin.node(started.id)
    assert started.action_id == senlin.started[-1]
    assert (made.name, made.cluster_id, made.role) == ("one", "", role)
    assert made.metadata == {"a": "1", OWNER: UID}


def test_update_of_the_metadata_keeps_the_mark() -> None:
    senlin = FakeSenlin(["p1"])
    id_ = execute(senlin.proxy, Create(SPEC), UID).id

    execute(senlin.proxy, Update(id_, {"metadata": {"a": "1"}, "tainted": True}, ""), UID)

    assert senlin.node(id_).metadata == {"a": "1", OWNER: UID}
    assert senlin.node(id_).tainted


@pytest.mark.parametrize(
    ("step", "request_"),
    [
        pytest.param(Recover("n1", ""), ("recover_node", "n1", "RECREATE"), id="recover"),
        pytest.param(Recover("n1", "", "REBOOT"), ("recover_node", "n1", "REBOOT"), id="reboot"),
        pytest.param(Check("n1"), ("check_node", "n1"), id="check"),
        pytest.param(Delete("n1"), ("delete_node", "n1"), id="delete"),
        pytest.param(Delete("n1", force=True), ("delete_node", "n1", "force"), id="by force"),
        pytest.param(Discard("n1"), ("delete_node", "n1"), id="discard"),
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

    assert execute(senlin.proxy, Discard("n1"), UID).discarded
    assert not execute(senlin.proxy, Delete("n1"), UID).discarded


def test_any_other_node_is_simply_deleted() -> None:
    assert KIND.remove(SEEN, False) == Delete("n1")
    assert KIND.remove(SEEN, True) == Delete("n1", force=True)


@pytest.mark.parametrize(
    ("step", "seen", "lock"),
    [
        pytest.param(Create(SPEC), None, None, id="a new one keeps nobody off"),
        pytest.param(Check("n1"), SEEN, "n1", id="one by itself keeps others off itself"),
        pytest.param(
            Check("n1"), replace(SEEN, cluster_id="c1"), "c1", id="a member, off its cluster"
        ),
        pytest.param(Join("n1", "c2", ""), SEEN, "c2", id="one that joins, off that cluster"),
        pytest.param(
            Leave("n1", "c1", ""), replace(SEEN, cluster_id="c1"), "c1", id="one that leaves"
        ),
        pytest.param(MarkProfile("n1", "p1"), SEEN, None, id="no action, no lock"),
        pytest.param(DeleteProfile("p1"), None, None, id="nor afterwards"),
    ],
)
def test_lock(step: Step, seen: Observed | None, lock: str | None) -> None:
    assert KIND.lock(step, seen) == lock


@pytest.mark.parametrize(
    ("spec", "seen", "asked"),
    [
        pytest.param(SPEC, SEEN, False, id="by itself"),
        pytest.param(
            replace(SPEC, cluster_id="c1"), replace(SEEN, cluster_id="c1"), False, id="stays"
        ),
        pytest.param(SPEC, replace(SEEN, cluster_id="c1"), True, id="leaves"),
        pytest.param(replace(SPEC, cluster_id="c1"), SEEN, False, id="joins"),
        pytest.param(
            replace(SPEC, cluster_id="c1", remediation=Remediation(recover=True)),
            replace(SEEN, cluster_id="c1", status="ERROR"),
            True,
            id="is to be recovered",
        ),
        pytest.param(
            replace(SPEC, remediation=Remediation(recover=True)),
            replace(SEEN, status="ERROR"),
            False,
            id="is to be recovered, by itself",
        ),
    ],
)
def test_the_policies_are_asked_for_where_they_have_a_say(
    spec: Spec, seen: Observed, asked: bool
) -> None:
    assert KIND.details is not None

    assert (KIND.details.version(spec, seen) is not None) == asked


def test_the_policies_of_its_cluster_are_asked_for() -> None:
    senlin = FakeSenlin(["p1"])
    senlin.put(a_cluster("c1"), [a_node("n1")])
    senlin.put_node(a_node("n2", ""))
    senlin.put_policy(a_policy("y1", uid=None))
    senlin.attach_policy_to_cluster("c1", "y1", enabled=True)
    details = KIND.details
    assert details is not None
    bound = (Binding("y1", "grow", True, "senlin.policy.scaling-1.0"),)

    assert details.fetch(senlin.proxy, "n1") == bound
    assert details.fetch(senlin.proxy, "n2") == ()
    assert details.add(SEEN, bound) == replace(SEEN, policies=bound)


@pytest.mark.parametrize(
    ("seen", "step"),
    [
        pytest.param(SEEN, Check("n1"), id="compared with its server"),
        pytest.param(replace(SEEN, status="OPERATING"), Check("n1"), id="led out of its status"),
        pytest.param(
            replace(SEEN, status="CREATING", physical_id=None),
            Recover("n1", ""),
            id="never finished by an engine that died: a check would fail",
        ),
        pytest.param(
            replace(SEEN, status="ERROR", physical_id=None), Check("n1"), id="lost: never more"
        ),
    ],
)
def test_check(seen: Observed, step: Step) -> None:
    assert KIND.check is not None
    assert KIND.check(seen) == step


def test_what_is_shown_is_as_it_should_be() -> None:
    seen = replace(SEEN, cluster_id="c1", role="theirs", tainted=True)

    outcome = node.verdict(KIND.as_seen(seen), seen)

    assert outcome.message == "Node node-n1 is active."
