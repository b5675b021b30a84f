"""The shape of a status: what the operator may write, and what it may not."""

from typing import Any

import pytest

from tests.crds.apiserver import CONDITION, NOW, Manifest, Resources, base, merged, refused

PROFILE_STATUS = {
    "id": "3d1a62b7-6a0c-4a6e-8d53-0a5a9f6e1c11",
    "observedGeneration": 1,
    "conditions": [CONDITION],
    "resource": {
        "name": "web-server",
        "type": "os.nova.server",
        "version": "1.0",
        "metadata": {"owner": "web", "set by others": {"nested": [1]}},
        "createdAt": NOW,
    },
    "lastSyncTime": NOW,
    "lastHandledReconcileAt": "once more",
}
POLICY_STATUS = {
    **PROFILE_STATUS,
    "resource": {
        "name": "grow",
        "type": "senlin.policy.scaling",
        "version": "1.0",
        "createdAt": NOW,
    },
}
FAULT = {"node": "n1", "name": "node-1", "status": "ERROR", "reason": "No valid host was found."}
CLUSTER_STATUS = {
    **PROFILE_STATUS,
    "action": {
        "id": "a1",
        "name": "creation of 3 nodes",
        "status": "FAILED",
        "reason": "node node-1: No valid host was found.",
        "startedAt": NOW,
        "endedAt": NOW,
    },
    "faults": [FAULT] * 5,
    "resource": {
        "name": "web",
        "profileID": "p1",
        "status": "ACTIVE",
        "minSize": 1,
        "maxSize": -1,
        "desiredCapacity": 3,
        "timeoutSeconds": 3600,
        "nodes": {"total": 3, "active": 3, "unhealthy": 0},
        "policies": [{"name": "oldest-first", "id": "y1", "enabled": True}],
        "createdAt": NOW,
    },
}
NODE_STATUS = {
    **CLUSTER_STATUS,
    "faults": [FAULT],
    "resource": {
        "name": "web-1",
        "clusterID": "c1",
        "profileID": "p1",
        "physicalID": "s1",
        "role": "primary",
        "status": "ACTIVE",
        "index": 1,
        "tainted": False,
        "metadata": {"owner": "web", "set by others": {"nested": [1]}},
        "createdAt": NOW,
    },
}
STATUS = {
    "senlinclusters": CLUSTER_STATUS,
    "senlinnodes": NODE_STATUS,
    "senlinpolicies": POLICY_STATUS,
    "senlinprofiles": PROFILE_STATUS,
}


def test_a_new_resource_is_not_yet_observed(each_kind: Resources) -> None:
    """So kstatus calls it InProgress; and nobody brings a status along."""
    made = each_kind.create({**base(each_kind.plural), "status": STATUS[each_kind.plural]})

    assert made["status"] == {"observedGeneration": -1}


def test_the_status_takes_all_that_it_names(each_kind: Resources) -> None:
    each_kind.create(base(each_kind.plural))

    status = STATUS[each_kind.plural]
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
        ({"resource": {"createdAt": "12:00"}}, "resource.createdAt", "must be of type date-time"),
    ],
)
def test_a_status_out_of_shape_is_refused(
    each_kind: Resources, status: Manifest, at: str, says: str
) -> None:
    each_kind.create(base(each_kind.plural))

    with refused(at=f"status.{at}", says=says):
        each_kind.set_status(status)


@pytest.mark.parametrize(
    ("status", "at", "says"),
    [
        ({"faults": [FAULT] * 6}, "faults", "must have at most 5 items"),
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
