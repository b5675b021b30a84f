# mypy: disable-error-code="import-not-found,import-untyped"
# This runs in Keystone's own virtual environment.
"""Serve Keystone's WSGI application: `serve.py CONFIGURATION PORT`."""

import os
import sys
import warnings

# Keystone's libraries print deprecation warnings at every start.
warnings.simplefilter("ignore")


def main() -> None:
    configuration, port = sys.argv[1:]
    os.environ["OS_KEYSTONE_CONFIG_FILES"] = configuration
    del sys.argv[1:]  # else Keystone parses them
    import waitress
    from keystone.server.wsgi import initialize_public_application

    application = initialize_public_application()
    # One request at a time. If two requests read and then write at once (the first login of a day
    # records the day), SQLite fails with "database is locked" whatever its timeout. Taking the
    # write lock with BEGIN IMMEDIATE instead makes Keystone's nested transactions block each other
    # for 30 s.
    # At its usual limit of 100 connections it accepts no more, and each idle client keeps one.
    waitress.serve(application, listen=f"127.0.0.1:{port}", threads=1, connection_limit=1000)


if __name__ == "__main__":
    main()
