"""The policies of a cluster, as its manifest lists them."""

from typing import Any

from tests.operator.tenant import Document, Tenant, condition


def policy(name: str, type_: str = "senlin.policy.deletion", **properties: Any) -> Document:
    return {
        "apiVersion": "senlin.openstack.org/v1alpha1",
        "kind": "SenlinPolicy",
        "metadata": {"name": name},
        "spec": {
            "cloudCredentialsRef": {"secretName": "openstack", "cloudName": "openstack"},
            "resource": {"type": type_, "version": "1.0", "properties": properties},
        },
    }


def listed(*names: str, **enabled: bool) -> list[Document]:
    """Return the list for a manifest: names in force, and others by keyword."""
    wanted = dict.fromkeys(names, True) | enabled
    return [{"policyRef": {"name": name}, "enabled": on} for name, on in wanted.items()]


def attached(tenant: Tenant, cluster: Document) -> dict[str, bool]:
    """Return the attached policies, by the name of their resource."""
    bound = tenant.senlin.cluster_policies(cluster["status"]["id"])
    return {it.policy_name.split(".")[0]: it.is_enabled for it in bound}


def test_a_new_cluster_gets_its_policies_before_its_nodes(tenant: Tenant) -> None:
    batch = policy("batch", "senlin.policy.batch", min_in_service=1, pause_time=0)
    tenant.apply(policy("deletion"), batch)

    cluster = tenant.quickstart(policies=listed("deletion", batch=False))

    assert attached(tenant, cluster) == {"deletion": True, "batch": False}
    assert condition(cluster, "PoliciesAttached")["status"] == "True"
    assert cluster["status"]["resource"]["nodes"]["active"] == 3
    told = [note for reason, note in tenant.events("web") if reason.endswith(("ing", "Policy"))]
    grown = next(at for at, note in enumerate(told) if "desiredCapacity 0 → 3" in note)
    assert all(at < grown for at, note in enumerate(told) if note.startswith("attachment"))


def test_policies_are_attached_detached_enabled_and_disabled(tenant: Tenant) -> None:
    tenant.apply(policy("deletion"), policy("batch", "senlin.policy.batch", pause_time=0))
    tenant.quickstart(policies=listed("deletion"))

    tenant.edit("SenlinCluster", "web", policies=listed("batch", deletion=False))
    assert attached(tenant, tenant.ready()) == {"batch": True, "deletion": False}

    tenant.edit("SenlinCluster", "web", policies=[])
    assert attached(tenant, tenant.ready()) == {}


def test_one_policy_takes_the_place_of_another_of_its_type(tenant: Tenant) -> None:
    tenant.apply(policy("oldest", criteria="OLDEST_FIRST"), policy("random", criteria="RANDOM"))
    tenant.quickstart(policies=listed("oldest"))

    tenant.edit("SenlinCluster", "web", policies=listed("random"))

    assert attached(tenant, tenant.ready()) == {"random": True}


def test_two_policies_of_one_type_are_reported_and_fixed_by_an_edit(tenant: Tenant) -> None:
    tenant.apply(policy("oldest", criteria="OLDEST_FIRST"), policy("random", criteria="RANDOM"))
    both = listed("oldest", "random")
    tenant.apply(tenant.secret(), tenant.profile(), tenant.cluster(policies=both))

    ready = tenant.waits_for("PoliciesConflict")
    assert ready["message"] == (
        "SenlinPolicy oldest and SenlinPolicy random are both of the type "
        "senlin.policy.deletion-1.0, of which a cluster takes one: leave one of them out of "
        "policies."
    )
    cluster = tenant.get("SenlinCluster", "web")
    assert cluster
    told = condition(cluster, "PoliciesAttached")
    assert (told["status"], told["reason"]) == ("False", "PoliciesConflict")
    assert told["message"] == ready["message"]
    assert condition(cluster, "Stalled")["status"] == "True"
    assert cluster["status"]["resource"]["nodes"]["active"] == 3
    assert attached(tenant, cluster) == {"oldest": True}

    tenant.edit("SenlinCluster", "web", policies=listed("random"))
    healed = tenant.ready()
    assert attached(tenant, healed) == {"random": True}
    assert condition(healed, "PoliciesAttached")["status"] == "True"


def test_a_missing_policy_is_waited_for(tenant: Tenant) -> None:
    tenant.apply(tenant.secret(), tenant.profile(), tenant.cluster(policies=listed("later")))

    ready = tenant.waits_for("ReferenceMissing")
    assert ready["message"] == "SenlinPolicy later does not exist."

    tenant.apply(policy("later"))
    assert attached(tenant, tenant.ready()) == {"later": True}


def test_a_policy_that_others_detach_is_attached_again(tenant: Tenant) -> None:
    tenant.apply(policy("deletion"))
    cluster = tenant.quickstart(policies=listed("deletion"))
    [bound] = tenant.senlin.cluster_policies(cluster["status"]["id"])

    tenant.senlin.detach_policy_from_cluster(cluster["status"]["id"], bound.policy_id)
    tenant.eventually(lambda: attached(tenant, cluster) == {}, "detached", seconds=10)

    tenant.eventually(lambda: attached(tenant, cluster) == {"deletion": True}, "attached again")
    tenant.ready()


def test_a_policy_in_use_names_its_users(tenant: Tenant) -> None:
    tenant.apply(policy("deletion"))
    tenant.quickstart(policies=listed("deletion"))

    tenant.delete("senlinpolicy/deletion")
    ready = tenant.waits_for("InUse", "SenlinPolicy", "deletion")
    assert ready["message"] == "Deletion waits while it is used by SenlinCluster web."

    tenant.edit("SenlinCluster", "web", policies=[])
    tenant.gone("SenlinPolicy", "deletion")
    tenant.ready()


def test_cluster_profile_and_policy_can_be_deleted_at_once(tenant: Tenant) -> None:
    tenant.apply(policy("deletion"))
    tenant.quickstart(policies=listed("deletion"))

    tenant.delete("senlinpolicy/deletion", "senlinprofile/web-server", "senlincluster/web")

    for kind, name in (
        ("SenlinCluster", "web"),
        ("SenlinProfile", "web-server"),
        ("SenlinPolicy", "deletion"),
    ):
        tenant.gone(kind, name)
    assert tenant.clusters() == tenant.profiles() == []
