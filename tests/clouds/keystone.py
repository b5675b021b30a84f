"""A Keystone that records logins: an HTTP server, used as a proxy for all addresses."""

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

REGIONS = ("RegionOne", "R1", "R2", "0001", "10")
INTERFACES = ("public", "internal", "admin")


class Keystone(ThreadingHTTPServer):
    """Accepts every complete login, and keeps each request that is not a GET."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.logins: defaultdict[str, list[Any]] = defaultdict(list)  # by what was announced
        self.announced = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def running() -> Iterator[Keystone]:
    with Keystone() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Keystone
    # HTTP 1.0, a connection a request: on one that was used before, the body of a request through
    # a proxy waits 40 ms for the acknowledgement of its headers.

    def log_message(self, *_: Any) -> None:
        """Write nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        root = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/v3')}"
        version = {
            "id": "v3.14",
            "status": "stable",
            "links": [{"rel": "self", "href": f"{root}/v3/"}],
        }
        if parts.path.startswith("/announce/"):
            self.server.announced = parts.path.removeprefix("/announce/")
            self._reply(200, {})
        elif parts.path.endswith("/openid-configuration"):
            self._reply(200, {"token_endpoint": f"{parts.scheme}://{parts.netloc}/token"})
        elif parts.path.rstrip("/").endswith("/v3"):
            self._reply(200, {"version": version})
        elif parts.path.rstrip("/") in ("", "/identity"):
            self._reply(300, {"versions": {"values": [version]}})
        else:
            self._reply(404, {"error": {"code": 404, "message": "Nothing is there."}})

    def do_CONNECT(self) -> None:
        requests, request = self.server.logins[self.server.announced], ["CONNECT", self.path]
        if request not in requests:  # openstacksdk also asks for the versions
            requests.append(request)
        self._reply(502, {})

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        is_json = "json" in self.headers.get("Content-Type", "")
        body = json.loads(text) if is_json else parse_qs(text)
        record = ["POST", self.path, body, self.headers.get("Authorization")]
        self.server.logins[self.server.announced].append(record)
        if self.path.endswith("/token"):
            self._reply(200, {"access_token": "of-the-provider", "id_token": "of-a-person"})
        elif "/OS-FEDERATION/" in self.path or self.path.endswith("/v3/auth/tokens"):
            self._log_in(body)
        else:
            self._reply(404, {"error": {"code": 404, "message": "Nothing is there."}})

    def _log_in(self, body: dict[str, Any]) -> None:
        if nameless := _without_domain(body):
            message = f"Expecting to find domain in {nameless}."
            self._reply(400, {"error": {"code": 400, "message": message}})
            return
        endpoints = [
            {
                "region_id": region,
                "region": region,
                "interface": interface,
                "url": f"http://{region.lower()}.{interface}.example.org/v1",
                "id": f"{region}-{interface}",
            }
            for region in REGIONS
            for interface in INTERFACES
        ]
        token = {
            "methods": ["password"],
            "expires_at": "2099-01-01T00:00:00.000000Z",
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "user": {"id": "u", "name": "u", "domain": {"id": "d", "name": "d"}},
            "project": {"id": "p", "name": "p", "domain": {"id": "d", "name": "d"}},
            "catalog": [{"type": "clustering", "name": "senlin", "endpoints": endpoints}],
        }
        self._reply(201, {"token": token}, {"X-Subject-Token": "a-token"})

    def _reply(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _without_domain(body: dict[str, Any]) -> str | None:
    """Return what a login has a name of, but no domain: Keystone refuses it with 400."""
    auth = body.get("auth") or {}
    identity = auth.get("identity") or {}
    user = (identity.get("password") or identity.get("totp") or {}).get("user") or {}
    scope = auth.get("scope") or {}
    project = (scope.get("project") or {}) if isinstance(scope, dict) else {}
    for what, given in (("user", user), ("project", project)):
        if "name" in given and "domain" not in given:
            return what
    return None
