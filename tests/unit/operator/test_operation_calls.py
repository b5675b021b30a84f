"""The request of each SenlinOperation: what is sent, and what its action is found by."""

from typing import Any, cast

import pytest

from openstack_clustering import ClientException, Proxy
from openstack_clustering.exceptions import BadRequest
from senlin_operator.kinds.operation.kind import OperationKind
from senlin_operator.model.ownership import OWNER_KEY
from senlin_operator.model.run import ANYTHING, Call, Target
from tests.unit.operator.builders import UID, Document, a_resource, an_operation_manifest

KIND = OperationKind()
CLUSTER, NODE = Target("cluster", "c1", "web-1"), Target("node", "n1", "one")
OWNED = {OWNER_KEY: UID}
NONE: Document = dict.fromkeys(
    ["adjustment_type", "number", "min_size", "max_size", "min_step"]
) | {"strict": True}


class Recorder:
    """Takes any request, and keeps it."""

    def __init__(self, error: ClientException | None = None) -> None:
        self.requests: list[tuple[object, ...]] = []
        self._error = error

    def __getattr__(self, verb: str) -> Any:
        def send(*positional: object, **fields: object) -> object:
            self.requests.append((verb, *positional, fields))
            if self._error:
                raise self._error
            return ["a value"] if verb.startswith("collect") else {"action": "a1"}

        return send


def a_call(
    operation: Document, target: Target = CLUSTER, values: dict[str, str] | None = None
) -> Call:
    return KIND.call(a_resource(an_operation_manifest(operation)), target, values or {})


def sent(call: Call) -> tuple[object, ...]:
    recorder = Recorder()
    call.send(cast("Proxy", recorder))
    [request] = recorder.requests
    return request


@pytest.mark.parametrize(
    ("operation", "request_", "action", "inputs"),
    [
        pytest.param({"check": {}}, ("check_cluster", "c1", OWNED), "CHECK", OWNED, id="check"),
        pytest.param(
            {"recover": {}},
            (
                "recover_cluster",
                "c1",
                {"operation": "RECREATE", "operation_params": OWNED},
            ),
            "RECOVER",
            {"operation": "RECREATE", "operation_params": OWNED},
            id="recover: the default is sent, as Senlin drops the parameters of none",
        ),
        pytest.param(
            {"recover": {"operation": "REBOOT", "check": True, "checkCapacity": False}},
            (
                "recover_cluster",
                "c1",
                {
                    "operation": "REBOOT",
                    "operation_params": OWNED,
                    "check": True,
                    "check_capacity": False,
                },
            ),
            "RECOVER",
            {
                "operation": "REBOOT",
                "operation_params": OWNED,
                "check": True,
                "check_capacity": False,
            },
            id="recover: all of it",
        ),
        pytest.param(
            {"scaleIn": {}},
            ("scale_in_cluster", "c1", None, {}),
            "SCALE_IN",
            {"count": None},
            id="scale in: as many as a policy says",
        ),
        pytest.param(
            {"scaleIn": {"count": 2}},
            ("scale_in_cluster", "c1", 2, {}),
            "SCALE_IN",
            {"count": 2},
            id="scale in",
        ),
        pytest.param(
            {"scaleOut": {"count": 1}},
            ("scale_out_cluster", "c1", 1, {}),
            "SCALE_OUT",
            {"count": 1},
            id="scale out",
        ),
        pytest.param(
            {"resize": {"adjustmentType": "EXACT_CAPACITY", "number": 0}},
            ("resize_cluster", "c1", {"adjustment_type": "EXACT_CAPACITY", "number": 0}),
            "RESIZE",
            {**NONE, "adjustment_type": "EXACT_CAPACITY", "number": 0},
            id="resize: to nothing",
        ),
        pytest.param(
            {
                "resize": {
                    "adjustmentType": "CHANGE_IN_PERCENTAGE",
                    "number": -12.5,
                    "minSize": 1,
                    "maxSize": -1,
                    "minStep": 2,
                    "strict": False,
                }
            },
            (
                "resize_cluster",
                "c1",
                {
                    "adjustment_type": "CHANGE_IN_PERCENTAGE",
                    "number": -12.5,
                    "min_size": 1,
                    "max_size": -1,
                    "min_step": 2,
                    "strict": False,
                },
            ),
            "RESIZE",
            {
                "adjustment_type": "CHANGE_IN_PERCENTAGE",
                "number": -12.5,
                "min_size": 1,
                "max_size": -1,
                "min_step": 2,
                "strict": False,
            },
            id="resize: all of it",
        ),
        pytest.param(
            {"addNodes": {"nodes": ["n1", "n2"]}},
            ("add_nodes_to_cluster", "c1", ["n1", "n2"], {}),
            "ADD_NODES",
            {"nodes": ["n1", "n2"]},
            id="add nodes",
        ),
        pytest.param(
            {"removeNodes": {"nodes": ["n1"]}},
            ("remove_nodes_from_cluster", "c1", ["n1"], {"destroy_after_deletion": False}),
            "DEL_NODES",
            {"candidates": ["n1"], "destroy_after_deletion": False},
            id="remove nodes: they are kept",
        ),
        pytest.param(
            {"removeNodes": {"nodes": ["n1"], "destroy": True}},
            ("remove_nodes_from_cluster", "c1", ["n1"], {"destroy_after_deletion": True}),
            "DEL_NODES",
            {"candidates": ["n1"], "destroy_after_deletion": True},
            id="remove nodes: they are destroyed",
        ),
        pytest.param(
            {"replaceNodes": {"nodes": [{"old": "n1", "new": "n2"}]}},
            ("replace_nodes_in_cluster", "c1", {"n1": "n2"}, {}),
            "REPLACE_NODES",
            {"candidates": {"n1": "n2"}},
            id="replace nodes",
        ),
        pytest.param(
            {"perform": {"name": "pause"}},
            ("perform_operation_on_cluster", "c1", "pause", {}),
            "OPERATION",
            {"operation": "pause", "params": {}},
            id="perform",
        ),
        pytest.param(
            {"perform": {"name": "reboot", "params": {"type": "SOFT"}}},
            ("perform_operation_on_cluster", "c1", "reboot", {"type": "SOFT"}),
            "OPERATION",
            {"operation": "reboot", "params": {"type": "SOFT"}},
            id="perform, with parameters",
        ),
    ],
)
def test_a_request_on_a_cluster(
    operation: Document, request_: tuple[object, ...], action: str, inputs: Document
) -> None:
    call = a_call(operation)

    assert sent(call) == request_
    assert call.action == f"CLUSTER_{action}"
    assert call.inputs == inputs


@pytest.mark.parametrize(
    ("operation", "request_", "action"),
    [
        ({"check": {}}, ("check_node", "n1", OWNED), "NODE_CHECK"),
        (
            {"recover": {"operation": "REBOOT"}},
            ("recover_node", "n1", {"operation": "REBOOT", "operation_params": OWNED}),
            "NODE_RECOVER",
        ),
        (
            {"perform": {"name": "reboot", "params": {"type": "HARD"}}},
            ("perform_operation_on_node", "n1", "reboot", {"type": "HARD"}),
            "NODE_OPERATION",
        ),
    ],
)
def test_a_request_on_a_node(
    operation: Document, request_: tuple[object, ...], action: str
) -> None:
    call = a_call(operation, NODE)

    assert sent(call) == request_
    assert call.action == action


def test_a_collection_starts_no_action() -> None:
    call = a_call({"collect": {"path": "details.addresses"}})

    assert sent(call) == ("collect_cluster_attrs", "c1", "details.addresses", {})
    assert call.action == ""


@pytest.mark.parametrize(
    ("operation", "target", "verb", "summary"),
    [
        ({"check": {}}, NODE, "Checking", "check of node one"),
        ({"recover": {}}, CLUSTER, "Recovering", "recovery of cluster web-1 by RECREATE"),
        ({"scaleIn": {}}, CLUSTER, "Scaling", "scale-in of cluster web-1"),
        ({"scaleOut": {"count": 1}}, CLUSTER, "Scaling", "scale-out of cluster web-1 by 1 node"),
        ({"scaleOut": {"count": 2}}, CLUSTER, "Scaling", "scale-out of cluster web-1 by 2 nodes"),
        (
            {"resize": {"minSize": 1, "maxSize": 3}},
            CLUSTER,
            "Resizing",
            "resize of cluster web-1: maxSize 3, minSize 1",
        ),
        (
            {"addNodes": {"nodes": ["n1"]}},
            CLUSTER,
            "AddingNodes",
            "addition of n1 to cluster web-1",
        ),
        (
            {"removeNodes": {"nodes": ["n1", "n2"], "destroy": True}},
            CLUSTER,
            "RemovingNodes",
            "removal of 2 nodes from cluster web-1, with their deletion",
        ),
        (
            {"removeNodes": {"nodes": ["n1"]}},
            CLUSTER,
            "RemovingNodes",
            "removal of n1 from cluster web-1, without their deletion",
        ),
        (
            {"replaceNodes": {"nodes": [{"old": "n1", "new": "n2"}]}},
            CLUSTER,
            "ReplacingNodes",
            "replacement of n1 in cluster web-1",
        ),
        (
            {"perform": {"name": "reboot"}},
            CLUSTER,
            "Performing",
            "reboot of all nodes of cluster web-1",
        ),
        ({"perform": {"name": "reboot"}}, NODE, "Performing", "reboot of node one"),
        (
            {"collect": {"path": "status"}},
            CLUSTER,
            "Collecting",
            "collection of status from cluster web-1",
        ),
    ],
)
def test_what_people_read_of_it(
    operation: Document, target: Target, verb: str, summary: str
) -> None:
    call = a_call(operation, target)

    assert (call.verb, call.summary) == (verb, summary)


CHANGE: Document = {
    "perform": {
        "name": "change_password",
        "params": {"user": "admin"},
        "secretParams": [{"name": "pass", "secretKeyRef": {"name": "s", "key": "k"}}],
    }
}


@pytest.mark.parametrize("target", [CLUSTER, NODE])
def test_a_secret_value_is_sent_and_nowhere_else(target: Target) -> None:
    call = a_call(CHANGE, target, {"pass": "hunter2"})

    assert sent(call)[2:] == ("change_password", {"user": "admin", "pass": "hunter2"})
    assert call.inputs["params"] == {"user": "admin", "pass": ANYTHING}
    assert "hunter2" not in f"{call!r} {call} {call.inputs!r} {call.summary}"


def test_the_search_needs_no_secret_value() -> None:
    assert a_call(CHANGE).inputs == a_call(CHANGE, values={"pass": "hunter2"}).inputs


def test_a_secret_value_is_removed_from_an_error() -> None:
    call = a_call(CHANGE, values={"pass": "hunter2"})
    error = BadRequest("'hunter2' is not of type 'integer': hunter2", type="BadRequest")

    with pytest.raises(BadRequest) as raised:
        call.send(cast("Proxy", Recorder(error)))

    assert "hunter2" not in f"{raised.value} {raised.value!r} {raised.value.message}"
    assert "is not of type" in str(raised.value)
