"""Metrics that are computed at each scrape: counts of objects, ages, work in progress."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from senlin_operator.cloud.inventory import Inventory
from senlin_operator.cloud.session_pool import SessionPool
from senlin_operator.kube.objects import SECRET, Resource
from senlin_operator.model.cache import Cache
from senlin_operator.model.kind import ResourceKind
from senlin_operator.model.queue import Queue
from senlin_operator.telemetry import clock
from senlin_operator.telemetry.metrics import QUEUE

_CONDITION = ["kind", "condition", "status", "reason"]

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
    """Reads the state of the process in the thread of the metrics server, and changes nothing.

    Args:
        kinds: All kinds of custom resources, by name.
        cache: The latest known objects.
        queue: The work queue.
        sessions: The sessions of the credentials.
        by_namespace: Tell the namespaces of the resources apart, by one more label.
    """

    def __init__(
        self,
        kinds: Mapping[str, ResourceKind],
        cache: Cache,
        queue: Queue,
        sessions: SessionPool,
        *,
        by_namespace: bool = True,
    ) -> None:
        self._kinds = kinds
        self._cache = cache
        self._queue = queue
        self._sessions = sessions
        # Prometheus itself gives each metric the label `namespace`: that of the operator.
        self._place = ["resource_namespace"] if by_namespace else []

    def collect(self) -> Iterable[GaugeMetricFamily]:
        resources = [it for it in self._cache.all() if it.key.kind != SECRET]
        yield self._counts(resources)
        yield self._ages(resources)
        yield self._nodes(resources)
        yield from self._work()
        yield from self._inventories()

    def _counts(self, resources: Iterable[Resource]) -> GaugeMetricFamily:
        family = GaugeMetricFamily(
            "senlin_operator_resources",
            "Number of resources by namespace, kind, condition type, status and reason.",
            labels=self._place + _CONDITION,
        )
        for labels, count in Counter(key for key, _ in self._conditions(resources)).items():
            family.add_metric(labels, count)
        return family

    def _ages(self, resources: Iterable[Resource]) -> GaugeMetricFamily:
        since: dict[tuple[str, ...], str] = {}
        for labels, condition in self._conditions(resources):
            began = condition["lastTransitionTime"]
            since[labels] = min(since.get(labels, began), began)  # ISO 8601 in UTC sorts by time
        family = GaugeMetricFamily(
            "senlin_operator_condition_age_seconds",
            "Seconds for which a condition has had its status: the longest of any such resource.",
            labels=self._place + _CONDITION,
        )
        now = clock.utcnow()
        for labels, began in since.items():
            age = (now - datetime.fromisoformat(began)).total_seconds()
            family.add_metric(labels, max(age, 0))
        return family

    def _nodes(self, resources: Iterable[Resource]) -> GaugeMetricFamily:
        numbers: Counter[tuple[str, ...]] = Counter()
        for resource in resources:
            for state, number in self._kinds[resource.key.kind].nodes(resource).items():
                numbers[*self._place_of(resource), state] += number
        family = GaugeMetricFamily(
            "senlin_operator_nodes",
            "Number of nodes that clusters should have (desired), and that work (active).",
            labels=[*self._place, "state"],
        )
        for labels, number in numbers.items():
            family.add_metric(labels, number)
        return family

    def _conditions(
        self, resources: Iterable[Resource]
    ) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
        """Yield each condition with its labels."""
        for resource in resources:
            place = (*self._place_of(resource), resource.key.kind)
            for it in resource.status.get("conditions", ()):
                yield (*place, it["type"], it["status"], it["reason"]), it

    def _place_of(self, resource: Resource) -> tuple[str, ...]:
        return (resource.key.namespace,) if self._place else ()

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
