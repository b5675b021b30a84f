"""What exists in Senlin already is taken over by a managed resource that imports it."""

from typing import Any

from senlin_operator.model.ownership import OWNER_KEY, PLACE_KEY
from tests.operator.tenant import Document, Tenant
from tests.operator.test_import import handmade, handmade_profile

ADOPT = "senlin.openstack.org/adopt"
VERBS = ("Creating", "TakingOver", "Updating", "Resizing", "RemovingNodes", "Deleting")
TAKE_OVER = "senlin.openstack.org/take-over"


def importing(document: Document, **which: Any) -> Document:
    """Return the manifest of a resource that takes over what exists."""
    return {**document, "spec": {**document["spec"], "import": which}}


def renamed(document: Document, name: str) -> Document:
    """Return the manifest with another name in Senlin."""
    document["spec"]["resource"]["name"] = name
    return document


def annotate(tenant: Tenant, kind: str, name: str, **annotations: str) -> None:
    words = [f"{key}={value}" for key, value in annotations.items()]
    tenant.kubectl("annotate", "--overwrite", f"{kind.lower()}/{name}", *words)


def steps(tenant: Tenant, name: str) -> list[str]:
    """Return the reasons of the events that tell of a step."""
    return [reason for reason, _ in tenant.events(name) if reason in VERBS]


def writes(tenant: Tenant, id_: str) -> list[str]:
    """Return the actions on a cluster or a node."""
    return sorted(it.action for it in tenant.senlin.actions(target=id_))


def handmade_node(tenant: Tenant, profile_id: str) -> Any:
    made = tenant.senlin.create_node(
        name=f"{tenant.namespace}-web-1",
        profile_id=profile_id,
        metadata={"namespace": tenant.namespace},
    )
    return tenant.senlin.wait_for_status(made, "ACTIVE", interval=0.2)


def handmade_policy(tenant: Tenant) -> Any:
    resource = tenant.policy()["spec"]["resource"]
    spec = {key: resource[key] for key in ("type", "version", "properties")}
    return tenant.senlin.create_policy(name=f"{tenant.namespace}-grow", spec=spec)


def test_what_is_as_the_manifest_says_is_taken_over_at_once(tenant: Tenant) -> None:
    """All kinds: nothing but the owner's marker is written, and all of it is deleted in the end."""
    cluster = handmade(tenant, "web", size=2)
    profile, policy = cluster.profile_id, handmade_policy(tenant)
    node = handmade_node(tenant, profile)
    receiver = tenant.senlin.create_receiver(
        name=f"{tenant.namespace}-grow",
        type="webhook",
        cluster_id=cluster.id,
        action="CLUSTER_SCALE_OUT",
        params={"count": 1},
    )
    grow = tenant.receiver(params={"count": 1})
    named = {"name": f"{tenant.namespace}-grow"}

    tenant.apply(
        tenant.secret(),
        importing(renamed(tenant.profile(), "web"), id=profile),
        importing(tenant.policy(), filter=named),
        importing(tenant.cluster(minSize=0, maxSize=-1, desiredCapacity=2), id=cluster.id),
        importing(tenant.node(), id=node.id),
        importing(grow, filter=named),
    )
    for kind, name in (
        ("SenlinProfile", "web-server"),
        ("SenlinPolicy", "grow"),
        ("SenlinCluster", "web"),
        ("SenlinNode", "web-1"),
        ("SenlinReceiver", "grow"),
    ):
        taken = tenant.ready(kind, name)
        assert taken["status"]["adopted"]["how"] == "Import"

    assert writes(tenant, cluster.id) == ["CLUSTER_CREATE", "CLUSTER_UPDATE"]
    assert writes(tenant, node.id) == ["NODE_CREATE", "NODE_UPDATE"]
    assert tenant.url().endswith(f"/webhooks/{receiver.id}/trigger?V=2&count=1")
    assert steps(tenant, "web") == ["TakingOver"]
    web = tenant.get("SenlinCluster", "web") or {}
    metadata = tenant.senlin.get_cluster(cluster.id).metadata
    assert metadata[OWNER_KEY] == web["metadata"]["uid"]
    place = tenant.core.read_namespace("kube-system").metadata.uid
    assert metadata[PLACE_KEY] == f"{place}/{tenant.namespace}/SenlinCluster/web"
    assert [it.id for it in tenant.policies()] == [policy.id]

    tenant.delete_everything()
    tenant.gone("SenlinCluster", "web")
    tenant.gone("SenlinProfile", "web-server")
    assert tenant.clusters() == tenant.profiles() == tenant.policies() == []


def test_differences_are_listed_and_confirmed(tenant: Tenant) -> None:
    cluster = handmade(tenant, "web")
    tenant.senlin.update_cluster(cluster, timeout=1800)
    profile = renamed(tenant.profile(), "web")
    tenant.apply(
        tenant.secret(),
        importing(profile, id=cluster.profile_id),
        importing(tenant.cluster(desiredCapacity=2), id=cluster.id),
    )

    told = tenant.waits_for("AdoptionPending")

    assert "desiredCapacity 1 → 2" in told["message"]
    assert "timeout 1800 → 3600" in told["message"]
    assert OWNER_KEY not in tenant.senlin.get_cluster(cluster.id).metadata
    assert "CLUSTER_RESIZE" not in writes(tenant, cluster.id)

    annotate(tenant, "SenlinCluster", "web", **{ADOPT: "confirm"})
    taken = tenant.ready()

    assert taken["status"]["id"] == cluster.id
    assert taken["status"]["resource"]["nodes"]["active"] == 2
    assert steps(tenant, "web") == ["TakingOver", "Updating", "Resizing"]


def test_what_senlin_cannot_change_is_not_taken_over(tenant: Tenant) -> None:
    theirs = handmade_profile(tenant, "theirs")
    document = renamed(tenant.profile(flavor="m1.small"), "theirs")

    tenant.apply(tenant.secret(), importing(document, id=theirs.id))
    annotate(tenant, "SenlinProfile", "web-server", **{ADOPT: "confirm"})
    told = tenant.waits_for("AdoptionPending", "SenlinProfile", "web-server")

    assert "what Senlin cannot change (properties (flavor))" in told["message"]
    tenant.delete("senlinprofile/web-server")
    tenant.gone("SenlinProfile", "web-server")
    assert tenant.senlin.get_profile(theirs.id).metadata == {"namespace": tenant.namespace}


def test_what_another_resource_manages_is_refused(tenant: Tenant) -> None:
    id_ = tenant.quickstart()["status"]["id"]
    second = importing(tenant.cluster("second"), id=id_)
    second["metadata"]["annotations"] = {ADOPT: "confirm", TAKE_OVER: id_}

    tenant.apply(second)
    told = tenant.waits_for("OwnedElsewhere", name="second")

    assert "is managed by SenlinCluster web" in told["message"]
    tenant.delete("senlincluster/second")
    tenant.gone("SenlinCluster", "second")
    assert tenant.ready()["status"]["id"] == id_
    assert writes(tenant, id_) == ["CLUSTER_CREATE"]


def test_a_member_is_taken_over_and_no_other_is_removed(tenant: Tenant) -> None:
    cluster = tenant.quickstart()
    id_, [*nodes] = cluster["status"]["id"], tenant.nodes()
    document = renamed(tenant.node(clusterRef={"name": "web"}), nodes[0].name)
    del document["spec"]["resource"]["metadata"]

    tenant.apply(importing(document, id=nodes[0].id))
    tenant.ready("SenlinNode", "web-1")
    tenant.ready()

    assert {it.id for it in tenant.nodes()} == {it.id for it in nodes}
    assert writes(tenant, id_) == ["CLUSTER_CREATE"]
