"""The APIs that a HorizontalPodAutoscaler reads its metrics from, served from this machine."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from sandbox import Sandbox
from sandbox.pki import issue, make_pki

VERSION = "v1beta1"
EXTERNAL, RESOURCE = "external.metrics.k8s.io", "metrics.k8s.io"
_REGISTRATIONS = "/apis/apiregistration.k8s.io/v1/apiservices"


class MetricsApi(BaseHTTPRequestHandler):
    """Answers with one external value, and one value for the CPU of each pod.

    Attributes:
        external: The value of every external metric.
        cpu: By pod, such as `500m`.
        selectors: The label selectors of the requests for pods.
    """

    external: ClassVar[str] = "0"
    cpu: ClassVar[dict[str, str]] = {}
    selectors: ClassVar[list[str]] = []
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if EXTERNAL in url.path and "/namespaces/" in url.path:
            value = {"metricName": "queue", "timestamp": now, "value": self.external}
            self._reply({"kind": "ExternalMetricValueList", "items": [value]}, EXTERNAL)
        elif url.path.endswith("/pods"):
            self.selectors.extend(parse_qs(url.query).get("labelSelector", []))
            items = [
                {
                    "metadata": {"name": name},
                    "timestamp": now,
                    "window": "10s",
                    "containers": [{"name": "main", "usage": {"cpu": cpu, "memory": "1Mi"}}],
                }
                for name, cpu in self.cpu.items()
            ]
            self._reply({"kind": "PodMetricsList", "items": items}, RESOURCE)
        else:
            group = EXTERNAL if EXTERNAL in url.path else RESOURCE
            listed = {"groupVersion": f"{group}/{VERSION}", "resources": []}
            self._reply({"kind": "APIResourceList", **listed}, "")

    def _reply(self, document: dict[str, Any], group: str) -> None:
        version = f"{group}/{VERSION}" if group else "v1"
        body = json.dumps({"apiVersion": version, **document}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def metrics_api(sandbox: Sandbox, namespace: str, directory: Path) -> Iterator[type[MetricsApi]]:
    """Serve both APIs behind the aggregation layer."""
    with _server(directory) as port:
        service = {
            "metadata": {"name": "metrics"},
            "spec": {"type": "ExternalName", "externalName": "localhost"},
        }
        sandbox.kubernetes.call("POST", f"/api/v1/namespaces/{namespace}/services", service)
        for group in (EXTERNAL, RESOURCE):
            registration = {
                "metadata": {"name": f"{VERSION}.{group}"},
                "spec": {
                    "group": group,
                    "version": VERSION,
                    "service": {"name": "metrics", "namespace": namespace, "port": port},
                    "insecureSkipTLSVerify": True,
                    "groupPriorityMinimum": 100,
                    "versionPriority": 100,
                },
            }
            sandbox.kubernetes.call("POST", _REGISTRATIONS, registration)
        yield MetricsApi


@contextmanager
def _server(directory: Path) -> Iterator[int]:
    make_pki(directory)
    issue(directory, "metrics", "localhost", server=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(directory / "metrics.crt", directory / "metrics.key")
    with ThreadingHTTPServer(("127.0.0.1", 0), MetricsApi) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()
