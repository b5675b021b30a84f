"""Alerts, runbooks and the dashboard use existing metrics, labels and panels."""

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from docs.generate import families
from tests.observe.published import Alert, alerts, dashboard, metrics_in, panels, queries

RUNBOOKS = Path(__file__).parents[3] / "docs" / "runbooks"
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]
ROW = re.compile(r"^\| \[(\w+)\]\((\w+\.md)\) \| (\w+) \| (.+) \|$", re.MULTILINE)
SELECTOR = re.compile(r"(\w+)\{([^}]*)\}")
CODE = re.compile(r"```.*?```|`.*?`", re.DOTALL)
GROUPED = re.compile(r"\bby \(([^)]*)\)")
PROMETHEUS = {"job", "instance", "namespace", "le"}  # labels that it adds, and a histogram's own
PROCESS = {"process_cpu_seconds_total", "process_resident_memory_bytes"}
LABELS = {it.name: set(it.labels) for it in families()} | {name: set() for name in PROCESS}
EXPRESSIONS = {
    **{alert.name: alert.expression for alert in alerts()},
    **{str(query): query.expression for query in queries()},
}


def family(name: str) -> str:
    """Return the metric to which a name in a query belongs."""
    return name if name in LABELS else re.sub(r"_(bucket|count|sum)$", "", name)


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_an_expression_uses_existing_metrics_and_labels(expression: str) -> None:
    used = {family(name) for name in metrics_in(expression)}
    known = {label for name in used for label in LABELS[name]} | PROMETHEUS

    for name, selector in SELECTOR.findall(expression):
        labels = set(re.findall(r"(\w+)!?=", selector))
        assert labels <= LABELS.get(family(name), set()) | PROMETHEUS
        assert 'job="senlin-operator"' in selector
    for labels in GROUPED.findall(expression):
        assert set(re.split(r",\s*", labels)) <= known


def test_each_metric_is_used_by_an_alert_or_a_panel() -> None:
    used = {family(name) for text in EXPRESSIONS.values() for name in metrics_in(text)}

    assert {name for name in LABELS if name.startswith("senlin_operator_")} <= used


@pytest.mark.parametrize("alert", alerts(), ids=lambda it: it.name)
def test_an_alert_has_a_runbook(alert: Alert) -> None:
    page = RUNBOOKS / f"{alert.name}.md"
    title, *sections = re.split(r"^#+ ", page.read_text(), flags=re.MULTILINE)[1:]
    texts = dict(section.split("\n", 1) for section in sections)

    assert alert.annotations["runbook_url"] == f"docs/runbooks/{page.name}"
    assert title.strip() == alert.name
    assert list(texts) == SECTIONS
    assert all(text.strip() for text in texts.values())


def test_the_index_and_the_pages_match_the_alerts() -> None:
    rows = ROW.findall((RUNBOOKS / "README.md").read_text())

    assert [(name, severity) for name, _, severity, _ in rows] == [
        (alert.name, alert.severity) for alert in alerts()
    ]
    assert [page for _, page, _, _ in rows] == [f"{name}.md" for name, *_ in rows]
    assert {page.stem for page in RUNBOOKS.glob("*.md")} == {name for name, *_ in rows} | {"README"}


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=lambda it: it.stem)
def test_a_runbook_names_existing_metrics_pages_and_panels(page: Path) -> None:
    text = page.read_text()

    assert {family(name) for name in metrics_in(text)} <= LABELS.keys()
    for place in re.findall(r"\]\(([^):]+\.md)\)", text):
        assert (page.parent / place).is_file(), place
    titles = {panel["title"] for panel in dashboard()["panels"]}
    prose = " ".join(CODE.sub("", text).split())
    assert set(re.findall(r'"([A-Z][^"]+)"', prose)) <= titles


def test_each_panel_has_description_source_and_unit() -> None:
    for panel in panels():
        assert panel["description"].endswith(".")
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["fieldConfig"]["defaults"]["unit"]


def test_every_query_of_the_dashboard_selects_the_namespace() -> None:
    namespace = next(it for it in dashboard()["templating"]["list"] if it["name"] == "namespace")
    used = [it for panel in panels() for target in panel["targets"] for it in selectors(target)]

    assert metrics_in(namespace["query"]["query"]) <= LABELS.keys()
    assert {'namespace=~"$namespace"' in selector for selector in used} == {True}


def selectors(target: dict[str, Any]) -> list[str]:
    return re.findall(r"\{([^}]*)\}", target["expr"])


def test_panels_do_not_overlap() -> None:
    found = dashboard()["panels"]
    areas = [area(panel) for panel in found]

    assert len({panel["id"] for panel in found}) == len(found)
    assert all(not one & other for one, other in combinations(areas, 2))
    assert all(x < 24 for area_ in areas for x, _ in area_)


def area(panel: dict[str, Any]) -> set[tuple[int, int]]:
    """Return the fields of the grid that a panel covers."""
    at = panel["gridPos"]
    return {
        (x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    }
