"""Metrics that are computed at each scrape: counts of objects, ages, work in progress."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from senlin_operator.cloud.inventory import Inventory
from senlin_operator.cloud.session import SessionPool
from senlin_operator.kube.objects import SECRET
from senlin_operator.model.cache import Cache
from senlin_operator.model.queue import Queue
from senlin_operator.telemetry.metrics import QUEUE

# Name, help, how it is read, and how the values of several sessions with one label are combined.
_BY_CREDENTIAL: tuple[
    tuple[str, str, Callable[[Inventory], float], Callable[[list[float]], float]], ...
] = (
    (
        "senlin_operator_inventory_age_seconds",
        "Seconds since the latest successful poll of a project began, by credential (a hash).",
        lambda inventory: inventory.age,
        max,
    ),
    (
        "senlin_operator_inventory_interval_seconds",
        "Seconds between two polls of a project while nothing is awaited.",
        lambda inventory: inventory.pace.idle,
        max,
    ),
    (
        "senlin_operator_credential_refused",
        "1 if Keystone refuses the credential or its catalogue has no clustering service, else 0.",
        lambda inventory: inventory.refused,
        max,
    ),
    (
        "senlin_operator_actions_in_flight",
        "Senlin actions that the operator started and that have not ended.",
        lambda inventory: inventory.in_flight,
        sum,
    ),
)


class StateCollector(Collector):
    """Reads the state of the process in the thread of the metrics server, and changes nothing."""

    def __init__(self, cache: Cache, queue: Queue, sessions: SessionPool) -> None:
        self._cache = cache
        self._queue = queue
        self._sessions = sessions

    def collect(self) -> Iterable[GaugeMetricFamily]:
        yield self._resources()
        yield from self._work()
        yield from self._inventories()

    def _resources(self) -> GaugeMetricFamily:
        counts: Counter[tuple[str, str, str, str]] = Counter()
        for resource in self._cache.all():
            if resource.key.kind == SECRET:
                continue
            for it in resource.status.get("conditions", ()):
                counts[resource.key.kind, it["type"], it["status"], it["reason"]] += 1
        family = GaugeMetricFamily(
            "senlin_operator_resources",
            "Number of resources by kind, condition type, status and reason.",
            labels=["kind", "condition", "status", "reason"],
        )
        for labels, count in counts.items():
            family.add_metric(labels, count)
        return family

    def _work(self) -> Iterable[GaugeMetricFamily]:
        seconds = self._queue.unfinished()
        unfinished = GaugeMetricFamily(
            "workqueue_unfinished_work_seconds",
            "Seconds of work in progress: the sum over all keys that a worker has right now.",
            labels=["name"],
        )
        unfinished.add_metric([QUEUE], sum(seconds))
        yield unfinished
        longest = GaugeMetricFamily(
            "workqueue_longest_running_processor_seconds",
            "Seconds for which the longest reconcile in progress has been running.",
            labels=["name"],
        )
        longest.add_metric([QUEUE], max(seconds, default=0))
        yield longest

    def _inventories(self) -> Iterable[GaugeMetricFamily]:
        for name, text, read, combine in _BY_CREDENTIAL:
            values: defaultdict[str, list[float]] = defaultdict(list)
            for session in self._sessions.all():  # an old and a new password share a label
                values[session.label].append(read(session.inventory))
            family = GaugeMetricFamily(name, text, labels=["credential"])
            for label, of_sessions in values.items():
                family.add_metric([label], combine(of_sessions))
            yield family
