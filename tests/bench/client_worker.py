"""Does one client's part of the client benchmark; run by `client.py` in a process of its own.

It also runs in the environment of openstacksdk, so it imports nothing of this repository but the
client, and that only if it is the one to be measured.
"""

import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

GETS, LISTS, PAIRS = 100, 4, 20
IMPORTS = {
    "ours": ["openstack_clustering"],
    "sdk": ["openstack"],
    "bare": ["keystoneauth1.session", "keystoneauth1.adapter", "keystoneauth1.identity.v3"],
}


def cpu(call: Callable[[], object], times: int) -> float:
    """Return the milliseconds of this process's CPU for one call."""
    spent = []
    for _ in range(times):
        before = time.process_time()
        call()
        spent.append((time.process_time() - before) * 1000)
    return median(spent)


def memory() -> float:
    """Return the resident memory (MiB); not the peak, which a process inherits from its parent."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def measure_import(client: str) -> dict[str, float]:
    before = time.process_time()
    for module in IMPORTS[client]:
        importlib.import_module(module)
    return {"import": (time.process_time() - before) * 1000, "MiB after import": memory()}


class Ours:
    def __init__(self, file: str) -> None:
        from openstack_clustering import Connection

        self.senlin = Connection("blue", environ={"OS_CLIENT_CONFIG_FILE": file}).cluster

    def first(self) -> None:
        self.senlin.get_build_info()

    def get(self, cluster: str) -> None:
        self.senlin.get_cluster(cluster)

    def list(self) -> None:
        assert len(list(self.senlin.nodes())) >= 500

    def pair(self, spec: dict[str, Any]) -> None:
        self.senlin.delete_profile(self.senlin.create_profile(name="bench", spec=spec))

    def act(self, cluster: str) -> None:
        assert self.senlin.check_cluster(cluster)["action"]


class Sdk(Ours):
    """The names are the same; that is the point."""

    def __init__(self, file: str) -> None:
        import openstack

        connection = openstack.connect("blue", clustering_default_microversion="1.14")
        self.senlin = connection.clustering


class Bare:
    def __init__(self, file: str) -> None:
        import yaml
        from keystoneauth1.adapter import Adapter
        from keystoneauth1.identity import v3
        from keystoneauth1.session import Session

        with open(file) as text:
            cloud = yaml.safe_load(text)["clouds"]["blue"]
        session = Session(v3.Password(**cloud["auth"]), timeout=60)
        self.senlin = Adapter(
            session,
            service_type="clustering",
            interface="public",
            min_version="1",
            default_microversion="1.14",
        )

    def first(self) -> None:
        self.senlin.get("/build-info").json()

    def get(self, cluster: str) -> None:
        self.senlin.get(f"/clusters/{cluster}").json()

    def list(self) -> None:
        assert len(self.senlin.get("/nodes").json()["nodes"]) >= 500

    def pair(self, spec: dict[str, Any]) -> None:
        body = {"profile": {"name": "bench", "spec": spec}}
        profile = self.senlin.post("/profiles", json=body).json()["profile"]
        self.senlin.delete(f"/profiles/{profile['id']}")

    def act(self, cluster: str) -> None:
        path = f"/clusters/{cluster}/actions"
        assert self.senlin.post(path, json={"check": {}}).json()["action"]


CLIENTS: dict[str, type[Ours | Bare]] = {"ours": Ours, "sdk": Sdk, "bare": Bare}


def measure_work(client: str, work: dict[str, Any]) -> dict[str, float]:
    requests = count_requests()
    start = time.process_time()
    worker = CLIENTS[client](work["clouds"])
    worker.first()
    result = {
        "connect": (time.process_time() - start) * 1000,
        "MiB at work": memory(),
        "requests: first result": len(requests),
    }
    operations: dict[str, tuple[Callable[[], object], int]] = {
        "get": (lambda: worker.get(work["cluster"]), GETS),
        "list": (worker.list, LISTS),
        "pair": (lambda: worker.pair(work["spec"]), PAIRS),
        "act": (lambda: worker.act(work["clusters"].pop()), len(work["clusters"])),
    }
    for name, (call, times) in operations.items():
        requests.clear()
        result[name] = cpu(call, times)
        result[f"requests: {name}"] = len(requests) / times
    return result


def count_requests() -> list[str]:
    """Return a list that gets the URL of every request from now on."""
    from requests.adapters import HTTPAdapter

    sent: list[str] = []
    send: Callable[..., Any] = HTTPAdapter.send

    def counting(*arguments: Any, **more: Any) -> Any:
        _, request, *_ = arguments
        sent.append(request.url)
        return send(*arguments, **more)

    HTTPAdapter.send = counting  # type: ignore[method-assign]
    return sent


if __name__ == "__main__":
    figures = measure_import(sys.argv[1])
    if len(sys.argv) > 2:
        figures |= measure_work(sys.argv[1], json.loads(sys.argv[2]))
    print(json.dumps(figures))
