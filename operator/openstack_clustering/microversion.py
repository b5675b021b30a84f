"""Microversions: which one to ask for, and what each adds.

Without the header the server takes 1.0, and then drops in silence what it does not know there: a
filter, a `force`. So the client always asks for the highest one that both sides know, and refuses
to send what that one does not carry.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from openstack_clustering.exceptions import (
    ConfigException,
    InvalidResponse,
    UnsupportedMicroversion,
)

Microversion = tuple[int, int]

KNOWN: Microversion = (1, 14)  # the highest that this client was written and tested for

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
    major, _, minor = text.partition(".")
    if not (major.isdecimal() and minor.isdecimal()):
        raise ConfigException(f"The microversion is {text}; it should look like 1.14.")
    return int(major), int(minor)


def show(version: Microversion) -> str:
    """Return (1, 14) as "1.14"."""
    return f"{version[0]}.{version[1]}"


def negotiate(document: Any, wanted: str | None, url: str) -> Microversion:
    """Return the microversion to ask for, from the service's version document.

    Args:
        document: What `GET /` or `GET /v1` answered.
        wanted: The configured one; None for the highest that both sides know.
        url: Where the document came from, for messages.
    """
    offered = _range(document)
    if offered is None:
        raise InvalidResponse(f"What answers at {url} is not a clustering service (v1).")
    lowest, highest = offered
    if wanted is None:
        return min(KNOWN, highest)
    version = parse(wanted)
    if not lowest <= version <= highest:
        raise UnsupportedMicroversion(
            f"The configured microversion is {wanted}; "
            f"the server at {url} has {show(lowest)} to {show(highest)}."
        )
    return version


def require(what: str, needed: Microversion, agreed: Microversion) -> None:
    """Raise UnsupportedMicroversion if what is asked for does not exist yet in the agreed one."""
    if agreed < needed:
        raise UnsupportedMicroversion(
            f"{what} needs microversion {show(needed)}; with this server it is {show(agreed)}."
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
    """Yield the entries of `GET /` (a list) or of `GET /v1` (one)."""
    if not isinstance(document, Mapping):
        return
    several, one = document.get("versions"), document.get("version")
    for entry in [*(several if isinstance(several, list) else []), one]:
        if isinstance(entry, Mapping):
            yield entry
