"""`openstack_clustering.sdk` alone; tests/client/test_sdk.py compares it with openstacksdk."""

import io
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from keystoneauth1 import session
from keystoneauth1.identity import v3

import openstack_clustering.sdk as openstack
from openstack_clustering import resources as own
from openstack_clustering._resource import Resource
from openstack_clustering.sdk import resources
from tests.unit.client.fake_cloud import ACTION_ID, ID, Answer, Cloud, cluster, error

LOCATION = {"Location": f"http://senlin/v1/actions/{ACTION_ID}"}
LISTED = [{"name": "os.nova.server", "version": "1.0", "support_status": {"1.0": []}}]


def settings(cloud: Cloud, **more: Any) -> dict[str, Any]:
    entry: dict[str, Any] = cloud.clouds(**more)["clouds"]["test"]
    return entry


@pytest.fixture
def senlin(cloud: Cloud) -> Iterator[Any]:
    with openstack.connect(**settings(cloud)) as connection:
        yield connection.clustering


def test_package_imports_what_is_used_and_nothing_of_openstacksdk() -> None:
    script = """
import sys, openstack_clustering.sdk as openstack
assert "openstack_clustering.sdk.connection" not in sys.modules
openstack.exceptions.ResourceNotFound, openstack.connection.from_config, openstack.resources.Node
openstack.connect, openstack.Connection, openstack.enable_logging, openstack.proxy
assert "openstack" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_what_the_package_lacks_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"sdk has no compute: see docs/client\.md"):
        openstack.compute  # noqa: B018 - what openstacksdk has is looked up


def test_every_kind_of_object_has_its_dialect() -> None:
    kinds = {getattr(own, name) for name in dir(own) if name[0].isupper()}
    kinds = {it for it in kinds if isinstance(it, type) and issubclass(it, Resource)}

    assert resources.KINDS.keys() == kinds - {Resource, own.Owned, own.Typed}


def test_deletion_returns_its_action(cloud: Cloud, senlin: Any) -> None:
    cloud.answer("DELETE", f"/v1/clusters/{ID}", Answer(202, None, LOCATION))
    cloud.answer("DELETE", f"/v1/nodes/{ID}", Answer(202, None, LOCATION))

    for deleted in (senlin.delete_cluster(ID), senlin.delete_node(ID, force_delete=True)):
        assert isinstance(deleted, resources.Action)
        assert (deleted.id, deleted["id"], deleted.target_id) == (ACTION_ID, ACTION_ID, ID)
    assert senlin.delete_cluster("no-such-cluster") is None


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_wait_for_a_deletions_action_ends_with_it(cloud: Cloud, senlin: Any, status: str) -> None:
    document = {"id": ACTION_ID, "action": "CLUSTER_DELETE", "status_reason": "Because."}
    answers = [Answer(body={"action": {**document, "status": it}}) for it in ("SUCCEEDED", status)]
    missing = Answer(404, error(404, "ResourceNotFound", "It was purged."))
    cloud.answer("GET", f"/v1/actions/{ACTION_ID}", *answers, missing)
    deleted = resources.Action(id=ACTION_ID)

    assert senlin.wait_for_delete(deleted) is deleted
    with pytest.raises(openstack.exceptions.ResourceFailure, match="Because"):
        senlin.wait_for_delete(resources.Action(id=ACTION_ID))
    senlin.wait_for_delete(resources.Action(id=ACTION_ID))


def test_wait_for_another_object_is_the_clients(cloud: Cloud, senlin: Any) -> None:
    missing = Answer(404, error(404, "ResourceNotFound", "It was deleted."))
    cloud.answer("GET", f"/v1/clusters/{ID}", missing)
    web = resources.Cluster(id=ID)

    assert senlin.wait_for_delete(web) is web


@pytest.mark.parametrize(
    ("configured", "name"),
    [
        ({}, "os.nova.server-1.0"),
        ({"clustering_default_microversion": "1.4"}, "os.nova.server-1.0"),
        ({"clustering_default_microversion": "1.5"}, "os.nova.server"),
        ({"clustering_api_version": "1.14"}, "os.nova.server"),
    ],
)
def test_name_of_a_type_is_as_with_the_configured_microversion(
    cloud: Cloud, configured: dict[str, str], name: str
) -> None:
    cloud.answer("GET", "/v1/profile-types", Answer(body={"profile_types": LISTED}))
    path = "/v1/profile-types/os.nova.server-1.0"
    cloud.answer("GET", path, Answer(body={"profile_type": {"name": "os.nova.server-1.0"}}))

    with openstack.connect(**settings(cloud), **configured) as connection:
        (kind,) = connection.cluster.profile_types()
        assert kind.name == kind.id == name
        assert connection.cluster.get_profile_type(kind).name == "os.nova.server-1.0"


def test_microversion_can_be_set(cloud: Cloud, senlin: Any) -> None:
    cloud.answer("GET", "/v1/build-info", Answer(body={"build_info": {}}))

    assert senlin.default_microversion is None
    senlin.default_microversion = "1.7"
    senlin.get_build_info()

    assert cloud.received()[-1].headers["OpenStack-API-Version"] == "clustering 1.7"


def test_requests_of_the_callers_own(cloud: Cloud, senlin: Any) -> None:
    refusal = Answer(409, error(409, "Conflict", "No."))
    cloud.answer("GET", "/v1/clusters", Answer(body={"clusters": []}))
    for method in ("POST", "PATCH", "DELETE"):
        cloud.answer(method, "/v1/clusters/x", refusal)

    assert senlin.get("/clusters", params={"name": "a"}).json() == {"clusters": []}
    assert cloud.received()[0].query == {"name": ["a"]}
    assert cloud.received()[0].headers["OpenStack-API-Version"] == "clustering 1.14"
    for send in (senlin.post, senlin.patch, senlin.delete):
        assert send("/clusters/x", json={"a": 1}).status_code == 409
    assert cloud.received()[-1].body == {"a": 1}
    assert senlin.get_endpoint() == f"{cloud.url}/v1"


def test_object_is_made_by_openstacksdks_names() -> None:
    made = resources.Cluster.new(name="web", project_id="p", node_ids=["n"])

    assert made._raw == {"name": "web", "project": "p", "nodes": ["n"]}
    assert made.location is None
    assert len(made) == len(made.copy()) == len(resources.Cluster._fields)
    munch: Any = made.to_dict(_to_munch=True)
    assert munch.project_id == "p"
    with pytest.raises(AttributeError):
        _ = munch.nosuch
    assert made.to_dict(body=False) == {"location": None}
    assert made.to_dict(ignore_none=True).keys() == {"name", "project_id", "node_ids"}


def test_location_of_another_project_has_its_id_alone(cloud: Cloud, senlin: Any) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", Answer(body={"cluster": cluster(project="other")}))

    project = senlin.get_cluster(ID).location.project

    assert project == {"id": "other", "name": None, "domain_id": None, "domain_name": None}


def test_connection_says_who_and_where_it_is(cloud: Cloud) -> None:
    with openstack.connect(**settings(cloud), region_name="RegionOne") as connection:
        assert connection.authorize() == connection.auth_token == "token-1"
        assert (connection.current_project_id, connection.current_user_id) == ("p", "u")
        assert connection.current_location == {
            "cloud": "keywords",
            "region_name": "RegionOne",
            "zone": None,
            "project": {"id": "p", "name": "blue", "domain_id": None, "domain_name": "Default"},
        }
        assert connection.has_service("clustering")
        assert not connection.has_service("compute")
        assert connection.config.region_name == "RegionOne"


def test_session_may_have_a_clouds_name_beside_it(cloud: Cloud) -> None:
    own_session = session.Session(v3.Password(**settings(cloud)["auth"]))

    assert hasattr(openstack.Connection(cloud="x", session=own_session), "clustering")


def test_parameters_that_mean_nothing_here_are_taken(cloud: Cloud) -> None:
    more: dict[str, Any] = {
        "debug": True,
        "rate_limit": 5.0,
        "strict": False,
        "load_yaml_config": False,
    }

    assert openstack.connect(**settings(cloud), **more, app_name="a", app_version="1").clustering
    assert openstack.connection.from_config(cloud_name=None, **settings(cloud)).clustering


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"oslo_conf": object()}, "`oslo_conf` is openstacksdk's alone"),
        ({"options": object()}, "`options` is openstacksdk's alone"),
        ({"region": "north"}, "did you mean region_name"),
    ],
)
def test_parameters_that_would_mean_something_are_refused(
    cloud: Cloud, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(openstack.exceptions.ValidationException, match=message):
        openstack.connect(**settings(cloud), **parameters)


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    log = logging.getLogger("openstack_clustering")
    before = (log.level, log.handlers)
    yield log
    for handler in log.handlers:
        handler.close()
    log.setLevel(before[0])
    log.handlers = before[1]


def test_logging_prints_a_line_for_each_request(
    cloud: Cloud, senlin: Any, log: logging.Logger, tmp_path: Any
) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", Answer(body={"cluster": cluster()}))
    stream, path = io.StringIO(), tmp_path / "log"

    openstack.enable_logging(debug=True, stream=stream, path=str(path))
    senlin.get_cluster(ID)
    openstack.enable_logging(stream=stream, format_stream=True)
    senlin.get_cluster(ID)

    assert f"GET {cloud.url}/v1/clusters/{ID}: 200" in stream.getvalue()
    assert stream.getvalue().count(ID) == path.read_text().count(ID) == 1
    assert " DEBUG openstack_clustering.transport " in path.read_text()
