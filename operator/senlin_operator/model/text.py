"""Texts of OpenStack, as conditions and events show them: short, and the same for the same failure.

Senlin passes on the texts of its libraries and of other services. Such a text may contain values
that differ each time (memory addresses, ports, request ids, times), so a failure that lasts would
cost a write with each check; and addresses of services, which are not the users' business.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from senlin_operator.model.generic import failed_server

_LIMIT = 400  # characters; a person reads the first sentences
_NAMES = 5  # of objects in a message
_FAULTS = 3  # different ones in a message; `status.faults` has more
# keystoneauth1 and openstacksdk: "409: Client Error for url: http://…/servers, Port … is in use."
_FOR_URL = re.compile(r"(?:: )?(?:Client|Server) Error for url: \S+(?=[,\s]|$),?")
_REQUEST_ID = re.compile(r"\s*\(?(?:HTTP \d{3}\) \()?request[- ]id:? req-[0-9a-f-]{36}\)?", re.I)
_BARE_REQUEST_ID = re.compile(r"req-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OBJECT = re.compile(r"<([\w.]+) object at 0x[0-9a-f]+>", re.I)
_MEMORY = re.compile(r"\b0x[0-9a-f]{4,}\b", re.I)
# What urllib3 says of a server that does not answer.
_POOL = re.compile(r"HTTPS?ConnectionPool\(host=[^)]*\): ")
_MAX_RETRIES = re.compile(r"Max retries exceeded with url: \S+ ?")
_URL = re.compile(r"\b(?:https?|amqp|rabbit|redis)://[^\s,;'\"<>)\]]+?(?=:?[\s,;'\"<>)\]]|:?$)")
_HOST_AND_PORT = re.compile(
    r"\b(?:\d{1,3}(?:\.\d{1,3}){3}|localhost)(?::\d+)?\b|\[[0-9a-f:]+\](?::\d+)?", re.I
)
_TIME = re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?")
_DURATION = re.compile(r"\b\d+\.\d+ ?(?:s|sec|secs|seconds|ms)\b")
_SPACES = re.compile(r"\s+")
_SECOND_STOP = re.compile(r"(?<=[^.]\.)\.$")  # Senlin's own after another service's
_REPLACEMENTS = (
    (_REQUEST_ID, ""),
    (_BARE_REQUEST_ID, "req-…"),
    (_FOR_URL, ":"),
    (_OBJECT, r"\1"),
    (_MEMORY, "0x…"),
    (_POOL, ""),
    (_MAX_RETRIES, ""),
    (_URL, "the service"),
    (_HOST_AND_PORT, "the service"),
    (_TIME, "…"),
    (_DURATION, "some time"),
    (_SPACES, " "),
    (_SECOND_STOP, ""),
)


@lru_cache(maxsize=4096)
def stable(text: str | None, address: str = "") -> str:
    """Return a text of OpenStack without the values that differ each time, and cut.

    It is a no-op on its own result.

    Args:
        text: The text.
        address: The only URL that stays as it is.
    """
    parts = (text or "").split(address) if address else [text or ""]
    result = address.join(map(_replaced, parts))
    result = result.replace("::", ":").replace(": :", ":").strip()
    return result if len(result) <= _LIMIT else f"{result[: _LIMIT - 1].rstrip()}…"


def _replaced(text: str) -> str:
    for pattern, replacement in _REPLACEMENTS:
        text = pattern.sub(replacement, text)
    return text


def grouped(faults: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return one text for each of the first reasons: `node a: …`, or `3 nodes, such as a: …`.

    Reasons that say a cause come first, and faults without a reason are left out; a last text
    counts the nodes of further reasons.

    Args:
        faults: As in `status.faults`.
    """
    faults = [fault for fault in faults if fault["reason"]]
    counts = Counter(_without_ids(fault["reason"]) for fault in faults)
    first = {_without_ids(fault["reason"]): fault for fault in reversed(faults)}
    ordered = sorted(counts, key=lambda it: failed_server(first[it]["reason"]) is not None)
    texts = [
        f"node {first[key]['name']}: {first[key]['reason']}"
        if counts[key] == 1
        else f"{counts[key]} nodes, such as {first[key]['name']}: {first[key]['reason']}"
        for key in ordered[:_FAULTS]
    ]
    further = sum(counts[key] for key in ordered[_FAULTS:])
    return [*texts, f"and {counted(further, 'other node')}"] if further else texts


def counted(number: int, noun: str) -> str:
    """Return a number of things, such as `1 node` or `3 nodes`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def named(names: Sequence[str]) -> str:
    """Return the first of the names, and how many more there are."""
    more = len(names) - _NAMES
    return ", ".join(names[:_NAMES]) + (f" and {more} more" if more > 0 else "")


def _without_ids(reason: str) -> str:
    """Return what the reasons of equal faults have in common: they differ in nodes and servers."""
    return _UUID.sub("", reason)
