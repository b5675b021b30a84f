"""What is measured when somebody asks, and not before: counts of objects, ages, work under way."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from senlin_operator.cloud.inventory import Inventory
from senlin_operator.cloud.session import Clouds
from senlin_operator.engine.cache import Cache
from senlin_operator.engine.queue import Queue
from senlin_operator.kube.objects import SECRET
from senlin_operator.telemetry.metrics import QUEUE

# Name, help, how it is read, and how several of one label are put together.
_BY_CREDENTIAL: tuple[
    tuple[str, str, Callable[[Inventory], float], Callable[[list[float]], float]], ...
] = (
    (
        "senlin_operator_inventory_age_seconds",
        "How old the latest good look at a project is, by a hash of its credential.",
        lambda inventory: inventory.age,
        max,
    ),
    (
        "senlin_operator_inventory_interval_seconds",
        "Time between looks at a project while nothing is awaited.",
        lambda inventory: inventory.pace.idle,
        max,
    ),
    (
        "senlin_operator_credential_refused",
        "Whether Keystone refuses the credential, or shows it no clustering service.",
        lambda inventory: inventory.refused,
        max,
    ),
    (
        "senlin_operator_actions_in_flight",
        "Actions of Senlin that the operator started and that run.",
        lambda inventory: inventory.running,
        sum,
    ),
)


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
            "Resources by kind, and by what their conditions say.",
            labels=["kind", "condition", "status", "reason"],
        )
        for labels, count in counts.items():
            family.add_metric(labels, count)
        return family

    def _work(self) -> Iterable[GaugeMetricFamily]:
        seconds = self._queue.unfinished()
        unfinished = GaugeMetricFamily(
            "workqueue_unfinished_work_seconds",
            "For how long the keys that have a worker have had it, together.",
            labels=["name"],
        )
        unfinished.add_metric([QUEUE], sum(seconds))
        yield unfinished
        longest = GaugeMetricFamily(
            "workqueue_longest_running_processor_seconds",
            "For how long the first of them has had it.",
            labels=["name"],
        )
        longest.add_metric([QUEUE], max(seconds, default=0))
        yield longest

    def _inventories(self) -> Iterable[GaugeMetricFamily]:
        for name, text, read, join in _BY_CREDENTIAL:
            values: defaultdict[str, list[float]] = defaultdict(list)
            for cloud in self._clouds.all():  # an old and a new password share a label
                values[cloud.label].append(read(cloud.inventory))
            family = GaugeMetricFamily(name, text, labels=["credential"])
            for label, figures in values.items():
                family.add_metric([label], join(figures))
            yield family
