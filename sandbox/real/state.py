"""What the real cloud starts with: flavors, images, networks, key pairs, in its databases.

Prepared once, by the real services, and kept in the cache.
"""

import os
import shutil
import sqlite3
from pathlib import Path

from sandbox.databases import manage
from sandbox.guard import guard
from sandbox.real.cloud import RealCloud
from sandbox.real.databases import database_inputs, make_databases
from sandbox.real.services import DEFAULT, PORTS, with_needs
from sandbox.servers import kill_unrecorded, start_all, stop_all
from sandbox.settings import PORTS as OTHER_PORTS
from sandbox.settings import Settings, free_ports
from tools.cache import cached
from tools.progress import step
from tools.run import run
from tools.venvs import virtual_environment

HERE = Path(__file__).parent
FILL = HERE / "serve" / "fill_cloud.py"
HOSTS = HERE / "serve" / "hosts.py"


def real_environment(python: str) -> Path:
    """Return the virtual environment of all services."""
    return virtual_environment("real", HERE / "requirements.txt", python, keep=1)


def prepared_state(environment: Path) -> Path:
    """Return the directory of the databases and images.

    Args:
        environment: The virtual environment of all services.
    """

    def make(target: Path) -> None:
        make_databases(_settings(target, environment, target))

    def fill(target: Path) -> None:
        _fill(_settings(target, environment, empty))

    inputs = database_inputs(environment)
    empty = cached("real-databases", inputs, make, keep=1)
    more = [file.read_text() for file in (FILL, HOSTS, Path(__file__))]
    return cached("real-state", [*inputs, *more], fill, keep=1)


def _settings(directory: Path, environment: Path, databases: Path) -> Settings:
    return Settings(
        directory=directory,
        ports=free_ports([*OTHER_PORTS, *PORTS]),
        binaries=None,
        keystone=environment,
        senlin=environment,
        databases=databases,
        audit=False,
        token_lifetime=3600,
        temporary=False,
        cloud="real",
        services=with_needs(DEFAULT),
    )


def _fill(settings: Settings) -> None:
    """Start the services in the directory of these settings, fill the cloud, and stop them."""
    directory, python = settings.directory, settings.senlin / "bin" / "python"
    cloud = RealCloud(settings)
    settings.save()
    watch = guard(directory, os.getpid())
    watch.start()
    servers = cloud.servers()
    try:
        with step("Filled the real cloud"):
            cloud.prepare()
            start_all(servers)
            discover = manage("nova", python, directory / "nova.conf")
            run([*discover, "cell_v2", "discover_hosts"], cwd=directory)
            run([python, FILL], env={"OS_CLIENT_CONFIG_FILE": str(cloud.clouds_yaml)})
    finally:
        stop_all(servers)
        watch.stop()
        kill_unrecorded(directory)
    _remove_all_but_state(directory)


def _remove_all_but_state(directory: Path) -> None:
    for file in directory.glob("*.db"):
        database = sqlite3.connect(file)
        database.execute("pragma wal_checkpoint(truncate)")
        database.close()
    for path in list(directory.iterdir()):
        if path.is_dir() and path.name != "images":
            shutil.rmtree(path)
        elif path.is_file() and path.suffix != ".db":
            path.unlink()
