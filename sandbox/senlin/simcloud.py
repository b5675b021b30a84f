# mypy: disable-error-code="import-not-found"
# This runs in Senlin's own virtual environment.
"""The state of the simulated cloud: servers, and faults that tests have set.

It neither depends on Senlin nor waits; simnova.py, which runs inside Senlin, does both.
"""

import json
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from rules import Rules, matches
from simcatalogue import (
    FLAVORS,
    IMAGES,
    NETWORK_SUBNETS,
    SECURITY_GROUPS,
    ZONES,
    Record,
    id_of,
    image,
)
from simservers import address_on, public
from simtexts import (
    GLANCE,
    NEUTRON,
    NOVA,
    no_server,
    no_versions,
    not_found,
    refused,
    server_url,
    unavailable,
    unreachable,
    wrong_state,
)

# A record is a server in Nova's API; keys that begin with `_` are internal.
NO_HOST = "No valid host was found. There are not enough hosts available."
SEVERAL_NETWORKS = "Multiple possible networks found, use a Network ID to be more specific."
NO_ADDRESS = "Invalid input for operation: IP allocation requires subnet_id or ip_address."
REBOOT_SECONDS = 0.5  # how long a server in ERROR stays so while it is rebooted


class Cloud:
    """All servers, and all rules; the servers are saved in a file and survive a restart."""

    def __init__(self, file: Path) -> None:
        self._file = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._file.execute("pragma journal_mode=wal")
        self._file.execute("pragma synchronous=off")
        self._file.execute("create table if not exists server (id text primary key, record text)")
        rows = self._file.execute("select record from server order by rowid")
        self._servers: dict[str, Record] = {
            r["id"]: r for (text,) in rows for r in [json.loads(text)]
        }
        self._rules = Rules()
        self._objects: dict[str, Record] = {}
        self._images = list(IMAGES)

    # For the drivers.

    def look_up(
        self, kind: str, table: Sequence[Mapping[str, Any]], name_or_id: str, url: str = NOVA
    ) -> Record:
        """Return the entry with this name or id; `url` is the address of the list.

        Raises:
            CloudError: There is none, or the service is down.
        """
        self.answer(f"{url}/{name_or_id}")
        for entry in table:
            if name_or_id in (entry["id"], entry["name"]):
                return dict(entry)
        raise not_found(kind, name_or_id)

    def flavor(self, name_or_id: str) -> Record:
        return self.look_up("Flavor", FLAVORS, name_or_id, f"{NOVA}/flavors")

    def image(self, name_or_id: str) -> Record:
        if any(self._rules.active("down")):
            raise no_versions()
        return self.look_up("Image", self._images, name_or_id, f"{GLANCE}/images")

    def create(
        self,
        name: str,
        *,
        flavor: str,
        image: str | None = None,
        ports: Sequence[str] = (),
        **attributes: Any,
    ) -> Record:
        """Start to build a server with these ports.

        Raises:
            CloudError: Something does not exist, a fault refuses it, the service is down.
        """
        server: Record = {
            "id": str(uuid.uuid4()),
            "name": name,
            "created_at": _now(),
            "updated_at": _now(),
            "fault": None,
            "flavor": self.flavor(flavor),
            "image": {"id": self.image(image)["id"]} if image else "",
            "metadata": {},
            "key_name": None,
            "security_groups": [{"name": "default"}],
            "availability_zone": ZONES[0],
            "scheduler_hints": {},
            "_ports": [self._objects[port] for port in ports],
            **attributes,
        }
        self._admit(server)
        slow = self._rules.take("slow-build", server)
        server["status"] = "BUILD"
        server["_slowed_by"] = slow.id if slow else None
        server["_due"] = time.time() + (slow.seconds or 0 if slow else 0)
        server["_fault"] = self._build_fault(server)
        server["_then"] = "ERROR" if server["_fault"] else "ACTIVE"
        self._servers[server["id"]] = server
        return self._keep(server)

    def get(self, server_id: str) -> Record:
        """Return a server.

        Raises:
            CloudError: There is no such server (404), or the service is down.
        """
        self.answer(server_url(server_id), server_id)
        if server_id not in self._servers:
            raise no_server(server_id)
        return self._settled(self._servers[server_id])

    def change(self, server_id: str, path: str = "", **attributes: Any) -> Record:
        """Change a server by a request to this path below it.

        Raises:
            CloudError: There is no such server, or the service is down.
        """
        url = server_url(server_id, path)
        self.answer(url)
        if server_id not in self._servers:
            raise refused(404, url, f"Instance {server_id} could not be found.")
        server = self._settled(self._servers[server_id])
        server.update(attributes, updated_at=_now())
        return self._keep(server)

    def act(self, server_id: str, operation: str, allowed: Sequence[str], **changes: Any) -> Record:
        """Change a server by an action, which only servers in these statuses take.

        Raises:
            CloudError: The server is not there, or has another status; or the service is down.
        """
        server = self.change(server_id, "/action")
        if server["status"] not in allowed:
            raise wrong_state(server_id, operation, server["status"])
        return self.change(server_id, "/action", **changes)

    def reboot(self, server_id: str, allowed: Sequence[str]) -> None:
        """Reboot a server; one in ERROR shows that until it has been done."""
        server = self.act(server_id, "reboot", allowed)
        if server["status"] == "ERROR":
            later: Record = {"_due": time.time() + REBOOT_SECONDS, "_then": "ACTIVE"}
            self.change(server_id, "/action", _fault=None, **later)
        else:
            self.change(server_id, "/action", status="ACTIVE")

    def resize(self, server_id: str, flavor: str) -> None:
        """Give a server another flavor; the resize waits for confirmation or revert.

        If no host is found, Nova has accepted the resize, and the server stays as it is.
        """
        new = self.flavor(flavor)
        server = self.act(server_id, "resize", ("ACTIVE", "SHUTOFF"))
        if refusal := self._rules.take("refuse-resize", server):
            raise refused(403, server_url(server_id, "/action"), refusal.text)
        if self._rules.take("no-valid-host", server):
            return
        undo = {"flavor": server["flavor"], "status": server["status"]}
        self.change(server_id, flavor=new, status="VERIFY_RESIZE", _before_resize=undo)

    def delete(self, server_id: str) -> None:
        """Remove a server, if it exists."""
        url = server_url(server_id)
        self.answer(url)
        server = self._servers.get(server_id)
        if server is None:
            return
        if refusal := self._rules.take("refuse-deletion", server):
            raise refused(409, url, refusal.text)
        self._forget(server_id)

    def answer(self, url: str, server_id: str | None = None) -> None:
        """Raise an error if the service is down; `server_id` is of the server asked for."""
        for rule in self._rules.active("down"):
            raise unavailable(url, rule.text, server_id) if rule.text else unreachable(url)

    def make(self, kind: str, url: str, **attributes: Any) -> Record:
        """Make a server group, or a part of a load balancer; it is ready at once."""
        self.answer(url)
        made: Record = {"id": str(uuid.uuid4()), "kind": kind, **attributes}
        self._objects[made["id"]] = made
        return made

    def find(self, kind: str, url: str, name_or_id: str) -> Record | None:
        self.answer(f"{url}/{name_or_id}")
        return next((it for it in self.objects(kind) if name_or_id in (it["id"], it["name"])), None)

    def remove(self, url: str, object_id: str) -> None:
        """Remove an object and all that refer to it, such as the members of a pool."""
        self.answer(f"{url}/{object_id}")
        self._objects = {
            id_: it for id_, it in self._objects.items() if object_id not in it.values()
        }

    # Ports.

    def make_port(
        self, network_id: str, fixed_ips: Sequence[Mapping[str, str]] = (), **attributes: Any
    ) -> Record:
        """Make a port on a network.

        Raises:
            CloudError: Its addresses are given in Senlin 16's words, which Neutron does not know;
                or the service is down.
        """
        url = f"{NEUTRON}/ports"
        if any("fixed_ip" in it for it in fixed_ips):
            raise refused(400, url, NO_ADDRESS)
        subnet = next(it for it in NETWORK_SUBNETS if it["network_id"] == network_id)
        address = {"subnet_id": subnet["id"], "ip_address": address_on(str(subnet["name"]))}
        groups = attributes.get("security_groups") or [it["id"] for it in SECURITY_GROUPS]
        return self.make(
            "port",
            url,
            name="",
            network_id=network_id,
            fixed_ips=[address],
            security_group_ids=groups,
            status="DOWN",
        )

    def attach(self, server_id: str, port_id: str) -> None:
        """Give a server one more port.

        Raises:
            CloudError: A server has it already, or something is not there.
        """
        server = self.change(server_id, path := "/os-interface")
        used = {port["id"] for it in self._servers.values() for port in it["_ports"]}
        if port_id in used:
            text = f"Port {port_id} is still in use."
            raise refused(409, server_url(server_id, path), text)
        self.change(server_id, path, _ports=[*server["_ports"], self._objects[port_id]])

    def detach(self, server_id: str, port_id: str) -> None:
        server = self.change(server_id, path := f"/os-interface/{port_id}")
        kept = [port for port in server["_ports"] if port["id"] != port_id]
        self.change(server_id, path, _ports=kept)

    # For tests, over HTTP.

    def operations(self) -> dict[str, Callable[..., Any]]:
        """Return the operations of the control port, by name."""
        return {
            "servers": self.servers,
            "objects": self.objects,
            "boot": self.boot,
            "make_image": self.make_image,
            "delete_image": self.delete_image,
            "plan": self._rules.plan,
            "lift": self.lift,
            "vanish": self.vanish,
            "break": self.break_servers,
        }

    def servers(self, name: str = "*", metadata: Mapping[str, str] | None = None) -> list[Record]:
        return [public(server) for server in self._matching(name, metadata)]

    def objects(self, kind: str, name: str = "*") -> list[Record]:
        return [
            it
            for it in self._objects.values()
            if it["kind"] == kind and fnmatchcase(it["name"], name)
        ]

    def boot(self, name: str, **attributes: Any) -> Record:
        """Make a server without Senlin, as another user of Nova does."""
        port = self.make_port(id_of("network-private"))["id"]
        return public(self._settled(self.create(name, ports=[port], **attributes)))

    def make_image(self, name: str) -> None:
        self._images.append(image(name))

    def delete_image(self, name: str) -> None:
        self._images = [it for it in self._images if it["name"] != name]

    def lift(self, name: str | None = None, id: str | None = None) -> int:
        """Remove the faults with this name pattern, or with this id, or all; return how many.

        Builds that they slow down are finished at once.
        """
        lifted = self._rules.lift(name, id)
        ids = {rule.id for rule in lifted}
        for server in self._servers.values():
            if server["_slowed_by"] in ids and server["_due"] is not None:
                server["_due"] = 0
        return len(lifted)

    def vanish(self, name: str = "*", metadata: Mapping[str, str] | None = None) -> int:
        """Delete servers without Senlin's knowledge; return how many."""
        vanished = list(self._matching(name, metadata))
        for server in vanished:
            self._forget(server["id"])
        return len(vanished)

    def break_servers(
        self, name: str = "*", metadata: Mapping[str, str] | None = None, status: str = "ERROR"
    ) -> int:
        """Give servers a status; return how many."""
        broken = list(self._matching(name, metadata))
        for server in broken:
            server.update(status=status, updated_at=_now(), _due=None)
            self._keep(server)
        return len(broken)

    # Internal.

    def _matching(self, name: str, metadata: Mapping[str, str] | None) -> Iterator[Record]:
        """Yield the servers with this name pattern or id, and with this metadata."""
        for server in list(self._servers.values()):
            named = server["id"] == name or matches(server, name)
            if named and matches(server, metadata=metadata):
                yield self._settled(server)

    def _admit(self, server: Record) -> None:
        """Refuse a server that Nova refuses at once."""
        url = f"{NOVA}/servers"
        if refusal := self._rules.take("refuse-build", server):
            raise refused(403, url, refusal.text)
        for group in server["security_groups"]:
            if group["name"] not in [it["name"] for it in SECURITY_GROUPS]:
                text = f"Unable to find security_group with name or id '{group['name']}'."
                raise refused(400, url, text)
        if not server["_ports"]:
            raise refused(409, url, SEVERAL_NETWORKS)

    def _build_fault(self, server: Record) -> str | None:
        """Return with which text the build of a server fails, or None."""
        if failing := self._rules.take("fail-build", server):
            return f"Build of instance {server['id']} aborted: {failing.text}"
        return NO_HOST if self._rules.take("no-valid-host", server) else None

    def _settled(self, server: Record) -> Record:
        """Finish what a server is in, a build or a reboot, if it is due; return the server."""
        if server["_due"] is not None and time.time() >= server["_due"]:
            fault = server["_fault"]
            server["status"], server["_due"] = server["_then"], None
            server["fault"] = fault and {"code": 500, "message": fault}
            self._keep(server)
        return server

    def _keep(self, server: Record) -> Record:
        text = json.dumps(server)
        self._file.execute(
            "insert into server values (?, ?) on conflict (id) do update set record = ?",
            (server["id"], text, text),
        )
        return server

    def _forget(self, server_id: str) -> None:
        del self._servers[server_id]
        self._file.execute("delete from server where id = ?", (server_id,))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
