"""Users of openstacksdk find the same names, parameters and values here."""

import json
import os
import subprocess
from pathlib import Path

from openstack_clustering import Proxy
from sandbox import Sandbox
from tests.client.factories import FAST, Maker
from tools.venvs import server_python, virtual_environment

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def test_parity(sandbox: Sandbox, senlin: Proxy, make: Maker, name: str) -> None:
    cluster, policy = make.cluster(1), make.policy()
    senlin.wait_for_action(senlin.attach_policy_to_cluster(cluster, policy), interval=FAST)
    make.also(lambda: senlin.wait_for_delete(senlin.delete_cluster(cluster), interval=FAST))
    senlin.create_receiver(
        name=name, type="webhook", cluster_id=cluster, action="CLUSTER_SCALE_OUT"
    )
    sdk = virtual_environment("openstacksdk", ROOT / "requirements/bench.txt", server_python())
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OS_")}
    environment["OS_CLIENT_CONFIG_FILE"] = str(sandbox.clouds_yaml)
    environment["PYTHONPATH"] = str(ROOT / "operator")
    command = [str(sdk / "bin/python"), "-W", "ignore", str(HERE / "sdk_parity.py"), cluster.id]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "signatures": [
            "collect_cluster_attrs",  # the SDK takes a query and ignores it
            "get_cluster_policy",  # here the cluster may be left out if the binding is known
            "wait_for_delete",  # the SDK has added a callback
            "wait_for_status",  # the same; and by default it waits for ever
        ],
        "values": [],
        "by region": cluster.id,
    }
