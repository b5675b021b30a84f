"""Nova's own words about the server of a node.

Senlin 16 says only that a server "transitioned to failure state ERROR". Nova has the cause: in the
server's fault while the server exists, and afterwards in its instance actions, as far as Nova's
policy shows their details to the credential (by default to administrators).
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from keystoneauth1.session import Session

from openstack_clustering import Config
from senlin_operator.cloud.service import Service, text_in

# 2.21 shows the instance actions of deleted servers, 2.84 the text of a failed one.
_HEADERS = {"OpenStack-API-Version": "compute 2.84", "X-OpenStack-Nova-API-Version": "2.84"}
_NODE = "cluster_node_id"  # the key in a server's metadata that Senlin sets


class Nova:
    """The compute service of the credential's project; many threads may share it."""

    def __init__(self, session: Session, config: Config) -> None:
        self._service = Service(session, config, "compute", _HEADERS)

    def cause(self, server_id: str) -> str | None:
        """Return why a server failed; None: Nova does not know it, or does not say it."""
        return self._service.ask(lambda: self._cause(server_id))

    def faults(self, known: Callable[[str], bool]) -> dict[str, str | None]:
        """Return the faults of nodes' servers in ERROR, by server; None: ask by `fault`.

        No list shows the faults of servers that got no host.

        Args:
            known: Returns whether the fault of a server is known, and not asked for again.
        """
        return self._service.ask(lambda: self._faults(known)) or {}

    def fault(self, server_id: str) -> str | None:
        """Return the fault of a server; None: it has none, or it is gone."""
        return self._service.ask(
            lambda: _fault(self._get(f"/servers/{server_id}").get("server") or {})
        )

    def state(self, node_id: str, name: str, server_id: str | None) -> str | None:
        """Return what Nova says of the server of a node, such as `ERROR: No valid host was found.`.

        Args:
            node_id: The node, of which a server that is being built has the id in its metadata.
            name: The node's name, which is the server's unless the profile has another.
            server_id: The server, if Senlin has recorded it.
        """
        return self._service.ask(lambda: self._state(node_id, name, server_id))

    def _cause(self, server_id: str) -> str | None:
        server = self._get(f"/servers/{server_id}").get("server")
        return _fault(server) if server is not None else self._failed_action(server_id)[1]

    def _faults(self, known: Callable[[str], bool]) -> dict[str, str | None]:
        listed = self._get("/servers/detail?status=ERROR").get("servers", [])
        return {
            it["id"]: _fault(it) for it in listed if _NODE in it["metadata"] and not known(it["id"])
        }

    def _state(self, node_id: str, name: str, server_id: str | None) -> str | None:
        server = self._get(f"/servers/{server_id}").get("server") if server_id else None
        server = server or self._being_built(node_id, name)
        if server is None:
            return None
        if fault := _fault(server):
            return f"{server['status']}: {fault}"
        action, details = self._failed_action(server["id"])
        if action is None:
            return str(server["status"])
        return f"{server['status']}, its {action} failed{f': {details}' if details else ''}"

    def _being_built(self, node_id: str, name: str) -> dict[str, Any] | None:
        listed = self._get(f"/servers/detail?{urlencode({'name': name})}").get("servers", [])
        return next((it for it in listed if it["metadata"].get(_NODE) == node_id), None)

    def _failed_action(self, server_id: str) -> tuple[str | None, str | None]:
        """Return the name and the details of a failed action that no other but a deletion follows.

        Both are None if there is none, the details also if Nova's policy hides them.
        """
        actions = f"/servers/{server_id}/os-instance-actions"
        for action in self._get(actions).get("instanceActions", []):  # the newest one first
            if action.get("message"):  # it failed
                document = self._get(f"{actions}/{action['request_id']}")
                events = (document.get("instanceAction") or {}).get("events") or []
                texts = (text_in(event.get("details")) for event in events)
                return action["action"], next((text for text in texts if text), None)
            if action["action"] != "delete":
                break
        return None, None

    def _get(self, path: str) -> dict[str, Any]:
        return self._service.get(path)


def _fault(server: Mapping[str, Any]) -> str | None:
    return text_in((server.get("fault") or {}).get("message"))
