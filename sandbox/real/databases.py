"""The databases of the real cloud, empty but for Keystone's accounts and Nova's cells."""

import json
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from sandbox import accounts
from sandbox.databases import FILL, make_keystone, manage, use_write_ahead_log
from sandbox.real import configuration
from sandbox.real.configuration import TEMPLATES, write_configuration
from sandbox.real.services import SERVICES
from sandbox.settings import Settings
from tools.progress import step
from tools.run import run

SCHEMA = Path(__file__).parent / "serve" / "schema.py"
CELL0 = "sqlite:///nova_cell0.db?timeout=30"
# By service, in this order: the subcommands of its `manage` script that make its tables.
MIGRATIONS: Sequence[tuple[str, str, Sequence[str]]] = (
    ("placement", "placement", ["db", "sync"]),
    ("glance", "glance-api", ["db_sync"]),
    ("nova", "nova", ["api_db", "sync"]),
    ("nova", "nova", ["cell_v2", "map_cell0", "--database_connection", CELL0]),
    ("nova", "nova", ["cell_v2", "create_cell", "--name", "cell1"]),
    ("nova", "nova", ["db", "sync"]),
    ("heat", "heat", ["db_sync"]),
    ("senlin", "senlin", ["db_sync"]),
)
FROM_MODELS = ("neutron", "octavia")  # SQLite cannot run their migrations


def database_inputs(environment: Path) -> list[str]:
    """Return all that the databases depend on."""
    code = [Path(__file__), Path(configuration.__file__), FILL, SCHEMA]
    files = [*code, *sorted(TEMPLATES.iterdir())]
    return [environment.name, json.dumps(_document()), *(file.read_text() for file in files)]


def make_databases(settings: Settings) -> None:
    """Make them in the directory of these settings."""
    directory, python = settings.directory, settings.senlin / "bin" / "python"
    write_configuration(settings)
    with step("Prepared the databases of the real cloud"):
        for service, file, arguments in MIGRATIONS:
            command = manage(service, python, directory / f"{file}.conf")
            run([*command, *arguments], cwd=directory)
        for service in FROM_MODELS:
            run([python, SCHEMA, service, directory / f"{service}.db"])
        make_keystone(python, directory, _document())
        for database in directory.glob("*.db"):
            use_write_ahead_log(database)


def copy_databases(source: Path, directory: Path) -> None:
    """Copy databases and images into a sandbox's directory, unless it has some already."""
    if not (directory / "keystone.db").exists():
        for file in source.glob("*.db"):
            shutil.copyfile(file, directory / file.name)
        if (source / "images").exists():
            shutil.copytree(source / "images", directory / "images", dirs_exist_ok=True)
    _find_images_in(directory / "images")


def _find_images_in(images: Path) -> None:
    """Tell Glance's database where the files are: it has their whole paths."""
    with sqlite3.connect(images.parent / "glance.db") as database:
        database.execute(
            "update image_locations set value = ? || '/' || image_id where value like 'file://%'",
            (f"file://{images}",),
        )
    database.close()


def _document() -> dict[str, object]:
    types = {it.name: it.type for it in SERVICES.values() if it.name != "keystone"}
    # Octavia's policies want the first one. Heat gives the second one to users that it makes.
    roles = ("load-balancer_member", "heat_stack_user")
    return accounts.document(types, roles, roles[:1], domains=("heat",))
