"""How much of a text from outside is shown: docs/conditions.md and docs/logs.md say these numbers.

OpenStack says what it likes, of any length. Kubernetes takes a status of about a megabyte, and 1024
bytes as the message of an Event (NoteLengthLimit in its pkg/apis/core/validation/events.go).
"""

import json
from collections.abc import Mapping
from typing import Any

TEXT = 1024  # bytes of a string in a status and an event, characters of a field of a log line
# For a class of a regular expression: what commands a terminal, changes the direction of text, or
# separates lines, besides the control characters of ASCII.
COMMANDS = "\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
_ENTRIES = 1000  # of a map or a list in a status; the definitions allow no more policies
_DEPTH = 20  # of maps and lists in each other; manifests are far from it
_VALUE = 512 * 1024  # bytes of JSON of one value
_END = "…"
_LARGEST = 2**53  # beyond, other programs read another number


def clipped(text: str) -> str:
    """Return a text as valid Unicode, cut at 1024 bytes."""
    if len(text) <= TEXT and text.isascii():
        return text
    encoded = text.encode("utf-8", "replace")  # half a surrogate pair has no encoding
    if len(encoded) <= TEXT:
        return encoded.decode()
    return encoded[: TEXT - len(_END.encode())].decode("utf-8", "ignore") + _END


def bounded(value: Any) -> Any:
    """Return a part of a status that Kubernetes can store, and that any program reads alike.

    Its strings and keys are cut at 1024 bytes, maps and lists at 1000 entries and a depth of 20. A
    number that is too large for others becomes a string. If it is a map, what is longer than 512
    KiB all the same is left out.
    """
    cut = _cut(value, _DEPTH)
    if not isinstance(cut, dict):
        return cut
    return {key: item for key, item in cut.items() if len(json.dumps(item)) <= _VALUE}


def _cut(value: Any, depth: int) -> Any:
    match value:
        case str():
            return clipped(value)
        case bool():
            return value
        case int() | float() if abs(value) > _LARGEST:
            return clipped(str(value))
        case Mapping() if depth:
            entries = list(value.items())[:_ENTRIES]
            return {clipped(key): _cut(item, depth - 1) for key, item in entries}
        case list() | tuple() if depth:
            return [_cut(item, depth - 1) for item in value[:_ENTRIES]]
        case Mapping() | list() | tuple():
            return _END
        case _:
            return value
