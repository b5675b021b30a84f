# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-call"
# This runs in the real cloud's own virtual environment.
"""Make a database whose migrations SQLite cannot run, from its models: `schema.py SERVICE FILE`."""

import sys
from typing import Any

import sqlalchemy


def neutron(engine: Any) -> None:
    from neutron.db.migration.models import head

    head.get_metadata().create_all(engine)


MAKERS = {it.__name__: it for it in (neutron,)}


def main() -> None:
    service, file = sys.argv[1:]
    MAKERS[service](sqlalchemy.create_engine(f"sqlite:///{file}"))


if __name__ == "__main__":
    main()
