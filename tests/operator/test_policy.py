"""The life of a policy, through the API server as a user lives it."""

from collections.abc import Iterator
from typing import Any

import pytest

from openstack_clustering import Cluster
from tests.operator.world import World, condition, is_ready

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
def grow(world: World) -> dict[str, Any]:
    """A policy that is Ready."""
    world.apply(world.secret(), world.policy())
    return world.ready("SenlinPolicy", "grow")


def test_a_policy_becomes_ready_and_bears_its_owner_in_its_name(
    world: World, grow: dict[str, Any]
) -> None:
    [made] = world.policies()

    assert made.id == grow["status"]["id"]
    assert made.name == f"{world.namespace}-grow.{grow['metadata']['uid']}"
    wanted = grow["spec"]["resource"]
    assert made.spec == {key: wanted[key] for key in ("type", "version", "properties")}
    assert grow["status"]["resource"] == {
        "name": f"{world.namespace}-grow",
        "type": "senlin.policy.scaling",
        "version": "1.0",
        "createdAt": f"{made.created_at[:19]}Z",
    }
    assert condition(grow, "Reconciling")["status"] == "False"
    assert condition(grow, "Stalled")["status"] == "False"


def test_every_policy_type_of_senlin_can_be_had(world: World) -> None:
    """Each in each version that there is."""
    types = {it.name.removeprefix("senlin.policy.") for it in world.senlin.policy_types()}
    assert {it.rpartition("-")[0] for it in types} == SMALLEST.keys()
    names = {it: it.replace("_", "-") for it in types}

    manifests = []
    for type_, name in names.items():
        title, _, version = type_.rpartition("-")
        spec = {"type": f"senlin.policy.{title}", "properties": SMALLEST[title]}
        manifests.append(world.policy(name, version=version, **spec))
    world.apply(world.secret(), *manifests)

    for type_, name in names.items():
        policy = world.ready("SenlinPolicy", name)
        assert world.senlin.get_policy(policy["status"]["id"]).type == f"senlin.policy.{type_}"


def test_a_new_name_is_given_in_place(world: World, grow: dict[str, Any]) -> None:
    world.edit("SenlinPolicy", "grow", name=f"{world.namespace}-faster")
    after = world.ready("SenlinPolicy", "grow")

    [made] = world.policies()
    assert after["status"]["id"] == made.id == grow["status"]["id"]
    assert made.name == f"{world.namespace}-faster.{grow['metadata']['uid']}"
    assert after["status"]["resource"]["name"] == f"{world.namespace}-faster"


@pytest.mark.parametrize("renamed", ["stolen", "grow"])
def test_a_name_that_others_changed_is_put_back(
    world: World, grow: dict[str, Any], renamed: str
) -> None:
    """Also where they only took the mark away."""
    [made] = world.policies()

    world.senlin.update_policy(made.id, name=f"{world.namespace}-{renamed}")
    world.eventually(lambda: world.policies()[0].name == made.name, "corrected")

    world.eventually(
        lambda: any(
            "Drift" in note and f"-{renamed} → {made.name}" in note
            for reason, note in world.events("grow")
            if reason == "Updating"
        ),
        "told by an event",
    )
    settled = world.ready("SenlinPolicy", "grow")
    assert settled["status"]["id"] == made.id
    world.wait(
        "SenlinPolicy",
        "grow",
        lambda it: f"Drift corrected: name {world.namespace}-" in condition(it, "Ready")["message"],
        "told",
    )


def test_an_external_deletion_is_made_good(world: World, grow: dict[str, Any]) -> None:
    [made] = world.policies()
    world.senlin.update_policy(made.id, name=f"{world.namespace}-stolen")
    world.eventually(lambda: world.policies()[0].name == made.name, "known to the inventory")

    world.senlin.delete_policy(made.id)
    after = world.wait(
        "SenlinPolicy",
        "grow",
        lambda it: it["status"]["id"] != made.id and is_ready(it),
        "made again",
    )

    assert [it.id for it in world.policies()] == [after["status"]["id"]]


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
                    "detection": {"interval": 0, "detection_modes": [{"type": "LIFECYCLE_EVENTS"}]},
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
def test_what_senlin_refuses_stalls(world: World, changes: dict[str, Any], sentence: str) -> None:
    world.apply(world.secret(), world.policy(**changes))

    ready = world.waits_for("Rejected", "SenlinPolicy", "grow")

    assert ready["message"] == f"Senlin refuses it: {sentence}"
    stalled = world.get("SenlinPolicy", "grow")
    assert stalled
    assert condition(stalled, "Stalled")["status"] == "True"
    world.delete("senlinpolicy/grow")
    world.gone("SenlinPolicy", "grow")
    assert world.policies() == []


def test_properties_that_kubernetes_lets_change_are_told(
    world: World, grow: dict[str, Any]
) -> None:
    """Its rules do not see a property that no schema describes get another name."""
    event = grow["spec"]["resource"]["properties"]["event"]

    world.edit("SenlinPolicy", "grow", properties={"event": None, "evnt": event})
    ready = world.waits_for("Rejected", "SenlinPolicy", "grow")
    assert ready["message"].startswith("Senlin does not change properties (event, evnt)")

    world.edit("SenlinPolicy", "grow", properties={"event": event, "evnt": None})
    world.ready("SenlinPolicy", "grow")


def test_deletion_deletes_it_in_senlin(world: World, grow: dict[str, Any]) -> None:
    world.delete("senlinpolicy/grow")
    world.gone("SenlinPolicy", "grow")

    assert world.policies() == []


def test_detach_leaves_it_in_senlin(world: World, grow: dict[str, Any]) -> None:
    world.patch("SenlinPolicy", "grow", {"spec": {"managedOptions": {"onDelete": "detach"}}})
    world.ready("SenlinPolicy", "grow")

    world.delete("senlinpolicy/grow")
    world.gone("SenlinPolicy", "grow")

    [left] = world.policies()
    assert left.id == grow["status"]["id"]
    world.senlin.delete_policy(left.id)


@pytest.fixture
def cluster_of_others(world: World, grow: dict[str, Any]) -> Iterator[Cluster]:
    """A cluster that the operator does not know, bound to the policy, of a profile of ours."""
    world.apply(world.profile())
    profile = world.ready("SenlinProfile", "web-server")
    made = world.senlin.create_cluster(
        name=f"{world.namespace}-by-hand", profile_id=profile["status"]["id"], desired_capacity=0
    )
    world.senlin.wait_for_action(made.action_id)
    attached = world.senlin.attach_policy_to_cluster(made.id, grow["status"]["id"])
    world.senlin.wait_for_action(attached["action"])
    yield made
    if gone := world.senlin.delete_cluster(made.id):
        world.senlin.wait_for_delete(gone)


@pytest.mark.parametrize(
    ("kind", "name", "users"),
    [
        ("SenlinPolicy", "grow", "still attached to some clusters."),
        ("SenlinProfile", "web-server", "still referenced by some clusters and/or nodes."),
    ],
)
def test_what_others_use_in_senlin_is_waited_for(
    world: World, cluster_of_others: Cluster, kind: str, name: str, users: str
) -> None:
    world.delete(f"{kind.lower()}/{name}")
    ready = world.waits_for("InUse", kind, name)
    assert ready["message"].startswith("It is still in use: ")
    assert ready["message"].endswith(users)
    waiting = world.get(kind, name)
    assert waiting
    assert condition(waiting, "Reconciling")["status"] == "True"

    world.senlin.wait_for_delete(world.senlin.delete_cluster(cluster_of_others.id))
    world.gone(kind, name)


def test_a_policy_of_others_is_shown_and_left_alone(world: World) -> None:
    name = f"{world.namespace}-theirs"
    spec = {"type": "senlin.policy.batch", "version": "1.0", "properties": {}}
    theirs = world.senlin.create_policy(name=name, spec=spec)
    shown = world.policy("shown")
    del shown["spec"]["resource"]
    shown["spec"] |= {"managementPolicy": "unmanaged", "import": {"filter": {"name": name}}}

    world.apply(world.secret(), shown)
    status = world.ready("SenlinPolicy", "shown")["status"]
    assert (status["id"], status["resource"]["name"]) == (theirs.id, name)
    world.delete("senlinpolicy/shown")
    world.gone("SenlinPolicy", "shown")

    assert [it.name for it in world.policies()] == [name]
    world.senlin.delete_policy(theirs.id)
