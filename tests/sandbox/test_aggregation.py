"""A server on this machine serves an API group, such as the metrics that an autoscaler reads."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from sandbox import Sandbox
from sandbox.pki import issue, make_pki
from tests.sandbox.api import unique, wait_for

VERSION = "v1beta1"


class Metrics(BaseHTTPRequestHandler):
    """Serves one value, and notes on whose behalf it was asked."""

    users: list[str | None] = []  # noqa: RUF012  # one server, one test
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.users.append(self.headers.get("X-Remote-User"))
        body = json.dumps({"kind": "ExternalMetricValueList", "path": self.path}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    pki = tmp_path_factory.mktemp("pki")
    make_pki(pki)
    issue(pki, "metrics", "localhost", server=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pki / "metrics.crt", pki / "metrics.key")
    with ThreadingHTTPServer(("127.0.0.1", 0), Metrics) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_an_api_group_is_served_from_this_machine(
    sandbox: Sandbox, namespace: str, port: int
) -> None:
    group = f"{unique('metrics')}.example.org"
    service = {
        "metadata": {"name": "metrics"},
        "spec": {"type": "ExternalName", "externalName": "localhost"},
    }
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
    registrations = "/apis/apiregistration.k8s.io/v1/apiservices"
    sandbox.kubernetes.call("POST", f"/api/v1/namespaces/{namespace}/services", service)
    sandbox.kubernetes.call("POST", registrations, registration)

    def asked() -> object:
        with suppress(requests.HTTPError):  # 503 until it is known to answer
            return sandbox.kubernetes.call("GET", f"/apis/{group}/{VERSION}/queue-length")
        return None

    try:
        wait_for(asked)
    finally:
        sandbox.kubernetes.call("DELETE", f"{registrations}/{VERSION}.{group}")
    assert "sandbox-admin" in Metrics.users
