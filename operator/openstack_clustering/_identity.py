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
from openstack_clustering.exceptions import InvalidIdentity, ResourceNotFound

# Patterns are compiled when they are first used, for a faster start; `re` keeps them.
_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_START_OF_ID = r"[0-9a-f_-]{1,36}"
# As many digits as the `openstack` command prints of an id: no other begins with them by chance.
_UNMISTAKABLE = r"[0-9a-f]{8}[0-9a-f-]{0,28}"
# Senlin 16 accepts letters and digits of any script in a name, and `. _ ~ -`.
_NAME = r"[\w.~-]{1,255}"


def one(kind: type[Resource]) -> str:
    """Return "A Cluster", "An Action", for the beginning of a sentence."""
    return f"{'An' if kind.__name__[0] in 'AE' else 'A'} {kind.__name__}"


def name_or_id(value: Any, kind: type[Resource]) -> str:
    """Return the id or the name of the object that the value stands for.

    Raises:
        InvalidIdentity: It is no text, or a resource of another kind.
        ResourceNotFound: It is a text that no object can have for an id or a name.
    """
    if isinstance(value, Resource):
        if not isinstance(value, kind):
            raise InvalidIdentity(f"{value!r} is no {kind.__name__}.")
        value = value.get("id") or value.get("name")
    if not isinstance(value, str):
        raise InvalidIdentity(
            f"{one(kind)} is named by an object, an id or a name, not by {value!r}."
        )
    # A proxy, if not the server, would resolve `..` as the parent path.
    if not re.fullmatch(_NAME, value) or value in (".", ".."):
        raise not_found(kind, f"{value[:80]!r}, which cannot be one")
    return value


def not_found(kind: type[Resource], name_or_id: str) -> ResourceNotFound:
    """Return the exception for an object that does not exist, as far as the client can tell."""
    message = f"There is no {kind.__name__} with the id or the name {name_or_id}."
    return ResourceNotFound(message, type="ResourceNotFound")


def is_unmistakable(text: str) -> bool:
    """Whether it is the beginning of an id, and long enough to name one object even in a change."""
    return re.fullmatch(_UNMISTAKABLE, text) is not None


def is_id(name_or_id: str) -> bool:
    """Whether it is a whole id."""
    return re.fullmatch(_ID, name_or_id) is not None


def is_safe_in_path(name_or_id: str) -> bool:
    """Whether the server can resolve it to nothing but the object that has this id or name."""
    # Senlin does not find a non-ASCII name by path, only by the `name` filter.
    return is_id(name_or_id) or (
        name_or_id.isascii() and not re.fullmatch(_START_OF_ID, name_or_id)
    )


def matches(document: dict[str, Any], name_or_id: str) -> bool:
    """Whether the document has this name, this id, or an id that begins with it."""
    return name_or_id == document.get("name") or str(document.get("id")).startswith(name_or_id)


def quoted(text: str) -> str:
    """Return the text quoted as one segment of a path."""
    return quote(text, safe="")
