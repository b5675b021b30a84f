# mypy: disable-error-code="import-not-found,import-untyped"
# This runs in Keystone's own virtual environment.
"""Create projects, users and services in Keystone: `fill.py CONFIGURATION ACCOUNTS`.

It calls Keystone's WSGI application in this process, so it needs no port.
"""

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")
JSON = "application/json"
PLACEHOLDER = "http://endpoint.invalid"  # replaced by the real address at every start


class Keystone:
    """A client of the application, with the administrator's token after the login."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._headers: dict[str, str] = {}

    def call(self, method: str, path: str, body: object = None) -> Any:
        import webob

        request = webob.Request.blank(path, method=method, headers=self._headers)
        if body is not None:
            request.content_type, request.body = JSON, json.dumps(body).encode()
        reply = request.get_response(self._application)
        if reply.status_int >= 400:
            sys.exit(f"{method} {path}: {reply.status} {reply.text}")
        if token := reply.headers.get("X-Subject-Token"):
            self._headers["X-Auth-Token"] = token
        return reply.json if reply.body else None

    def log_in(self, user: dict[str, str]) -> None:
        domain = {"id": "default"}
        password = {"user": {**user, "domain": domain}}
        identity = {"methods": ["password"], "password": password}
        scope = {"project": {"name": user["name"], "domain": domain}}
        self.call("POST", "/v3/auth/tokens", {"auth": {"identity": identity, "scope": scope}})

    def create(self, kind: str, **fields: object) -> str:
        body = {kind: fields}
        return str(self.call("POST", f"/v3/{kind}s", body)[kind]["id"])


def fill(keystone: Keystone, accounts: Any) -> None:
    keystone.log_in(accounts["admin"])
    for role in accounts["roles"]:
        keystone.create("role", name=role)
    roles = {role["name"]: role["id"] for role in keystone.call("GET", "/v3/roles")["roles"]}
    projects = {name: keystone.create("project", name=name) for name in accounts["projects"]}
    for user in accounts["users"]:
        user_id = keystone.create("user", name=user["name"], password=user["password"])
        for role in user["roles"]:
            grant = f"/v3/projects/{projects[user['project']]}/users/{user_id}/roles/{roles[role]}"
            keystone.call("PUT", grant)
    for domain in accounts["domains"]:
        domain_id, admin = keystone.create("domain", name=domain["name"]), domain["admin"]
        login = {"name": admin["name"], "password": admin["password"]}
        admin_id = keystone.create("user", domain_id=domain_id, **login)
        for role in admin["roles"]:
            keystone.call("PUT", f"/v3/domains/{domain_id}/users/{admin_id}/roles/{roles[role]}")
    for service in accounts["services"]:
        service_id = keystone.create("service", **service)
        for interface in ("public", "internal", "admin"):
            keystone.create(
                "endpoint",
                service_id=service_id,
                interface=interface,
                region_id=accounts["region"],
                url=PLACEHOLDER,
            )


def main() -> None:
    configuration, accounts = sys.argv[1:]
    os.environ["OS_KEYSTONE_CONFIG_FILES"] = configuration
    del sys.argv[1:]  # else Keystone parses them
    from keystone.server.wsgi import initialize_public_application

    fill(Keystone(initialize_public_application()), json.loads(Path(accounts).read_text()))


if __name__ == "__main__":
    main()
