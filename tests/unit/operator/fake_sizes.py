"""The arithmetic of a resize, as senlin/common/scaleutils.py of Senlin 16 does it."""

import math
from collections.abc import Mapping
from typing import Any


def calculated(current: int, type_: str, number: float, least_step: int | None) -> int:
    """Return the size that a resize asks for."""
    if type_ == "EXACT_CAPACITY":
        return int(number)
    if type_ == "CHANGE_IN_CAPACITY":
        return current + int(number)
    change = number * current / 100
    away = math.copysign(math.ceil(abs(change)), change)
    rounded = int(away if abs(change) < 1 else change)
    if least_step is not None and least_step > abs(rounded):
        return current + (least_step if rounded > 0 else -least_step)
    return current + rounded


def truncated(cluster: Mapping[str, Any], desired: int, least: int | None, most: int | None) -> int:
    """Return the nearest size within the limits."""
    desired = max(desired, cluster["min_size"] if least is None else least)
    most = cluster["max_size"] if most is None else most
    return min(desired, most) if most > 0 else desired


def size_fault(
    cluster: Mapping[str, Any],
    desired: int | None,
    least: int | None,
    most: int | None,
    *,
    strict: bool,
) -> str:
    """Return why a size or its limits are refused, or an empty text."""
    low = cluster["min_size"] if least is None else least
    high = cluster["max_size"] if most is None else most
    if desired is None and strict:
        desired = cluster["desired_capacity"]
    ours = strict or (least, most) != (None, None)  # limits of the request count at any rate
    if desired is not None and ours and not low <= desired <= (high if high >= 0 else desired):
        return f"The target capacity ({desired}) is beyond the specified limits."
    if 0 <= high < low:
        return f"The specified min_size ({low}) is greater than the max_size ({high})."
    return ""
