"""The operator's clock: every module asks here, so that a test can set one time for all of them."""

import time
from datetime import UTC, datetime


def monotonic() -> float:
    """Return the seconds of the monotonic clock, by which all pauses and deadlines are reckoned."""
    return time.monotonic()


def utcnow() -> datetime:
    """Return the time of day, for what people read and for comparing with Senlin's timestamps."""
    return datetime.now(UTC)
