"""All of the operator reads the time in one module, so that a test can set it for all of it."""

import ast
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from senlin_operator.model.memory import Freshness
from senlin_operator.telemetry import clock as operator_clock
from tests.unit.operator.builders import Clock

OPERATOR = Path(__file__).parents[3] / "operator" / "senlin_operator"
CLOCK = OPERATOR / "telemetry" / "clock.py"
# Each of them reads a clock. `time_ns` is missing: a span has the real time, in a test as well.
READS = {
    "time": {"time", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
}


def clock_reads(source: str) -> Iterator[str]:
    """Yield the expressions in a module that read a clock."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in READS.get(_last_name(node.value), ()):
            yield ast.unparse(node)
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (it.name for it in node.names if it.name in READS["time"])


def _last_name(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ("import time\nbegan = time.monotonic()", ["time.monotonic"]),
        ("import time\nnow = time.time", ["time.time"]),
        ("from time import monotonic", ["monotonic"]),
        ("from datetime import datetime\ndatetime.now(UTC)", ["datetime.now"]),
        ("import datetime\ndatetime.datetime.now()", ["datetime.datetime.now"]),
        ("from datetime import datetime\ndatetime.fromtimestamp(1)", []),
        ("import time\ntime.time_ns()", []),
        ("clock.monotonic()", []),
    ],
)
def test_clock_reads_are_found(source: str, reads: list[str]) -> None:
    assert list(clock_reads(source)) == reads


def test_no_other_module_reads_a_clock() -> None:
    found = {
        str(path.relative_to(OPERATOR)): reads
        for path in OPERATOR.rglob("*.py")
        if path != CLOCK and (reads := list(clock_reads(path.read_text())))
    }

    assert found == {}


def test_the_time_of_day_is_in_utc() -> None:
    assert operator_clock.utcnow().tzinfo is UTC


def test_a_test_sets_the_time_for_all_modules(clock: Clock) -> None:
    clock.advance(1e6)

    assert operator_clock.utcnow().timestamp() == pytest.approx(clock(), abs=1)
    freshness = Freshness()
    freshness.request_sent()
    assert freshness.not_before == pytest.approx(clock(), abs=1)
