"""Write the tables that follow from the code, and the pictures: `make docs`."""

import dataclasses
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import yaml
from prometheus_client.metrics import MetricWrapperBase

from docs.screens import screens
from senlin_operator.cloud.inventory import Subscribers
from senlin_operator.cloud.session import SessionOptions
from senlin_operator.cloud.session_pool import SessionPool
from senlin_operator.collector import StateCollector
from senlin_operator.model.cache import Cache
from senlin_operator.model.queue import Queue
from senlin_operator.settings import PREFIX, Settings
from senlin_operator.telemetry import metrics

DOCS = Path(__file__).parent
VALUES = DOCS.parent / "deploy" / "helm" / "senlin-operator" / "values.yaml"
MARK = "<!-- What follows is made by `make docs` from the code. -->\n"
ELSEWHERE = {  # not among the chart's settings
    "namespaces": "watchNamespaces",
    "shards": "shards",
    "metrics_cert_path": "metricsService.tlsSecret",
}
BY_CHART = {"lease_name", "shard"}  # it sets them itself
Setting: TypeAlias = "dataclasses.Field[Any]"


class Family(NamedTuple):
    """A metric, by the name that a query has for it."""

    name: str
    type: str
    labels: tuple[str, ...]
    text: str


def families() -> list[Family]:
    """Return all metrics of the operator, but for those of the Python process."""
    fixed = [it for it in vars(metrics).values() if isinstance(it, MetricWrapperBase)]
    return [_family(it) for it in [*(_described(metric) for metric in fixed), *_counted()]]


def _described(metric: MetricWrapperBase) -> tuple[Any, tuple[str, ...]]:
    [description] = metric.describe()
    return description, metric._labelnames


def _counted() -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Yield the metrics that are computed at each scrape."""
    queue = Queue()
    subscribers = Subscribers(
        changed=lambda _: None, polled=lambda _: None, matters=lambda _: False
    )
    sessions = SessionPool(lambda _: subscribers, SessionOptions(()))
    for family in StateCollector({}, Cache({}, queue), queue, sessions).collect():
        yield family, tuple(family._labelnames)


def _family(described: tuple[Any, tuple[str, ...]]) -> Family:
    it, labels = described
    ending = "_total" if it.type == "counter" else ""
    return Family(f"{it.name}{ending}", it.type, labels, it.documentation)


def metrics_table() -> str:
    """Return a row for each metric."""
    rows = (
        (_code(it.name), it.type, ", ".join(map(_code, it.labels)), it.text) for it in families()
    )
    return _table(("Metric", "Type", "Labels", "What it is"), rows)


def settings_table() -> str:
    """Return a row for each setting."""
    head = ("Flag", "Variable", "Value of the chart", "Default", "Allowed", "What it is")
    return _table(head, map(_setting, dataclasses.fields(Settings)))


def _setting(it: Setting) -> tuple[str, ...]:
    flag = f"--{it.name.replace('_', '-')}"
    variable = f"{PREFIX}{it.name.upper()}"
    help_ = it.metadata["help"]
    return _code(flag), _code(variable), _value(it.name), _default(it), _allowed(it), help_


def _value(name: str) -> str:
    if name in BY_CHART:
        return "set by the chart"
    camel = re.sub(r"_(\w)", lambda match: match[1].upper(), name)
    values = yaml.safe_load(VALUES.read_text())
    if camel in values["settings"]:
        return _code(f"settings.{camel}")
    return _code(ELSEWHERE.get(name, ""))


def _default(it: Setting) -> str:
    match it.default:
        case None | ():
            return ""
        case bool(value):
            return str(value).lower()
        case value:
            return f"{value:g}" if isinstance(value, float) else str(value)


def _allowed(it: Setting) -> str:
    hints = it.metadata
    if "choices" in hints:
        return ", ".join(hints["choices"])
    if "least" not in hints:
        return "text"
    whole = "whole numbers " if it.type is int else ""
    return f"{whole}{hints['least']} to {hints['most']}"


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "".join(f"| {' | '.join(line)} |\n".replace("  |", " |") for line in lines)


def pages() -> dict[Path, str]:
    """Return the pages with their tables, and the pictures, by their files.

    What stands before a table is written by hand.
    """
    tables = {"metrics.md": metrics_table(), "settings.md": settings_table()}
    with_tables = {
        DOCS / name: f"{(DOCS / name).read_text().partition(MARK)[0]}{MARK}\n{table}"
        for name, table in tables.items()
    }
    return with_tables | screens()


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text)
