"""kube-state-metrics: on loopback, with its configuration in a sandbox's directory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import requests
import yaml

from sandbox.binaries import kube_state_metrics_binary
from sandbox.control import fetch
from sandbox.servers import Server
from sandbox.settings import LOOPBACK, free_port


class KubeStateMetrics:
    """A kube-state-metrics that runs, and shows custom resources alone, during a `with` statement.

    Args:
        sandbox: The directory of a sandbox; when the sandbox ends, so does kube-state-metrics.
        kubeconfig: With which it reads the API server.
        config: The document of kind CustomResourceStateMetrics.
        namespace: The only namespace that it reads.

    Attributes:
        port: The port of the metrics.
        log: The file with what it prints.
    """

    def __init__(
        self, sandbox: Path, kubeconfig: Path, config: Mapping[str, Any], namespace: str
    ) -> None:
        self.port, own = free_port(), free_port()
        name = f"kube-state-metrics-{self.port}"
        file = sandbox / f"{name}.yml"
        file.write_text(yaml.safe_dump(config))
        self._server = Server(
            name,
            sandbox,
            [
                kube_state_metrics_binary(),
                f"--kubeconfig={kubeconfig}",
                f"--namespaces={namespace}",
                "--custom-resource-state-only=true",
                f"--custom-resource-state-config-file={file}",
                f"--host={LOOPBACK}",
                f"--port={self.port}",
                f"--telemetry-host={LOOPBACK}",
                f"--telemetry-port={own}",
            ],
            is_ready=self._is_ready,
        )
        self.log = self._server.log

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def _is_ready(self) -> bool:
        try:
            return fetch("GET", f"http://{LOOPBACK}:{self.port}/healthz").ok
        except requests.ConnectionError:
            return False
