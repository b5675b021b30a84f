"""The OpenStack half of a sandbox: what both clouds have, the simulated and the real one."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
import yaml

from sandbox import accounts
from sandbox.control import answers, fetch
from sandbox.databases import make_keys
from sandbox.nova import Nova
from sandbox.pki import make_cloud_pki
from sandbox.proxy.client import Proxy
from sandbox.servers import Server
from sandbox.settings import Settings

HERE = Path(__file__).parent
CLOUDS = {"blue": "blue-1", "green": "green-1"}  # in addition to a cloud for each user


class OpenStack(ABC):
    """Services behind fault proxies: files, servers, and clouds.yaml for users.

    Attributes:
        auth_url: Keystone's address for all clients.
        clouds_yaml: A cloud for each user, and `blue`, `green` for the first user of each project.
        authority: The authority to trust if the services speak HTTPS, else None.
        proxies: The fault proxies, by the name of the service.
        nova: The control of the servers, and their faults.
    """

    nova: Nova

    def __init__(self, settings: Settings, services: tuple[str, ...]) -> None:
        self.auth_url = f"{settings.url('keystone')}/v3"
        self.clouds_yaml = settings.directory / "clouds.yaml"
        self._settings = settings
        self._directory = settings.directory
        self._pki = settings.directory / "cloud-pki"
        self.authority = self._pki / "ca.crt" if settings.tls else None
        control = settings.url("proxy-control")
        self.proxies: Mapping[str, Proxy] = {
            name: Proxy(settings.url(name), f"{control}/{name}") for name in services
        }

    def prepare(self) -> None:
        """Write all files that the servers and clients need; keep the data of an earlier start."""
        make_keys(self._directory)
        if self._settings.tls and not self._pki.exists():
            make_cloud_pki(self._pki)
        self._prepare_services()
        users = [*accounts.USERS, accounts.ADMIN]
        clouds = {name: self.cloud(user) for name, user in (CLOUDS | {u: u for u in users}).items()}
        self.clouds_yaml.touch(mode=0o600)
        self.clouds_yaml.write_text(yaml.safe_dump({"clouds": clouds}, sort_keys=False))

    @abstractmethod
    def servers(self) -> list[Server]:
        """Return the servers, which can be started together."""

    @abstractmethod
    def _prepare_services(self) -> None:
        """Write the services' configuration, and what they start with."""

    def cloud(self, user: str, **overrides: Any) -> dict[str, Any]:
        """Return a user's entry of a clouds.yaml; `auth` of the overrides is merged with it."""
        auth = {
            "auth_url": self.auth_url,
            "username": user,
            "password": accounts.password_of(user),
            "project_name": accounts.project_of(user),
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        overrides["auth"] = auth | overrides.get("auth", {})
        trust = {"cacert": str(self.authority)} if self.authority else {}
        return {
            "region_name": accounts.REGION,
            "identity_api_version": "3",
            **trust,
            **overrides,
        }

    def token(self, user: str) -> str:
        """Log a user in; return the token."""
        return log_in(self.auth_url, user, authority=self.authority)

    def _keystone_serves(self) -> bool:
        """Log the service user in and validate the token, as Senlin does.

        Keystone loads policies and drivers at the first request that needs them. This makes that
        request, so that a test's first login is not slow.
        """
        url = self._settings.url("keystone-behind-proxy") + "/v3"
        try:
            token = log_in(url, accounts.SERVICE_USER)
            headers = {"X-Auth-Token": token, "X-Subject-Token": token}
            return fetch("GET", f"{url}/auth/tokens", headers=headers).ok
        except requests.RequestException:
            return False

    @property
    def _trusting(self) -> dict[str, str]:
        """The variable of a service that reaches others through the catalogue, so by HTTPS."""
        return {"REQUESTS_CA_BUNDLE": str(self.authority)} if self.authority else {}

    @property
    def _senlin_variables(self) -> dict[str, str]:
        return {"SENLIN_IS_REPAIRED": "1"} if self._settings.repaired else {}

    def _proxy(self) -> Server:
        ports = self._settings.ports
        routes = [f"{name}:{ports[name]}:{ports[name + '-behind-proxy']}" for name in self.proxies]
        command = [sys.executable, "-m", "sandbox.proxy", str(ports["proxy-control"]), *routes]
        command.append(f"--address={self._settings.address}")
        if self.authority:
            command.append(f"--certificate={self._pki / 'openstack.crt'}")
        return Server(
            "proxy",
            self._directory,
            command,
            is_ready=lambda: answers(self._settings.url("proxy-control") + "/senlin/requests"),
            environment={"PYTHONPATH": str(HERE.parent)},
        )


def log_in(url: str, user: str, *, authority: Path | None = None) -> str:
    """Log a user in at that Keystone, for the user's project; return the token."""
    domain = {"id": "default"}
    password = {"name": user, "password": accounts.password_of(user), "domain": domain}
    body = {
        "identity": {"methods": ["password"], "password": {"user": password}},
        "scope": {"project": {"name": accounts.project_of(user), "domain": domain}},
    }
    reply = fetch("POST", f"{url}/auth/tokens", {"auth": body}, authority=authority)
    reply.raise_for_status()
    return reply.headers["X-Subject-Token"]
