"""Nova's own words about a server that Senlin could not build.

Senlin 16 says only that a server "transitioned to failure state ERROR". Nova has the cause: in the
server's fault while the server exists, and afterwards in its instance actions.
"""

from collections.abc import Mapping
from typing import Any

from keystoneauth1.exceptions import ClientException
from keystoneauth1.session import Session

from senlin_operator.telemetry import clock

# 2.21 shows the instance actions of deleted servers, 2.84 the text of a failed one.
_HEADERS = {"OpenStack-API-Version": "compute 2.84", "X-OpenStack-Nova-API-Version": "2.84"}
_TIMEOUT = 10.0  # seconds; the answer only adds to a message
_RETRY = 60.0  # seconds until a Nova that did not answer is asked again


class Nova:
    """The compute service of the credential's project; many threads may share it."""

    def __init__(self, session: Session, entry: Mapping[str, Any]) -> None:
        """Take the region and the interface from an entry of clouds.yaml."""
        named = str(entry.get("interface") or entry.get("endpoint_type") or "public")
        self._session = session
        self._retry_at = 0.0  # of the monotonic clock
        self._filter = {
            "service_type": "compute",
            "interface": named.removesuffix("URL"),
            "region_name": entry.get("region_name"),
        }

    def cause(self, server_id: str) -> str | None:
        """Return why a server failed; None: Nova does not know it, or does not answer."""
        if clock.monotonic() < self._retry_at:
            return None
        try:
            server = self._get(f"/servers/{server_id}").get("server")
            if server is not None:
                return _text((server.get("fault") or {}).get("message"))
            return self._cause_of_deleted(server_id)
        except (ClientException, ValueError, AttributeError, TypeError, KeyError):
            # No compute service, none that can be reached, or replies of another form: the next
            # servers need not wait for that, too.
            self._retry_at = clock.monotonic() + _RETRY
            return None

    def _cause_of_deleted(self, server_id: str) -> str | None:
        actions = f"/servers/{server_id}/os-instance-actions"
        for action in self._get(actions).get("instanceActions", []):  # the newest one first
            if action.get("message"):  # it failed
                details = self._get(f"{actions}/{action['request_id']}")
                events = (details.get("instanceAction") or {}).get("events") or []
                texts = (_text(event.get("details")) for event in events)
                return next((text for text in texts if text), None)
        return None

    def _get(self, path: str) -> dict[str, Any]:
        """Return the reply's document, or nothing if Nova refuses."""
        reply = self._session.get(
            path,
            endpoint_filter=self._filter,
            headers=_HEADERS,
            raise_exc=False,
            connect_retries=0,
            timeout=_TIMEOUT,
        )
        document: dict[str, Any] = reply.json() if reply.ok else {}
        return document


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
