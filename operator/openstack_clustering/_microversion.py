"""Negotiate the microversion, and list the features that need one.

Without the microversion header the server uses 1.0 and silently ignores newer parameters, such as
filters and `force`. So the client always requests the highest microversion that both sides
support, and does not send parameters that need a higher one.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from openstack_clustering.exceptions import (
    ConfigException,
    InvalidResponse,
    UnsupportedMicroversion,
)

Microversion = tuple[int, int]

_TEXT = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}")  # Python refuses to parse thousands of digits

HIGHEST: Microversion = (1, 14)  # that this client was tested with

VALIDATE: Microversion = (1, 2)
COLLECT: Microversion = (1, 2)
REPLACE_NODES: Microversion = (1, 3)
OPERATIONS: Microversion = (1, 4)
DESTROY_AFTER_DELETION: Microversion = (1, 4)
RECEIVER_USER: Microversion = (1, 4)
CHECK_BEFORE_RECOVER: Microversion = (1, 6)
PROFILE_ONLY: Microversion = (1, 6)
UPDATE_CONFIG: Microversion = (1, 7)
ADOPT: Microversion = (1, 7)
FORCE_DELETE: Microversion = (1, 8)
LIFECYCLE: Microversion = (1, 9)
CANCEL: Microversion = (1, 12)
TAINTED: Microversion = (1, 13)
ACTION_CLUSTER: Microversion = (1, 14)


def parse(text: str) -> Microversion:
    """Return "1.14" as (1, 14)."""
    if not _TEXT.fullmatch(text):
        raise ConfigException("The microversion should look like 1.14.")
    major, minor = text.split(".")
    return int(major), int(minor)


def to_text(version: Microversion) -> str:
    """Return (1, 14) as "1.14"."""
    return f"{version[0]}.{version[1]}"


def negotiate(document: Any, configured: str | None, url: str) -> Microversion:
    """Return the microversion to request.

    Args:
        document: The version document: the reply to `GET /` or `GET /v1`.
        configured: The configured microversion; None: the highest that both sides support.
        url: The document's URL, for messages.
    """
    supported = _range(document)
    if supported is None:
        raise InvalidResponse(f"The server at {url} is not a clustering service (v1).")
    lowest, highest = supported
    if configured is None:
        return min(HIGHEST, highest)
    version = parse(configured)
    if not lowest <= version <= highest:
        raise UnsupportedMicroversion(
            f"The configured microversion is {configured}; "
            f"the server at {url} has {to_text(lowest)} to {to_text(highest)}."
        )
    return version


def require(feature: str, needed: Microversion, negotiated: Microversion) -> None:
    """Raise UnsupportedMicroversion if the feature needs more than the negotiated one."""
    if negotiated < needed:
        raise UnsupportedMicroversion(
            f"{feature} needs microversion {to_text(needed)}; "
            f"with this server it is {to_text(negotiated)}."
        )


def _range(document: Any) -> tuple[Microversion, Microversion] | None:
    for version in _versions(document):
        lowest, highest = version.get("min_version"), version.get("max_version")
        if str(version.get("id", "")).removeprefix("v").partition(".")[0] != "1":
            continue
        try:
            return parse(str(lowest)), parse(str(highest))
        except ConfigException:
            continue
    return None


def _versions(document: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the entries of `GET /`, which has a list, or of `GET /v1`, which has one."""
    if not isinstance(document, Mapping):
        return
    several, one = document.get("versions"), document.get("version")
    for entry in [*(several if isinstance(several, list) else []), one]:
        if isinstance(entry, Mapping):
            yield entry
