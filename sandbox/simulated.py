"""The simulated cloud: Keystone, and Senlin with a simulation of Nova in its process."""

from pathlib import Path

from sandbox.control import answers
from sandbox.databases import copy_databases, render, senlin_values, set_endpoints
from sandbox.nova import SimulatedNova
from sandbox.openstack import OpenStack
from sandbox.servers import Server
from sandbox.settings import Settings

HERE = Path(__file__).parent


class SimulatedCloud(OpenStack):
    """Two services: what is below Senlin is simulated."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, ("keystone", "senlin"))
        self.nova = SimulatedNova(settings.url("nova-control"))
        self._keystone_conf = settings.directory / "keystone.conf"
        self._senlin_conf = settings.directory / "senlin.conf"

    def servers(self) -> list[Server]:
        return [self._keystone(), self._senlin(), self._proxy()]

    def _prepare_services(self) -> None:
        settings = self._settings
        copy_databases(settings.databases, self._directory)
        urls = {"identity": self.auth_url, "clustering": settings.url("senlin")}
        set_endpoints(self._directory, urls)
        keystone = {"directory": self._directory, "token_lifetime": settings.token_lifetime}
        render("keystone", self._keystone_conf, keystone)
        render("senlin", self._senlin_conf, senlin_values(settings))

    def _keystone(self) -> Server:
        port = self._settings.ports["keystone-behind-proxy"]
        python = self._settings.keystone / "bin" / "python"
        return Server(
            "keystone",
            self._directory,
            [python, HERE / "keystone" / "serve.py", self._keystone_conf, str(port)],
            is_ready=self._keystone_serves,
        )

    def _senlin(self) -> Server:
        python = self._settings.senlin / "bin" / "python"
        return Server(
            "senlin",
            self._directory,
            [python, HERE / "senlin" / "serve.py", "--config-file", self._senlin_conf],
            is_ready=lambda: answers(self._settings.url("senlin-behind-proxy")),
            environment={
                "SIMULATED_CLOUD_PORT": str(self._settings.ports["nova-control"]),
                "SIMULATED_CLOUD_FILE": str(self._directory / "servers.db"),
                # Its libraries print deprecation warnings at every start.
                "PYTHONWARNINGS": "ignore",
                **self._trusting,
                **self._senlin_variables,
            },
        )
