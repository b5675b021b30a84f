"""Metrics, and the small server for them and for the probes, on a thread of its own.

The thread makes a stalled event loop visible instead of stalling with it. Names of the queue and
of the requests to Kubernetes are client-go's, so that dashboards for other controllers fit. No
metric is labelled by object.
"""

import platform
import socket
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import choose_encoder

from openstack_clustering import __version__

QUEUE = "senlin-operator"  # as client-go labels the metrics of one queue among several
_FAST = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)  # seconds
_SLOW = (1, 3, 10, 30, 60, 180, 600, 1800, 3600)
# Prometheus would keep each time of creation as one more series that nobody asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]

QUEUE_DEPTH = Gauge("workqueue_depth", "Keys that wait for a worker.", ["name"])
QUEUE_ADDS = Counter("workqueue_adds", "Keys that were queued.", ["name"])
QUEUE_RETRIES = Counter("workqueue_retries", "Keys that were queued for later.", ["name"])
QUEUE_WAIT = Histogram(
    "workqueue_queue_duration_seconds",
    "Time that a key waits for a worker.",
    ["name"],
    buckets=_FAST,
)
QUEUE_WORK = Histogram(
    "workqueue_work_duration_seconds", "Time that a worker has a key.", ["name"], buckets=_FAST
)
RECONCILES = Counter(
    "senlin_operator_reconcile",
    "Attempts on resources, by how they ended; error: Kubernetes refused a write, or a bug.",
    ["kind", "outcome"],
)
RECONCILE_TIME = Histogram(
    "senlin_operator_reconcile_duration_seconds", "Duration of an attempt.", ["kind"], buckets=_FAST
)
KUBE_WRITES = Counter(
    "senlin_operator_kubernetes_writes",
    "Writes to the Kubernetes API, but for Leases, by what is written.",
    ["what"],
)
KUBE_REQUESTS = Counter(
    "rest_client_requests",
    "Requests to the Kubernetes API by HTTP method and status; none: there was no reply.",
    ["method", "code"],
)
SENLIN_REQUESTS = Counter(
    "senlin_operator_senlin_requests",
    "Requests to Senlin by what they are for, and the HTTP status; none: there was no reply.",
    ["operation", "code"],
)
SENLIN_TIME = Histogram(
    "senlin_operator_senlin_request_duration_seconds",
    "Duration of a request to Senlin.",
    ["operation"],
    buckets=_FAST,
)
CREDENTIAL_ERRORS = Counter(
    "senlin_operator_credential_errors",
    "Requests that failed, by a hash of the credential and the kind of error.",
    ["credential", "error"],
)
ACTIONS = Counter(
    "senlin_operator_actions",
    "Actions of Senlin that the operator started and that ended, by Senlin's name.",
    ["action", "outcome"],
)
ACTION_TIME = Histogram(
    "senlin_operator_action_duration_seconds",
    "Duration of an action, by Senlin's clock.",
    ["action"],
    buckets=_SLOW,
)
SHARDS = Gauge(
    "senlin_operator_shards", "Parts into which the namespaces are divided. Each has a leader."
)
LEADER = Gauge(
    "leader_election_master_status", "Whether this process holds the Lease of that name.", ["name"]
)
BUILD = Gauge(
    "senlin_operator_build_info",
    "The versions of the operator and of Python; always 1.",
    ["version", "python_version"],
)
BUILD.labels(__version__, platform.python_version()).set(1)

_PATIENCE = 30.0  # seconds with who asks nothing: each has a thread
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


class _Server(ThreadingHTTPServer):
    """Listens at an address of either family; without one, at all of both."""

    daemon_threads = True

    def __init__(self, host: str | None, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        # A pod's address may be of IPv6, and a node may know IPv4 only.
        both = not host and socket.has_dualstack_ipv6()
        self._six = both or ":" in (host or "")
        self.address_family = socket.AF_INET6 if self._six else socket.AF_INET
        super().__init__((host or "", port), handler)

    def server_bind(self) -> None:
        if self._six:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


def serve(host: str | None, port: int, health: Health) -> Callable[[], None]:
    """Serve /livez, /readyz and /metrics; return what stops the server."""

    class Handler(BaseHTTPRequestHandler):
        timeout = _PATIENCE

        def do_GET(self) -> None:
            match self.path.partition("?")[0]:
                case "/livez":
                    self._answer(200 if health.live else 500, b"see the log\n")
                case "/readyz":
                    self._answer(200 if health.ready else 503, b"see the log\n")
                case "/metrics":
                    # OpenMetrics, for those who ask for it, has exemplars.
                    encode, content_type = choose_encoder(self.headers.get("Accept", ""))
                    self._answer(200, encode(REGISTRY), content_type)
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

    try:
        server = _Server(host, port, Handler)
    except OSError as error:
        text = f"Nothing can be served at {host or 'any address'}, port {port}: {error.strerror}."
        raise OSError(text) from error
    Thread(target=server.serve_forever, name="metrics", daemon=True).start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    return stop
