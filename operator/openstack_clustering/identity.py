"""What may name an object in a request: a resource, an id or a name.

Senlin looks a path's word up as an id, then as a name, then as the *beginning* of an id, with SQL's
LIKE. So a `DELETE /clusters/c7` after the cluster c7 has gone may delete another one, whose id
begins with c7, and `_` matches any character. Only what cannot be taken for the beginning of an id
goes into a path as it is; `_base.py` looks the rest up by name first.
"""

import re
from typing import Any
from urllib.parse import quote

from openstack_clustering.exceptions import InvalidIdentity
from openstack_clustering.resource import Resource

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_START_OF_ID = re.compile(r"[0-9a-f_-]{1,36}")
# What Senlin 16 takes as a name: letters and digits of any script, and `. _ ~ -`.
_NAME = re.compile(r"[\w.~-]{1,255}")


def word_of(value: Any, kind: type[Resource]) -> str:
    """Return the id or the name that the value stands for.

    Raises:
        InvalidIdentity: It cannot be one, or it is a resource of another kind.
    """
    if isinstance(value, Resource):
        if not isinstance(value, kind):
            raise InvalidIdentity(f"{value!r} is no {kind.__name__}.")
        value = value.get("id") or value.get("name")
    if not isinstance(value, str):
        raise InvalidIdentity(
            f"A {kind.__name__} is named by an object, an id or a name, not by {value!r}."
        )
    # `..` would be taken for a step up in the path, by proxies if not by the server.
    if not _NAME.fullmatch(value) or value in (".", ".."):
        raise InvalidIdentity(f"{value!r} cannot be the id or the name of a {kind.__name__}.")
    return value


def is_id(word: str) -> bool:
    """Whether the word is a whole id."""
    return _ID.fullmatch(word) is not None


def is_safe_in_path(word: str) -> bool:
    """Whether the server can take the word for nothing else than what it is."""
    # A name that is not ASCII is not found by its path, only by a filter.
    return is_id(word) or (word.isascii() and not _START_OF_ID.fullmatch(word))


def is_meant(document: dict[str, Any], word: str) -> bool:
    """Whether the document that came for a word is of what the word names."""
    identity = str(document.get("id"))
    return word == document.get("name") or identity.startswith(word)


def quoted(word: str) -> str:
    """Return the word as one segment of a path."""
    return quote(word, safe="")
