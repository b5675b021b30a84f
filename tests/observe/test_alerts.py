"""The alerts by promtool, Prometheus' own tool: when each of them fires, and when it does not."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.prometheus import Prometheus
from tests.observe.published import alerts, rule_file
from tests.operator.tenant import ticks

STORIES = Path(__file__).parent / "alerts"
NAMES = [alert.name for alert in alerts()]
ACTIVE = {"SenlinOperatorResourcesStuck", "SenlinOperatorCredentialRefused"}  # under the load


def stories(alert: str) -> list[dict[str, Any]]:
    """Return what Prometheus sees, and when the alert fires."""
    found: list[dict[str, Any]] = yaml.safe_load((STORIES / f"{alert}.yaml").read_text())
    return found


def only_summaries() -> dict[str, Any]:
    """Return the rules without those annotations that are the same whatever has happened."""
    rules = rule_file()
    for group in rules["groups"]:
        for rule in group["rules"]:
            rule["annotations"] = {"summary": rule["annotations"]["summary"]}
    return rules


def test_the_rules_are_sound(promtool: Path, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(rule_file()))

    done = subprocess.run(
        [promtool, "check", "rules", "--lint=all", "--lint-fatal", file],
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(NAMES)} rules found" in done.stdout


@pytest.mark.parametrize("alert", NAMES)
def test_an_alert_fires_when_it_should(promtool: Path, tmp_path: Path, alert: str) -> None:
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(only_summaries()))
    test = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": stories(alert)}
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump(test))

    done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", NAMES)
def test_each_alert_fires_and_does_not_fire(alert: str) -> None:
    tests = [test for story in stories(alert) for test in story["alert_rule_test"]]

    assert {test["alertname"] for test in tests} == {alert}
    assert {bool(test.get("exp_alerts")) for test in tests} == {True, False}


def test_prometheus_evaluates_the_alerts(prometheus: Prometheus) -> None:
    rules: list[dict[str, Any]] = []
    active: set[str] = set()
    for _ in ticks(15):  # a scrape that took more than its second leaves everything unknown
        groups = prometheus.get("rules")["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        active = {rule["name"] for rule in rules if rule["state"] != "inactive"}
        if active >= ACTIVE:
            break

    assert sorted(rule["name"] for rule in rules) == sorted(NAMES)
    assert {rule["health"] for rule in rules} == {"ok"}
    assert active >= ACTIVE
