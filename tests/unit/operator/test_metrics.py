"""The metrics' names, their server, and the pages that list them."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from docs.generate import Family, families, pages, settings_table
from sandbox.control import fetch
from sandbox.settings import free_port
from senlin_operator.telemetry import metrics
from tests.unit.operator.builders import Clock

GROUPS = ("senlin_operator_", "workqueue_", "leader_election_", "rest_client_")
NOT_IN_CHART = {"kubeconfig", "lease-namespace"}  # a pod has its own


@pytest.fixture(scope="module")
def health() -> metrics.Health:
    return metrics.Health()


# To stop a server takes half a second; one serves all tests.
@pytest.fixture(scope="module")
def server(health: metrics.Health) -> Iterator[str]:
    port = free_port()
    stop = metrics.serve("127.0.0.1", port, health)
    yield f"http://127.0.0.1:{port}"
    stop()


def test_readyz_follows_the_process(server: str, health: metrics.Health) -> None:
    assert fetch("GET", f"{server}/readyz").status_code == 503

    health.ready = True

    assert fetch("GET", f"{server}/readyz").status_code == 200


def test_livez_fails_without_a_recent_heartbeat(
    server: str, health: metrics.Health, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    health.heartbeat()
    assert fetch("GET", f"{server}/livez").status_code == 200

    clock.advance(31)
    assert fetch("GET", f"{server}/livez").status_code == 500

    health.heartbeat()
    assert fetch("GET", f"{server}/livez").status_code == 200


@pytest.mark.parametrize(
    ("accept", "answer"),
    [
        ("application/openmetrics-text;version=1.0.0,text/plain;q=0.5", "openmetrics-text"),
        ("text/plain", "text/plain; version="),
        ("*/*", "text/plain; version="),
    ],
)
def test_the_format_of_metrics_follows_the_accept_header(
    server: str, accept: str, answer: str
) -> None:
    reply = fetch("GET", f"{server}/metrics", headers={"Accept": accept})

    assert answer in reply.headers["Content-Type"]
    assert "workqueue_depth" in reply.text
    assert reply.text.endswith("# EOF\n") == ("openmetrics" in answer)


def test_a_query_string_is_ignored(server: str) -> None:
    assert fetch("GET", f"{server}/livez?verbose").status_code == 200


def test_an_address_in_use_is_named(server: str, health: metrics.Health) -> None:
    port = int(server.rpartition(":")[2])

    with pytest.raises(OSError, match=f"at 127.0.0.1, port {port}: Address already in use"):
        metrics.serve("127.0.0.1", port, health)


def test_an_idle_connection_is_closed(
    health: metrics.Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "_IDLE_TIMEOUT", 0.1)
    port = free_port()
    stop = metrics.serve("127.0.0.1", port, health)

    with socket.create_connection(("127.0.0.1", port), timeout=10) as idle:
        assert idle.recv(1) == b""

    stop()


def test_any_other_path_is_not_found(server: str) -> None:
    assert fetch("GET", f"{server}/").status_code == 404


def test_a_stopped_server_refuses_connections(health: metrics.Health) -> None:
    port = free_port()
    metrics.serve("127.0.0.1", port, health)()

    with pytest.raises(requests.ConnectionError):
        fetch("GET", f"http://127.0.0.1:{port}/livez")


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
