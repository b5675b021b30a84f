"""The control of the real Nova: over its API as an administrator, and over its control port."""

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Self

from sandbox import accounts
from sandbox.errors import SandboxError
from sandbox.nova import Lift, Nova
from sandbox.proxy.client import Proxy
from sandbox.real.api import Api, Record, id_of, wait_until
from sandbox.real.octavia import Octavia
from sandbox.senlin.rules import matches

RESET = "os-resetState"  # for administrators only
OUTAGE = ("nova", "glance", "neutron")  # who does not answer while Nova is down
# By the status that a server shall have: the action that gives it to an active server.
ACTIONS: Mapping[str, Record] = {
    "ERROR": {RESET: {"state": "error"}},
    "SHUTOFF": {"os-stop": None},
    "PAUSED": {"pause": None},
    "SUSPENDED": {"suspend": None},
    "ACTIVE": {RESET: {"state": "active"}},
}


class RealNova(Nova):
    """A real Nova."""

    def __init__(
        self, control_url: str, api: Api, octavia: Octavia, proxies: Mapping[str, Proxy]
    ) -> None:
        super().__init__(control_url)
        self._api, self._octavia, self._proxies = api, octavia, proxies

    def servers(
        self, name: str = "*", *, metadata: Mapping[str, str] | None = None
    ) -> list[Record]:
        flavors = {it["id"]: it["name"] for it in self._flavors()}
        path = "/servers/detail?all_tenants=1&sort_key=created_at&sort_dir=asc"
        found = self._call("GET", path)["servers"]
        alive = [it for it in found if it["status"] != "DELETED"]  # which Nova shows for a moment
        named = [it for it in alive if it["id"] == name or matches(it, name)]
        matching = [it for it in named if matches(it, metadata=metadata)]
        shown = [self._with_fault(it) for it in matching]
        return [_server(it, flavors) for it in shown if it]

    def boot(
        self,
        name: str,
        *,
        flavor: str = "m1.tiny",
        image: str = "cirros",
        user: str = "blue-1",
        **attributes: Any,
    ) -> Record:
        body = {
            "name": name,
            "flavorRef": id_of(flavor, self._flavors()),
            "imageRef": id_of(image, self._api.list("glance", "/v2/images", "images")),
            "networks": [{"uuid": id_of("private", self._networks())}],
            **attributes,
        }
        made = self._call("POST", "/servers", {"server": body}, user=user)["server"]
        # Nova records the fault after the status.
        return self._wait_for(
            made["id"], lambda it: it["status"] == "ACTIVE" or it.get("fault") is not None
        )

    def server_groups(self, name: str = "*") -> list[Record]:
        groups = self._call("GET", "/os-server-groups?all_projects=true")["server_groups"]
        return [group for group in groups if fnmatchcase(group["name"], name)]

    def pool_members(self, name: str = "*") -> list[Record]:
        return self._octavia.pool_members(name)

    def load_balancers(self, name: str = "*") -> list[Record]:
        return self._octavia.load_balancers(name)

    def down(self, seconds: float | None = None, *, text: str | None = None) -> Lift:
        reply = {"kind": "answer", "status": 503, "body": text} if text else {"kind": "refuse"}
        proxies = [self._proxies[name] for name in OUTAGE if name in self._proxies]
        faults = [proxy.fault(**reply, seconds=seconds) for proxy in proxies]
        return _Fault(*(fault.lift for fault in faults))

    def make_image(self, name: str) -> None:
        fixed = {"disk_format": "raw", "container_format": "bare", "visibility": "public"}
        made = self._api.ask("glance", "POST", "/v2/images", {"name": name, **fixed})
        data = b"No server ever boots from this.\n"
        self._api.ask("glance", "PUT", f"/v2/images/{made['id']}/file", data)

    def delete_image(self, name: str) -> None:
        image = id_of(name, self._api.list("glance", f"/v2/images?name={name}", "images"))
        self._api.ask("glance", "DELETE", f"/v2/images/{image}")

    def quota(self, project: str, **limits: int) -> Lift:
        """Limit a project, such as by `instances=2`; lifting it removes these limits."""
        self._set_quota(project, limits)
        return _Fault(lambda: self._set_quota(project, dict.fromkeys(limits, -1)))

    def vanish(self, name: str = "*", *, metadata: Mapping[str, str] | None = None) -> int:
        found = self.servers(name, metadata=metadata)
        for server in found:
            self._call("DELETE", f"/servers/{server['id']}", user=self._user_of(server))
        for server in found:
            self._wait_until_gone(server["id"])
        return len(found)

    def break_server(
        self, name: str = "*", *, status: str = "ERROR", metadata: Mapping[str, str] | None = None
    ) -> int:
        if status not in ACTIONS:
            raise SandboxError(f"Nova cannot give a server the status {status}.")
        found = self.servers(name, metadata=metadata)
        for server in found:
            user = accounts.ADMIN if RESET in ACTIONS[status] else self._user_of(server)
            self._call("POST", f"/servers/{server['id']}/action", ACTIONS[status], user=user)
        for server in found:
            self._wait_for(server["id"], lambda it: it["status"] == status)
        return len(found)

    def lift(self, name: str | None = None) -> None:
        """End the faults with this name pattern; None: all, and those of `down`; no quota."""
        super().lift(name)
        if name is None:
            for proxy in (self._proxies[it] for it in OUTAGE if it in self._proxies):
                proxy.lift_all()

    def _with_fault(self, server: Record) -> Record | None:
        """Return a server as Nova shows it by itself: a list has no fault if it got no host.

        None: it has been deleted meanwhile.
        """
        if server["status"] != "ERROR" or "fault" in server:
            return server
        return self._get(server["id"])

    def _get(self, server_id: str) -> Record | None:
        document = self._api.find("nova", f"/v2.1/servers/{server_id}")
        server: Record | None = document and document["server"]
        return server

    def _wait_for(self, server_id: str, is_so: Callable[[Record], bool]) -> Record:
        def is_found() -> bool:
            server = self._get(server_id)
            return server is not None and is_so(server)

        wait_until(is_found, f"server {server_id} is as it should be")
        (found,) = self.servers(server_id)
        return found

    def _wait_until_gone(self, server_id: str) -> None:
        wait_until(lambda: self._get(server_id) is None, f"server {server_id} is gone")

    def _flavors(self) -> list[Record]:
        return self._api.list("nova", "/v2.1/flavors/detail?is_public=none", "flavors")

    def _networks(self) -> list[Record]:
        return self._api.list("neutron", "/v2.0/networks", "networks")

    def _user_of(self, server: Record) -> str:
        """Return a user in the server's project.

        Senlin ignores Nova's notifications of what users of other projects do, as administrators.
        """
        return f"{self._api.project_name(server['tenant_id'])}-1"

    def _set_quota(self, project: str, limits: Mapping[str, int]) -> None:
        body = {"quota_set": {**limits, "force": True}}
        self._call("PUT", f"/os-quota-sets/{self._api.project_id(project)}", body)

    def _call(
        self, method: str, path: str, body: object = None, *, user: str = accounts.ADMIN
    ) -> Any:
        return self._api.ask("nova", method, f"/v2.1{path}", body, user=user)


class _Fault:
    """A fault that these functions lift."""

    def __init__(self, *ends: Callable[[], None]) -> None:
        self._ends = ends

    def lift(self) -> None:
        for end in self._ends:
            end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.lift()


def _server(record: Record, flavors: Mapping[str, str]) -> Record:
    """Return a server with the same keys as one of the simulated cloud."""
    flavor = record["flavor"]["id"]
    return {
        **record,
        "created_at": record["created"],
        "updated_at": record["updated"],
        "flavor": {"id": flavor, "name": flavors.get(flavor)},
        "fault": record.get("fault"),
        "availability_zone": record["OS-EXT-AZ:availability_zone"],
    }
