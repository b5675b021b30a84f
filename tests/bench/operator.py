"""What the operator costs: counts and ratios of one run, never seconds to hold it to."""

import time
from collections.abc import Callable, Iterable

from tests.bench.counting import is_shared, requests, writes
from tests.bench.goals import show
from tests.bench.running import running
from tests.bench.settled import (
    MEMORY,
    REST,
    apply_and_wait,
    process,
    quiet_minute,
    small_objects,
)
from tests.operator.tenant import Document, TenantWithOperator

FEW, MANY = 5, 500  # resources
FLEET = 50  # clusters among the many


def main() -> None:
    """Print the figures."""
    with running() as (tenant, port):
        time.sleep(REST)
        show("\nmemory with nothing to do", process(port)[MEMORY] / 2**20, 55, "MiB")
        tenant.apply(tenant.secret(), tenant.profile())
        tenant.ready("SenlinProfile", "web-server")
        one_cluster(tenant)
        at_rest(tenant, port)


def one_cluster(tenant: TenantWithOperator) -> None:
    """Count what one cluster costs."""
    print("\nOne cluster               writes  events  Senlin requests, but for the shared lists")

    def create() -> None:
        tenant.apply(tenant.cluster())
        tenant.ready()

    def receive() -> None:
        tenant.apply(tenant.receiver())
        tenant.ready("SenlinReceiver", "grow")

    def forget() -> None:
        tenant.delete("senlinreceiver/grow")
        tenant.gone("SenlinReceiver", "grow")

    def scale() -> None:
        tenant.kubectl("scale", "senlincluster/web", "--replicas=5")
        tenant.ready()

    def delete() -> None:
        tenant.delete("senlincluster/web")
        tenant.gone("SenlinCluster", "web")

    steps: Iterable[tuple[str, Callable[[], None]]] = (
        ("creation (budget 3)", create),
        ("change of size (budget 2)", scale),
        ("a receiver (budget 3)", receive),  # one of them is its Secret
        ("its deletion (budget 1)", forget),
        ("deletion (budget 1)", delete),
    )
    for name, step in steps:
        before = writes(tenant.sandbox)
        tenant.sandbox.senlin.clear()
        step()
        time.sleep(3)  # what comes late counts, too
        spent = writes(tenant.sandbox) - before
        own = [f"{it.method} {it.path}" for it in requests(tenant) if not is_shared(it)]
        objects = sum(number for what, number in spent.items() if what != "events")
        print(f"{name:26} {objects:5}   {spent['events']:5}   {', '.join(own)}")


def at_rest(tenant: TenantWithOperator, metrics_port: int) -> None:
    """Compare few settled resources with many, of all kinds."""
    objects = small_objects(tenant, MANY - FLEET - 1)  # and the profile of the clusters
    apply_and_wait(tenant, objects[: FEW - 1])
    minutes = {FEW: quiet_minute(tenant, metrics_port)}
    apply_and_wait(tenant, [*fleet(tenant), *objects[FEW - 1 :]])
    minutes[MANY] = quiet_minute(tenant, metrics_port)
    for size, minute in minutes.items():
        print(f"{size} settled resources, one minute: {minute}")


def fleet(tenant: TenantWithOperator) -> list[Document]:
    return [tenant.cluster(f"fleet-{number}", desiredCapacity=1) for number in range(FLEET)]
