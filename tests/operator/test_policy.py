"""The life of a policy, through the API server as a user lives it."""

from collections.abc import Iterator
from typing import Any

import pytest

from openstack_clustering import Cluster
from tests.operator.tenant import Tenant, condition, is_ready

# What each of Senlin's types needs at least; all versions of a type have the same schema.
SMALLEST: dict[str, dict[str, Any]] = {
    "affinity": {"servergroup": {}},
    "batch": {},
    "deletion": {},
    "health": {
        "detection": {"detection_modes": [{"type": "NODE_STATUS_POLLING"}]},
        "recovery": {"actions": [{"name": "RECREATE"}]},
    },
    "loadbalance": {"pool": {"subnet": "private"}, "vip": {"subnet": "public"}},
    "region_placement": {"regions": [{"name": "RegionOne"}]},
    "scaling": {"event": "CLUSTER_SCALE_IN", "adjustment": {}},
    "zone_placement": {"zones": [{"name": "az1"}]},
}


@pytest.fixture
def grow(tenant: Tenant) -> dict[str, Any]:
    """A policy that is Ready."""
    tenant.apply(tenant.secret(), tenant.policy())
    return tenant.ready("SenlinPolicy", "grow")


def test_a_policy_becomes_ready_and_bears_its_owner_in_its_name(
    tenant: Tenant, grow: dict[str, Any]
) -> None:
    [made] = tenant.policies()

    assert made.id == grow["status"]["id"]
    assert made.name == tenant.owned_name(f"{tenant.namespace}-grow", grow)
    wanted = grow["spec"]["resource"]
    assert made.spec == {key: wanted[key] for key in ("type", "version", "properties")}
    assert grow["status"]["resource"] == {
        "name": f"{tenant.namespace}-grow",
        "type": "senlin.policy.scaling",
        "version": "1.0",
        "createdAt": f"{made.created_at[:19]}Z",
    }
    assert condition(grow, "Reconciling")["status"] == "False"
    assert condition(grow, "Stalled")["status"] == "False"


def test_every_policy_type_of_senlin_can_be_had(tenant: Tenant) -> None:
    """Each in each version that there is."""
    types = {it.name.removeprefix("senlin.policy.") for it in tenant.senlin.policy_types()}
    assert {it.rpartition("-")[0] for it in types} == SMALLEST.keys()
    names = {it: it.replace("_", "-") for it in types}

    manifests = []
    for type_, name in names.items():
        title, _, version = type_.rpartition("-")
        spec = {"type": f"senlin.policy.{title}", "properties": SMALLEST[title]}
        manifests.append(tenant.policy(name, version=version, **spec))
    tenant.apply(tenant.secret(), *manifests)

    for type_, name in names.items():
        policy = tenant.ready("SenlinPolicy", name)
        assert tenant.senlin.get_policy(policy["status"]["id"]).type == f"senlin.policy.{type_}"


def test_a_new_name_is_given_in_place(tenant: Tenant, grow: dict[str, Any]) -> None:
    tenant.edit("SenlinPolicy", "grow", name=f"{tenant.namespace}-faster")
    after = tenant.ready("SenlinPolicy", "grow")

    [made] = tenant.policies()
    assert after["status"]["id"] == made.id == grow["status"]["id"]
    assert made.name == tenant.owned_name(f"{tenant.namespace}-faster", grow)
    assert after["status"]["resource"]["name"] == f"{tenant.namespace}-faster"


def test_an_owner_marker_that_others_removed_is_put_back(
    tenant: Tenant, grow: dict[str, Any]
) -> None:
    """Without an event: the manifest says nothing of it."""
    [made] = tenant.policies()

    tenant.senlin.update_policy(made.id, name=f"{tenant.namespace}-grow")
    tenant.eventually(lambda: tenant.policies()[0].name == made.name, "put back")

    assert tenant.ready("SenlinPolicy", "grow")["status"]["id"] == grow["status"]["id"]
    assert not any("Drift" in note for _, note in tenant.events("grow"))


def test_a_name_that_others_changed_is_put_back(tenant: Tenant, grow: dict[str, Any]) -> None:
    [made] = tenant.policies()

    tenant.senlin.update_policy(made.id, name=f"{tenant.namespace}-stolen")
    tenant.eventually(lambda: tenant.policies()[0].name == made.name, "corrected")

    tenant.eventually(
        lambda: any(
            "Drift" in note and f"-stolen → {tenant.namespace}-grow" in note
            for reason, note in tenant.events("grow")
            if reason == "Updating"
        ),
        "told by an event",
    )
    settled = tenant.ready("SenlinPolicy", "grow")
    assert settled["status"]["id"] == made.id
    tenant.wait(
        "SenlinPolicy",
        "grow",
        lambda it: (
            f"Drift corrected: name {tenant.namespace}-" in condition(it, "Ready")["message"]
        ),
        "told",
    )


def test_a_deletion_by_others_is_followed_by_a_new_creation(
    tenant: Tenant, grow: dict[str, Any]
) -> None:
    [made] = tenant.policies()
    tenant.senlin.update_policy(made.id, name=f"{tenant.namespace}-stolen")
    tenant.eventually(lambda: tenant.policies()[0].name == made.name, "known to the inventory")

    tenant.senlin.delete_policy(made.id)
    after = tenant.wait(
        "SenlinPolicy",
        "grow",
        lambda it: it["status"]["id"] != made.id and is_ready(it),
        "made again",
    )

    assert [it.id for it in tenant.policies()] == [after["status"]["id"]]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param(
            {"properties": {"event": "CLUSTER_SCALE_IN", "adjustment": {}, "nosuch": 1}},
            "Unrecognizable spec item 'nosuch'",
            id="a property that the type does not have",
        ),
        pytest.param(
            {"properties": {"event": "SOME_DAY", "adjustment": {}}},
            "'SOME_DAY' must be one of the allowed values: CLUSTER_SCALE_IN, CLUSTER_SCALE_OUT",
            id="a value that it does not take",
        ),
        pytest.param(
            {"properties": {"adjustment": {}}},
            "Required spec item 'event' not provided",
            id="a property that is missing",
        ),
        pytest.param(
            {"type": "senlin.policy.zone_placement", "properties": {"zones": [{"name": "az9"}]}},
            "The specified name '['az9']' could not be found.",
            id="a zone that Nova does not have",
        ),
        pytest.param(
            {"type": "senlin.policy.region_placement", "properties": {"regions": [{"name": "X"}]}},
            "The specified regions '['X']' could not be found.",
            id="a region that Keystone does not have",
        ),
        pytest.param(
            {
                "type": "senlin.policy.loadbalance",
                "properties": {"pool": {"subnet": "nosuch"}, "vip": {"subnet": "public"}},
            },
            "The specified subnet 'nosuch' could not be found.",
            id="a subnet that Neutron does not have",
        ),
        pytest.param(
            {
                "type": "senlin.policy.health",
                "properties": {
                    "detection": {
                        "interval": 0,
                        "detection_modes": [{"type": "NODE_STATUS_POLLING"}],
                    },
                    "recovery": {"actions": [{"name": "REBOOT"}]},
                },
            },
            "Specified interval of 0 seconds has to be larger than health_check_interval_min of 1 "
            "seconds set in configuration.",
            id="an interval below what the cloud allows",
        ),
        pytest.param(
            {"type": "senlin.policy.nosuch"},
            "The policy_type 'senlin.policy.nosuch-1.0' could not be found.",
            id="an unknown type",
        ),
        pytest.param(
            {"version": "9.0"},
            "The policy_type 'senlin.policy.scaling-9.0' could not be found.",
            id="an unknown version",
        ),
    ],
)
def test_a_policy_that_senlin_refuses_is_stalled(
    tenant: Tenant, changes: dict[str, Any], sentence: str
) -> None:
    tenant.apply(tenant.secret(), tenant.policy(**changes))

    ready = tenant.waits_for("Rejected", "SenlinPolicy", "grow")

    assert ready["message"] == f"Senlin refuses it: {sentence}"
    stalled = tenant.get("SenlinPolicy", "grow")
    assert stalled
    assert condition(stalled, "Stalled")["status"] == "True"
    tenant.delete("senlinpolicy/grow")
    tenant.gone("SenlinPolicy", "grow")
    assert tenant.policies() == []


def test_a_renamed_property_is_rejected(tenant: Tenant, grow: dict[str, Any]) -> None:
    """Its rules do not see a property that no schema describes get another name."""
    event = grow["spec"]["resource"]["properties"]["event"]

    tenant.edit("SenlinPolicy", "grow", properties={"event": None, "evnt": event})
    ready = tenant.waits_for("Rejected", "SenlinPolicy", "grow")
    assert ready["message"].startswith("Senlin does not change properties (event, evnt)")

    tenant.edit("SenlinPolicy", "grow", properties={"event": event, "evnt": None})
    tenant.ready("SenlinPolicy", "grow")


def test_deletion_deletes_it_in_senlin(tenant: Tenant, grow: dict[str, Any]) -> None:
    tenant.delete("senlinpolicy/grow")
    tenant.gone("SenlinPolicy", "grow")

    assert tenant.policies() == []


def test_detach_leaves_it_in_senlin(tenant: Tenant, grow: dict[str, Any]) -> None:
    tenant.patch("SenlinPolicy", "grow", {"spec": {"managedOptions": {"onDelete": "detach"}}})
    tenant.ready("SenlinPolicy", "grow")

    tenant.delete("senlinpolicy/grow")
    tenant.gone("SenlinPolicy", "grow")

    [left] = tenant.policies()
    assert left.id == grow["status"]["id"]
    tenant.senlin.delete_policy(left.id)


@pytest.fixture
def cluster_of_others(tenant: Tenant, grow: dict[str, Any]) -> Iterator[Cluster]:
    """A cluster that the operator does not know, bound to the policy, of a profile of ours."""
    tenant.apply(tenant.profile())
    profile = tenant.ready("SenlinProfile", "web-server")
    made = tenant.senlin.create_cluster(
        name=f"{tenant.namespace}-by-hand", profile_id=profile["status"]["id"], desired_capacity=0
    )
    assert made.action_id
    tenant.senlin.wait_for_action(made.action_id)
    attached = tenant.senlin.attach_policy_to_cluster(made.id, grow["status"]["id"])
    tenant.senlin.wait_for_action(attached["action"])
    yield made
    if gone := tenant.senlin.delete_cluster(made.id):
        tenant.senlin.wait_for_delete(gone)


@pytest.mark.parametrize(
    ("kind", "name"), [("SenlinPolicy", "grow"), ("SenlinProfile", "web-server")]
)
def test_a_deletion_that_waits_for_others_in_senlin_is_stalled_and_names_them(
    tenant: Tenant, cluster_of_others: Cluster, kind: str, name: str
) -> None:
    tenant.delete(f"{kind.lower()}/{name}")
    users = f"cluster {cluster_of_others.name}, which no resource manages."
    # Until a poll shows that cluster, the message is Senlin's own.
    waiting = tenant.wait(
        kind,
        name,
        lambda it: f"Senlin still uses it for {users}" in condition(it, "Ready")["message"],
        "users named",
        seconds=150,  # on a busy machine polls are partial, and a whole one is due in a minute
    )
    assert condition(waiting, "Ready")["reason"] == "InUse"
    assert condition(waiting, "Stalled")["status"] == "True"

    tenant.senlin.wait_for_delete(tenant.senlin.delete_cluster(cluster_of_others.id))
    now = "senlin.openstack.org/reconcile-requested-at=now"
    tenant.kubectl("annotate", kind.lower(), name, now)  # it would try again after 30 s
    tenant.gone(kind, name)


def test_a_policy_of_others_is_shown_and_left_alone(tenant: Tenant) -> None:
    name = f"{tenant.namespace}-theirs"
    spec = {"type": "senlin.policy.batch", "version": "1.0", "properties": {}}
    theirs = tenant.senlin.create_policy(name=name, spec=spec)
    shown = tenant.policy("shown")
    del shown["spec"]["resource"]
    shown["spec"] |= {"managementPolicy": "unmanaged", "import": {"filter": {"name": name}}}

    tenant.apply(tenant.secret(), shown)
    status = tenant.ready("SenlinPolicy", "shown")["status"]
    assert (status["id"], status["resource"]["name"]) == (theirs.id, name)
    tenant.delete("senlinpolicy/shown")
    tenant.gone("SenlinPolicy", "shown")

    assert [it.name for it in tenant.policies()] == [name]
    tenant.senlin.delete_policy(theirs.id)
