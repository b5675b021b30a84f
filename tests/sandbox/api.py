"""Senlin as its tests see it: plain HTTP with a token, and nothing of ours in between."""

import re
import time
from collections.abc import Callable
from typing import Any, Self, TypeVar
from uuid import uuid4

import requests

from sandbox import Sandbox

T = TypeVar("T")
SECONDS = 20
UUID = "[0-9a-f-]{36}"
# What both clouds have Senlin say.
FAILED_BUILD = rf"Failed in creating server: Server:{UUID} transitioned to failure state ERROR\."
NO_HOST = "No valid host was found. There are not enough hosts available."
_CHECKING = rf"Failed in checking server '{UUID}': "
_NOVA = r"http://127\.0\.0\.1:\d+/v2\.1/servers"
UNREACHABLE = (
    rf"{_CHECKING}Unable to establish connection to {_NOVA}/{UUID}: HTTPConnectionPool\("
    rf"host='127\.0\.0\.1', port=\d+\): Max retries exceeded with url: /v2\.1/servers/{UUID} "
    r"\(Caused by NewConnectionError\('<urllib3\.connection\.HTTPConnection object at "
    r"0x[0-9a-f]+>: Failed to establish a new connection: \[Errno 111\] ECONNREFUSED'\)\)\."
)
UNAVAILABLE = (
    rf"{_CHECKING}No Server found for {UUID}: Server Error for url: {_NOVA}/{UUID}, Nova is away\."
)
NETWORKS = [{"network": "private"}]  # a cloud with several refuses servers that name none


def unique(word: str) -> str:
    return f"{word}-{uuid4().hex[:8]}"


def wait_for(what: Callable[[], T | None], seconds: float = SECONDS) -> T:
    """Return what the function returns once that is true."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, f"still {found!r} after {seconds:g} s"
        time.sleep(0.05)
    return found


class Senlin:
    def __init__(self, sandbox: Sandbox, user: str = "blue-1", caller: str = "tests") -> None:
        self._url = f"{sandbox.senlin.url}/v1"
        self._session = requests.Session()
        self._session.headers.update(
            {
                "X-Auth-Token": sandbox.token(user),
                "OpenStack-API-Version": "clustering 1.14",
                "User-Agent": caller,
            }
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def ask(self, method: str, path: str, body: object = None, timeout: float = 30) -> Any:
        return self._session.request(method, self._url + path, json=body, timeout=timeout)

    def call(self, method: str, path: str, body: object = None) -> Any:
        reply = self.ask(method, path, body)
        reply.raise_for_status()
        return reply.json() if reply.content else None

    def create_profile(self, **properties: Any) -> str:
        document = self.call("POST", "/profiles", {"profile": a_profile(**properties)})
        return str(document["profile"]["id"])

    def create_cluster(self, name: str, size: int, **properties: Any) -> str:
        """Create a cluster; its servers are called `<name>-1` and so on."""
        body = {
            "name": name,
            "profile_id": self.create_profile(**properties),
            "desired_capacity": size,
            "config": {"node.name.format": f"{name}-$I"},
        }
        return str(self.call("POST", "/clusters", {"cluster": body})["cluster"]["id"])

    def cluster(self, cluster_id: str) -> dict[str, Any]:
        cluster: dict[str, Any] = self.call("GET", f"/clusters/{cluster_id}")["cluster"]
        return cluster

    def nodes(self, cluster_id: str) -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = self.call("GET", f"/nodes?cluster_id={cluster_id}")["nodes"]
        return nodes

    def active_cluster(self, name: str, size: int, **properties: Any) -> str:
        cluster_id = self.create_cluster(name, size, **properties)
        self.wait_until(cluster_id, "ACTIVE")
        return cluster_id

    def wait_until(self, cluster_id: str, *statuses: str) -> str:
        def status() -> str | None:
            latest = str(self.cluster(cluster_id)["status"])
            return latest if latest in statuses else None

        return wait_for(status)

    def act(self, cluster_id: str, action: str, **arguments: Any) -> str:
        """Have something done to a cluster; return the action's status at its end."""
        path = f"/clusters/{cluster_id}/actions"
        return self.ended(self.call("POST", path, {action: arguments})["action"])

    def ended(self, action_id: str) -> str:
        def end() -> str | None:
            action = self.call("GET", f"/actions/{action_id}")["action"]
            over = action["status"] in ("SUCCEEDED", "FAILED") and not action["depends_on"]
            return str(action["status"]) if over else None

        return wait_for(end)

    def update_profile(self, cluster_id: str, **properties: Any) -> str:
        """Give a cluster another profile; return the action's status at its end."""
        body = {"cluster": {"profile_id": self.create_profile(**properties)}}
        reply = self.ask("PATCH", f"/clusters/{cluster_id}", body)
        return self.ended(reply.headers["Location"].rpartition("/")[2])

    def delete_cluster(self, cluster_id: str) -> str:
        """Delete it; return the action's status at its end."""
        reply = self.ask("DELETE", f"/clusters/{cluster_id}")
        reply.raise_for_status()
        return self.ended(reply.headers["Location"].rpartition("/")[2])


def refusal_of(text: str) -> str:
    """Return the pattern of the reason of a node whose build Nova refuses."""
    said = rf"ForbiddenException: 403: Client Error for url: {_NOVA}, {re.escape(text)}"
    return f"Failed in creating server: {said}"


def rebuilt(cloud: Sandbox, senlin: Senlin, **parameters: object) -> str:
    """Let Senlin rebuild a server in ERROR; return the status of the action at its end."""
    name = unique("web")
    cluster_id = senlin.active_cluster(name, 1)
    cloud.nova.break_server(f"{name}-*")
    senlin.act(cluster_id, "check")
    status = senlin.act(cluster_id, "recover", operation="REBUILD", **parameters)
    if status == "SUCCEEDED":
        assert [it["status"] for it in cloud.nova.servers(f"{name}-*")] == ["ACTIVE"]
    return status


def a_profile(**properties: Any) -> dict[str, Any]:
    given = {"flavor": "m1.tiny", "image": "cirros", "networks": NETWORKS, **properties}
    spec = {"type": "os.nova.server", "version": "1.0", "properties": given}
    return {"name": unique("profile"), "spec": spec}
