"""What the client costs, beside openstacksdk and beside an adapter that only parses JSON.

All three do the same against the same server, each in processes of its own, in turns. CPU is that
of the client's process; a figure is the median over the rounds.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from openstack_clustering import Cluster, Connection, Proxy
from sandbox import Sandbox
from tools.venvs import server_python, virtual_environment

ROOT = Path(__file__).parents[2]
WORKER = Path(__file__).with_name("client_worker.py")
NODES = 500
ACTIONS = 15  # clusters that get one action each, so that no action meets a lock
ROUNDS = 3
IMPORTS = 9
PATIENCE = 300  # seconds that Senlin may take for what is prepared
SPEC = {
    "type": "os.nova.server",
    "version": "1.0",
    "properties": {"flavor": "m1.tiny", "networks": [{"network": "private"}]},
}
CPU = {
    "get": "get_cluster",
    "list": f"nodes(), {NODES} of them",
    "pair": "create_profile and delete_profile",
    "act": "check_cluster",
    "connect": "login and first result",
    "import": "import",
}
GOALS = (
    ("get", "bare", 1.15),
    ("get", "sdk", 0.4),
    ("list", "bare", 2),
    ("list", "sdk", 0.05),
)

Figures = Mapping[str, Mapping[str, float]]  # by client, then by name


def main() -> None:
    """Print the figures."""
    with Sandbox.up(kubernetes=False) as sandbox, tempfile.TemporaryDirectory() as bytecode:
        work = prepare(sandbox)
        figures = measure(work, bytecode)
    show(figures)


def prepare(sandbox: Sandbox) -> dict[str, Any]:
    """Fill Senlin with what is to be read; return what the workers need to know."""
    environ = {"OS_CLIENT_CONFIG_FILE": str(sandbox.clouds_yaml)}
    with Connection("blue", environ=environ, timeout=PATIENCE) as blue:
        senlin = blue.cluster
        profile = senlin.create_profile(name="small", spec=SPEC)
        large = a_cluster(senlin, "large", profile.id, NODES)
        empty = [a_cluster(senlin, f"empty-{n}", profile.id, 0) for n in range(ACTIONS)]
    return {
        "clouds": str(sandbox.clouds_yaml),
        "cluster": empty[0].id,
        "clusters": [cluster.id for cluster in empty],
        "spec": SPEC,
        "nodes": large.id,
    }


def a_cluster(senlin: Proxy, name: str, profile: str, size: int) -> Cluster:
    cluster = senlin.create_cluster(name=name, profile_id=profile, desired_capacity=size)
    assert cluster.action_id
    senlin.wait_for_action(cluster.action_id, interval=0.5, wait=PATIENCE)
    return cluster


def measure(work: dict[str, Any], bytecode: str) -> Figures:
    sdk = virtual_environment("openstacksdk", ROOT / "requirements/bench.txt", server_python())
    pythons = {"ours": sys.executable, "bare": sys.executable, "sdk": str(sdk / "bin/python")}
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("OS_")},
        "OS_CLIENT_CONFIG_FILE": work["clouds"],
        "PYTHONPATH": str(ROOT / "operator"),
        "PYTHONDONTWRITEBYTECODE": "",  # an import is measured as users have it
        "PYTHONPYCACHEPREFIX": bytecode,
    }
    found: dict[str, dict[str, list[float]]] = {c: defaultdict(list) for c in pythons}

    def run(client: str, *arguments: str) -> None:
        # -P: the script's directory has an operator.py, which is not the standard library's.
        command = [pythons[client], "-P", "-W", "ignore", str(WORKER), client, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{client}: {done.stderr}")
        for name, value in json.loads(done.stdout).items():
            found[client][name].append(value)

    for client in pythons:
        run(client)  # fills the bytecode cache
        found[client].clear()
    for _ in range(IMPORTS):
        for client in pythons:
            run(client)
    for _ in range(ROUNDS):
        for client in pythons:
            run(client, json.dumps(work))
    return {
        client: {name: median(values) for name, values in by_name.items()}
        for client, by_name in found.items()
    }


def show(figures: Figures) -> None:
    ours, bare, sdk = (figures[client] for client in ("ours", "bare", "sdk"))
    heading = f"{'this client':>12} {'adapter':>9} {'openstacksdk':>13}"
    print(f"\nThe Python client, ms CPU             {heading}   of adapter  of openstacksdk")
    for key, title in CPU.items():
        row = f"{ours[key]:12.2f} {bare[key]:9.2f} {sdk[key]:13.2f}"
        ratios = f"{ours[key] / bare[key]:13.2f} {ours[key] / sdk[key]:16.3f}"
        print(f"{title:37} {row} {ratios}")
    print(f"\nRequests                              {heading}")
    for key in ("first result", "get", "list", "pair", "act"):
        counts = [f"{who[f'requests: {key}']:.1f}" for who in (ours, bare, sdk)]
        print(f"{CPU.get(key, key):37} {counts[0]:>12} {counts[1]:>9} {counts[2]:>13}")
    print(f"\nMemory, MiB                           {heading}")
    for key in ("MiB after import", "MiB at work"):
        print(f"{key:37} {ours[key]:12.1f} {bare[key]:9.1f} {sdk[key]:13.1f}")
    print("\nGoals")
    for key, other, limit in GOALS:
        ratio = ours[key] / figures[other][key]
        print(f"{CPU[key]} / {other}: {ratio:.3f} (at most {limit}): {result(ratio <= limit)}")
    more = ours["import"] - bare["import"]
    print(f"import beyond keystoneauth1's: {more:.1f} ms (at most 10): {result(more <= 10)}")
    first = ours["requests: first result"]
    print(f"requests to the first result: {first:.0f} (at most 3): {result(first <= 3)}")


def result(reached: bool) -> str:
    return "reached" if reached else "MISSED"


if __name__ == "__main__":
    main()
