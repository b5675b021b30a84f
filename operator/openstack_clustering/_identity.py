"""The id or the name that stands for an object in a request.

Senlin looks up the last segment of a path as an id, then as a name, then as the *beginning* of an
id, with SQL's LIKE. If the cluster c7 has been deleted, `DELETE /clusters/c7` may therefore delete
another cluster, one whose id begins with c7; and `_` matches any character. So only an id, or a
name that cannot be the beginning of one, goes into a path unchanged. `_base.py` looks up all other
names first.
"""

import re
from typing import Any
from urllib.parse import quote

from openstack_clustering._resource import Resource
from openstack_clustering.exceptions import InvalidIdentity

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_START_OF_ID = re.compile(r"[0-9a-f_-]{1,36}")
# Senlin 16 accepts letters and digits of any script in a name, and `. _ ~ -`.
_NAME = re.compile(r"[\w.~-]{1,255}")


def name_or_id(value: Any, kind: type[Resource]) -> str:
    """Return the id or the name of the object that the value stands for.

    Raises:
        InvalidIdentity: It cannot be one, or it is a resource of another kind.
    """
    if isinstance(value, Resource):
        if not isinstance(value, kind):
            raise InvalidIdentity(f"{value!r} is not a {kind.__name__}.")
        value = value.get("id") or value.get("name")
    if not isinstance(value, str):
        raise InvalidIdentity(
            f"A {kind.__name__} is named by an object, an id or a name, not by {value!r}."
        )
    # A proxy, if not the server, would resolve `..` as the parent path.
    if not _NAME.fullmatch(value) or value in (".", ".."):
        raise InvalidIdentity(f"{value!r} cannot be the id or the name of a {kind.__name__}.")
    return value


def is_id(name_or_id: str) -> bool:
    """Whether it is a whole id."""
    return _ID.fullmatch(name_or_id) is not None


def is_safe_in_path(name_or_id: str) -> bool:
    """Whether the server can resolve it to nothing but the object that has this id or name."""
    # Senlin does not find a non-ASCII name by path, only by the `name` filter.
    return is_id(name_or_id) or (name_or_id.isascii() and not _START_OF_ID.fullmatch(name_or_id))


def matches(document: dict[str, Any], name_or_id: str) -> bool:
    """Whether the document has this name, this id, or an id that begins with it."""
    return name_or_id == document.get("name") or str(document.get("id")).startswith(name_or_id)


def quoted(text: str) -> str:
    """Return the text quoted as one segment of a path."""
    return quote(text, safe="")
