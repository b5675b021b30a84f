"""The target of a SenlinOperation, why it is not sent, and what its status shows of a result."""

from collections.abc import Mapping
from typing import Any

import pytest

from openstack_clustering import ClusterAttr
from senlin_operator.kinds.operation.kind import OperationKind
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import PAUSED, SECRET, Key, Resource
from senlin_operator.model.outcome import Waiting
from senlin_operator.model.run import Refused, SecretValue, Target
from tests.unit.operator.builders import (
    Document,
    a_cluster,
    a_cluster_manifest,
    a_node,
    a_node_manifest,
    a_resource,
    a_snapshot,
    an_operation_manifest,
    ready,
)

KIND = OperationKind()
WEB, ONE = Key("SenlinCluster", "team", "web"), Key("SenlinNode", "team", "one")
ELSEWHERE = Key("SenlinNode", "others", "one")
PASSWORD = Key(SECRET, "team", "password")
SNAPSHOT = a_snapshot(clusters=[a_cluster("c1", name="web-1")], nodes=[a_node("n1")])
CLUSTER, NODE = Target("cluster", "c1", "web-1"), Target("node", "n1", "node-n1")
REF, ID = {"clusterRef": {"name": "web"}}, {"clusterID": "c1"}
NODE_REF, NODE_ID = {"nodeRef": {"name": "one"}}, {"nodeID": "n1"}
GROW: Document = {"scaleOut": {}}
SECRET_PARAM = {"name": "pass", "secretKeyRef": {"name": "password", "key": "value"}}
CHANGE: Document = {"perform": {"name": "change_password", "secretParams": [SECRET_PARAM]}}


def an_operation(operation: Document | None = None, target: Document | None = None) -> Resource:
    return a_resource(an_operation_manifest(operation, target=target))


def known(id_: str = "c1", owner: str = "Senlin", **metadata: Any) -> Mapping[Key, Resource]:
    """Return the resources that are referred to, both with a cloud id."""
    spec = {"capacityOwner": owner}
    cluster = a_cluster_manifest("web", spec, status=ready(id_), **metadata)
    return {
        WEB: a_resource(cluster),
        ONE: a_resource(a_node_manifest(status=ready("n1"), **metadata)),
    }


def target(
    operation: Document | None = None,
    of: Document = REF,
    resources: Mapping[Key, Resource] | None = None,
    owners: Mapping[str, Key] | None = None,
    kind: OperationKind = KIND,
) -> Target | Waiting | Refused:
    resource = an_operation(operation, of)
    return kind.target(resource, SNAPSHOT, resources or known(), dict(owners or {}).get)


@pytest.mark.parametrize(
    ("of", "expected"), [(REF, CLUSTER), (ID, CLUSTER), (NODE_REF, NODE), (NODE_ID, NODE)]
)
def test_target(of: Document, expected: Target) -> None:
    assert target(of=of) == expected


@pytest.mark.parametrize("annotation", ["true", "false"])
def test_a_paused_target(annotation: str) -> None:
    found = target(resources=known(annotations={PAUSED: annotation}))

    if annotation == "true":
        text = "SenlinCluster web is paused, so nothing is sent to it."
        assert found == Waiting(Reason.TARGET_PAUSED, text)
    else:
        assert found == CLUSTER


def test_a_target_that_senlin_does_not_list() -> None:
    text = "Senlin does not list SenlinCluster web at present."

    found = target(resources=known("gone"))

    assert found == Waiting(Reason.REFERENCE_NOT_READY, text, requeue_after=5)


@pytest.mark.parametrize("owner", ["Senlin", "Spec", "Autoscaler"])
@pytest.mark.parametrize(
    ("operation", "changes_size"),
    [
        ({"scaleIn": {}}, True),
        ({"scaleOut": {}}, True),
        ({"resize": {"minSize": 1}}, True),
        ({"addNodes": {"nodes": ["n9"]}}, True),
        ({"removeNodes": {"nodes": ["n9"]}}, True),
        ({"replaceNodes": {"nodes": [{"old": "n8", "new": "n9"}]}}, False),
        ({"check": {}}, False),
        ({"recover": {}}, False),
        ({"perform": {"name": "reboot"}}, False),
        ({"collect": {"path": "status"}}, False),
    ],
)
def test_the_size_belongs_to_its_owner(operation: Document, changes_size: bool, owner: str) -> None:
    found = target(operation, resources=known(owner=owner))

    if changes_size and owner != "Senlin":
        assert found == Refused(
            f"The size of SenlinCluster web belongs to its manifest (capacityOwner: {owner}), "
            "which would set it back. Change it by: kubectl scale senlincluster/web "
            "--replicas=NUMBER"
        )
    else:
        assert found == CLUSTER


def test_the_size_of_an_unmanaged_cluster_belongs_to_senlin() -> None:
    raw = a_cluster_manifest(status=ready("c1"), spec={"managementPolicy": "unmanaged"})
    del raw["spec"]["resource"]

    assert target(GROW, resources={WEB: a_resource(raw)}) == CLUSTER


@pytest.mark.parametrize(
    ("of", "owners", "message"),
    [
        pytest.param(
            {"clusterID": "c9"},
            {},
            "Senlin has no cluster with the id c9 in this project.",
            id="no such cluster",
        ),
        pytest.param(
            {"nodeID": "c1"},
            {},
            "Senlin has no node with the id c1 in this project.",
            id="the id of a cluster",
        ),
        pytest.param(
            ID,
            {"c1": WEB},
            "SenlinCluster web stands for the cluster c1: name it in clusterRef.",
            id="of a SenlinCluster",
        ),
        pytest.param(
            NODE_ID,
            {"n1": ONE},
            "SenlinNode one stands for the node n1: name it in nodeRef.",
            id="of a SenlinNode",
        ),
        pytest.param(
            NODE_ID,
            {"n1": ELSEWHERE},
            "The node n1 is managed by a resource of another namespace.",
            id="of another namespace, which is not named",
        ),
    ],
)
def test_ids_that_are_refused(of: Document, owners: Mapping[str, Key], message: str) -> None:
    assert target(of=of, owners=owners) == Refused(message)


@pytest.mark.parametrize("of", [REF, ID])
@pytest.mark.parametrize(
    ("operation", "refused"),
    [
        ({"addNodes": {"nodes": ["n8", "n9"]}}, True),
        ({"removeNodes": {"nodes": ["n9"]}}, True),
        ({"replaceNodes": {"nodes": [{"old": "n9", "new": "n7"}]}}, True),
        ({"replaceNodes": {"nodes": [{"old": "n7", "new": "n9"}]}}, True),
        ({"removeNodes": {"nodes": ["n8"]}}, False),
    ],
)
def test_declared_nodes_are_moved_by_their_manifests(
    operation: Document, refused: bool, of: Document
) -> None:
    text = "SenlinNode one stands for the node n9: change its clusterRef instead."
    hidden = "The node n9 is managed by a resource of another namespace."

    assert target(operation, of, owners={"n9": ONE}) == (Refused(text) if refused else CLUSTER)
    found = target(operation, of, owners={"n9": ELSEWHERE})
    assert found == (Refused(hidden) if refused else CLUSTER)


@pytest.mark.parametrize("repaired", [True, False])
@pytest.mark.parametrize(
    "operation",
    [
        {"recover": {"operation": "REBUILD"}},
        {"perform": {"name": "rebuild"}},
        {"perform": {"name": "Rebuild"}},
    ],
)
def test_no_rebuild_by_a_senlin_as_released(operation: Document, repaired: bool) -> None:
    found = target(operation, kind=OperationKind(repaired=repaired))

    if repaired:
        assert found == CLUSTER
    else:
        assert isinstance(found, Refused)
        assert "--senlin-repaired" in found.message


@pytest.mark.parametrize(
    ("operation", "of", "references"),
    [
        pytest.param(None, REF, (WEB,), id="a cluster"),
        pytest.param(None, NODE_REF, (ONE,), id="a node"),
        pytest.param(None, ID, (), id="an id"),
        pytest.param(CHANGE, REF, (WEB, PASSWORD), id="a cluster and a Secret"),
        pytest.param(
            {"perform": {"name": "x", "secretParams": [SECRET_PARAM, SECRET_PARAM]}},
            ID,
            (PASSWORD,),
            id="one Secret twice",
        ),
    ],
)
def test_references(operation: Document | None, of: Document, references: tuple[Key, ...]) -> None:
    assert KIND.references(an_operation(operation, of)) == references


def test_secrets() -> None:
    assert KIND.secrets(an_operation(CHANGE)) == (SecretValue("pass", PASSWORD, "value"),)
    assert KIND.secrets(an_operation()) == ()


def attrs(*values: object) -> list[ClusterAttr]:
    return [ClusterAttr({"id": f"n{number}", "value": it}) for number, it in enumerate(values)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("ACTIVE", "ACTIVE", id="a text"),
        pytest.param(3, "3", id="a number"),
        pytest.param(None, "null", id="nothing"),
        pytest.param({"a": ["ü"]}, '{"a": ["ü"]}', id="a document"),
        pytest.param("x" * 300, "x" * 256, id="a long text"),
    ],
)
def test_a_value(value: object, text: str) -> None:
    assert KIND.result(attrs(value))["values"] == [{"nodeID": "n0", "value": text}]


@pytest.mark.parametrize(
    ("values", "omitted"),
    [
        pytest.param([], None, id="none"),
        pytest.param(["x" * 256] * 50, None, id="as many as there may be"),
        pytest.param(["x"] * 53, "the values of 3 further nodes", id="too many"),
        pytest.param(
            ["x" * 257, "y" * 300],
            "the ends of 2 values of more than 256 characters",
            id="too long",
        ),
        pytest.param(
            ["x" * 257, *["y"] * 50, "z" * 300],
            "the values of 2 further nodes and the ends of 1 values of more than 256 characters",
            id="too many and too long",
        ),
    ],
)
def test_what_is_left_out_is_said(values: list[str], omitted: str | None) -> None:
    result = KIND.result(attrs(*values))

    assert result["total"] == len(values)
    assert len(result["values"]) == min(len(values), 50)
    assert result.get("omitted") == omitted
