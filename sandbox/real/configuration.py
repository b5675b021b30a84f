"""The configuration files of the real cloud's services, from the templates in conf/."""

import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from string import Template

from sandbox import accounts
from sandbox.databases import render, senlin_values, write_private
from sandbox.pki import make_octavia_pki
from sandbox.settings import LOOPBACK, Settings

TEMPLATES = Path(__file__).parent / "conf"
DIRECTORIES = ("images", "glance/staging", "glance/tasks", "locks", "neutron", "nova")
GLANCE_PASTE = "glance-api-paste.ini"
COMPUTE_ID = str(uuid.uuid5(uuid.NAMESPACE_DNS, "sandbox"))  # nova_driver.py has it as well


def write_configuration(settings: Settings) -> None:
    """Write the files of all services, and make the directories that they need."""
    directory = settings.directory
    for name in DIRECTORIES:
        (directory / name).mkdir(parents=True, exist_ok=True)
    # Glance finds it nowhere else.
    shutil.copy(settings.senlin / "etc" / "glance" / GLANCE_PASTE, directory / GLANCE_PASTE)
    (directory / "nova" / "compute_id").write_text(COMPUTE_ID)
    if not (directory / "octavia-pki").exists():
        make_octavia_pki(directory / "octavia-pki")
    keystone = {"directory": directory, "token_lifetime": settings.token_lifetime}
    render("keystone", directory / "keystone.conf", keystone)
    render("senlin", directory / "senlin.conf", senlin_values(settings))
    for template in TEMPLATES.glob("*.conf"):
        service = template.stem.partition("-")[0]
        text = Template(template.read_text()).substitute(_values(settings, service))
        write_private(directory / template.name, text)


def _values(settings: Settings, service: str) -> dict[str, object]:
    return {
        "directory": settings.directory,
        "environment": settings.senlin,
        "keystone": settings.url("keystone-behind-proxy"),
        "port": settings.ports[f"{service}-behind-proxy"],
        "login": _lines(_login(settings, service)),
        "trustee": _lines(_trustee(settings, service)),
        "notifications": _notifications(settings),
        "redis": f"redis://{LOOPBACK}:{settings.ports['redis']}",
        "zaqar_login": _lines(_login(settings, "zaqar")),
        "heat_admin": accounts.domain_admin_of("heat"),
        "heat_admin_password": accounts.password_of(accounts.domain_admin_of("heat")),
    }


def _notifications(settings: Settings) -> str:
    if "rabbitmq" not in settings.services:
        return "driver = noop"
    url = f"rabbit://guest:guest@{LOOPBACK}:{settings.ports['rabbitmq']}/"
    return f"driver = messaging\ntransport_url = {url}"


def _login(settings: Settings, service: str) -> dict[str, str]:
    """Return the options with which a service logs in to Keystone, in any section."""
    return {
        **_trustee(settings, service),
        "project_name": accounts.SERVICE_PROJECT,
        "project_domain_name": "Default",
        "region_name": accounts.REGION,
    }


def _trustee(settings: Settings, service: str) -> dict[str, str]:
    """Return the same without a project: a trust has one."""
    return {
        "auth_type": "password",
        # Past the proxy, as Senlin does: only what is found in the catalogue is behind it.
        "auth_url": settings.url("keystone-behind-proxy") + "/v3",
        "username": service,
        "password": accounts.password_of(service),
        "user_domain_name": "Default",
    }


def _lines(options: Mapping[str, str]) -> str:
    return "\n".join(f"{name} = {value}" for name, value in options.items())
