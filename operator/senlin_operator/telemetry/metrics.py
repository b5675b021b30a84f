"""The metrics; those that are computed at each scrape are in collector.py.

The metrics of the queue and of requests to Kubernetes have client-go's names, so that dashboards
for other controllers fit. No metric has a label for a single object.
"""

import platform
from http import HTTPStatus

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from openstack_clustering import __version__

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

_OTHER = "other"
# All in Senlin's senlin/common/consts.py (16.0.0).
_ACTIONS = frozenset(
    [
        "CLUSTER_ADD_NODES",
        "CLUSTER_ATTACH_POLICY",
        "CLUSTER_CHECK",
        "CLUSTER_CREATE",
        "CLUSTER_DELETE",
        "CLUSTER_DEL_NODES",
        "CLUSTER_DETACH_POLICY",
        "CLUSTER_OPERATION",
        "CLUSTER_RECOVER",
        "CLUSTER_REPLACE_NODES",
        "CLUSTER_RESIZE",
        "CLUSTER_SCALE_IN",
        "CLUSTER_SCALE_OUT",
        "CLUSTER_UPDATE",
        "CLUSTER_UPDATE_POLICY",
        "NODE_CHECK",
        "NODE_CREATE",
        "NODE_DELETE",
        "NODE_JOIN",
        "NODE_LEAVE",
        "NODE_OPERATION",
        "NODE_RECOVER",
        "NODE_UPDATE",
    ]
)
_CODES = frozenset(map(int, HTTPStatus))

# A label has only values of a closed list: each new one costs memory here and in Prometheus.


def known_action(name: str) -> str:
    """Return the name of an action of Senlin as a label's value; `other` for any that it lacks."""
    return name if name in _ACTIONS else _OTHER


def known_code(status: int | None) -> str:
    """Return an HTTP status as a label's value; `other` for any that HTTP lacks."""
    if status is None:
        return "none"
    return str(status) if status in _CODES else _OTHER
