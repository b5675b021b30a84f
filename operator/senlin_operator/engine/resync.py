"""Durations in manifests, and when to look again at what has settled."""

import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")


def period(duration: str) -> float:
    """Return the seconds of a duration such as 1h30m; 0 turns a period off.

    The API server has validated it already, so anything else is 0.
    """
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(duration))
