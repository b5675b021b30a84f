"""The client has the same names, parameters and values as openstacksdk."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from openstack_clustering import Cluster, Proxy
from sandbox import Sandbox
from tests.client.factories import FAST, Factory
from tests.unit.docs.test_from_openstacksdk import STATEMENTS, statements
from tools.venvs import server_python, virtual_environment

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def in_openstacksdks_environment(sandbox: Sandbox, script: str, *arguments: str) -> Any:
    """Run a script of this folder; return what it prints."""
    sdk = virtual_environment("openstacksdk", ROOT / "requirements/bench.txt", server_python())
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OS_")}
    environment["OS_CLIENT_CONFIG_FILE"] = str(sandbox.clouds_yaml)
    environment["PYTHONPATH"] = str(ROOT / "operator")
    # -P: this folder's conftest.py and other modules are not for it.
    command = [str(sdk / "bin/python"), "-P", "-W", "ignore", str(HERE / script), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def full_cluster(senlin: Proxy, make: Factory, name: str) -> Cluster:
    """A cluster with a node, a policy and a receiver."""
    cluster, policy = make.cluster(1), make.policy()
    senlin.wait_for_action(senlin.attach_policy_to_cluster(cluster, policy), interval=FAST)
    make.on_cleanup(lambda: senlin.wait_for_delete(senlin.delete_cluster(cluster), interval=FAST))
    senlin.create_receiver(
        name=name, type="webhook", cluster_id=cluster, action="CLUSTER_SCALE_OUT"
    )
    return cluster


def test_parity(sandbox: Sandbox, full_cluster: Cluster) -> None:
    cluster = full_cluster

    assert in_openstacksdks_environment(sandbox, "sdk_parity.py", cluster.id) == {
        "signatures": [
            "get_cluster_policy",  # here the argument may be a binding alone
            "wait_for_status",  # openstacksdk's default is to wait for ever
        ],
        "values": [],
        "missing operations": [
            "delete_cluster_metadata",  # Senlin never had the path of these
            "fetch_cluster_metadata",
            "get_cluster_metadata",
            "set_cluster_metadata",
        ],
        "missing exceptions": [],
        "missing attributes": [],
        "by region": cluster.id,
        "by connection": cluster.id,
    }


def test_program_goes_on_when_its_import_is_changed(
    sandbox: Sandbox, full_cluster: Cluster
) -> None:
    different = in_openstacksdks_environment(sandbox, "sdk_dialect.py", full_cluster.id)

    assert different == {}


def test_differences_are_as_the_page_says(sandbox: Sandbox, full_cluster: Cluster) -> None:
    found = in_openstacksdks_environment(sandbox, "sdk_differences.py", full_cluster.id)

    right = ["as the page says", "as the page says"]
    assert {name: pair for name, pair in found.items() if pair != right} == {}
    assert {*found, *STATEMENTS} == {*statements(), *STATEMENTS}
