"""What is measured when somebody asks, and not before: counts of objects, ages, work under way."""

from collections import Counter
from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from senlin_operator.cloud.session import Clouds
from senlin_operator.engine.cache import Cache
from senlin_operator.engine.queue import Queue
from senlin_operator.kube.objects import SECRET
from senlin_operator.telemetry.metrics import QUEUE


class Figures(Collector):
    """Reads the process's state from the thread of the metrics server; it changes nothing."""

    def __init__(self, cache: Cache, queue: Queue, clouds: Clouds) -> None:
        self._cache = cache
        self._queue = queue
        self._clouds = clouds

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return the present values."""
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
            "Objects by kind and by what their conditions say.",
            labels=["kind", "condition", "status", "reason"],
        )
        for labels, count in counts.items():
            family.add_metric(labels, count)
        return family

    def _work(self) -> Iterable[GaugeMetricFamily]:
        seconds = self._queue.unfinished()
        unfinished = GaugeMetricFamily(
            "workqueue_unfinished_work_seconds", "Sum of what is being worked on.", labels=["name"]
        )
        unfinished.add_metric([QUEUE], sum(seconds))
        yield unfinished
        longest = GaugeMetricFamily(
            "workqueue_longest_running_processor_seconds", "The longest of it.", labels=["name"]
        )
        longest.add_metric([QUEUE], max(seconds, default=0))
        yield longest

    def _inventories(self) -> Iterable[GaugeMetricFamily]:
        age = GaugeMetricFamily(
            "senlin_operator_inventory_age_seconds",
            "How old the latest look at a project is, by a hash of its credential.",
            labels=["credential"],
        )
        running = GaugeMetricFamily(
            "senlin_operator_actions_in_flight", "Actions of ours that run.", labels=["credential"]
        )
        for cloud in self._clouds.all():
            running.add_metric([cloud.label], cloud.inventory.running)
            if (seconds := cloud.inventory.age) is not None:
                age.add_metric([cloud.label], seconds)
        yield age
        yield running
