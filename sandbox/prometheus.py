"""Prometheus and promtool from Debian: on loopback, with data in a sandbox's directory."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import requests
import yaml

from sandbox.control import fetch
from sandbox.errors import SandboxError
from sandbox.servers import Server
from sandbox.settings import LOOPBACK, free_port
from tools.debian import unpacked

PACKAGES = ("prometheus=2.42.0*",)
INTERVAL = 1  # seconds between scrapes, and between evaluations of the rules


def prometheus_programs() -> Path:
    """Return the directory of prometheus and promtool; they are unpacked on first use."""
    return unpacked("prometheus", PACKAGES) / "usr" / "bin"


class Prometheus:
    """A Prometheus that runs, and scrapes programs on this machine, during a `with` statement.

    Args:
        sandbox: The directory of a sandbox; when the sandbox ends, so does Prometheus.
        jobs: The ports to scrape, by the name of the job.
        rules: Files with rules.
        alertmanager: The URL of an Alertmanager that gets the alerts.
        token: A file with the bearer token that it shows to the programs.
    """

    def __init__(
        self,
        sandbox: Path,
        jobs: Mapping[str, Sequence[int]],
        rules: Sequence[Path] = (),
        alertmanager: str | None = None,
        token: Path | None = None,
    ) -> None:
        port = free_port()
        self.url = f"http://{LOOPBACK}:{port}"
        name = f"prometheus-{port}"
        self._config = sandbox / f"{name}.yml"
        self._config.write_text(yaml.safe_dump(_config(jobs, rules, alertmanager, token)))
        self._server = Server(
            name,
            sandbox,
            [
                prometheus_programs() / "prometheus",
                f"--config.file={self._config}",
                f"--storage.tsdb.path={sandbox / name}",
                f"--web.listen-address={LOOPBACK}:{port}",
                "--enable-feature=exemplar-storage",
                "--query.lookback-delta=5s",  # the scrapes are a second apart
            ],
            is_ready=self._is_ready,
        )

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the current values of an expression, each with its labels.

        Raises:
            SandboxError: The expression is not valid PromQL.
        """
        found: list[dict[str, Any]] = self.get("query", query=expression)["result"]
        return found

    def history(self, expression: str, seconds: float, step: float = INTERVAL) -> list[Any]:
        """Return the values of an expression over the last `seconds`."""
        now = time.time()
        found: list[Any] = self.get(
            "query_range", query=expression, start=now - seconds, end=now, step=step
        )["result"]
        return found

    def get(self, path: str, **parameters: Any) -> Any:
        """Make a request to Prometheus' API; return the data of the reply.

        Raises:
            SandboxError: Prometheus refuses the request.
        """
        reply = fetch("GET", f"{self.url}/api/v1/{path}?{urlencode(parameters)}").json()
        if reply["status"] != "success":
            raise SandboxError(f"Prometheus refuses {parameters}: {reply['error']}")
        return reply["data"]

    def _is_ready(self) -> bool:
        try:
            return fetch("GET", f"{self.url}/-/ready").ok
        except requests.ConnectionError:
            return False


def _config(
    jobs: Mapping[str, Sequence[int]],
    rules: Sequence[Path],
    alertmanager: str | None,
    token: Path | None,
) -> dict[str, Any]:
    shown = {"authorization": {"credentials_file": str(token)}} if token else {}
    interval = f"{INTERVAL}s"
    targets = [alertmanager.removeprefix("http://")] if alertmanager else []
    return {
        "global": {"scrape_interval": interval, "evaluation_interval": interval},
        "rule_files": [str(file) for file in rules],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": targets}]}]},
        "scrape_configs": [
            {
                "job_name": job,
                **shown,
                "static_configs": [{"targets": [f"{LOOPBACK}:{port}" for port in ports]}],
            }
            for job, ports in jobs.items()
        ],
    }
