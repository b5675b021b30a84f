"""Durations in manifests, as Go writes them."""

import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")


def parse_duration(duration: str) -> float:
    """Return the seconds of a duration such as 1h30m.

    Text of any other form counts as 0; the API server has validated it already.
    """
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(duration))
