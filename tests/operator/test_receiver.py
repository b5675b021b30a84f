"""The life of a receiver, through the API server as a user lives it, and by its URL."""

import base64
import json
from typing import Any

import pytest
from kubernetes import client

from tests.operator.tenant import Document, Tenant, TenantWithOperator, condition, is_ready

CHANGED_AT = "senlin.openstack.org/url-changed-at"


@pytest.fixture
def grow(tenant: Tenant) -> Document:
    """A receiver that is Ready, of a cluster of one node whose size belongs to Senlin."""
    tenant.quickstart(desiredCapacity=1, capacityOwner="Senlin")
    tenant.apply(tenant.receiver())
    return tenant.ready("SenlinReceiver", "grow")


def made(tenant: Tenant) -> Any:
    """Return the one receiver in Senlin."""
    [receiver] = tenant.receivers()
    return receiver


def has_url_of(tenant: Tenant, receiver: Any) -> bool:
    return bool(tenant.url() == receiver.channel["alarm_url"])


def annotations(tenant: Tenant) -> dict[str, str]:
    secret = tenant.channel()
    assert secret
    return dict(secret.metadata.annotations or {})


def of_others(namespace: str, type_: str = "Opaque") -> client.V1Secret:
    metadata = client.V1ObjectMeta(name="grow", namespace=namespace)
    return client.V1Secret(metadata=metadata, type=type_, string_data={"url": "theirs"})


def test_a_receiver_becomes_ready_and_its_url_is_in_a_secret(
    tenant: Tenant, grow: Document
) -> None:
    receiver, secret = made(tenant), tenant.channel()

    cluster = tenant.ready()["status"]["id"]
    assert receiver.name == tenant.owned_name(f"{tenant.namespace}-grow", grow)
    assert (receiver.cluster_id, receiver.action) == (cluster, "CLUSTER_SCALE_OUT")
    assert grow["status"]["resource"] == {
        "name": f"{tenant.namespace}-grow",
        "type": "webhook",
        "action": "CLUSTER_SCALE_OUT",
        "clusterID": cluster,
        "params": {"count": 1},
        "secretName": "grow",
    }
    assert "id" not in grow["status"]
    assert secret
    assert secret.type == "Opaque"
    assert list(secret.data) == ["url"]
    assert has_url_of(tenant, receiver)
    [owner] = secret.metadata.owner_references
    assert (owner.kind, owner.name, owner.uid) == (
        "SenlinReceiver",
        "grow",
        grow["metadata"]["uid"],
    )
    assert not secret.metadata.annotations


def test_its_url_scales_a_cluster_whose_size_belongs_to_senlin(
    tenant: Tenant, grow: Document
) -> None:
    tenant.senlin.trigger_webhook(tenant.url())

    grown = tenant.wait(
        "SenlinCluster",
        "web",
        lambda it: is_ready(it) and it["status"]["resource"]["nodes"]["active"] == 2,
        "grown",
    )
    assert "Drift" not in condition(grown, "Ready")["message"]
    [cluster] = tenant.clusters()
    assert cluster.desired_capacity == 2


def test_a_size_that_belongs_to_the_spec_is_set_back(tenant: Tenant) -> None:
    tenant.quickstart(desiredCapacity=1)
    tenant.apply(tenant.receiver())
    tenant.ready("SenlinReceiver", "grow")

    tenant.senlin.trigger_webhook(tenant.url())

    tenant.wait(
        "SenlinCluster",
        "web",
        lambda it: is_ready(it) and "Drift corrected: " in condition(it, "Ready")["message"],
        "set back",
    )
    [cluster] = tenant.clusters()
    assert (cluster.desired_capacity, len(cluster.node_ids)) == (1, 1)
    corrections = [note for reason, note in tenant.events("web") if reason == "Resizing"]
    assert any("Drift corrected" in note for note in corrections), corrections


def test_a_receiver_that_others_deleted_gets_another_url(tenant: Tenant, grow: Document) -> None:
    old = made(tenant)

    tenant.senlin.delete_receiver(old.id)
    tenant.eventually(lambda: CHANGED_AT in annotations(tenant), "another URL")

    assert made(tenant).id != old.id
    assert has_url_of(tenant, made(tenant))
    tenant.ready("SenlinReceiver", "grow")
    first = annotations(tenant)[CHANGED_AT]
    tenant.edit("SenlinReceiver", "grow", params={"count": 2})
    tenant.ready("SenlinReceiver", "grow")
    assert annotations(tenant)[CHANGED_AT] == first


def test_a_secret_that_others_deleted_is_put_back(tenant: Tenant, grow: Document) -> None:
    receiver = made(tenant)

    tenant.core.delete_namespaced_secret("grow", tenant.namespace)

    tenant.eventually(lambda: has_url_of(tenant, receiver), "put back")
    assert made(tenant).id == receiver.id
    assert annotations(tenant) == {}


@pytest.mark.parametrize(
    ("changes", "dated"),
    [
        pytest.param({"url": "aHR0cDovL2Nh"}, True, id="its URL, which is dated"),
        pytest.param({"more": "bW9yZQ=="}, False, id="a key more"),
        pytest.param({"url": None}, False, id="a key less"),
    ],
)
def test_a_secret_that_others_edited_is_put_back(
    tenant: Tenant, grow: Document, changes: Document, dated: bool
) -> None:
    receiver = made(tenant)
    before = tenant.channel()
    assert before

    tenant.core.patch_namespaced_secret("grow", tenant.namespace, {"data": changes})

    def is_back() -> bool:
        secret = tenant.channel()
        return secret is not None and secret.data == before.data

    tenant.eventually(is_back, "put back")
    assert made(tenant).id == receiver.id
    assert (CHANGED_AT in annotations(tenant)) == dated


@pytest.mark.parametrize(
    "type_",
    [
        pytest.param("Opaque", id="of the same type"),
        pytest.param("example.com/other", id="of a type that the operator does not watch"),
    ],
)
def test_a_secret_of_others_is_left_alone(tenant: Tenant, type_: str) -> None:
    tenant.core.create_namespaced_secret(tenant.namespace, of_others(tenant.namespace, type_))
    tenant.quickstart(desiredCapacity=1)
    tenant.apply(tenant.receiver())

    ready = tenant.waits_for("NameTaken", "SenlinReceiver", "grow")

    assert ready["message"] == "Secret grow exists, but SenlinReceiver grow does not own it."
    assert tenant.url() == "theirs"
    tenant.core.delete_namespaced_secret("grow", tenant.namespace)
    tenant.patch(
        "SenlinReceiver",
        "grow",
        {"metadata": {"annotations": {"senlin.openstack.org/reconcile-requested-at": "now"}}},
    )
    tenant.ready("SenlinReceiver", "grow")
    assert has_url_of(tenant, made(tenant))


def test_name_action_and_inputs_are_changed_in_place(tenant: Tenant, grow: Document) -> None:
    before = made(tenant)

    changes = {"name": f"{tenant.namespace}-shrink", "action": "CLUSTER_SCALE_IN"}
    tenant.edit("SenlinReceiver", "grow", params={"count": 2}, **changes)
    after = tenant.ready("SenlinReceiver", "grow")

    receiver = made(tenant)
    assert receiver.id == before.id
    assert (receiver.name, receiver.action, receiver.params) == (
        tenant.owned_name(changes["name"], grow),
        "CLUSTER_SCALE_IN",
        {"count": 2},
    )
    shown = after["status"]["resource"]
    assert (shown["name"], shown["action"], shown["params"]) == (
        changes["name"],
        "CLUSTER_SCALE_IN",
        {"count": 2},
    )
    assert has_url_of(tenant, before)
    assert annotations(tenant) == {}


def test_changes_by_others_are_drift(tenant: Tenant, grow: Document) -> None:
    receiver = made(tenant)

    tenant.senlin.update_receiver(receiver.id, name=f"{tenant.namespace}-x", params={"count": 9})

    tenant.eventually(
        lambda: (made(tenant).name, made(tenant).params) == (receiver.name, {"count": 1}),
        "corrected",
    )
    tenant.wait(
        "SenlinReceiver",
        "grow",
        lambda it: "Drift corrected: name" in condition(it, "Ready")["message"],
        "told",
    )
    assert made(tenant).id == receiver.id


def test_deletion_deletes_the_receiver_and_its_secret(tenant: Tenant, grow: Document) -> None:
    tenant.delete("senlinreceiver/grow")
    tenant.gone("SenlinReceiver", "grow")

    assert tenant.receivers() == []
    tenant.eventually(lambda: tenant.channel() is None, "without the Secret")


def test_detach_leaves_the_receiver(tenant: Tenant, grow: Document) -> None:
    tenant.patch("SenlinReceiver", "grow", {"spec": {"managedOptions": {"onDelete": "detach"}}})
    tenant.ready("SenlinReceiver", "grow")

    tenant.delete("senlinreceiver/grow")
    tenant.gone("SenlinReceiver", "grow")

    tenant.senlin.delete_receiver(made(tenant).id)
    tenant.eventually(lambda: tenant.channel() is None, "without the Secret")


def test_a_cluster_waits_with_its_deletion_until_no_receiver_refers_to_it(
    tenant: Tenant, grow: Document
) -> None:
    tenant.delete("senlincluster/web")
    ready = tenant.waits_for("InUse")
    assert ready["message"] == "Deletion waits while it is used by SenlinReceiver grow."
    assert len(tenant.clusters()) == 1

    tenant.delete("senlinreceiver/grow")
    tenant.gone("SenlinCluster", "web")
    assert tenant.receivers() == tenant.clusters() == []


def test_a_cluster_that_others_deleted_takes_its_receiver_along(
    tenant: Tenant, grow: Document
) -> None:
    """Both are created again, the cluster first, without a request that Senlin refuses."""
    old, [cluster] = made(tenant), tenant.clusters()

    deleted = tenant.senlin.delete_cluster(cluster.id)
    if deleted:
        tenant.senlin.wait_for_delete(deleted)

    after = tenant.wait(
        "SenlinReceiver",
        "grow",
        lambda it: is_ready(it) and it["status"]["resource"]["clusterID"] not in (cluster.id, None),
        "created again",
        seconds=60,
    )
    assert made(tenant).id != old.id
    assert made(tenant).cluster_id == after["status"]["resource"]["clusterID"]
    assert has_url_of(tenant, made(tenant))
    assert "refuses" not in tenant.log()
    reasons = {reason for reason, _ in tenant.events("grow")}
    usual = {"Creating", "Ready", "ReferenceNotReady"}
    # A poll that reads the cluster alone leaves the receiver known for a while.
    assert {"Creating", "Ready"} <= reasons <= {*usual, "Discarding"}


def test_senlin_makes_a_webhook_for_the_cluster_s_own_user_only(tenant: Tenant) -> None:
    tenant.quickstart(desiredCapacity=1)
    other = tenant.secret("blue-2")
    other["metadata"]["name"] = "of-another"
    receiver = tenant.receiver()
    receiver["spec"]["cloudCredentialsRef"] = {
        "secretName": "of-another",
        "cloudName": "openstack",
    }
    tenant.apply(other, receiver)

    ready = tenant.waits_for("Rejected", "SenlinReceiver", "grow")

    assert ready["message"] == (
        "Senlin refuses it: You are not authorized to complete this operation. "
        "It makes a webhook only for the user who made the cluster."
    )
    assert tenant.receivers() == []
    assert tenant.channel() is None


def test_a_message_receiver_is_refused_as_senlin_answers_no_message(tenant: Tenant) -> None:
    receiver = tenant.receiver()
    receiver["spec"]["resource"] = {"type": "message"}
    tenant.apply(tenant.secret(), receiver)

    ready = tenant.waits_for("Rejected", "SenlinReceiver", "grow")

    assert "answers no message: let the receiver's type be webhook" in ready["message"]
    assert tenant.receivers() == []
    tenant.delete("senlinreceiver/grow")
    tenant.gone("SenlinReceiver", "grow")


def test_a_receiver_of_others_is_shown_without_its_url(tenant: Tenant, grow: Document) -> None:
    [cluster] = tenant.clusters()
    name = f"{tenant.namespace}-theirs"
    theirs = tenant.senlin.create_receiver(
        name=name, type="webhook", cluster_id=cluster.id, action="CLUSTER_CHECK"
    )
    shown = tenant.receiver("shown")
    del shown["spec"]["resource"]
    shown["spec"] |= {"managementPolicy": "unmanaged", "import": {"filter": {"name": name}}}

    tenant.apply(shown)
    status = tenant.ready("SenlinReceiver", "shown")["status"]

    assert status["resource"] == {
        "name": name,
        "type": "webhook",
        "action": "CLUSTER_CHECK",
        "clusterID": cluster.id,
    }
    assert theirs.id not in json.dumps(status)
    assert tenant.channel("shown") is None
    tenant.delete("senlinreceiver/shown")
    tenant.gone("SenlinReceiver", "shown")
    assert theirs.id in [it.id for it in tenant.receivers()]


def test_a_settled_receiver_costs_no_write(tenant: Tenant, grow: Document) -> None:
    """Though Senlin shows another time of creation after each change."""
    tenant.edit("SenlinReceiver", "grow", params={"count": 2})
    tenant.ready("SenlinReceiver", "grow")
    version = tenant.get("SenlinReceiver", "grow")
    secret = tenant.channel()

    tenant.patch(
        "SenlinReceiver",
        "grow",
        {"metadata": {"annotations": {"senlin.openstack.org/reconcile-requested-at": "once"}}},
    )
    handled = tenant.wait(
        "SenlinReceiver",
        "grow",
        lambda it: it["status"].get("lastHandledReconcileAt") == "once",
        "handled",
    )

    assert version
    unequal = {"lastHandledReconcileAt", "lastSyncTime"}
    before, after = (
        {name: value for name, value in it["status"].items() if name not in unequal}
        for it in (version, handled)
    )
    assert before == after
    again = tenant.channel()
    assert secret
    assert again
    assert again.metadata.resource_version == secret.metadata.resource_version


def test_without_receivers_the_kind_is_neither_watched_nor_listed(
    idle_tenant: TenantWithOperator,
) -> None:
    tenant = idle_tenant
    tenant.operator.start("--receivers", "false")
    tenant.apply(tenant.secret(), tenant.profile(), tenant.receiver())
    tenant.ready("SenlinProfile", "web-server")

    left = tenant.get("SenlinReceiver", "grow")
    assert left
    assert left["status"] == {"observedGeneration": -1}
    assert "finalizers" not in left["metadata"]
    asked = tenant.sandbox.audit(namespace=tenant.namespace, userAgent="senlin-operator")
    resources = {entry["objectRef"]["resource"] for entry in asked}
    assert "senlinprofiles" in resources
    assert "senlinreceivers" not in resources


def test_base64_of_the_secret_is_what_the_readme_says(tenant: Tenant, grow: Document) -> None:
    """As users read it: `kubectl get secret … -o jsonpath={.data.url} | base64 -d`."""
    encoded = tenant.kubectl("get", "secret", "grow", "-o", "jsonpath={.data.url}")

    assert base64.b64decode(encoded).decode() == made(tenant).channel["alarm_url"]
