"""Metrics, and the small server for them and for the probes, on a thread of its own.

The thread makes a stalled event loop visible instead of stalling with it. The metrics of the queue
and of requests to Kubernetes have client-go's names, so that dashboards for other controllers fit.
No metric has a label for a single object.
"""

import platform
import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import choose_encoder

from openstack_clustering import __version__
from senlin_operator.telemetry import clock

QUEUE = "senlin-operator"  # as client-go labels the metrics of one queue among several
_FAST = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)  # seconds
_SLOW = (1, 3, 10, 30, 60, 180, 600, 1800, 3600)
# Each time of creation would be one more series in Prometheus, of no use.
disable_created_metrics()  # type: ignore[no-untyped-call]

QUEUE_DEPTH = Gauge("workqueue_depth", "Keys in the queue that wait for a worker.", ["name"])
QUEUE_ADDS = Counter("workqueue_adds", "Keys added to the queue.", ["name"])
QUEUE_RETRIES = Counter(
    "workqueue_retries", "Keys added to the queue with a delay, such as retries.", ["name"]
)
QUEUE_WAIT = Histogram(
    "workqueue_queue_duration_seconds",
    "Seconds that a key waits in the queue for a worker.",
    ["name"],
    buckets=_FAST,
)
QUEUE_WORK = Histogram(
    "workqueue_work_duration_seconds",
    "Seconds that a worker spends on a key.",
    ["name"],
    buckets=_FAST,
)
RECONCILES = Counter(
    "senlin_operator_reconcile",
    "Reconciles of resources by outcome; error: Kubernetes refused a write, or a bug.",
    ["kind", "outcome"],
)
RECONCILE_TIME = Histogram(
    "senlin_operator_reconcile_duration_seconds",
    "Seconds that the reconcile of a resource takes.",
    ["kind"],
    buckets=_FAST,
)
KUBE_WRITES = Counter(
    "senlin_operator_kubernetes_writes",
    "Writes to the Kubernetes API by what is written; writes of Leases are not counted.",
    ["what"],
)
KUBE_REQUESTS = Counter(
    "rest_client_requests",
    "Requests to the Kubernetes API by HTTP method and status; none: no reply came.",
    ["method", "code"],
)
SENLIN_REQUESTS = Counter(
    "senlin_operator_senlin_requests",
    "Requests to Senlin by operation and HTTP status; none: no reply came.",
    ["operation", "code"],
)
SENLIN_TIME = Histogram(
    "senlin_operator_senlin_request_duration_seconds",
    "Seconds that a request to Senlin takes.",
    ["operation"],
    buckets=_FAST,
)
CREDENTIAL_ERRORS = Counter(
    "senlin_operator_credential_errors",
    "Failed requests to Senlin by credential (a hash) and the client's name of the error.",
    ["credential", "error"],
)
ACTIONS = Counter(
    "senlin_operator_actions",
    "Senlin actions that the operator started and that have ended, by name and result.",
    ["action", "outcome"],
)
ACTION_TIME = Histogram(
    "senlin_operator_action_duration_seconds",
    "Seconds that a Senlin action takes from start to end, by Senlin's clock.",
    ["action"],
    buckets=_SLOW,
)
OPERATIONS = Counter(
    "senlin_operator_operations",
    "SenlinOperations that have come to their end, by operation and reason, such as Complete.",
    ["operation", "reason"],
)
SHARDS = Gauge(
    "senlin_operator_shards",
    "Number of shards among which the namespaces are divided; each shard has a leader.",
)
LEADER = Gauge(
    "leader_election_master_status",
    "1 if this process holds the Lease with that name, else 0.",
    ["name"],
)
BUILD = Gauge(
    "senlin_operator_build_info",
    "The versions of the operator and of Python; always 1.",
    ["version", "python_version"],
)
BUILD.labels(__version__, platform.python_version()).set(1)

_IDLE_TIMEOUT = 30.0  # seconds until an idle connection is closed: each has a thread
_STALLED_AFTER = 30.0  # seconds without a heartbeat, after which the event loop counts as hung


class Health:
    """The answers to the probes: is the event loop alive, have the caches been filled."""

    def __init__(self) -> None:
        self.ready = False
        self._heartbeat = clock.monotonic()

    def heartbeat(self) -> None:
        """Record that the event loop runs."""
        self._heartbeat = clock.monotonic()

    @property
    def live(self) -> bool:
        return clock.monotonic() - self._heartbeat < _STALLED_AFTER


class _Server(ThreadingHTTPServer):
    """Listens at an IPv4 or IPv6 address; without one, at all addresses of both families."""

    daemon_threads = True

    def __init__(self, host: str | None, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        # A pod may have an IPv6 address, and a node may have IPv4 only.
        both = not host and socket.has_dualstack_ipv6()
        self._six = both or ":" in (host or "")
        self.address_family = socket.AF_INET6 if self._six else socket.AF_INET
        super().__init__((host or "", port), handler)

    def server_bind(self) -> None:
        if self._six:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


def serve(host: str | None, port: int, health: Health) -> Callable[[], None]:
    """Serve /livez, /readyz and /metrics; return a function that stops the server."""

    class Handler(BaseHTTPRequestHandler):
        timeout = _IDLE_TIMEOUT

        def do_GET(self) -> None:
            match self.path.partition("?")[0]:
                case "/livez":
                    self._answer(200 if health.live else 500, b"see the log\n")
                case "/readyz":
                    self._answer(200 if health.ready else 503, b"see the log\n")
                case "/metrics":
                    # Clients that accept OpenMetrics get exemplars, too.
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
            """Log nothing: probes and scrapes are frequent."""

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
