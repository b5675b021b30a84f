"""A cluster from the manifest to Senlin's requests, and from Senlin's replies to the status."""

from dataclasses import replace
from typing import Any

import pytest

from openstack_clustering import Cluster, Node
from senlin_operator.kinds.cluster.desired import Desired, desired
from senlin_operator.kinds.cluster.kind import ClusterKind
from senlin_operator.kinds.cluster.observed import Observed, observe
from senlin_operator.kinds.cluster.status import conditions, readiness, resource_status
from senlin_operator.kinds.cluster.steps import Check, Create, Delete, Recover, Resize, Update
from senlin_operator.kinds.shared.in_place import Content
from senlin_operator.kinds.shared.remediation import Remediation
from senlin_operator.kube.conditions import Condition, ConditionType, Reason
from senlin_operator.kube.objects import Key
from senlin_operator.model.outcome import Settled
from senlin_operator.model.ownership import OWNER_KEY
from senlin_operator.model.step import Step
from tests.unit.operator.builders import (
    DESIRED_OF_THREE,
    NOW,
    OBSERVED_OF_THREE,
    UID,
    a_cluster,
    a_cluster_manifest,
    a_manifest,
    a_node,
    a_profile_manifest,
    a_resource,
    a_snapshot,
    execute,
    ready,
    the_marker,
)
from tests.unit.operator.fake_senlin import FakeSenlin

SMALL = Key("SenlinProfile", "team", "small")
DESIRED = DESIRED_OF_THREE
OF_SMALL = Content("small", "os.nova.server", "1.0", {"flavor": "m1.tiny"})
OBSERVED = replace(OBSERVED_OF_THREE, profiles=frozenset(["p1"]))
NODES = [a_node("n1"), a_node("n2"), a_node("n3")]


def test_references_are_the_profile() -> None:
    assert ClusterKind().references(a_resource(a_cluster_manifest())) == (SMALL,)


@pytest.mark.parametrize(
    ("resource_fields", "fields"),
    [
        pytest.param({}, {}, id="only required fields: defaults"),
        pytest.param(
            {"name": "shop"},
            {"name": "shop", "config": {"node.name.format": "shop-$8R"}},
            id="a name of its own, which its nodes get, too",
        ),
        pytest.param(
            {"minSize": 2}, {"min_size": 2, "desired_capacity": 2}, id="no desiredCapacity: minSize"
        ),
        pytest.param({"desiredCapacity": 0, "maxSize": 3}, {"max_size": 3}, id="desiredCapacity 0"),
        pytest.param(
            {"minSize": 1, "desiredCapacity": 4},
            {"min_size": 1, "desired_capacity": 4},
            id="desiredCapacity 4",
        ),
        pytest.param(
            {"minSize": 2, "desiredCapacity": 1},
            {"min_size": 2, "desired_capacity": 2, "beyond_limits": 1},
            id="a desiredCapacity below minSize: minSize",
        ),
        pytest.param(
            {"maxSize": 3, "desiredCapacity": 9},
            {"max_size": 3, "desired_capacity": 3, "beyond_limits": 9},
            id="a desiredCapacity above maxSize: maxSize",
        ),
        pytest.param({"capacityOwner": "Autoscaler"}, {}, id="an autoscaler's size counts"),
        pytest.param({"capacityOwner": "Senlin"}, {"fixed_size": False}, id="Senlin's size"),
        pytest.param({"timeoutSeconds": 60}, {"timeout": 60}, id="timeout"),
        pytest.param({"metadata": {"a": "b"}}, {"metadata": {"a": "b"}}, id="metadata"),
        pytest.param(
            {
                "config": {
                    "nodeNameFormat": "web-$I",
                    "stopTimeoutBeforeUpdateSeconds": 30,
                    "stopNodeBeforeDelete": False,
                }
            },
            {
                "config": {
                    "node.name.format": "web-$I",
                    "cluster.stop_timeout_before_update": 30,
                    "cluster.stop_node_before_delete": False,
                },
                "default_names": False,
            },
            id="config, by Senlin's names",
        ),
        pytest.param(
            {"remediation": {"mode": "Report", "checkInterval": "1m30s"}},
            {"remediation": Remediation(check_interval=90.0)},
            id="checked every 90 s",
        ),
    ],
)
def test_desired(resource_fields: dict[str, Any], fields: dict[str, Any]) -> None:
    resource = a_resource(a_cluster_manifest("web", resource_fields))

    known = {SMALL: a_resource(a_profile_manifest(status=ready("p1")))}
    names = {"config": {"node.name.format": "web-$8R"}, "default_names": True}
    plain = {"name": "web", "profile_id": "p1", "profile": OF_SMALL}
    assert desired(resource, known) == Desired(**{**plain, **names, **fields})


def test_a_policy_is_enabled_unless_the_manifest_says_otherwise() -> None:
    listed = [
        {"policyRef": {"name": "a"}},
        {"policyRef": {"name": "b"}, "enabled": True},
        {"policyRef": {"name": "c"}, "enabled": False},
    ]
    policies = [a_manifest("SenlinPolicy", name, {}, status=ready(name)) for name in "abc"]
    known = {
        it.key: it for it in map(a_resource, (a_profile_manifest(status=ready("p1")), *policies))
    }

    wanted = desired(a_resource(a_cluster_manifest("web", {"policies": listed})), known).policies

    assert wanted
    assert {it.name: it.enabled for it in wanted} == {"a": True, "b": True, "c": False}


@pytest.mark.parametrize(
    ("id_", "uid", "found"),
    [
        pytest.param("c1", UID, ("c1", ()), id="by its id: no duplicates are searched"),
        pytest.param("c1", "another uid", ("c1", ()), id="by its id, whatever its owner's marker"),
        pytest.param(
            None,
            UID,
            ("c1", ("c3",)),
            id="by its owner's marker: the first; the others are duplicates",
        ),
        pytest.param(
            "deleted", UID, ("c1", ("c3",)), id="no cluster with its id: by its owner's marker"
        ),
        pytest.param(None, "unknown uid", None, id="no id and no marker: absent"),
        pytest.param("deleted", "unknown uid", None, id="neither its id nor its marker: absent"),
    ],
)
def test_observe_finds_the_cluster_of_an_owner(
    id_: str | None, uid: str, found: tuple[str, tuple[str, ...]] | None
) -> None:
    clusters = [a_cluster("c3"), a_cluster("c1"), a_cluster("c2", uid=None), a_cluster("c0", "x")]

    observed = observe(a_snapshot(clusters=clusters), id_, uid)

    assert (observed and (observed.id, observed.duplicates)) == found


def test_observe_reads_the_document() -> None:
    nodes = [*NODES, a_node("n9", cluster="another")]

    observed = observe(a_snapshot(clusters=[a_cluster()], nodes=nodes), None, UID)

    assert observed == replace(OBSERVED, metadata={OWNER_KEY: UID}, created_at=NOW)


def test_observe_reads_null_as_omitted() -> None:
    bare = a_cluster(metadata=None, config=None, created_at=None)

    observed = observe(a_snapshot(clusters=[bare]), "c1", UID)

    assert observed == replace(OBSERVED, nodes=0, active=0, removal_order=())


@pytest.mark.parametrize(
    ("node", "counts"),
    [
        pytest.param(a_node("n3"), {"active": 3}, id="ACTIVE: active"),
        pytest.param(a_node("n3", status="ERROR"), {"lost": 1}, id="ERROR, with a server: lost"),
        pytest.param(
            a_node("n3", status="ERROR", physical_id=None),
            {"lost": 1, "serverless": {"n3"}},
            id="ERROR, without a server: lost and serverless",
        ),
        pytest.param(a_node("n3", status="WARNING"), {"lost": 1}, id="WARNING: lost"),
        pytest.param(
            a_node("n3", status="ERROR", created_at=None),
            {"unbuilt": 1, "serverless": {"n3"}},
            id="ERROR, never built: unbuilt and serverless",
        ),
        pytest.param(
            a_node("n3", status="ERROR", created_at=None, data={"recovery": "RECREATE"}),
            {"lost": 1},
            id="built by a recovery, ERROR later: lost",
        ),
        pytest.param(
            a_node("n3", status="CREATING", created_at=None, physical_id=None),
            {"unbuilt": 1, "serverless": {"n3"}},
            id="CREATING, its engine died: unbuilt and serverless",
        ),
        pytest.param(
            a_node("n3", status="UPDATING"),
            {"interrupted": 1},
            id="UPDATING, after a failed update: interrupted",
        ),
    ],
)
def test_observe_counts_nodes(node: Node, counts: dict[str, object]) -> None:
    observed = observe(a_snapshot(clusters=[a_cluster()], nodes=[*NODES[:2], node]), "c1", UID)

    assert observed is not None
    found = {
        it: getattr(observed, it)
        for it in ("active", "lost", "serverless", "unbuilt", "interrupted")
    }
    rest = {"lost": 0, "serverless": set(), "unbuilt": 0, "interrupted": 0}
    assert found == {"active": 2} | rest | counts


def test_observe_lists_all_faults() -> None:
    nodes = [a_node(f"b{i}", status="ERROR", status_reason=f"fault {i}") for i in range(7)]

    observed = observe(a_snapshot(clusters=[a_cluster()], nodes=[*NODES, *nodes]), "c1", UID)

    assert observed is not None
    assert [fault["node"] for fault in observed.faults] == [f"b{i}" for i in range(7)]
    assert observed.faults[0] == {
        "node": "b0",
        "name": "node-b0",
        "status": "ERROR",
        "reason": "fault 0",
    }


@pytest.mark.parametrize(
    ("status", "transient"),
    [
        *((it, True) for it in ("INIT", "CREATING", "UPDATING", "RESIZING", "DELETING")),
        *((it, True) for it in ("CHECKING", "RECOVERING", "OPERATING")),
        *((it, False) for it in ("ACTIVE", "WARNING", "ERROR")),
    ],
)
def test_transient(status: str, transient: bool) -> None:
    assert replace(OBSERVED, status=status).transient is transient


FAULT = {"node": "n1", "name": "node-1", "status": "ERROR", "reason": "No valid host"}


@pytest.mark.parametrize(
    ("observed", "ready", "message"),
    [
        pytest.param(OBSERVED, True, "3 of 3 nodes are active.", id="healthy: ready"),
        pytest.param(
            replace(OBSERVED, status="WARNING", active=2, faults=[FAULT]),
            False,
            "2 of 3 nodes are active, Senlin says WARNING; node node-1: No valid host",
            id="one node in ERROR: its fault is named",
        ),
        pytest.param(
            replace(OBSERVED, active=2),
            False,
            "2 of 3 nodes are active, Senlin says ACTIVE",
            id="one node not active, Senlin says ACTIVE: not ready",
        ),
        pytest.param(
            replace(OBSERVED, status="WARNING"),
            False,
            "3 of 3 nodes are active, Senlin says WARNING",
            id="all nodes active, Senlin says WARNING: not ready",
        ),
        pytest.param(
            replace(OBSERVED, status="ERROR", active=0, faults=[FAULT] * 5),
            False,
            "0 of 3 nodes are active, Senlin says ERROR; 5 nodes, such as node-1: No valid host",
            id="five nodes in ERROR with the same fault: counted",
        ),
    ],
)
def test_readiness(observed: Observed, ready: bool, message: str) -> None:
    reason = Reason.READY if ready else Reason.DEGRADED

    assert readiness(DESIRED, observed) == Settled(message, ready, reason)


@pytest.mark.parametrize(
    ("sizes", "active", "least"),
    [
        pytest.param({"min_size": 2}, 2, 2, id="just enough"),
        pytest.param({"min_size": 2}, 1, 2, id="too few"),
        pytest.param({"min_size": 0}, 1, 1, id="minSize 0, one works"),
        pytest.param({"min_size": 0}, 0, 1, id="minSize 0, none works: of no use"),
        pytest.param({"min_size": 0, "desired_capacity": 0}, 0, 0, id="none wanted"),
    ],
)
def test_the_condition_available(sizes: dict[str, int], active: int, least: int) -> None:
    enough = active >= least
    reason = Reason.ENOUGH_NODES if enough else Reason.TOO_FEW_NODES
    message = f"Active nodes: {active}; at least: {least}."

    assert conditions(replace(DESIRED, **sizes), replace(OBSERVED, active=active)) == [  # type: ignore[arg-type]
        Condition(ConditionType.AVAILABLE, "True" if enough else "False", reason, message)
    ]


def test_status_shows_counts() -> None:
    assert resource_status(replace(OBSERVED, active=2, created_at=NOW)) == {
        "name": "web",
        "profileID": "p1",
        "status": "ACTIVE",
        "minSize": 1,
        "maxSize": 5,
        "desiredCapacity": 3,
        "timeoutSeconds": 3600,
        "nodes": {"total": 3, "active": 2, "unhealthy": 1},
        "createdAt": NOW,
    }


def test_status_omits_an_unknown_creation_time() -> None:
    assert "createdAt" not in resource_status(OBSERVED)


def test_create_sets_the_owner_marker() -> None:
    senlin = FakeSenlin(profiles=["p1"])
    desired = replace(DESIRED, metadata={"tier": "web"}, config={"node.name.format": "web-$I"})

    result = execute(senlin.proxy, Create(desired), UID)

    created = senlin.cluster(result.id)
    assert result.action_id == senlin.started[-1]
    assert created.metadata == {"tier": "web", **the_marker()}
    assert observe(senlin.poll(), None, UID) == replace(
        OBSERVED,
        id=result.id,
        metadata={"tier": "web", **the_marker()},
        config={"node.name.format": "web-$I"},
        created_at=created.created_at,
        removal_order=tuple(reversed(list(senlin.poll().all(Node)))),  # the youngest first
    )


def test_an_update_of_the_metadata_keeps_the_owner_marker() -> None:
    senlin = FakeSenlin(profiles=["p1"])
    id_ = execute(senlin.proxy, Create(DESIRED), UID).id

    execute(senlin.proxy, Update(id_, {"metadata": {"tier": "web"}, "name": "shop"}, ""), UID)

    assert senlin.cluster(id_).metadata == {"tier": "web", **the_marker()}
    assert senlin.cluster(id_).name == "shop"


@pytest.mark.parametrize(
    ("step", "request_"),
    [
        pytest.param(
            Resize("c1", 3, 1, 5, ""),
            ("resize_cluster", "c1", "EXACT_CAPACITY", 3, 1, 5),
            id="resize",
        ),
        pytest.param(Recover("c1", ""), ("recover_cluster", "c1", "RECREATE"), id="recover"),
        pytest.param(Check("c1"), ("check_cluster", "c1"), id="check"),
        pytest.param(Delete("c1"), ("delete_cluster", "c1"), id="delete"),
        pytest.param(
            Delete("c1", force=True), ("delete_cluster", "c1", "force"), id="forced delete"
        ),
        pytest.param(
            Update("c1", {"name": "shop"}, ""), ("update_cluster", "c1", "shop"), id="update"
        ),
    ],
)
def test_a_step_sends_one_request(step: Step, request_: tuple[object, ...]) -> None:
    senlin = FakeSenlin(profiles=["p1"])
    senlin.put(a_cluster("c1"), NODES)

    result = execute(senlin.proxy, step, UID)

    assert senlin.requests == [request_]
    assert (result.id, result.action_id) == ("c1", senlin.started[-1])


def test_deleting_an_absent_cluster_starts_no_action() -> None:
    assert execute(FakeSenlin().proxy, Delete("c1"), UID).action_id is None


def test_delete_and_check_steps_are_for_the_cluster_itself() -> None:
    assert ClusterKind().delete(OBSERVED, force=False) == Delete("c1")
    assert ClusterKind().delete(OBSERVED, force=True) == Delete("c1", force=True)
    assert ClusterKind().checks is not None
    assert ClusterKind().checks.step(OBSERVED) == Check("c1")
    assert (
        ClusterKind().checks.interval(
            replace(DESIRED, remediation=Remediation(check_interval=60.0))
        )
        == 60.0
    )


def test_equal_documents_make_equal_observations() -> None:
    """Senlin's reply and its list agree in every field that is observed."""
    one, other = (Cluster(dict(a_cluster().to_dict())) for _ in range(2))

    assert observe(a_snapshot(clusters=[one]), "c1", UID) == observe(
        a_snapshot(clusters=[other]), "c1", UID
    )
