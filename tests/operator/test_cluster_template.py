"""A cluster that says itself what its nodes are: its profile follows the manifest."""

from typing import Any

import pytest

from tests.operator.tenant import Document, Tenant, condition

ADJUSTABLE = {"type": "os.nova.server", "version": "1.0"}


def template(tenant: Tenant, **properties: Any) -> Document:
    """Return the quickstart's profile as a cluster states it inline."""
    stated = tenant.profile(**properties)["spec"]["resource"]
    return {**ADJUSTABLE, "properties": stated["properties"], "metadata": stated["metadata"]}


def inline(tenant: Tenant, **changes: Any) -> Document:
    document = tenant.cluster(profile=template(tenant), **changes)
    del document["spec"]["resource"]["profileRef"]
    return document


def made_of(tenant: Tenant, cluster: Document) -> set[str]:
    """Return the flavors of the cluster's servers."""
    metadata = {"cluster_id": cluster["status"]["id"]}
    servers = tenant.sandbox.nova.servers(metadata=metadata)
    return {server["flavor"]["name"] for server in servers}


def test_a_template_becomes_a_profile_that_the_cluster_owns(tenant: Tenant) -> None:
    tenant.apply(tenant.secret(), inline(tenant))

    cluster = tenant.ready()

    (profile,) = tenant.all_of("SenlinProfile")
    (owner,) = profile["metadata"]["ownerReferences"]
    assert owner["uid"] == cluster["metadata"]["uid"]
    assert profile["metadata"]["name"].startswith("web-")
    assert profile["status"]["id"] == cluster["status"]["resource"]["profileID"]

    tenant.delete("senlincluster", "web")
    tenant.gone("SenlinCluster", "web")
    tenant.gone("SenlinProfile", profile["metadata"]["name"])
    assert tenant.profiles() == []


def test_a_cluster_that_is_made_again_at_once_gets_a_profile_of_its_own(tenant: Tenant) -> None:
    """As `kubectl replace --force` does; the old profile is still being collected."""
    tenant.apply(tenant.secret(), inline(tenant))
    before = tenant.ready()

    tenant.delete("senlincluster", "web")
    tenant.gone("SenlinCluster", "web")
    tenant.apply(inline(tenant))

    cluster = tenant.ready()
    assert cluster["status"]["id"] != before["status"]["id"]
    (profile,) = tenant.all_of("SenlinProfile")
    assert profile["metadata"]["ownerReferences"][0]["uid"] == cluster["metadata"]["uid"]


def test_a_changed_template_is_rolled_out_and_the_old_profile_deleted(tenant: Tenant) -> None:
    tenant.apply(tenant.secret(), inline(tenant))
    before = tenant.ready()["status"]["resource"]["profileID"]

    tenant.edit("SenlinCluster", "web", profile=template(tenant, flavor="m1.small"))
    cluster = tenant.ready()

    assert cluster["status"]["resource"]["profileID"] != before
    assert made_of(tenant, cluster) == {"m1.small"}
    tenant.eventually(lambda: len(tenant.all_of("SenlinProfile")) == 1, "the old profile gone")
    tenant.eventually(lambda: len(tenant.profiles()) == 1, "the old profile gone from Senlin")


@pytest.mark.unforeseen("Nova fails, so the old profile stays")
def test_a_roll_that_fails_names_the_node_and_is_healed_by_a_revert(tenant: Tenant) -> None:
    tenant.apply(tenant.secret(), inline(tenant))
    before = tenant.ready()
    tenant.sandbox.nova.refuse_resize(tenant.nodes_named(), count=1)

    tenant.edit("SenlinCluster", "web", profile=template(tenant, flavor="m1.small"))
    failed = tenant.waits_for("ActionFailed")
    assert tenant.namespace in failed["message"], failed  # the name of a node

    tenant.edit("SenlinCluster", "web", profile=template(tenant))
    cluster = tenant.ready(seconds=60)

    assert cluster["status"]["resource"]["profileID"] == before["status"]["resource"]["profileID"]
    assert made_of(tenant, cluster) == {"m1.tiny"}
    tenant.eventually(lambda: len(tenant.profiles()) == 1, "the new profile gone")


def test_a_template_that_senlin_refuses_is_reported_and_fixed_by_an_edit(tenant: Tenant) -> None:
    document = inline(tenant)
    networks = [{"network": "nowhere"}]
    document["spec"]["resource"]["profile"]["properties"]["networks"] = networks
    tenant.apply(tenant.secret(), document)

    tenant.wait(
        "SenlinCluster",
        "web",
        lambda it: "network nowhere" in condition(it, "Ready").get("message", ""),
        "waiting for a profile that Senlin refuses",
    )
    assert condition(tenant.get("SenlinCluster", "web") or {}, "Ready")["reason"] == (
        "ReferenceNotReady"
    )

    tenant.edit("SenlinCluster", "web", profile=template(tenant))
    tenant.ready()
    tenant.eventually(lambda: len(tenant.all_of("SenlinProfile")) == 1, "the wrong profile gone")


def test_a_profile_of_somebody_else_with_that_name_is_left_alone(tenant: Tenant) -> None:
    tenant.apply(tenant.secret(), inline(tenant))
    tenant.ready()
    (made,) = tenant.all_of("SenlinProfile")
    tenant.delete("senlincluster", "web")
    tenant.gone("SenlinProfile", made["metadata"]["name"])

    tenant.apply(tenant.profile(name=made["metadata"]["name"]), inline(tenant))

    taken = tenant.waits_for("NameTaken")
    assert made["metadata"]["name"] in taken["message"]
    assert condition(tenant.get("SenlinCluster", "web") or {}, "Stalled")["status"] == "True"
