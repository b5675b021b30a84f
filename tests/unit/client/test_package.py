import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from keystoneauth1 import session
from keystoneauth1.identity import v3

import openstack_clustering
from openstack_clustering import Connection, Proxy, exceptions, resources
from openstack_clustering._resource import Resource
from tests.unit.client.fake_cloud import Answer, Cloud

ROOT = Path(__file__).parents[3]
OPERATIONS = [
    "get_build_info",
    "profile_types",
    "get_profile_type",
    "create_profile",
    "update_profile",
    "delete_profile",
    "get_profile",
    "find_profile",
    "profiles",
    "validate_profile",
    "policy_types",
    "get_policy_type",
    "create_policy",
    "update_policy",
    "delete_policy",
    "get_policy",
    "find_policy",
    "policies",
    "validate_policy",
    "create_cluster",
    "update_cluster",
    "delete_cluster",
    "get_cluster",
    "find_cluster",
    "clusters",
    "check_cluster",
    "recover_cluster",
    "resize_cluster",
    "scale_in_cluster",
    "scale_out_cluster",
    "collect_cluster_attrs",
    "perform_operation_on_cluster",
    "add_nodes_to_cluster",
    "remove_nodes_from_cluster",
    "replace_nodes_in_cluster",
    "attach_policy_to_cluster",
    "update_cluster_policy",
    "detach_policy_from_cluster",
    "get_cluster_policy",
    "cluster_policies",
    "create_node",
    "update_node",
    "delete_node",
    "get_node",
    "find_node",
    "nodes",
    "check_node",
    "recover_node",
    "perform_operation_on_node",
    "adopt_node",
    "create_receiver",
    "update_receiver",
    "delete_receiver",
    "get_receiver",
    "find_receiver",
    "receivers",
    "get_action",
    "actions",
    "get_event",
    "events",
    "wait_for_delete",
    "wait_for_status",
    "services",
]
BEYOND = [
    "cancel_action",
    "wait_for_action",
    "profile_type_operations",
    "list_profile_type_operations",
    "update_action",
    "notify_receiver",
    "complete_lifecycle",
    "trigger_webhook",
]


def test_proxy_has_the_operations_and_no_other_public_name() -> None:
    public = {name for name in dir(Proxy) if not name.startswith("_")}

    assert len(OPERATIONS) == 63
    assert public == {*OPERATIONS, *BEYOND}


def test_every_operation_is_tested_on_a_real_server() -> None:
    suite = "".join(file.read_text() for file in (ROOT / "tests/client").glob("test_*.py"))

    called = [*OPERATIONS, *BEYOND]
    by_noun = {"get_profile_type", "get_policy_type", "profile_types", "policy_types"}
    assert [name for name in called if f".{name}" not in suite and name not in by_noun] == []


def test_every_operation_is_documented_on_the_clients_page() -> None:
    page = (ROOT / "docs/client.md").read_text()

    assert [name for name in [*OPERATIONS, *BEYOND] if f"`{name}" not in page] == []


def test_every_resource_is_public() -> None:
    kinds = {
        name
        for name, value in vars(resources).items()
        if isinstance(value, type) and issubclass(value, Resource)
    }

    assert kinds - {"Owned", "Typed"} <= set(openstack_clustering.__all__)


def test_docstring_has_the_tree_of_exceptions() -> None:
    drawn = [line for line in str(exceptions.__doc__).splitlines() if line.startswith("    ")]
    parents: dict[int, type] = {}
    for line in drawn:
        depth, name = len(line) - len(line.lstrip()), line.split()[0]
        kind = getattr(exceptions, name)
        assert depth == 4 or issubclass(kind, parents[depth - 2])
        parents[depth] = kind

    names = {line.split()[0] for line in drawn}
    assert names == {
        kind.__name__
        for kind in vars(exceptions).values()
        if isinstance(kind, type) and issubclass(kind, Exception)
    }


def test_version_is_that_of_the_distribution() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert openstack_clustering.__version__ == project["version"]


def test_import_loads_only_what_is_needed() -> None:
    script = "import sys, openstack_clustering; print(*sys.modules)"

    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    loaded = set(run.stdout.split())
    assert not {"yaml", "dataclasses", "openstack", "kubernetes", "kopf"} & loaded
    later = ("sdk", "keywords", "queries", "_failure", "_paging", "_tls", "_types", "_untrusted")
    assert not {f"openstack_clustering.{name}" for name in later} & loaded


def test_what_is_imported_later_is_public_all_the_same() -> None:
    assert all(hasattr(openstack_clustering, name) for name in openstack_clustering.__all__)
    assert not hasattr(openstack_clustering, "nosuch")


def test_session_of_the_caller_is_used_and_left_open(cloud: Cloud) -> None:
    cloud.answer("GET", "/v1/build-info", Answer(body={"build_info": {"api": {"revision": "1"}}}))
    auth = cloud.clouds()["clouds"]["test"]["auth"]
    own = session.Session(v3.Password(**auth))

    with Connection(session=own, region_name="RegionOne") as connection:
        assert connection.cluster.get_build_info().api == {"revision": "1"}
        assert connection.session is own

    assert own._session is not None
    assert not hasattr(Connection(session=own, region_name="Nowhere"), "cluster")


def test_session_and_cloud_exclude_each_other() -> None:
    with pytest.raises(TypeError, match="leave out cloud"):
        Connection("mycloud", session=session.Session())


class Region:
    """The used part of the result of openstack.config.get_cloud_region()."""

    name = "mycloud"

    def __init__(self, cloud: Cloud, **settings: Any) -> None:
        self.config = settings
        self._auth = cloud.clouds()["clouds"]["test"]["auth"]

    def __getattr__(self, name: str) -> Callable[[str], Any]:
        key = name.removeprefix("get_").replace("endpoint", "endpoint_override")
        return lambda service: self.config.get(f"{service}_{key}", self.config.get(key))

    def get_session(self) -> session.Session:
        return session.Session(v3.Password(**self._auth))


@pytest.mark.parametrize("keyword", ["session", "config"])
def test_region_of_an_sdk_configuration_is_used(cloud: Cloud, keyword: str) -> None:
    region = Region(cloud, region_name="Nowhere")

    keywords: dict[str, Any] = {keyword: region}

    assert not hasattr(Connection(**keywords), "cluster")
    assert hasattr(Connection(**keywords, region_name="RegionOne"), "cluster")


def test_an_sdk_configuration_says_all_of_the_service(cloud: Cloud) -> None:
    cloud.answer("GET", "/v1/build-info", Answer(body={"build_info": {}}))
    cloud.services = []
    region = Region(
        cloud,
        clustering_endpoint_override=cloud.url,
        clustering_default_microversion="1.7",
        clustering_interface="internal",
        api_timeout="7",
    )

    with Connection(session=region) as connection:
        connection.cluster.get_build_info()

    assert cloud.received()[0].headers["OpenStack-API-Version"] == "clustering 1.7"
    assert connection._settings.interface == "internal"
    assert connection._settings.timeout == 7


def test_interface_of_an_sdk_configuration_is_looked_up(cloud: Cloud) -> None:
    assert not hasattr(Connection(session=Region(cloud, clustering_interface="admin")), "cluster")


def test_bare_session_chooses_no_region_in_silence(cloud: Cloud) -> None:
    cloud.regions = ["north", "south"]
    own = session.Session(v3.Password(**cloud.clouds()["clouds"]["test"]["auth"]))

    with pytest.raises(exceptions.ConfigException, match="several regions: north, south"):
        _ = Connection(session=own).cluster
    assert hasattr(Connection(session=own, region_name="south"), "cluster")
    assert hasattr(Connection(clouds=cloud.clouds()), "cluster")


@pytest.mark.parametrize("keyword", ["timeout", "connect_timeout"])
def test_what_is_no_number_of_seconds_is_refused(keyword: str) -> None:
    keywords: dict[str, Any] = {keyword: "soon"}

    with pytest.raises(exceptions.InvalidArgument, match=f"`{keyword}` is a number of seconds"):
        Connection("mycloud", **keywords)


def test_what_is_no_session_is_refused() -> None:
    with pytest.raises(exceptions.InvalidArgument, match="or an openstacksdk CloudRegion, not str"):
        Connection(session="mycloud")


@pytest.mark.parametrize(
    "keywords",
    [
        {"identity_api_version": "3"},
        {"compute_api_version": "2.1", "image_endpoint_override": "http://glance"},
        {"clustering_api_timeout": 5, "resource_cluster_api_version": "1"},
        {"volumev3_endpoint_type": "internal", "floating_ip_source": "none"},
    ],
)
def test_keys_of_clouds_yaml_are_keywords(cloud: Cloud, keywords: dict[str, Any]) -> None:
    assert hasattr(Connection(clouds=cloud.clouds(), **keywords), "cluster")


@pytest.mark.parametrize(
    ("keyword", "meant"),
    [
        ("region", "region_name"),
        ("clusterin_endpoint_override", "clustering_endpoint_override"),
        ("user_name", "username"),
        ("cloud_name", "cloud"),
        ("compute_api_verzion", "it has:|did you mean"),
    ],
)
def test_misspelt_keyword_is_a_type_error_with_a_hint(keyword: str, meant: str) -> None:
    keywords: dict[str, Any] = {keyword: "x"}

    with pytest.raises(TypeError, match=meant):
        Connection(**keywords)


@pytest.mark.parametrize(
    ("keywords", "shown"),
    [
        ({}, "Connection(cloud='test')"),
        ({"region_name": "north"}, "Connection(cloud='test', region_name='north')"),
    ],
)
def test_repr_of_a_connection_has_the_cloud(
    cloud: Cloud, keywords: dict[str, Any], shown: str
) -> None:
    assert repr(Connection(clouds=cloud.clouds(), **keywords)) == shown
    assert repr(Connection(session=session.Session())) == "Connection()"


def test_application_is_named_with_its_version(cloud: Cloud) -> None:
    cloud.answer("GET", "/v1/build-info", Answer(body={"build_info": {}}))

    with Connection(clouds=cloud.clouds(), app_name="heat", app_version="22") as connection:
        connection.cluster.get_build_info()

    assert cloud.received()[0].headers["User-Agent"].startswith("heat/22 openstack-clustering/")


def test_endpoint_override_needs_no_catalogue(cloud: Cloud) -> None:
    cloud.services = []
    cloud.answer("GET", "/v1/build-info", Answer(body={"build_info": {}}))
    settings = cloud.clouds(clustering_endpoint_override=cloud.url)

    with Connection(clouds=settings) as connection:
        assert hasattr(connection, "cluster")
        assert cloud.requests == []
        connection.cluster.get_build_info()


def test_configured_microversion_is_requested(cloud: Cloud) -> None:
    cloud.answer("GET", "/v1/build-info", Answer(body={"build_info": {}}))

    with Connection(clouds=cloud.clouds(clustering_default_microversion="1.7")) as connection:
        connection.clustering.get_build_info()

    assert cloud.received()[0].headers["OpenStack-API-Version"] == "clustering 1.7"
