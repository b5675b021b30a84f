# mypy: disable-error-code="import-not-found,import-untyped"
# Keystone is installed in an environment of its own, in which this runs.
"""Serve Keystone's WSGI application: `serve.py CONFIGURATION PORT`."""

import os
import sys
import warnings

# Its libraries announce what a later release of each of them will drop, at every start.
warnings.simplefilter("ignore")


def main() -> None:
    configuration, port = sys.argv[1:]
    os.environ["OS_KEYSTONE_CONFIG_FILES"] = configuration
    del sys.argv[1:]  # Keystone would parse them
    import waitress
    from keystone.server.wsgi import initialize_public_application

    application = initialize_public_application()
    # One request at a time. Two that read and then write (a user's first login of a day notes the
    # day) meet as "database is locked" at once, whatever SQLite's time-out; and taking the write
    # lock with every BEGIN IMMEDIATE blocks Keystone's nested transactions by each other for 30 s.
    waitress.serve(application, listen=f"127.0.0.1:{port}", threads=1)


if __name__ == "__main__":
    main()
