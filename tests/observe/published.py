"""The alerts, the dashboard, the figures of objects as users get them; what stands in them."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPONENTS = DEPLOY / "kustomize" / "components"
_VALUES = DEPLOY / "kube-state-metrics" / "values.yaml"
FIGURES: dict[str, Any] = yaml.safe_load(_VALUES.read_text())  # for kube-state-metrics' chart
# In the place of Grafana's $__rate_interval; so long that the load is in it whenever a test asks.
WINDOW = "1h"
_METRIC = re.compile(r"\b(?:senlin_operator|workqueue|rest_client|leader_election|process)_\w+")


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule that alerts somebody."""

    name: str
    expression: str
    severity: str
    annotations: dict[str, str]


@dataclass(frozen=True, slots=True)
class Query:
    """A query of a panel."""

    panel: str
    expression: str  # with a window instead of Grafana's variable

    def __str__(self) -> str:
        return f"{self.panel}: {self.expression}"


def rule_file() -> dict[str, Any]:
    """Return the rules as a file of Prometheus has them."""
    rule = yaml.safe_load((COMPONENTS / "prometheus-rule" / "prometheusrule.yaml").read_text())
    spec: dict[str, Any] = rule["spec"]
    return spec


def alerts() -> list[Alert]:
    return [
        Alert(rule["alert"], rule["expr"], rule["labels"]["severity"], rule["annotations"])
        for group in rule_file()["groups"]
        for rule in group["rules"]
    ]


def dashboard() -> dict[str, Any]:
    config = yaml.safe_load((COMPONENTS / "dashboards" / "dashboards.yaml").read_text())
    [text] = config["data"].values()
    document: dict[str, Any] = json.loads(text)
    return document


def panels() -> list[dict[str, Any]]:
    """Return the panels that show something."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def queries() -> list[Query]:
    return [
        Query(panel["title"], filled(target["expr"], WINDOW))
        for panel in panels()
        for target in panel["targets"]
    ]


def filled(expression: str, window: str) -> str:
    """Return it as Grafana asks it while all namespaces are shown."""
    return expression.replace("$__rate_interval", window).replace("$namespace", ".*")


def metrics_in(expression: str) -> set[str]:
    """Return the names of the operator's metrics in an expression."""
    return set(_METRIC.findall(expression))
