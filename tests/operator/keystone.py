"""A user of a test's own in the sandbox's Keystone, whose credentials may be spoilt."""

from typing import Any

import yaml

from openstack_clustering import Connection
from sandbox import Sandbox
from sandbox.accounts import REGION
from sandbox.proxy.faults import Request
from tests.operator.tenant import Document

PROJECT = "blue"
_DOMAIN = {"user_domain_name": "Default", "project_domain_name": "Default"}


class Person:
    """Somebody with a role in the project blue."""

    def __init__(self, sandbox: Sandbox, name: str) -> None:
        self.name = name
        self.password = f"first-of-{name}"
        self._sandbox = sandbox
        self._admin = Connection("openstack", clouds=sandbox.clouds("admin")).session
        user = {"name": name, "password": self.password}
        self._id = self._ask("POST", "/users", {"user": user})["user"]["id"]
        [project] = self._ask("GET", f"/projects?name={PROJECT}")["projects"]
        [role] = self._ask("GET", "/roles?name=member")["roles"]
        self._ask("PUT", f"/projects/{project['id']}/users/{self._id}/roles/{role['id']}")

    @property
    def auth(self) -> dict[str, str]:
        """The login by password, as clouds.yaml has it."""
        who = {"username": self.name, "password": self.password, "project_name": PROJECT}
        return {"auth_url": self._url, **who, **_DOMAIN}

    def change_password(self, password: str | None = None) -> None:
        """Change it; Keystone revokes all tokens that the user has."""
        self.password = password or f"next-of-{self.name}"
        self._ask("PATCH", f"/users/{self._id}", {"user": {"password": self.password}})

    def token(self) -> dict[str, str]:
        """Return a login by a token that was just fetched."""
        scope = {"project_name": PROJECT, "project_domain_name": "Default"}
        with self._connection() as connection:
            return {"auth_url": self._url, "token": connection.session.get_token(), **scope}

    def application_credential(self) -> dict[str, str]:
        """Return a login by an application credential that was just made."""
        with self._connection() as connection:
            path = f"/users/{self._id}/application_credentials"
            body = {"application_credential": {"name": f"of-{self.name}"}}
            made = connection.session.post(self._url + path, json=body).json()
        credential = made["application_credential"]
        return {
            "auth_url": self._url,
            "application_credential_id": credential["id"],
            "application_credential_secret": credential["secret"],
        }

    def revoke(self, application_credential: dict[str, str]) -> None:
        id_ = application_credential["application_credential_id"]
        with self._connection() as connection:
            connection.session.delete(f"{self._url}/users/{self._id}/application_credentials/{id_}")

    def meet_senlin(self) -> None:
        """Make a request by password: Senlin then makes the trust that it works by."""
        with self._connection() as connection:
            connection.cluster.get_build_info()

    def refused_logins(self) -> list[Request]:
        """Return the operator's logins by password that Keystone refused."""
        logins = self._sandbox.keystone.requests(caller="senlin-operator", path="/auth/tokens$")
        return [login for login in logins if login.user == self.name and login.status == 401]

    @property
    def _url(self) -> str:
        return f"{self._sandbox.keystone.url}/v3"

    def _connection(self) -> Connection:
        options: dict[str, Any] = dict(self.auth)
        if self._sandbox.authority:
            options["cacert"] = str(self._sandbox.authority)
        return Connection(**options)

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        reply = self._admin.request(self._url + path, method, json=body)
        return reply.json() if reply.content else None


def secret(
    auth: dict[str, str], name: str = "openstack", cacert: str | None = None, **cloud: Any
) -> Document:
    """Return the Secret as its user writes it, with nothing but what is needed."""
    entry = {"auth": auth, "region_name": REGION, **cloud}
    data = {"clouds.yaml": yaml.safe_dump({"clouds": {"openstack": entry}})}
    if cacert is not None:
        data["cacert"] = cacert
    metadata = {"name": name}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data}
