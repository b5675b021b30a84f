"""Refuse wrong arguments with a sentence, before anything is sent."""

from collections.abc import Collection, Mapping
from typing import Any

from openstack_clustering.exceptions import InvalidArgument


def check_keywords(operation: str, given: Mapping[str, Any], keywords: str) -> None:
    """Raise InvalidArgument for a keyword that the server would refuse or, worse, ignore.

    Args:
        operation: What has the keywords, for the message.
        given: The keywords.
        keywords: The name of their TypedDict in `keywords.py`, which is imported only here, when it
            is first needed, for a faster start.
    """
    from openstack_clustering import keywords as changes

    check_names(operation, given, getattr(changes, keywords).__annotations__.keys())


def check_names(operation: str, given: Collection[str], names: Collection[str]) -> None:
    """Raise InvalidArgument, with what might be meant, for a name that is not one of `names`."""
    if unknown := next((name for name in given if name not in names), None):
        raise InvalidArgument(f"{operation} has no {unknown!r}; {_hint(unknown, names)}")


def seconds(name: str, value: Any) -> float | None:
    """Return a number of seconds that is at least 0, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise InvalidArgument(f"`{name}` is a number of seconds or None, not {value!r}.")
    return value


def count(name: str, value: Any) -> int | None:
    """Return a number of objects that is at least 0, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidArgument(f"`{name}` is a number of objects or None, not {value!r}.")
    return value


def _hint(unknown: str, names: Collection[str]) -> str:
    import difflib  # imported only when it is needed, for a faster start

    # `region` for `region_name`, `profile` for `profile_id`: a part of a name comes first.
    parts = sorted(name for name in names if unknown in name.split("_") or unknown in name)
    close = difflib.get_close_matches(unknown, names, 1) or parts[:1]
    return f"did you mean {close[0]}?" if close else f"it has: {', '.join(sorted(names))}."
