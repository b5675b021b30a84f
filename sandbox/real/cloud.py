"""The real cloud: its files and servers."""

import os
from pathlib import Path

from sandbox.control import answers
from sandbox.databases import set_endpoints
from sandbox.openstack import OpenStack
from sandbox.real.api import Api
from sandbox.real.configuration import write_configuration
from sandbox.real.databases import copy_databases
from sandbox.real.heat import Heat
from sandbox.real.helpers import helper_servers, prepare_helpers
from sandbox.real.nova import RealNova
from sandbox.real.octavia import Octavia
from sandbox.real.services import SERVICES, of_openstack
from sandbox.real.supplies import Supplies
from sandbox.servers import Server
from sandbox.settings import Settings
from tools.run import Command

SCRIPTS = Path(__file__).parent / "serve"
SENLIN = Path(__file__).parents[1] / "senlin"


class RealCloud(OpenStack):
    """The services that the settings name, each in a process behind a fault proxy.

    Attributes:
        heat, octavia: Their stacks and load balancers; only if the services were started.
        supplies: Images, networks and key pairs.
    """

    nova: RealNova

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, of_openstack(settings.services))
        api = Api(settings)
        self.heat = Heat(api)
        self.octavia = Octavia(api, settings.directory)
        self.supplies = Supplies(api)
        self.nova = RealNova(settings.url("nova-control"), api, self.octavia, self.proxies)
        self._python = settings.senlin / "bin" / "python"

    def servers(self) -> list[Server]:
        services = of_openstack(self._settings.services)
        return [*helper_servers(self._settings), *map(self._server, services), self._proxy()]

    def _prepare_services(self) -> None:
        settings = self._settings
        copy_databases(settings.databases, self._directory)
        services = [SERVICES[name] for name in of_openstack(settings.services)]
        urls = {service.type: settings.url(service.name) + service.path for service in services}
        set_endpoints(self._directory, urls)
        write_configuration(settings)
        prepare_helpers(settings)

    def _server(self, name: str) -> Server:
        url = self._settings.url(f"{name}-behind-proxy")
        variables = {"nova": self._nova_variables, "senlin": self._senlin_variables}.get(name, {})
        return Server(
            name,
            self._directory,
            self._command(name),
            is_ready=self._keystone_serves if name == "keystone" else lambda: answers(url),
            after=SERVICES[name].after,
            environment={
                # Senlin's scripts, and this cloud's with its entry points.
                "PYTHONPATH": os.pathsep.join(map(str, (SCRIPTS, SENLIN))),
                "PYTHONWARNINGS": "ignore",  # the libraries print them at every start
                **self._trusting,
                **variables,
            },
        )

    def _command(self, name: str) -> Command:
        directory = self._directory
        if name == "senlin":
            files = (directory / "senlin.conf", directory / "senlin-real.conf")
            options = [option for file in files for option in ("--config-file", file)]
            return [self._python, SENLIN / "serve.py", *options]
        port = self._settings.ports[f"{name}-behind-proxy"]
        if name in ("nova", "heat"):
            return [self._python, SCRIPTS / f"{name}_services.py", directory / f"{name}.conf"]
        return [self._python, SCRIPTS / "wsgi.py", name, directory, str(port)]

    @property
    def _nova_variables(self) -> dict[str, str]:
        return {"NOVA_CONTROL_PORT": str(self._settings.ports["nova-control"])}
