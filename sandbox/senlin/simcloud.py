# mypy: disable-error-code="import-not-found"
# This runs in Senlin's own virtual environment.
"""The state of the simulated cloud: servers, and faults that tests have set.

It neither depends on Senlin nor waits; simnova.py, which runs inside Senlin, does both.
"""

import json
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from rules import Rules, matches

Record = dict[str, Any]  # a server in Nova's API; keys that begin with `_` are internal

ZONES = ("az1", "az2", "az3")
KEYPAIRS = ("default", "oskey")


def _id(name: str) -> str:
    """Return an id for a name, the same in every sandbox."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.sandbox.invalid"))


def _flavor(name: str, ram: int, vcpus: int, **more: object) -> Record:
    fixed = {"disk": 1, "is_disabled": False, "original_name": name}
    return {"id": _id(name), "name": name, "ram": ram, "vcpus": vcpus, **fixed, **more}


FLAVORS = (
    _flavor("m1.tiny", 512, 1),
    _flavor("m1.small", 2048, 1),
    _flavor("m1.medium", 4096, 2),
    _flavor("m1.large", 8192, 4),
    _flavor("m1.disabled", 512, 1, is_disabled=True),
)
IMAGES = tuple(
    {"id": _id(name), "name": name, "status": "ACTIVE"}
    for name in ("cirros", "cirros-new", "debian-12", "ubuntu-24.04")
)


class CloudError(Exception):
    """The simulated service refused a request; `code` is the HTTP status of a real one."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


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

    # For the drivers.

    def look_up(self, kind: str, table: tuple[Record, ...], name_or_id: str) -> Record:
        self.answer()
        for entry in table:
            if name_or_id in (entry["id"], entry["name"]):
                return entry
        raise CloudError(404, f"No {kind} found for {name_or_id}")

    def create(
        self, name: str, *, flavor: str, image: str | None = None, **attributes: Any
    ) -> Record:
        """Start to build a server.

        Raises:
            CloudError: There is no such flavor or image, a fault refuses it, the service is down.
        """
        server_id = uuid.uuid4()
        server: Record = {
            "id": str(server_id),
            "name": name,
            "status": "BUILD",
            "created_at": _now(),
            "updated_at": _now(),
            "fault": None,
            "flavor": self.look_up("Flavor", FLAVORS, flavor),
            "image": {"id": self.look_up("Image", IMAGES, image)["id"]} if image else "",
            "metadata": {},
            "key_name": None,
            "security_groups": [{"name": "default"}],
            "availability_zone": ZONES[0],
            "scheduler_hints": {},
            "addresses": {"private": [_address(server_id)]},
            **attributes,
        }
        if refused := self._rules.take("refuse-build", server):
            raise CloudError(403, refused.text)
        slow = self._rules.take("slow-build", server)
        failing = self._rules.take("fail-build", server)
        server["_ready_at"] = time.time() + (slow.seconds or 0 if slow else 0)
        server["_slowed_by"] = slow.id if slow else None
        server["_fails_with"] = failing.text if failing else None
        self._servers[server["id"]] = server
        return self._keep(server)

    def get(self, server_id: str) -> Record:
        """Return a server.

        Raises:
            CloudError: There is no such server (404), or the service is down.
        """
        self.answer()
        if server_id not in self._servers:
            raise CloudError(404, f"No Server found for {server_id}")
        return self._settled(self._servers[server_id])

    def change(self, server_id: str, **attributes: Any) -> Record:
        server = self.get(server_id)
        server.update(attributes, updated_at=_now())
        return self._keep(server)

    def resize(self, server_id: str, flavor: str) -> None:
        """Give a server another flavor; the resize waits for confirmation or revert."""
        new = self.look_up("Flavor", FLAVORS, flavor)
        server = self.get(server_id)
        if refused := self._rules.take("refuse-resize", server):
            raise CloudError(403, refused.text)
        undo = {"flavor": server["flavor"], "status": server["status"]}
        self.change(server_id, flavor=new, status="VERIFY_RESIZE", _before_resize=undo)

    def delete(self, server_id: str) -> None:
        """Remove a server, if it exists."""
        self.answer()
        server = self._servers.get(server_id)
        if server is None:
            return
        if refused := self._rules.take("refuse-deletion", server):
            raise CloudError(409, refused.text)
        self._forget(server_id)

    def answer(self) -> None:
        """Raise an error if the service is down."""
        for rule in self._rules.active("down"):
            raise CloudError(503, rule.text)

    def make(self, kind: str, **attributes: Any) -> Record:
        """Make a server group, or a part of a load balancer; it is ready at once."""
        self.answer()
        made: Record = {"id": str(uuid.uuid4()), "kind": kind, **attributes}
        self._objects[made["id"]] = made
        return made

    def find(self, kind: str, name_or_id: str) -> Record | None:
        self.answer()
        return next((it for it in self.objects(kind) if name_or_id in (it["id"], it["name"])), None)

    def remove(self, object_id: str) -> None:
        """Remove an object and all that refer to it, such as the members of a pool."""
        self.answer()
        self._objects = {
            id_: it for id_, it in self._objects.items() if object_id not in it.values()
        }

    # For tests, over HTTP.

    def operations(self) -> dict[str, Callable[..., Any]]:
        """Return the operations of the control port, by name."""
        return {
            "servers": self.servers,
            "objects": self.objects,
            "boot": self.boot,
            "plan": self._rules.plan,
            "lift": self.lift,
            "vanish": self.vanish,
            "break": self.break_servers,
        }

    def servers(self, name: str = "*", metadata: Mapping[str, str] | None = None) -> list[Record]:
        return [_public(server) for server in self._matching(name, metadata)]

    def objects(self, kind: str, name: str = "*") -> list[Record]:
        return [
            it
            for it in self._objects.values()
            if it["kind"] == kind and fnmatchcase(it["name"], name)
        ]

    def boot(self, name: str, **attributes: Any) -> Record:
        """Make a server without Senlin, as another user of Nova does."""
        return _public(self._settled(self.create(name, **attributes)))

    def lift(self, name: str | None = None, id: str | None = None) -> int:
        """Remove the faults with this name pattern, or with this id, or all; return how many.

        Builds that they slow down are finished at once.
        """
        lifted = self._rules.lift(name, id)
        ids = {rule.id for rule in lifted}
        for server in self._servers.values():
            if server["_slowed_by"] in ids:
                server["_ready_at"] = 0
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
            server.update(status=status, updated_at=_now())
            self._keep(server)
        return len(broken)

    # Internal.

    def _matching(self, name: str, metadata: Mapping[str, str] | None) -> Iterator[Record]:
        """Yield the servers with this name pattern or id, and with this metadata."""
        for server in list(self._servers.values()):
            named = server["id"] == name or matches(server, name)
            if named and matches(server, metadata=metadata):
                yield self._settled(server)

    def _settled(self, server: Record) -> Record:
        """Finish a server's build if it is due; return the server."""
        if server["status"] == "BUILD" and time.time() >= server["_ready_at"]:
            fault = server["_fails_with"]
            server["status"] = "ACTIVE" if fault is None else "ERROR"
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


def _address(server_id: uuid.UUID) -> Record:
    low = server_id.bytes[-3:]
    return {"addr": f"10.{low[0]}.{low[1]}.{low[2]}", "version": 4, "OS-EXT-IPS:type": "fixed"}


def _public(server: Record) -> Record:
    return {key: value for key, value in server.items() if not key.startswith("_")}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
