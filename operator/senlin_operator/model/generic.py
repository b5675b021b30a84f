"""Senlin's generic words about a failure, which Nova or Heat can explain: pure functions."""

import re

# All that Senlin 16 says of a failed build: the server's failure state.
_BUILD = re.compile(
    r"(?:Server:)?(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r" transitioned to failure state \w+\.?"
)
# What it says of a server that a check found in another status, and of all that takes too long.
_VAGUE = re.compile(r"Node is not ACTIVE|Timeout waiting for \w+:")

# What it says of a node when an action begins, and still when the action has failed: a cause of its
# own would have replaced it.
_BEGUN = re.compile(r"(?:\w+|Operation '?\w+'?) in progress\.?")


def is_progress(reason: str) -> bool:
    """Return whether the text says only that an action has begun."""
    return _BEGUN.fullmatch(reason) is not None


def failed_server(reason: str) -> str | None:
    """Return the id of the server in Senlin's generic text about a failed build."""
    match = _BUILD.search(reason)
    return match["id"] if match else None


def is_vague(reason: str) -> bool:
    """Return whether the text does not say what is the matter with the server or stack."""
    return _VAGUE.search(reason) is not None


def with_cause(reason: str, cause: str) -> str:
    """Return Senlin's text about a failed build with the cause in place of its generic part."""
    return _BUILD.sub(lambda _: cause, reason)


def is_explained(reason: str, generic: str) -> bool:
    """Return whether a reason may be the same failure, explained: both begin alike."""
    if failed_server(reason) is not None:
        return False
    match = _BUILD.search(generic)
    kept = generic[: match.start()] if match else f"{generic} "
    return reason.startswith(kept)
