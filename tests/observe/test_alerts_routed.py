"""From a failure to the team whose it is: operator, Prometheus and Alertmanager together."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from sandbox import Sandbox
from sandbox.alertmanager import Alertmanager
from sandbox.prometheus import Prometheus
from sandbox.settings import LOOPBACK, free_port
from senlin_operator.leader import Shard
from tests.conftest import a_namespace
from tests.observe.published import rule_file
from tests.operator.tenant import TenantWithOperator


class Pagers:
    """The teams' pagers: webhooks that keep the labels of the alerts that reach them."""

    def __init__(self) -> None:
        self.alerts: dict[str, list[dict[str, Any]]] = {}  # by team
        pagers = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                of_team = pagers.alerts.setdefault(self.path.strip("/"), [])
                of_team += [alert["labels"] for alert in told["alerts"]]
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Be quiet."""

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, team: str) -> str:
        return f"http://{LOOPBACK}:{self._server.server_port}/{team}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def pagers() -> Iterator[Pagers]:
    pagers = Pagers()
    yield pagers
    pagers.close()


@pytest.fixture
def team(sandbox: Sandbox, unserved: Shard, tmp_path: Path) -> Iterator[TenantWithOperator]:
    """A team whose operator has not been started."""
    team = TenantWithOperator(sandbox, a_namespace(sandbox, unserved), tmp_path / "operator.log")
    yield team
    team.operator.kill()


@pytest.mark.parametrize("by_namespace", [True, False], ids=["by namespace", "all in one"])
def test_a_failed_operation_pages_the_team_that_has_it(
    team: TenantWithOperator, pagers: Pagers, tmp_path: Path, by_namespace: bool
) -> None:
    rules, port = tmp_path / "rules.yaml", free_port()
    rules.write_text(yaml.safe_dump(rule_file()))
    teams = {team.namespace: "mine", "another": "theirs", "": "nobodys"}
    routes = {f'resource_namespace="{it}"': pagers.url(name) for it, name in teams.items()}
    label = f"--metrics-by-namespace={str(by_namespace).lower()}"
    team.operator.start(f"--metrics-port={port}", f"--host={LOOPBACK}", label)
    team.apply(team.secret(), team.operation("look", {"check": {}}, clusterID=str(uuid4())))
    team.ends("look")

    directory, jobs = team.sandbox.directory, {"senlin-operator": [port]}
    with (
        Alertmanager(directory, routes) as alertmanager,
        Prometheus(directory, jobs, [rules], alertmanager.url),
    ):
        team.eventually(lambda: bool(pagers.alerts), "paged", seconds=60)

    paged = "mine" if by_namespace else "nobodys"
    assert pagers.alerts.keys() == {paged}
    assert {alert["alertname"] for alert in pagers.alerts[paged]} == {"SenlinOperationsFailed"}
    assert {alert.get("resource_namespace") for alert in pagers.alerts[paged]} == {
        team.namespace if by_namespace else None
    }
