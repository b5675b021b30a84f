"""The shape of a status: what the operator may write, and what it may not."""

from typing import Any

import pytest
from kubernetes.client import ApiException

from tests.crds.apiserver import (
    CONDITION,
    NOW,
    Manifest,
    Resources,
    base,
    corpus,
    merged,
    refused,
)

# The part that all kinds have; the corpus has the rest of each.
COMMON = {
    "observedGeneration": 1,
    "conditions": [CONDITION],
    "lastSyncTime": NOW,
    "lastHandledReconcileAt": "once more",
}


ID = {"id": "3d1a62b7-6a0c-4a6e-8d53-0a5a9f6e1c11"}
# Receivers' ids are as good as passwords; operations have no cloud object.
WITHOUT_ID = ("senlinreceivers", "senlinoperations")


ADOPTED = {"adopted": {"how": "TakeOver", "time": NOW, "takeOver": ID["id"]}}


def whole_status(plural: str) -> Manifest:
    """Return a status with every field that the operator may write."""
    adopted = {} if plural == "senlinoperations" else ADOPTED
    shown = {} if plural in WITHOUT_ID else ID
    return {**COMMON, **shown, **adopted, **corpus(plural)["status"]}


def test_a_new_resource_is_not_yet_observed(each_kind: Resources) -> None:
    """So kstatus calls it InProgress; and nobody brings a status along."""
    made = each_kind.create({**base(each_kind.plural), "status": whole_status(each_kind.plural)})

    assert made["status"] == {"observedGeneration": -1}


def test_the_status_takes_all_that_it_names(each_kind: Resources) -> None:
    each_kind.create(base(each_kind.plural))

    status = whole_status(each_kind.plural)
    assert each_kind.set_status(status)["status"] == status


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        *((field, None, "Required value") for field in CONDITION if field != "observedGeneration"),
        ("type", "not a type", "should match"),
        ("type", "T" * 317, "may not be more than 316 bytes"),
        ("status", "Maybe", 'supported values: "True", "False", "Unknown"'),
        ("observedGeneration", -1, "should be greater than or equal to 0"),
        ("lastTransitionTime", "yesterday", "must be of type date-time"),
        ("reason", "two words", "should match"),
        ("reason", "R" * 1025, "may not be more than 1024 bytes"),
        ("message", "m" * 32769, "may not be more than 32768 bytes"),
    ],
)
def test_a_condition_out_of_shape_is_refused(
    each_kind: Resources, field: str, value: Any, says: str
) -> None:
    each_kind.create(base(each_kind.plural))
    conditions = [merged(CONDITION, {field: value})]

    with refused(at=f"status.conditions[0].{field}", says=says):
        each_kind.set_status({"conditions": conditions})


@pytest.mark.parametrize(
    ("status", "at", "says"),
    [
        ({"conditions": [CONDITION] * 2}, "conditions[1]", "Duplicate value"),
        ({"observedGeneration": -2}, "observedGeneration", "should be greater than or equal to -1"),
        ({"lastSyncTime": "12:00"}, "lastSyncTime", "must be of type date-time"),
    ],
)
def test_a_status_out_of_shape_is_refused(
    each_kind: Resources, status: Manifest, at: str, says: str
) -> None:
    each_kind.create(base(each_kind.plural))

    with refused(at=f"status.{at}", says=says):
        each_kind.set_status(status)


@pytest.mark.parametrize("kind", ["profiles", "policies", "clusters", "nodes"])
def test_a_time_of_creation_out_of_shape_is_refused(
    request: pytest.FixtureRequest, kind: str
) -> None:
    resources: Resources = request.getfixturevalue(kind)
    resources.create(base(resources.plural))

    with refused(at="status.resource.createdAt", says="must be of type date-time"):
        resources.set_status({"resource": {"createdAt": "12:00"}})


def test_the_status_of_a_receiver_has_no_room_for_its_id(receivers: Resources) -> None:
    receivers.create(base("senlinreceivers"))

    with pytest.raises(ApiException, match="unknown field"):
        receivers.set_status(ID)


@pytest.mark.parametrize(
    ("status", "at", "says"),
    [
        (
            {"faults": [{"node": "n1", "name": "node-1", "status": "ERROR", "reason": ""}] * 6},
            "faults",
            "must have at most 5 items",
        ),
        ({"faults": [{"name": "node-1"}]}, "faults[0].node", "Required value"),
        ({"action": {"startedAt": "12:00"}}, "action.startedAt", "must be of type date-time"),
        ({"action": {"endedAt": "12:00"}}, "action.endedAt", "must be of type date-time"),
    ],
)
def test_a_status_of_a_cluster_out_of_shape_is_refused(
    clusters: Resources, status: Manifest, at: str, says: str
) -> None:
    clusters.create(base("senlinclusters"))

    with refused(at=f"status.{at}", says=says):
        clusters.set_status(status)


CHILD = {"id": "a1", "status": "FAILED"}
VALUE = {"nodeID": "n1", "value": "ACTIVE"}


@pytest.mark.parametrize(
    ("status", "at", "says"),
    [
        ({"startTime": "12:00"}, "startTime", "must be of type date-time"),
        ({"completionTime": "12:00"}, "completionTime", "must be of type date-time"),
        ({"target": {"type": "pool"}}, "target.type", 'supported values: "cluster", "node"'),
        ({"failed": -1}, "failed", "should be greater than or equal to 0"),
        ({"sending": {"since": "12:00"}}, "sending.since", "must be of type date-time"),
        ({"action": {"endedAt": "12:00"}}, "action.endedAt", "must be of type date-time"),
        ({"children": [CHILD] * 21}, "children", "must have at most 20 items"),
        ({"result": {"values": [VALUE] * 51}}, "result.values", "must have at most 50 items"),
        (
            {"result": {"values": [{**VALUE, "value": "v" * 257}]}},
            "result.values[0].value",
            "may not be more than 256 bytes",
        ),
        ({"result": {"values": [{"nodeID": "n1"}]}}, "result.values[0].value", "Required value"),
    ],
)
def test_a_status_of_an_operation_out_of_shape_is_refused(
    operations: Resources, status: Manifest, at: str, says: str
) -> None:
    operations.create(base("senlinoperations"))

    with refused(at=f"status.{at}", says=says):
        operations.set_status(status)
