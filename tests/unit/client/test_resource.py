import pytest

from openstack_clustering import (
    Action,
    Cluster,
    ClusterAttr,
    Event,
    Node,
    Receiver,
    Resource,
    resources,
)
from openstack_clustering._resource import Field

RAW = {"id": "i", "name": "web", "project": "p", "nodes": ["n"], "policies": ["b"], "status": "OK"}
KINDS = [
    kind
    for kind in vars(resources).values()
    if isinstance(kind, type) and issubclass(kind, Resource) and kind is not Resource
]


def test_values_have_openstacksdks_names_and_the_servers() -> None:
    cluster = Cluster(RAW)

    assert cluster.project_id == cluster["project_id"] == cluster["project"] == "p"
    assert cluster.node_ids == cluster["nodes"] == ["n"]
    assert cluster.project == "p"  # type: ignore[attr-defined]  # only at run time


def test_other_values_of_the_server_are_kept() -> None:
    cluster = Cluster({**RAW, "shard": 7})

    assert cluster.shard == 7  # type: ignore[attr-defined]  # only at run time
    assert cluster.to_dict()["shard"] == 7


def test_missing_values_are_none() -> None:
    assert Cluster(RAW).config is None
    assert Cluster(RAW).get("config", {}) == {}
    assert Cluster(RAW)["config"] is None


def test_dict_has_each_value_once() -> None:
    values = Cluster(RAW).to_dict()

    assert (values["project_id"], values["node_ids"]) == ("p", ["n"])
    assert not values.keys() & {"project", "nodes"}
    assert dict(Cluster(RAW)) == dict(Cluster(RAW).items()) == values
    assert list(Cluster(RAW)) == list(values)
    assert list(Cluster(RAW).values()) == list(values.values())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_fields_in_its_dict(kind: type[Resource]) -> None:
    fields = {
        name for base in kind.__mro__ for name, v in vars(base).items() if isinstance(v, Field)
    }

    assert kind({}).to_dict().keys() == fields - set(kind._excluded)


def test_unknown_attribute_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Cluster has no attribute nodez"):
        Cluster(RAW).nodez  # type: ignore[attr-defined]  # noqa: B018 - misspelt
    with pytest.raises(KeyError):
        Cluster(RAW)["nodez"]


def test_python_itself_can_say_which_attribute_might_be_meant() -> None:
    cluster = Cluster(RAW)

    with pytest.raises(AttributeError) as caught:
        cluster.node_idz  # type: ignore[attr-defined]  # noqa: B018 - misspelt
    assert (caught.value.name, caught.value.obj) == ("node_idz", cluster)


def test_dict_is_made_as_openstacksdk_makes_it() -> None:
    cluster = Cluster(RAW)

    assert cluster.to_dict(computed=False, headers=False) == cluster.toDict() == cluster.to_dict()
    assert "config" not in cluster.to_dict(ignore_none=True)
    assert cluster.to_dict(original_names=True)["project"] == "p"
    assert "project_id" not in cluster.to_dict(original_names=True)
    assert cluster.to_dict(body=False) == {}


def test_type_has_its_name_for_an_id() -> None:
    kind = resources.ProfileType({"name": "os.nova.server-1.0"})

    assert kind.id == kind.name == kind["id"]


def test_resources_are_equal_by_kind_and_content() -> None:
    assert Cluster(RAW) == Cluster(dict(RAW), action_id="a")
    assert Cluster(RAW) != Cluster({**RAW, "status": "ERROR"})
    assert Cluster(RAW) != Node(RAW)
    assert Cluster(RAW) != RAW


def test_values_cannot_be_set() -> None:
    with pytest.raises(AttributeError):
        Cluster(RAW).name = "other"  # type: ignore[misc]  # read-only


def test_repr_is_short_and_has_no_secret() -> None:
    channel = {"alarm_url": "http://senlin/v1/webhooks/1/trigger?V=2"}
    receiver = Receiver({"id": "r", "name": "grow", "type": "webhook", "channel": channel})

    assert repr(receiver) == "Receiver(name='grow', type='webhook')"


@pytest.mark.parametrize(("kind", "names"), [(Event, ["name"]), (ClusterAttr, ["id", "name"])])
def test_excluded_fields_are_not_in_a_resource(kind: type[Resource], names: list[str]) -> None:
    assert not any(name in kind({}) for name in names)


def test_location_is_the_path_of_the_action() -> None:
    assert Cluster(RAW, action_id="a").location == "/v1/actions/a"
    assert Cluster(RAW).location is None


def test_field_action_is_not_mistaken_for_an_action_id() -> None:
    assert Action({"action": "CLUSTER_CREATE"}).action_id is None


TYPED = {**RAW, "metadata": {"a": [1]}, "min_size": 0, "max_size": -1, "created_at": "2026"}
TYPED |= {"profile_only": None, "timeout": 60, "desired_capacity": 2**31 - 1}


def test_values_of_the_declared_types_are_kept() -> None:
    typed, wrong = Cluster(TYPED, "a").typed()

    assert wrong == []
    assert {name: typed[name] for name in TYPED} == TYPED
    assert typed.action_id == "a"
    assert (typed.config, typed.status_reason, typed.updated_at) == ({}, "", None)
    assert typed.typed()[0] is typed


@pytest.mark.parametrize(
    ("name", "value", "instead"),
    [
        ("name", 5, ""),
        ("name", ["web"], ""),
        ("metadata", "a", {}),
        ("metadata", [], {}),
        ("nodes", {"a": 1}, []),
        ("nodes", ["a", None], []),
        ("min_size", True, 0),
        ("min_size", 1.0, 0),
        ("min_size", "1", 0),
        ("max_size", 2**31, 0),
        ("timeout", -(2**70), 0),
        ("created_at", 5, None),
        ("profile_only", "yes", None),
    ],
)
def test_values_of_other_types_are_replaced_and_named(
    name: str, value: object, instead: object
) -> None:
    typed, wrong = Cluster({**TYPED, name: value}).typed()

    assert wrong == [name]
    assert typed[name] == instead
    assert typed.status == "OK"


@pytest.mark.parametrize(
    ("time", "instead"),
    [(5, 5), (5.5, 5.5), (None, None), (1e300, None), (float("nan"), None), ("5", None)],
)
def test_a_time_is_a_number_of_seconds_that_is_a_date(time: object, instead: object) -> None:
    typed, _ = Action({"end_time": time}).typed()

    assert typed.end_at == instead


def test_null_and_missing_values_are_not_wrong() -> None:
    typed, wrong = Node({"metadata": None, "tainted": None, "role": None}).typed()

    assert wrong == []
    assert (typed.metadata, typed.tainted, typed.role, typed.index) == ({}, False, None, 0)
