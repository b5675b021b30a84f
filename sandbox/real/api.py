"""Requests to the real cloud's services, past the fault proxies: tests do not count them."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import requests

from sandbox import accounts
from sandbox.control import fetch
from sandbox.errors import SandboxError
from sandbox.openstack import log_in
from sandbox.settings import Settings

Record = dict[str, Any]
SECONDS = 60
UNAUTHORIZED, NOT_FOUND = 401, 404
POLL_SECONDS = 0.1


class Api:
    """The services' APIs, by default as the administrator sees them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tokens: dict[str, str] = {}  # by user; a login costs more than most requests

    def ask(
        self,
        service: str,
        method: str,
        path: str,
        body: object = None,
        *,
        user: str = accounts.ADMIN,
    ) -> Any:
        """Make a request; return the document of the reply.

        Raises:
            SandboxError: The service is not there, or refuses the request.
        """
        reply = self._send(service, method, path, body, user)
        if not reply.ok:
            raise SandboxError(f"{method} {reply.url}: {reply.status_code} {reply.text}")
        return reply.json() if reply.content else None

    def find(self, service: str, path: str) -> Any:
        """Return the document at that path; None: there is none."""
        reply = self._send(service, "GET", path, None, accounts.ADMIN)
        if reply.status_code == NOT_FOUND:
            return None
        if not reply.ok:
            raise SandboxError(f"GET {reply.url}: {reply.status_code} {reply.text}")
        return reply.json()

    def _send(
        self, service: str, method: str, path: str, body: object, user: str
    ) -> requests.Response:
        if service not in self._settings.services:
            raise SandboxError(f"This sandbox was started without {service}.")
        url = self._settings.url(f"{service}-behind-proxy") + path
        if token := self._tokens.get(user):
            reply = fetch(method, url, body, headers={"X-Auth-Token": token})
            if reply.status_code != UNAUTHORIZED:
                return reply
        token = log_in(self._settings.url("keystone-behind-proxy") + "/v3", user)
        self._tokens[user] = token
        return fetch(method, url, body, headers={"X-Auth-Token": token})

    def list(self, service: str, path: str, kind: str) -> list[Record]:
        found: list[Record] = self.ask(service, "GET", path)[kind]
        return found

    def project_id(self, name: str) -> str:
        return id_of(name, self.list("keystone", "/v3/projects", "projects"))

    def project_name(self, project_id: str) -> str:
        document = self.ask("keystone", "GET", f"/v3/projects/{project_id}")
        return str(document["project"]["name"])


def id_of(name_or_id: str, found: Sequence[Record]) -> str:
    """Return the id of the one with this name or id."""
    for record in found:
        if name_or_id in (record["id"], record["name"]):
            return str(record["id"])
    raise SandboxError(f"The cloud has no {name_or_id}.")


def wait_until(what: Callable[[], Any], text: str) -> Any:
    """Return what the function returns once that is true."""
    deadline = time.monotonic() + SECONDS
    while not (found := what()):
        if time.monotonic() > deadline:
            raise SandboxError(f"Waited {SECONDS} s in vain until {text}.")
        time.sleep(POLL_SECONDS)
    return found
