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
    cluster = Cluster(RAW)

    assert cluster.policies == ["b"]  # type: ignore[attr-defined]  # only at run time
    assert cluster.to_dict()["policies"] == ["b"]


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
