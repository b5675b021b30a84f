"""Metrics, and the small server for them and for the probes, on a thread of its own.

The thread makes a stalled event loop visible instead of stalling with it. Names of the queue are
client-go's, so that dashboards for other controllers fit. No metric is labelled by object.
"""

import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

QUEUE_DEPTH = Gauge("workqueue_depth", "Keys that wait for a worker.")
QUEUE_ADDS = Counter("workqueue_adds", "Keys that were queued.")
QUEUE_WAIT = Histogram("workqueue_queue_duration_seconds", "Time that a key waits for a worker.")
RECONCILES = Counter("senlin_operator_reconcile", "Passes by their outcome.", ["kind", "outcome"])
RECONCILE_TIME = Histogram("senlin_operator_reconcile_seconds", "Duration of a pass.", ["kind"])
KUBE_WRITES = Counter(
    "senlin_operator_kubernetes_writes", "Writes to the Kubernetes API.", ["what"]
)
SENLIN_CALLS = Counter(
    "senlin_operator_senlin_requests", "Requests to Senlin by result.", ["operation", "result"]
)
SENLIN_TIME = Histogram(
    "senlin_operator_senlin_request_seconds", "Duration of a request to Senlin.", ["operation"]
)
LEADER = Gauge("leader_election_master_status", "Whether this process holds the lease.", ["name"])

_STALLED_AFTER = 30.0  # seconds without a heartbeat: the event loop hangs


class Health:
    """What the probes ask for: is the event loop alive, have the caches been filled."""

    def __init__(self) -> None:
        self.ready = False
        self._beat = time.monotonic()

    def beat(self) -> None:
        """Say that the event loop runs."""
        self._beat = time.monotonic()

    @property
    def live(self) -> bool:
        return time.monotonic() - self._beat < _STALLED_AFTER


def serve(host: str, port: int, health: Health) -> Callable[[], None]:
    """Serve /livez, /readyz and /metrics; return what stops the server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            match self.path:
                case "/livez":
                    self._answer(200 if health.live else 500, b"see the log\n")
                case "/readyz":
                    self._answer(200 if health.ready else 503, b"see the log\n")
                case "/metrics":
                    self._answer(200, generate_latest(), CONTENT_TYPE_LATEST)
                case _:
                    self._answer(404, b"one of /livez, /readyz, /metrics\n")

        def _answer(self, status: int, body: bytes, content_type: str = "text/plain") -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Probes and scrapes are not worth a line."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, name="metrics", daemon=True).start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    return stop
