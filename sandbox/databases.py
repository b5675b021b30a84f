"""Keystone's and Senlin's initial databases, prepared once and copied into each sandbox.

Creating the tables and the accounts takes many seconds.
"""

import base64
import json
import os
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from string import Template

from sandbox import accounts
from sandbox.settings import Settings
from tools.cache import cached
from tools.progress import step
from tools.run import run

HERE = Path(__file__).parent
FILL = HERE / "keystone" / "fill.py"


def prepared_databases(keystone: Path, senlin: Path) -> Path:
    """Return the directory of `keystone.db` and `senlin.db`.

    Args:
        keystone: Keystone's virtual environment.
        senlin: Senlin's virtual environment.
    """

    def make(target: Path) -> None:
        with step("Prepared Keystone's database"):
            make_keystone(keystone / "bin" / "python", target, accounts.document())
        with step("Prepared Senlin's database"):
            _make_senlin(senlin, target)

    inputs = [
        keystone.name,
        senlin.name,
        FILL.read_text(),
        _template("keystone"),
        _template("senlin"),
        Path(__file__).read_text(),
        json.dumps(accounts.document()),
    ]
    return cached("databases", inputs, make)


def render(server: str, file: Path, values: Mapping[str, object]) -> None:
    """Write the configuration file of `keystone` or `senlin`."""
    write_private(file, Template(_template(server)).substitute(values))


def write_private(file: Path, text: str) -> None:
    """Write a file that has passwords in it."""
    file.touch(mode=0o600)
    file.write_text(text)


def copy_databases(source: Path, directory: Path) -> None:
    """Copy the databases into a sandbox's directory; keep those that are there already."""
    for name in ("keystone.db", "senlin.db"):
        if not (directory / name).exists():
            shutil.copyfile(source / name, directory / name)


def senlin_values(settings: Settings) -> dict[str, object]:
    """Return the values for the template of Senlin's configuration."""
    # Past the proxy: tests must not count or disturb Senlin's own requests.
    keystone = settings.url("keystone-behind-proxy")
    port = settings.ports["senlin-behind-proxy"]
    return _senlin_values(settings.directory, settings.senlin, keystone, port)


def _senlin_values(
    directory: Path, environment: Path, keystone: str, port: int
) -> dict[str, object]:
    return {
        "directory": directory,
        "environment": environment,
        "region": accounts.REGION,
        "keystone": keystone,
        "service_user": accounts.SERVICE_USER,
        "service_password": accounts.password_of(accounts.SERVICE_USER),
        "service_project": accounts.SERVICE_PROJECT,
        "port": port,
    }


def make_keys(directory: Path) -> None:
    """Make Keystone's two key repositories, unless they exist."""
    for repository in ("fernet-keys", "credential-keys"):
        if not (directory / repository).exists():
            (directory / repository).mkdir(mode=0o700)
            for number in ("0", "1"):  # the staged and the primary key
                key = directory / repository / number
                key.touch(mode=0o600)
                key.write_bytes(base64.urlsafe_b64encode(os.urandom(32)))


def set_endpoints(directory: Path, urls: Mapping[str, str]) -> None:
    """Set the URLs of the catalogue's services, by type; remove the other services from it."""
    with sqlite3.connect(directory / "keystone.db") as database:
        database.execute("update endpoint set enabled = false")
        for service_type, url in urls.items():
            database.execute(
                "update endpoint set url = ?, enabled = true "
                "where service_id in (select id from service where type = ?)",
                (url, service_type),
            )
    database.close()


def _template(server: str) -> str:
    return (HERE / server / f"{server}.conf").read_text()


def make_keystone(python: Path, target: Path, document: object) -> None:
    """Make `keystone.db` with these accounts."""
    configuration = target / "keystone.conf"
    render("keystone", configuration, {"directory": target, "token_lifetime": 3600})
    make_keys(target)
    command = manage("keystone", python, configuration)
    run([*command, "db_sync"])
    use_write_ahead_log(target / "keystone.db")
    bootstrap: list[str | Path] = [
        "bootstrap",
        f"--bootstrap-username={accounts.ADMIN}",
        f"--bootstrap-project-name={accounts.ADMIN}",
        f"--bootstrap-region-id={accounts.REGION}",
    ]
    for interface in ("public", "internal", "admin"):
        bootstrap.append(f"--bootstrap-{interface}-url=http://endpoint.invalid/v3")
    password = {"OS_BOOTSTRAP_PASSWORD": accounts.password_of(accounts.ADMIN)}
    run([*command, *bootstrap], env=password)
    file = target / "accounts.json"
    file.write_text(json.dumps(document))
    run([python, FILL, configuration, file])


def _make_senlin(environment: Path, target: Path) -> None:
    configuration = target / "senlin.conf"
    values = _senlin_values(target, environment, "http://endpoint.invalid", 0)
    render("senlin", configuration, values)
    run([*manage("senlin", environment / "bin" / "python", configuration), "db_sync"])
    use_write_ahead_log(target / "senlin.db")


def manage(server: str, python: Path, configuration: Path) -> list[str | Path]:
    """Return the command of a service's `manage` script, such as `keystone-manage`.

    Those scripts name the Python of a directory that the cache has since renamed; the modules work.
    """
    call = f"from {server}.cmd.manage import main; main()"
    return [python, "-W", "ignore", "-c", call, "--config-file", configuration]


def use_write_ahead_log(file: Path) -> None:
    """Let readers and a writer work at once; else the first start fails as "locked"."""
    database = sqlite3.connect(file)
    database.execute("pragma journal_mode=wal")
    database.close()
