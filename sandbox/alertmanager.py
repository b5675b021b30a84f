"""Alertmanager from Debian: on loopback, with data in a sandbox's directory."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import requests
import yaml

from sandbox.control import fetch
from sandbox.errors import SandboxError
from sandbox.servers import Server
from sandbox.settings import LOOPBACK, free_port
from tools.debian import unpacked
from tools.run import Command

PACKAGES = ("prometheus-alertmanager=0.25.0*",)


class Alertmanager:
    """An Alertmanager that runs during a `with` statement, and calls webhooks.

    Args:
        sandbox: The directory of a sandbox; when the sandbox ends, so does Alertmanager.
        routes: By a matcher of alerts, such as `alertname=Down`: the URL that it calls while such
            an alert is firing. The first one that matches counts.
    """

    def __init__(self, sandbox: Path, routes: Mapping[str, str]) -> None:
        port = free_port()
        self.url = f"http://{LOOPBACK}:{port}"
        name = f"alertmanager-{port}"
        config = sandbox / f"{name}.yml"
        config.write_text(yaml.safe_dump(_config(routes)))
        self._server = Server(
            name,
            sandbox,
            [
                *_program(),
                f"--config.file={config}",
                f"--storage.path={sandbox / name}",
                f"--web.listen-address={LOOPBACK}:{port}",
                "--cluster.listen-address=",  # it is alone
            ],
            is_ready=self._is_ready,
        )

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def fire(self, *alerts: str) -> None:
        """Have these alerts fire, as Prometheus does.

        Raises:
            SandboxError: Alertmanager refuses them.
        """
        self._post([{"labels": {"alertname": name}} for name in alerts])

    def resolve(self, alert: str) -> None:
        """Let an alert end."""
        now = datetime.now(UTC).isoformat()
        self._post([{"labels": {"alertname": alert}, "endsAt": now}])

    def _post(self, alerts: Sequence[dict[str, Any]]) -> None:
        reply = fetch("POST", f"{self.url}/api/v2/alerts", alerts)
        if not reply.ok:
            raise SandboxError(f"Alertmanager refuses {alerts}: {reply.text}")

    def _is_ready(self) -> bool:
        try:
            return fetch("GET", f"{self.url}/-/ready").ok
        except requests.ConnectionError:
            return False


def _program() -> Command:
    """Return the command that runs the unpacked program.

    Debian's reads its templates below /usr/share, so it gets a mount namespace with its own.
    """
    unpacked_at = unpacked("alertmanager", PACKAGES) / "usr"
    as_root = [] if os.getuid() == 0 else ["--map-root-user"]
    script = 'mount --bind "$0" /usr/share && exec "$@"'
    program = unpacked_at / "bin" / "prometheus-alertmanager"
    return ["unshare", "--mount", *as_root, "sh", "-c", script, unpacked_at / "share", program]


def _config(routes: Mapping[str, str]) -> dict[str, Any]:
    """Return a configuration that calls each URL at once, and again each few seconds."""
    receivers = [
        {"name": matcher, "webhook_configs": [{"url": url, "send_resolved": False}]}
        for matcher, url in routes.items()
    ]
    below = [{"matchers": [matcher], "receiver": matcher} for matcher in routes]
    timing = {"group_wait": "0s", "group_interval": "1s", "repeat_interval": "5s"}
    root = {"receiver": "nobody", "group_by": ["alertname"], "routes": below, **timing}
    return {"route": root, "receivers": [{"name": "nobody"}, *receivers]}
