"""The APIs that a HorizontalPodAutoscaler reads its metrics from, served from this machine."""

import json
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from sandbox import Sandbox
from sandbox.pki import issue, make_pki

VERSIONS = {  # as kube-controller-manager 1.37 asks for them
    "external.metrics.k8s.io": "v1beta1",
    "metrics.k8s.io": "v1beta1",
    "custom.metrics.k8s.io": "v1beta2",
}
_REGISTRATIONS = "/apis/apiregistration.k8s.io/v1/apiservices"
Document = dict[str, Any]


class MetricsApi(BaseHTTPRequestHandler):
    """Answers with one external value, and with the CPU and one custom value of each pod.

    Attributes:
        external: The value of every external metric.
        cpu: By pod, such as `500m`.
        custom: The value of every custom metric, by pod.
        selectors: The label selectors of the requests for pods.
        asked: How often the values of a namespace were asked for.
    """

    external: ClassVar[str] = "0"
    cpu: ClassVar[dict[str, str]] = {}
    custom: ClassVar[dict[str, str]] = {}
    selectors: ClassVar[list[str]] = []
    asked: ClassVar[Counter[str]] = Counter()
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        match unquote(url.path).strip("/").split("/"):
            case ["apis", group, version, "namespaces", namespace, *what]:
                self.selectors.extend(parse_qs(url.query).get("labelSelector", []))
                kind, items = self._values(what, namespace)
                api = f"{group}/{version}"
                self._reply({"kind": f"{kind}List", "apiVersion": api, "items": items})
                self.asked[namespace] += 1
            case ["apis", group, *_]:
                listed = {"groupVersion": f"{group}/{VERSIONS[group]}", "resources": []}
                self._reply({"kind": "APIResourceList", "apiVersion": "v1", **listed})
            case _:
                self.send_error(404)

    def _values(self, what: list[str], namespace: str) -> tuple[str, list[Document]]:
        """Return the kind of the values, and the values."""
        now = {"timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        match what:
            case ["pods"]:
                return "PodMetrics", [
                    {
                        "metadata": {"name": name},
                        "window": "10s",
                        "containers": [{"name": "main", "usage": {"cpu": cpu, "memory": "1Mi"}}],
                        **now,
                    }
                    for name, cpu in self.cpu.items()
                ]
            case ["pods", "*", metric]:
                pod = {"apiVersion": "/v1", "kind": "Pod", "namespace": namespace}
                return "MetricValue", [
                    {
                        "describedObject": {**pod, "name": name},
                        "metric": {"name": metric},
                        "value": value,
                        **now,
                    }
                    for name, value in self.custom.items()
                ]
            case [metric]:
                value = {"metricName": metric, "value": self.external, **now}
                return "ExternalMetricValue", [value]
            case _:
                raise AssertionError(what)

    def _reply(self, document: Document) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def metrics_api(sandbox: Sandbox, namespace: str, directory: Path) -> Iterator[type[MetricsApi]]:
    """Serve the three APIs behind the aggregation layer."""
    with _server(directory) as port:
        service = {
            "metadata": {"name": "metrics"},
            "spec": {"type": "ExternalName", "externalName": "localhost"},
        }
        sandbox.kubernetes.call("POST", f"/api/v1/namespaces/{namespace}/services", service)
        for group, version in VERSIONS.items():
            registration = {
                "metadata": {"name": f"{version}.{group}"},
                "spec": {
                    "group": group,
                    "version": version,
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
