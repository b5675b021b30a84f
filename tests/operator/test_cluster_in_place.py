"""Changes of what the nodes are: those that servers cannot take are refused before anything moves.

A profile that Senlin refuses stalls its cluster, too.
"""

import base64
from typing import Any

from tests.operator.tenant import Document, Tenant, condition
from tests.operator.test_cluster_template import inline, made_of, template


def user_data(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def servers(tenant: Tenant) -> set[str]:
    return {server["id"] for server in tenant.sandbox.nova.servers(tenant.nodes_named())}


def with_script(tenant: Tenant, text: str, **changes: Any) -> Document:
    """Return a cluster of three whose servers run a script when they start."""
    document = inline(tenant, **changes)
    document["spec"]["resource"]["profile"] = template(tenant, user_data=user_data(text))
    return document


def test_new_user_data_is_refused_and_the_rest_of_the_spec_followed(tenant: Tenant) -> None:
    tenant.apply(tenant.secret(), with_script(tenant, "one"))
    before = tenant.ready()
    running = servers(tenant)

    tenant.edit("SenlinCluster", "web", profile=template(tenant, user_data=user_data("two")))

    refused = tenant.waits_for("Unsafe")
    cluster = tenant.get("SenlinCluster", "web") or {}
    assert refused["message"] == (
        "user_data cannot be changed on servers that exist. Set strategy.type to Replace, which "
        "replaces the nodes one after the other, or put it back."
    )
    assert condition(cluster, "Stalled")["status"] == "True"
    assert condition(cluster, "Available")["status"] == "True"
    assert cluster["status"]["resource"]["nodes"] == {"total": 3, "active": 3, "unhealthy": 0}
    assert cluster["status"]["id"] == before["status"]["id"]
    assert servers(tenant) == running
    assert "Updating" not in [reason for reason, _ in tenant.events("web")]

    tenant.kubectl("scale", "senlincluster/web", "--replicas=4")
    tenant.eventually(lambda: len(servers(tenant)) == 4, "four servers")
    assert tenant.waits_for("Unsafe")
    assert running < servers(tenant)

    tenant.edit("SenlinCluster", "web", profile=template(tenant, user_data=user_data("one")))
    tenant.ready()
    assert running < servers(tenant)


def test_replace_gives_new_user_data_to_all_nodes(tenant: Tenant) -> None:
    tenant.apply(tenant.secret(), with_script(tenant, "one", desiredCapacity=2, minSize=2))
    tenant.ready()
    running = servers(tenant)
    tenant.edit("SenlinCluster", "web", profile=template(tenant, user_data=user_data("two")))
    tenant.waits_for("Unsafe")

    tenant.edit("SenlinCluster", "web", strategy={"type": "Replace"})
    tenant.ready(seconds=90)

    assert len(servers(tenant)) == 2
    assert not running & servers(tenant)
    tenant.eventually(lambda: len(tenant.all_of("SenlinProfile")) == 1, "the old profile gone")
    told = [note for reason, note in tenant.events("web") if reason == "Updating"]
    (name,) = [it["metadata"]["name"] for it in tenant.all_of("SenlinProfile")]
    assert [note.endswith(f" → {name} (user_data)") for note in told] == [True], told


def test_the_event_of_a_roll_names_profiles_and_changes(tenant: Tenant) -> None:
    tenant.quickstart()
    tenant.apply(tenant.profile("web-large", flavor="m1.small"))

    tenant.edit("SenlinCluster", "web", profileRef={"name": "web-large"})
    cluster = tenant.ready()

    assert made_of(tenant, cluster) == {"m1.small"}
    assert ("Updating", ROLL) in tenant.events("web")
    assert cluster["status"]["action"]["name"] == ROLL.partition(";")[0]


ROLL = (
    "profile web-server → web-large (flavor m1.tiny → m1.small); "
    "no batch policy: all 3 nodes at once"
)


def test_a_node_keeps_its_profile_if_its_server_cannot_take_another(tenant: Tenant) -> None:
    tenant.apply(tenant.secret(), tenant.profile(), tenant.node())
    tenant.ready("SenlinNode", "web-1")
    running = servers(tenant)
    tenant.apply(tenant.profile("keyed", key_name="default"))

    tenant.edit("SenlinNode", "web-1", profileRef={"name": "keyed"})

    refused = tenant.waits_for("Unsafe", "SenlinNode", "web-1")
    assert refused["message"] == (
        "key_name cannot be changed on servers that exist. Make another SenlinNode, or put it back."
    )
    tenant.edit("SenlinNode", "web-1", profileRef={"name": "web-server"})
    tenant.ready("SenlinNode", "web-1")
    assert servers(tenant) == running


def test_a_cluster_whose_profile_is_refused_is_stalled_until_it_is_put_right(
    tenant: Tenant,
) -> None:
    document = inline(tenant)
    document["spec"]["resource"]["profile"] = template(tenant, flavor="m1.huge")
    tenant.apply(tenant.secret(), document)

    stalled = tenant.wait(
        "SenlinCluster",
        "web",
        lambda it: condition(it, "Stalled").get("status") == "True",
        "Stalled",
    )
    ready = condition(stalled, "Ready")
    assert ready["reason"] == "ReferenceNotReady"
    assert "m1.huge" in ready["message"]
    assert condition(stalled, "Reconciling")["status"] == "False"
    tenant.eventually(
        lambda: any("m1.huge" in note for _, note in tenant.events("web")), "told by an event"
    )

    tenant.edit("SenlinCluster", "web", profile=template(tenant))
    tenant.ready()


def test_a_cluster_goes_on_at_once_when_a_stalled_reference_is_made_again(tenant: Tenant) -> None:
    tenant.apply(tenant.secret(), tenant.profile(flavor="m1.huge"), tenant.cluster())
    tenant.wait(
        "SenlinCluster",
        "web",
        lambda it: condition(it, "Stalled").get("status") == "True",
        "Stalled",
    )

    tenant.kubectl("delete", "senlinprofile/web-server")
    tenant.apply(tenant.profile())
    tenant.ready()
