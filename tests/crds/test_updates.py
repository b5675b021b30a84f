"""What may be changed later, what may not, and `kubectl scale`."""

import re
from typing import Any

import pytest
from kubernetes.client import ApiException

from sandbox import Sandbox
from sandbox.errors import SandboxError
from tests.crds.apiserver import (
    PLURALS,
    Manifest,
    Resources,
    base,
    is_lasting,
    merged,
    refused,
)

FOR_EVER = "a profile's type, version and properties cannot be changed; make another SenlinProfile"
POLICY_FOR_EVER = "a policy's type, version and properties cannot be changed; make another"


def resource(**fields: Any) -> Manifest:
    return {"spec": {"resource": fields}}


NODE = "0b7b4f5a-7d1c-4a57-9d0c-2f0f3f5d8a11"
OTHER = "3d1a62b7-6a0c-4a6e-8d53-0a5a9f6e1c11"
PERFORMING: Manifest = {
    "spec": {
        "operation": {
            "check": None,
            "perform": {
                "name": "reboot",
                "params": {
                    "type": "SOFT",
                    "tries": 1,
                    "share": 0.5,
                    "force": False,
                    "hosts": ["a", None, {}],
                    "deep": {"list": [{"a": 1}]},
                },
                "secretParams": [{"name": "key", "secretKeyRef": {"name": "a", "key": "b"}}],
            },
        },
        "timeoutSeconds": 60,
    }
}
ADOPTING = resource(profileRef=None, adopt={"identity": "0b7b4f5a-7d1c-4a57-9d0c-2f0f3f5d8a11"})


@pytest.fixture
def profile(profiles: Resources) -> Resources:
    profiles.create(base("senlinprofiles"))
    return profiles


@pytest.fixture
def policy(policies: Resources) -> Resources:
    policies.create(base("senlinpolicies"))
    return policies


@pytest.fixture
def cluster(clusters: Resources) -> Resources:
    clusters.create(base("senlinclusters"))
    return clusters


@pytest.fixture
def node(nodes: Resources) -> Resources:
    nodes.create(base("senlinnodes"))
    return nodes


@pytest.fixture
def receiver(receivers: Resources) -> Resources:
    receivers.create(base("senlinreceivers"))
    return receivers


@pytest.fixture
def operation(operations: Resources) -> Resources:
    operations.create(merged(base("senlinoperations"), PERFORMING))
    return operations


@pytest.fixture
def adopted(nodes: Resources) -> Resources:
    nodes.create(merged(base("senlinnodes"), ADOPTING))
    return nodes


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param(resource(type="os.heat.stack"), id="another type"),
        pytest.param(resource(version="1.1"), id="another version"),
        pytest.param(resource(properties={"flavor": "m1.large"}), id="another property"),
        pytest.param(resource(properties={"key_name": "mine"}), id="one property more"),
        pytest.param(resource(properties={"image": None}), id="one property less"),
        pytest.param(resource(properties={"flavor": {"id": 1}}), id="a property of another shape"),
        pytest.param(resource(properties={"networks": [{"network": "a"}]}), id="deep in a list"),
    ],
)
def test_what_a_profile_makes_cannot_be_changed(profile: Resources, patch: Manifest) -> None:
    with refused(at="spec.resource", says=FOR_EVER):
        profile.try_patch(patch)


@pytest.mark.parametrize("field", ["type", "version", "properties"])
def test_what_a_profile_makes_cannot_be_taken_away(profile: Resources, field: str) -> None:
    with refused(at=f"spec.resource.{field}", says="Required value"):
        profile.try_patch(resource(**{field: None}))


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param(resource(name="other"), id="a name, where there was none"),
        pytest.param(resource(metadata={"owner": "web"}), id="metadata"),
        pytest.param({"spec": {"cloudCredentialsRef": {"secretName": "rotated"}}}, id="the Secret"),
        pytest.param({"spec": {"managedOptions": {"onDelete": "detach"}}}, id="what deletion does"),
        pytest.param({"spec": {"resyncPeriod": "0"}}, id="the resync period"),
    ],
)
def test_the_rest_of_a_profile_can_be_changed(profile: Resources, patch: Manifest) -> None:
    changed = profile.try_patch(patch)

    assert changed == merged(changed, patch)


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param(resource(type="senlin.policy.deletion"), id="another type"),
        pytest.param(resource(version="1.1"), id="another version"),
        pytest.param(resource(properties={"event": "CLUSTER_SCALE_IN"}), id="another property"),
        pytest.param(resource(properties={"adjustment": {"number": 2}}), id="deep in a map"),
        pytest.param(resource(properties={"event": None}), id="one property less"),
    ],
)
def test_what_a_policy_rules_cannot_be_changed(policy: Resources, patch: Manifest) -> None:
    with refused(at="spec.resource", says=POLICY_FOR_EVER):
        policy.try_patch(patch)


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param(resource(name="other"), id="a name, where there was none"),
        pytest.param({"spec": {"cloudCredentialsRef": {"secretName": "rotated"}}}, id="the Secret"),
        pytest.param({"spec": {"managedOptions": {"onDelete": "detach"}}}, id="what deletion does"),
        pytest.param({"spec": {"resyncPeriod": "0"}}, id="the resync period"),
    ],
)
def test_the_rest_of_a_policy_can_be_changed(policy: Resources, patch: Manifest) -> None:
    changed = policy.try_patch(patch)

    assert changed == merged(changed, patch)


@pytest.mark.parametrize(
    ("patch", "at"),
    [
        pytest.param(
            resource(clusterRef={"name": "shop"}), "spec.resource.clusterRef", id="another cluster"
        ),
        pytest.param(
            resource(type="message", clusterRef=None, action=None), None, id="another type"
        ),
        pytest.param(
            {"spec": {"channelSecretRef": {"name": "other"}}},
            "spec.channelSecretRef",
            id="a Secret's name, where there was none",
        ),
    ],
)
def test_what_a_receiver_belongs_to_cannot_be_changed(
    receiver: Resources, patch: Manifest, at: str | None
) -> None:
    if at is None:
        with pytest.raises(ApiException, match="cannot be changed; make another SenlinReceiver"):
            receiver.try_patch(patch)
        return
    with refused(at=at, says="cannot be changed; make another"):
        receiver.try_patch(patch)


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param(resource(name="other"), id="a name, where there was none"),
        pytest.param(resource(action="CLUSTER_SCALE_IN"), id="the action"),
        pytest.param(resource(params={"count": 2}), id="the inputs"),
        pytest.param({"spec": {"cloudCredentialsRef": {"secretName": "rotated"}}}, id="the Secret"),
        pytest.param({"spec": {"managedOptions": {"onDelete": "detach"}}}, id="what deletion does"),
        pytest.param({"spec": {"resyncPeriod": "0"}}, id="the resync period"),
    ],
)
def test_the_rest_of_a_receiver_can_be_changed(receiver: Resources, patch: Manifest) -> None:
    changed = receiver.try_patch(patch)

    assert changed == merged(changed, patch)


def performing(**fields: Any) -> Manifest:
    return {"operation": {"perform": fields}}


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        pytest.param({"clusterRef": {"name": "shop"}}, "clusterRef", id="another cluster"),
        pytest.param(performing(name="stop"), "operation", id="another operation"),
        pytest.param(performing(params={"type": "HARD"}), "operation", id="another parameter"),
        pytest.param(performing(params={"force": True}), "operation", id="a truth"),
        pytest.param(performing(params={"tries": 2}), "operation", id="a number"),
        pytest.param(performing(params={"share": 0.25}), "operation", id="a part of a number"),
        pytest.param(performing(params={"tries": "1"}), "operation", id="a number as text"),
        pytest.param(performing(params={"hosts": ["a"]}), "operation", id="a shorter list"),
        pytest.param(performing(params={"host": "a"}), "operation", id="one parameter more"),
        pytest.param(performing(params={"type": None}), "operation", id="one parameter less"),
        pytest.param(
            performing(params={"type": None, "kind": "SOFT"}), "operation", id="a parameter's name"
        ),
        pytest.param(performing(params=None), "operation", id="no parameters any more"),
        pytest.param(
            performing(params={"deep": {"list": [{"a": 2}]}}), "operation", id="deep in a list"
        ),
        pytest.param(
            performing(secretParams=[{"name": "key", "secretKeyRef": {"name": "a", "key": "c"}}]),
            "operation",
            id="another key of the Secret",
        ),
        pytest.param(
            {"operation": {"perform": None, "check": {}}}, "operation", id="another kind of it"
        ),
        pytest.param({"timeoutSeconds": 61}, "timeoutSeconds", id="the time"),
        pytest.param({"timeoutSeconds": None}, "timeoutSeconds", id="no limit any more"),
        pytest.param({"backoffLimit": 1}, "backoffLimit", id="the retries"),
    ],
)
def test_what_an_operation_does_cannot_be_changed(
    operation: Resources, spec: Manifest, field: str
) -> None:
    with refused(at=f"spec.{field}", says="cannot be changed; make another SenlinOperation"):
        operation.try_patch({"spec": spec})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"clusterRef": {"name": "web"}}, {"clusterID": NODE}, id="a cluster by id"),
        pytest.param({"clusterRef": {"name": "web"}}, {"nodeRef": {"name": "db"}}, id="a node"),
        pytest.param({"nodeRef": {"name": "db"}}, {"nodeID": NODE}, id="a node by id"),
        pytest.param({"nodeRef": {"name": "db"}}, {"nodeRef": {"name": "dc"}}, id="another node"),
        pytest.param({"nodeID": NODE}, {"nodeID": OTHER}, id="another node's id"),
        pytest.param({"clusterID": NODE}, {"clusterID": OTHER}, id="another cluster's id"),
    ],
)
def test_the_target_of_an_operation_cannot_be_changed(
    operations: Resources, before: Manifest, after: Manifest
) -> None:
    operations.create(merged(base("senlinoperations"), {"spec": {"clusterRef": None, **before}}))
    removed = {name: None for name in before if name not in after}

    with pytest.raises(ApiException, match="cannot be changed; make another SenlinOperation"):
        operations.try_patch({"spec": {**removed, **after}})


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            {"cloudCredentialsRef": {"secretName": "rotated", "cloudName": "other"}},
            id="the credentials",
        ),
        pytest.param({"suspend": True}, id="hold it back"),
        pytest.param({"ttlSecondsAfterFinished": 60}, id="a time to live, where there was none"),
    ],
)
def test_the_rest_of_an_operation_can_be_changed(operation: Resources, spec: Manifest) -> None:
    changed = operation.try_patch({"spec": spec})

    assert changed["spec"] == {**changed["spec"], **spec}


def test_an_operation_can_be_resumed_and_kept(operations: Resources) -> None:
    held = {"spec": {"suspend": True, "ttlSecondsAfterFinished": 60}}
    operations.create(merged(base("senlinoperations"), held))

    spec = operations.try_patch({"spec": dict.fromkeys(held["spec"])})["spec"]

    assert spec["suspend"] is False
    assert "ttlSecondsAfterFinished" not in spec


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param(resource(name="other"), id="the name"),
        pytest.param(resource(profileRef={"name": "web-server-v2"}), id="the profile"),
        pytest.param(resource(minSize=0, maxSize=-1, desiredCapacity=9), id="all three sizes"),
        pytest.param(resource(desiredCapacity=None), id="no desired size any more"),
        pytest.param(resource(config={"nodeNameFormat": "web-$I"}), id="the names of the nodes"),
        pytest.param(resource(remediation={"checkInterval": "1m"}), id="checks"),
        pytest.param({"spec": {"cloudCredentialsRef": {"cloudName": "other"}}}, id="the cloud"),
    ],
)
def test_a_cluster_can_be_changed(cluster: Resources, patch: Manifest) -> None:
    changed = cluster.try_patch(patch)["spec"]

    assert changed == merged(changed, patch["spec"])


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param(resource(name="other"), id="the name"),
        pytest.param(resource(profileRef={"name": "web-server-v2"}), id="the profile"),
        pytest.param(resource(clusterRef={"name": "shop"}), id="the cluster"),
        pytest.param(resource(role="primary", tainted=True), id="role and taint"),
        pytest.param(resource(remediation={"mode": "Recover"}), id="remediation"),
    ],
)
def test_a_node_can_be_changed(node: Resources, patch: Manifest) -> None:
    changed = node.try_patch(patch)["spec"]

    assert changed == merged(changed, patch["spec"])


def test_a_node_can_leave_its_cluster(node: Resources) -> None:
    assert "clusterRef" not in node.try_patch(resource(clusterRef=None))["spec"]["resource"]


@pytest.mark.parametrize(
    "adopt",
    [
        pytest.param({"identity": "3d1a62b7-6a0c-4a6e-8d53-0a5a9f6e1c11"}, id="another server"),
        pytest.param({"type": "os.heat.stack-1.0"}, id="another type"),
        pytest.param({"overrides": {"key_name": "mine"}}, id="an override, where there was none"),
        pytest.param({"snapshot": True}, id="a snapshot"),
    ],
)
def test_what_was_adopted_cannot_be_changed(adopted: Resources, adopt: Manifest) -> None:
    with refused(at="spec.resource.adopt", says="cannot be changed; make another resource"):
        adopted.try_patch(resource(adopt=adopt))


def test_what_was_made_cannot_be_adopted_later(node: Resources) -> None:
    with refused(at="spec.resource.adopt", says="cannot be changed; make another resource"):
        node.try_patch(ADOPTING)


def test_what_was_adopted_cannot_be_made_later(adopted: Resources) -> None:
    with refused(at="spec.resource.adopt", says="cannot be changed; make another resource"):
        adopted.try_patch(resource(adopt=None, profileRef={"name": "web-server"}))


def test_a_limit_cannot_be_moved_past_the_desired_size(cluster: Resources) -> None:
    with refused(
        at="spec.resource.desiredCapacity",
        says="desiredCapacity (3) must be at most maxSize (2)",
    ):
        cluster.try_patch(resource(maxSize=2))


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param(resource(maxSize=2), id="a limit is moved past it"),
        pytest.param(resource(desiredCapacity=6), id="above maxSize"),
        pytest.param(resource(desiredCapacity=0), id="below minSize"),
    ],
)
def test_what_an_autoscaler_writes_may_be_beyond_the_limits(
    clusters: Resources, patch: Manifest
) -> None:
    clusters.create(merged(base("senlinclusters"), resource(capacityOwner="Autoscaler")))

    changed = clusters.try_patch(patch)

    assert changed == merged(changed, patch)
    says = "desiredCapacity \\([0-9]\\) must be at (least|most)"
    with pytest.raises(ApiException, match=says):  # what a person owns must be within them
        clusters.try_patch(merged(patch, resource(capacityOwner="Spec")))


def test_scale_shows_and_sets_the_desired_size(
    sandbox: Sandbox, cluster: Resources, namespace: str
) -> None:
    cluster.set_status({"resource": {"nodes": {"total": 2}}})

    sandbox.kubectl("scale", "scl/web", "--replicas=4", "--current-replicas=3", "-n", namespace)

    scale = cluster.scale()
    assert (scale["spec"], scale["status"]) == ({"replicas": 4}, {"replicas": 2})


@pytest.mark.parametrize(
    ("replicas", "says"),
    [
        pytest.param(6, "desiredCapacity (6) must be at most maxSize (5)", id="above maxSize"),
        pytest.param(0, "desiredCapacity (0) must be at least minSize (1)", id="below minSize"),
    ],
)
def test_scale_stays_within_the_limits(
    sandbox: Sandbox, cluster: Resources, namespace: str, replicas: int, says: str
) -> None:
    scale = ("scale", "scl/web", f"--replicas={replicas}", "-n", namespace)

    with pytest.raises(SandboxError, match=re.escape(says)):
        sandbox.kubectl(*scale)

    assert cluster.scale()["spec"] == {"replicas": 3}


def test_scale_gives_a_cluster_without_desired_size_one(
    sandbox: Sandbox, clusters: Resources, namespace: str
) -> None:
    clusters.create(merged(base("senlinclusters"), resource(desiredCapacity=None)))
    with pytest.raises(ApiException, match="desiredCapacity"):  # an autoscaler meets this
        clusters.scale()

    sandbox.kubectl("scale", "scl/web", "--replicas=2", "-n", namespace)

    assert clusters.scale()["spec"] == {"replicas": 2}


UNMANAGED = {
    "spec": {
        "managementPolicy": "unmanaged",
        "import": {"filter": {"name": "theirs"}},
        "resource": None,
    }
}


@pytest.mark.parametrize("plural", [plural for plural in PLURALS if is_lasting(plural)])
@pytest.mark.parametrize(
    ("patch", "at"),
    [
        pytest.param(
            {"spec": {"managementPolicy": "managed", "import": None}},
            "spec.managementPolicy",
            id="managed from now on",
        ),
        pytest.param({"spec": {"import": {"filter": {"name": "b"}}}}, "spec.import", id="another"),
    ],
)
def test_what_is_observed_cannot_be_changed(
    request: pytest.FixtureRequest, plural: str, patch: Manifest, at: str
) -> None:
    resources: Resources = request.getfixturevalue(plural.removeprefix("senlin"))
    made = merged(base(plural), UNMANAGED)
    wanted = patch["spec"].get("managementPolicy") and {
        "resource": base(plural)["spec"]["resource"]
    }
    resources.create(made)

    with refused(at=at, says="cannot be changed; make another resource"):
        resources.try_patch(merged(patch, {"spec": wanted or {}}))


@pytest.mark.parametrize("plural", [plural for plural in PLURALS if is_lasting(plural)])
def test_an_import_may_be_left_out_once_it_is_taken_over(
    request: pytest.FixtureRequest, plural: str
) -> None:
    resources: Resources = request.getfixturevalue(plural.removeprefix("senlin"))
    which = {"import": {"filter": {"name": "theirs"}}}
    resources.create(merged(base(plural), {"spec": which}))

    with refused(at="spec.import", says="cannot be changed; make another resource"):
        resources.try_patch({"spec": {"import": {"filter": {"name": "b"}}}})

    assert "import" not in resources.try_patch({"spec": {"import": None}})["spec"]
    assert resources.try_patch({"spec": which})["spec"]["import"] == which["import"]


@pytest.mark.parametrize("unmanaged", [False, True])
def test_a_pause_may_begin_and_end_at_any_time(each_kind: Resources, *, unmanaged: bool) -> None:
    plural = each_kind.plural
    lasting = unmanaged and is_lasting(plural)
    each_kind.create(merged(base(plural), UNMANAGED if lasting else {}))

    begun = each_kind.try_patch({"spec": {"paused": True}})
    ended = each_kind.try_patch({"spec": {"paused": None}})

    assert (begun["spec"]["paused"], ended["spec"]["paused"]) == (True, False)
