"""Fakes Keystone and Senlin in one HTTP server, with faults that real ones lack on demand."""

import json
import ssl
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ID = "7b1ad6f1-34e4-4f0c-8b0a-3b2b6ee3f1aa"
OTHER_ID = "c7aaaaaa-34e4-4f0c-8b0a-3b2b6ee3f1aa"
ACTION_ID = "0f0f0f0f-34e4-4f0c-8b0a-3b2b6ee3f1aa"


@dataclass
class Answer:
    status: int = 200
    body: Any = None  # JSON, or raw bytes; None: an empty body
    headers: Mapping[str, str] = field(default_factory=dict)
    hang_up: bool = False  # close the connection without a reply
    cut: bool = False  # send less than Content-Length
    delay: threading.Event | None = None  # reply when it is set
    seconds: float = 0  # reply after this time


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: Any


class Cloud:
    """Configured replies and received requests."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.logins = 0
        self.password = "secret"
        self.max_version = "1.14"
        self.services = [("clustering", "/"), ("identity", "/v3")]
        self.regions = ["RegionOne"]
        self.refused_tokens: set[str] = set()
        self._answers: dict[tuple[str, str], deque[Answer]] = defaultdict(deque)
        self._lock = threading.Lock()
        self.url = ""

    def answer(self, method: str, path: str, *answers: Answer) -> None:
        """Set the replies to a request: one after the other, then the last one each time."""
        self._answers[method, path] = deque(answers)

    def received(self, method: str | None = None, path: str | None = None) -> list[Request]:
        """Return the requests to the clustering API, without discovery."""
        return [
            request
            for request in self.requests
            if request.path.startswith("/v1/")
            and method in (None, request.method)
            and path in (None, request.path)
        ]

    def clouds(self, **overrides: Any) -> dict[str, Any]:
        auth = {
            "auth_url": f"{self.url}/v3",
            "username": "demo",
            "password": "secret",
            "project_name": "blue",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        return {"clouds": {"test": {"auth": auth, **overrides}}}

    def handle(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            if request.headers.get("X-Auth-Token") in self.refused_tokens:
                return Answer(401, {"error": {"code": 401, "message": "Who are you?"}})
            answers = self._answers.get((request.method, request.path))
            if answers:
                return answers.popleft() if len(answers) > 1 else answers[0]
            if request.path == "/v3/auth/tokens":
                return self._login(request)
        if request.path in ("/", "/v1"):
            return self._versions(request.path)
        return Answer(404, error(404, "ResourceNotFound", "Nothing is here."))

    def _login(self, request: Request) -> Answer:
        self.logins += 1
        user = request.body["auth"]["identity"].get("password", {}).get("user", {})
        if user.get("password") != self.password:
            return Answer(401, {"error": {"code": 401, "message": "Wrong user or password."}})
        catalog = [
            {
                "type": kind,
                "id": kind,
                "name": kind,
                "endpoints": [
                    {
                        "id": f"{kind}-{region}",
                        "interface": "public",
                        "region": region,
                        "region_id": region,
                        "url": f"{self.url}{path}",
                    }
                    for region in self.regions
                ],
            }
            for kind, path in self.services
        ]
        token = {
            "methods": ["password"],
            "user": {"id": "u", "name": "demo", "domain": {"id": "default", "name": "Default"}},
            "project": {"id": "p", "name": "blue", "domain": {"id": "default", "name": "Default"}},
            "roles": [],
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "expires_at": "2099-01-01T00:00:00.000000Z",
            "catalog": catalog,
        }
        return Answer(201, {"token": token}, {"X-Subject-Token": f"token-{self.logins}"})

    def _versions(self, path: str) -> Answer:
        version = {"id": "1.0", "min_version": "1.0", "max_version": self.max_version}
        if path == "/v1":
            return Answer(200, {"version": version})
        return Answer(300, {"versions": [version]})


def error(code: int, kind: str, message: str) -> dict[str, Any]:
    return {"code": code, "title": kind, "error": {"code": code, "type": kind, "message": message}}


def cluster(**values: Any) -> dict[str, Any]:
    return {"id": ID, "name": "web", "status": "ACTIVE", **values}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def _handler(cloud: Cloud) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle(self) -> None:
            with suppress(ssl.SSLError, ConnectionError):  # of a handshake that fails on purpose
                super().handle()

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            url = urlsplit(self.path)
            answer = cloud.handle(
                Request(
                    self.command,
                    url.path,
                    parse_qs(url.query),
                    self.headers,  # type: ignore[arg-type]  # a Message acts as a Mapping here
                    json.loads(raw) if raw else None,
                )
            )
            if answer.delay:
                answer.delay.wait(10)
            time.sleep(answer.seconds)
            if answer.hang_up:
                self.close_connection = True
                return
            self._write(answer)

        def _write(self, answer: Answer) -> None:
            body = answer.body if isinstance(answer.body, bytes) else b""
            if answer.body is not None and not isinstance(answer.body, bytes):
                body = json.dumps(answer.body).encode()
            self.send_response(answer.status)
            self.send_header("X-Openstack-Request-Id", "req-1")
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) + (100 if answer.cut else 0)))
            self.end_headers()
            with suppress(ConnectionError):  # the client has timed out
                self.wfile.write(body)
            if answer.cut:
                self.close_connection = True

        do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@contextmanager
def running(tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[Cloud]:
    cloud = Cloud()
    with _Server(("127.0.0.1", port), _handler(cloud)) as server:
        scheme = "https" if tls else "http"
        cloud.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
        if tls:
            # The handshake runs in the thread of the connection, not in the one that accepts.
            server.socket = tls.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=server.serve_forever, args=(0.005,))
        thread.start()
        try:
            yield cloud
        finally:
            server.shutdown()
            thread.join()
