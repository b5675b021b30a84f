"""The operator's clock: every module asks here, so that a test can set one time for all of them."""

import time
from datetime import UTC, datetime


def monotonic() -> float:
    """Return the seconds of the monotonic clock, the clock of all pauses and deadlines."""
    return time.monotonic()


def utcnow() -> datetime:
    """Return the time of day, for texts, and for comparisons with Senlin's timestamps."""
    return datetime.now(UTC)


def seconds_since(timestamp: str) -> float:
    """Return the seconds since a time in a status, or in the metadata of an object."""
    return (utcnow() - datetime.fromisoformat(timestamp)).total_seconds()
