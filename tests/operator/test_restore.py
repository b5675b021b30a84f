"""Resources come back with other uids: nothing is made a second time, and nothing is taken away."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import yaml

from senlin_operator.model.ownership import OWNER_KEY, PLACE_KEY
from tests.operator.tenant import Document, Tenant, TenantWithOperator
from tests.operator.test_cluster_template import inline
from tests.operator.test_taking_over import TAKE_OVER, annotate, writes

# In the order in which they are restored; the Secret of a receiver is made again.
KINDS = ("SenlinCluster", "SenlinNode", "SenlinPolicy", "SenlinProfile", "SenlinReceiver")
LOST = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields")
ELSEWHERE = "5a6f2f0e-0000-4c5e-9a5a-b7a7a5c7d1e2"  # the identity of another Kubernetes


# The end of a name of what has no metadata: digests of a Kubernetes and of a place, and a uid.
_MARKER = re.compile(r"\.[A-Za-z0-9_-]{8}~([A-Za-z0-9_-]{8})\.[0-9a-f-]{36}$")


def backup(tenant: Tenant) -> list[Document]:
    """Return all resources as Velero restores them: with finalizers and owners."""
    found = [it for kind in KINDS for it in tenant.all_of(kind)]
    return [
        {**it, "metadata": {key: it["metadata"][key] for key in it["metadata"] if key not in LOST}}
        for it in found
    ]


def lose(tenant: Tenant, documents: list[Document]) -> None:
    """Have the resources vanish from Kubernetes, as when it is lost, while no operator runs."""
    for it in documents:
        tenant.patch(it["kind"], it["metadata"]["name"], {"metadata": {"finalizers": None}})
    for it in documents:
        tenant.kubectl("delete", "--ignore-not-found", it["kind"], it["metadata"]["name"])


def restore(tenant: Tenant, documents: list[Document], *, status: bool) -> None:
    tenant.kubectl("create", "-f", "-", input=yaml.safe_dump_all(documents))
    for it in documents if status else ():
        arguments = ["--subresource=status", "--type=merge", it["kind"], it["metadata"]["name"]]
        tenant.kubectl("patch", *arguments, f"--patch={yaml.safe_dump({'status': it['status']})}")


def in_senlin(tenant: Tenant) -> dict[str, Any]:
    """Return all that the namespace has in Senlin, and its servers."""
    return {
        "clusters": {it.id for it in tenant.clusters()},
        "nodes": {it.id for it in tenant.nodes()},
        "profiles": {it.id for it in tenant.profiles()},
        "policies": {it.id for it in tenant.policies()},
        "receivers": {it.id for it in tenant.receivers()},
        "servers": {it["id"] for it in tenant.sandbox.nova.servers(tenant.nodes_named())},
    }


def taken_over(tenant: Tenant, documents: list[Document]) -> None:
    """Wait until all have taken over what they had before, and are Ready."""
    for it in documents:
        kind, name = it["kind"], it["metadata"]["name"]
        tenant.wait(kind, name, is_restored, "taken over")
        tenant.ready(kind, name)


def is_restored(document: Document) -> bool:
    adopted = document.get("status", {}).get("adopted", {})
    return bool(adopted.get("how") == "Restore")


def is_taken_over(document: Document) -> bool:
    adopted = document.get("status", {}).get("adopted", {})
    return bool(adopted.get("how") == "TakeOver")


def test_a_restore_takes_over_what_is_there(tenant_with_operator: TenantWithOperator) -> None:
    """With an inline profile, a policy, a declared member, and a receiver."""
    tenant = tenant_with_operator
    grow = [{"policyRef": {"name": "grow"}}]
    tenant.apply(tenant.secret(), tenant.profile(), tenant.policy(), inline(tenant, policies=grow))
    tenant.apply(tenant.receiver(), tenant.node(clusterRef={"name": "web"}))
    tenant.ready("SenlinNode", "web-1")
    tenant.ready("SenlinReceiver", "grow")
    id_ = tenant.ready()["status"]["id"]
    before, url, done = in_senlin(tenant), tenant.url(), writes(tenant, id_)
    saved = backup(tenant)
    tenant.operator.stop()
    lose(tenant, saved)

    restore(tenant, saved, status=False)
    tenant.operator.start()

    taken_over(tenant, saved)
    assert in_senlin(tenant) == before
    assert tenant.url() == url
    assert writes(tenant, id_) == sorted([*done, "CLUSTER_UPDATE"])

    tenant.delete_everything()
    tenant.gone("SenlinCluster", "web")
    tenant.eventually(lambda: not any(in_senlin(tenant).values()), "deleted in Senlin")


def test_a_restore_with_its_status(tenant_with_operator: TenantWithOperator) -> None:
    tenant = tenant_with_operator
    id_ = tenant.quickstart()["status"]["id"]
    before, saved = in_senlin(tenant), backup(tenant)
    tenant.operator.stop()
    lose(tenant, saved)

    restore(tenant, saved, status=True)
    tenant.operator.start()

    taken_over(tenant, saved)
    assert in_senlin(tenant) == before
    assert writes(tenant, id_) == ["CLUSTER_CREATE", "CLUSTER_UPDATE"]
    assert not any(note.startswith("Drift") for _, note in tenant.events("web"))


def test_a_namespace_that_git_makes_again_finds_what_it_left(tenant: Tenant) -> None:
    documents = [tenant.secret(), tenant.profile(), tenant.cluster()]
    for it in documents[1:]:
        it["spec"]["managedOptions"] = {"onDelete": "detach"}
    tenant.apply(*documents)
    id_ = tenant.ready()["status"]["id"]
    before = in_senlin(tenant)
    tenant.sandbox.kubectl("delete", "namespace", tenant.namespace)

    tenant.sandbox.kubectl("create", "namespace", tenant.namespace)
    tenant.apply(*documents)

    taken = tenant.ready()
    assert (taken["status"]["id"], taken["status"]["adopted"]["how"]) == (id_, "Restore")
    assert in_senlin(tenant) == before
    for it in documents[1:]:
        name = it["metadata"]["name"]
        tenant.patch(it["kind"], name, {"spec": {"managedOptions": {"onDelete": "delete"}}})


@pytest.fixture
def left_elsewhere(tenant: Tenant) -> Iterator[list[Document]]:
    """The manifests of a cluster, its profile, policy and receiver that another Kubernetes has."""
    documents = [inline(tenant), tenant.policy(), tenant.receiver()]
    for it in documents:
        it["spec"]["managedOptions"] = {"onDelete": "detach"}
    tenant.apply(tenant.secret(), *documents)
    tenant.ready("SenlinReceiver", "grow")
    tenant.ready("SenlinPolicy", "grow")
    tenant.ready()
    tenant.delete_everything()
    tenant.gone("SenlinReceiver", "grow")
    tenant.gone("SenlinPolicy", "grow")
    tenant.eventually(lambda: tenant.all_of("SenlinProfile") == [], "collected")
    tenant.gone("SenlinCluster", "web")
    move(tenant)
    for it in documents:
        del it["spec"]["managedOptions"]
    yield documents
    tenant.delete_everything()
    for cluster in tenant.clusters():
        tenant.senlin.wait_for_delete(tenant.senlin.delete_cluster(cluster), interval=0.2)


def move(tenant: Tenant) -> None:
    """Give all cloud objects the markers of resources of the same names in another Kubernetes."""
    for cluster in tenant.clusters():
        updated = tenant.senlin.update_cluster(cluster, metadata=elsewhere(cluster.metadata))
        tenant.senlin.wait_for_action(str(updated.action_id), interval=0.2)
    for profile in tenant.profiles():
        tenant.senlin.update_profile(profile, metadata=elsewhere(profile.metadata))
    for policy in tenant.policies():
        tenant.senlin.update_policy(policy, name=moved(policy.name))
    for receiver in tenant.receivers():
        tenant.senlin.update_receiver(receiver, name=moved(receiver.name))


def moved(name: str) -> str:
    """Return the name with such a marker."""
    return _MARKER.sub(rf".Elsewher~\1.{uuid4()}", name)


def elsewhere(metadata: Document) -> Document:
    """Return the metadata with the marker of a resource in the same place of another Kubernetes."""
    _, _, place = metadata[PLACE_KEY].partition("/")
    return {**metadata, OWNER_KEY: str(uuid4()), PLACE_KEY: f"{ELSEWHERE}/{place}"}


def test_another_kubernetes_takes_over_when_a_person_says_so(
    tenant: Tenant, left_elsewhere: list[Document]
) -> None:
    before, [cluster], [receiver] = in_senlin(tenant), tenant.clusters(), tenant.receivers()

    tenant.apply(*left_elsewhere)

    told = tenant.waits_for("OwnedElsewhere")
    assert f"in namespace {tenant.namespace} of the Kubernetes {ELSEWHERE}" in told["message"]
    assert f"the annotation {TAKE_OVER}: {cluster.id} takes it over" in told["message"]
    policy = tenant.waits_for("OwnedElsewhere", "SenlinPolicy", "grow")
    assert "of the Kubernetes Elsewher" in policy["message"]
    assert in_senlin(tenant) == before

    annotate(tenant, "SenlinCluster", "web", **{TAKE_OVER: cluster.id})
    assert tenant.ready()["status"]["adopted"]["how"] == "TakeOver"
    told = tenant.waits_for("OwnedElsewhere", "SenlinReceiver", "grow")
    assert receiver.id not in told["message"]
    annotate(tenant, "SenlinReceiver", "grow", **{TAKE_OVER: receiver.name})
    annotate(tenant, "SenlinPolicy", "grow", **{TAKE_OVER: "new"})
    tenant.ready("SenlinReceiver", "grow")
    made = tenant.ready("SenlinPolicy", "grow")["status"]

    assert receiver.id in tenant.url()
    assert made["id"] not in before["policies"]
    assert "adopted" not in made
    after = in_senlin(tenant)
    assert after.pop("policies") == before.pop("policies") | {made["id"]}
    assert after == before
    assert writes(tenant, cluster.id).count("CLUSTER_UPDATE") == 2  # one of them above


def test_of_two_kubernetes_that_claim_the_last_one_has_it(tenant: Tenant) -> None:
    id_ = tenant.quickstart()["status"]["id"]
    move(tenant)
    tenant.waits_for("OwnedElsewhere")

    tenant.kubectl("scale", "senlincluster/web", "--replicas=1")
    annotate(tenant, "SenlinCluster", "web", **{TAKE_OVER: id_})
    annotate(tenant, "SenlinProfile", "web-server", **{TAKE_OVER: tenant.profiles()[0].id})
    assert tenant.ready()["status"]["adopted"]["takeOver"] == id_
    tenant.wait("SenlinProfile", "web-server", is_taken_over, "taken over")
    assert len(tenant.nodes()) == 1

    move(tenant)  # they take it back: the annotation here must not start a fight
    told = tenant.waits_for("OwnedElsewhere")
    tenant.waits_for("OwnedElsewhere", "SenlinProfile", "web-server")
    assert "It was taken over from here" in told["message"]
    tenant.delete("senlincluster/web", "senlinprofile/web-server")
    tenant.gone("SenlinCluster", "web")
    tenant.gone("SenlinProfile", "web-server")
    stays = "stays in Senlin, as it is managed by"
    tenant.eventually(lambda: any(stays in note for _, note in tenant.events("web")), "told")
    assert tenant.senlin.get_cluster(id_).status == "ACTIVE"
    tenant.senlin.wait_for_delete(tenant.senlin.delete_cluster(id_), interval=0.2)
