"""The metrics' names, and the pages that list them."""

import re
from pathlib import Path

import pytest

from docs.generate import Family, families, pages, settings_table
from senlin_operator.telemetry import metrics

GROUPS = ("senlin_operator_", "workqueue_", "leader_election_", "rest_client_")
NOT_IN_CHART = {"kubeconfig", "lease-namespace"}  # a pod has its own


@pytest.mark.parametrize(
    ("label", "value"),
    [
        (metrics.known_action("CLUSTER_RESIZE"), "CLUSTER_RESIZE"),
        (metrics.known_action("NODE_JOIN"), "NODE_JOIN"),
        (metrics.known_action("a word of somebody"), "other"),
        (metrics.known_action(""), "other"),
        (metrics.known_code(200), "200"),
        (metrics.known_code(504), "504"),
        (metrics.known_code(987), "other"),
        (metrics.known_code(None), "none"),
    ],
)
def test_a_label_has_no_word_that_others_choose(label: str, value: str) -> None:
    assert label == value


@pytest.mark.parametrize("family", families(), ids=lambda it: it.name)
def test_a_metric_has_a_known_prefix_and_no_label_for_single_objects(family: Family) -> None:
    assert family.name.startswith(GROUPS)
    assert family.text.endswith(".")
    if family.name.startswith("senlin_operator_"):
        assert not {"namespace", "name", "uid", "id"} & set(family.labels)


def test_the_queue_has_client_go_s_metrics() -> None:
    """k8s.io/component-base/metrics/prometheus/workqueue names them."""
    names = {it.name.removeprefix("workqueue_") for it in families() if "workqueue" in it.name}

    assert names == {
        "depth",
        "adds_total",
        "queue_duration_seconds",
        "work_duration_seconds",
        "unfinished_work_seconds",
        "longest_running_processor_seconds",
        "retries_total",
    }


@pytest.mark.parametrize("page", pages(), ids=lambda it: it.stem)
def test_a_generated_page_is_up_to_date(page: Path) -> None:
    assert page.read_text() == pages()[page], "run `make docs`"


def test_every_setting_is_a_value_of_the_chart() -> None:
    rows = re.findall(r"^\| `--([\w-]+)` \| `\w+` \| (.*?) ?\|", settings_table(), re.MULTILINE)

    assert {flag for flag, value in rows if not value} == NOT_IN_CHART
