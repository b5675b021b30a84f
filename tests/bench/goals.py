"""Figures beside their goals."""

from collections.abc import Sequence
from statistics import quantiles


def show(what: str, figure: float, goal: float, unit: str) -> None:
    """Print a figure, its goal, which is the most that it may be, and whether it is reached."""
    result = "reached" if figure <= goal else "MISSED"
    print(f"{what:58} {figure:8.2f} {unit:9} (goal {goal:g}): {result}")


def show_quantiles(what: str, seconds: Sequence[float], p50: float, p99: float) -> None:
    """Print median and 99th percentile of many times beside their goals, all in milliseconds."""
    cuts = [cut * 1000 for cut in quantiles(seconds, n=100)]
    show(f"{what}, p50 of {len(seconds)}", cuts[49], p50, "ms")
    show(f"{what}, p99", cuts[98], p99, "ms")
