"""Keystone and Senlin with their fault proxies: files, servers, and clouds.yaml for users."""

import sys
from pathlib import Path
from typing import Any

import requests
import yaml

from sandbox import accounts
from sandbox.control import answers, fetch
from sandbox.databases import copy_databases, make_keys, render, set_endpoints
from sandbox.pki import make_cloud_pki
from sandbox.servers import Server
from sandbox.settings import Settings

HERE = Path(__file__).parent
CLOUDS = {"blue": "blue-1", "green": "green-1"}  # in addition to a cloud for each user
ROUTES = ("keystone", "senlin")


class OpenStack:
    """The OpenStack half of a sandbox."""

    def __init__(self, settings: Settings) -> None:
        self.auth_url = f"{settings.url('keystone')}/v3"
        self.clouds_yaml = settings.directory / "clouds.yaml"
        self._settings = settings
        self._directory = settings.directory
        self._pki = settings.directory / "cloud-pki"
        self.authority = self._pki / "ca.crt" if settings.tls else None

    def prepare(self) -> None:
        """Write configuration files and clouds.yaml; keep databases that exist already."""
        settings = self._settings
        copy_databases(settings.databases, self._directory)
        make_keys(self._directory)
        if settings.tls and not self._pki.exists():
            make_cloud_pki(self._pki)
        urls = {"identity": self.auth_url, "clustering": settings.url("senlin")}
        set_endpoints(self._directory, urls)
        keystone = {"directory": self._directory, "token_lifetime": settings.token_lifetime}
        render("keystone", self._keystone_conf, keystone)
        senlin = {
            "directory": self._directory,
            "environment": settings.senlin,
            "region": accounts.REGION,
            # Past the proxy: tests must not count or disturb Senlin's own requests.
            "keystone": settings.url("keystone-behind-proxy"),
            "service_user": accounts.SERVICE_USER,
            "service_password": accounts.password_of(accounts.SERVICE_USER),
            "service_project": accounts.SERVICE_PROJECT,
            "port": settings.ports["senlin-behind-proxy"],
        }
        render("senlin", self._senlin_conf, senlin)
        users = [*accounts.USERS, accounts.ADMIN]
        clouds = {name: self.cloud(user) for name, user in (CLOUDS | {u: u for u in users}).items()}
        self.clouds_yaml.touch(mode=0o600)
        self.clouds_yaml.write_text(yaml.safe_dump({"clouds": clouds}, sort_keys=False))

    def servers(self) -> list[Server]:
        return [self._keystone(), self._senlin(), self._proxy()]

    def cloud(self, user: str, **overrides: Any) -> dict[str, Any]:
        """Return a user's entry of a clouds.yaml; `auth` of the overrides is merged with it."""
        project = user if user == accounts.ADMIN else accounts.USERS[user] or accounts.PROJECTS[0]
        auth = {
            "auth_url": self.auth_url,
            "username": user,
            "password": accounts.password_of(user),
            "project_name": project,
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
        return self._log_in(self.auth_url, user, self.cloud(user)["auth"]["project_name"])

    def _log_in(self, url: str, user: str, project: str) -> str:
        domain = {"id": "default"}
        password = {"name": user, "password": accounts.password_of(user), "domain": domain}
        body = {
            "identity": {"methods": ["password"], "password": {"user": password}},
            "scope": {"project": {"name": project, "domain": domain}},
        }
        reply = fetch("POST", f"{url}/auth/tokens", {"auth": body}, authority=self.authority)
        reply.raise_for_status()
        return reply.headers["X-Subject-Token"]

    @property
    def _keystone_conf(self) -> Path:
        return self._directory / "keystone.conf"

    @property
    def _senlin_conf(self) -> Path:
        return self._directory / "senlin.conf"

    def _keystone(self) -> Server:
        port = self._settings.ports["keystone-behind-proxy"]
        python = self._settings.keystone / "bin" / "python"
        return Server(
            "keystone",
            self._directory,
            [python, HERE / "keystone" / "serve.py", self._keystone_conf, str(port)],
            is_ready=self._keystone_serves,
        )

    def _keystone_serves(self) -> bool:
        """Log the service user in and validate the token, as Senlin does.

        Keystone loads policies and drivers at the first request that needs them. This makes that
        request, so that a test's first login is not slow.
        """
        url = self._settings.url("keystone-behind-proxy") + "/v3"
        try:
            token = self._log_in(url, accounts.SERVICE_USER, accounts.SERVICE_PROJECT)
            headers = {"X-Auth-Token": token, "X-Subject-Token": token}
            return fetch("GET", f"{url}/auth/tokens", headers=headers).ok
        except requests.RequestException:
            return False

    def _senlin(self) -> Server:
        python = self._settings.senlin / "bin" / "python"
        environment = {
            "SIMULATED_CLOUD_PORT": str(self._settings.ports["nova-control"]),
            "SIMULATED_CLOUD_FILE": str(self._directory / "servers.db"),
            # Its libraries print deprecation warnings at every start.
            "PYTHONWARNINGS": "ignore",
        }
        if self.authority:  # for trusts Senlin uses Keystone's address in the catalogue: HTTPS
            environment["REQUESTS_CA_BUNDLE"] = str(self.authority)
        return Server(
            "senlin",
            self._directory,
            [python, HERE / "senlin" / "serve.py", "--config-file", self._senlin_conf],
            is_ready=lambda: answers(self._settings.url("senlin-behind-proxy")),
            environment=environment,
        )

    def _proxy(self) -> Server:
        ports = self._settings.ports
        routes = [f"{name}:{ports[name]}:{ports[name + '-behind-proxy']}" for name in ROUTES]
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
