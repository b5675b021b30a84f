# mypy: disable-error-code="import-not-found,import-untyped"
# Keystone is installed in an environment of its own, in which this runs.
"""Serve Keystone's WSGI application: `serve.py CONFIGURATION PORT`."""

import os
import sys
import warnings
from typing import Any

# Its libraries announce what a later release of each of them will drop, at every start.
warnings.simplefilter("ignore")


def write_in_turn() -> None:
    """Let every transaction take SQLite's write lock at its beginning, and wait for it there.

    A transaction that reads first and writes later fails at once if another one wrote meanwhile,
    whatever the time-out: two first logins of a user on one day ended in "database is locked".
    """
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    @event.listens_for(Engine, "before_cursor_execute", retval=True)
    def begin(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> tuple[str, Any]:
        return "BEGIN IMMEDIATE" if statement == "BEGIN" else statement, parameters  # oslo.db's


def main() -> None:
    configuration, port = sys.argv[1:]
    os.environ["OS_KEYSTONE_CONFIG_FILES"] = configuration
    del sys.argv[1:]  # Keystone would parse them
    import waitress
    from keystone.server.wsgi import initialize_public_application

    write_in_turn()
    application = initialize_public_application()
    waitress.serve(application, listen=f"127.0.0.1:{port}", threads=8)


if __name__ == "__main__":
    main()
