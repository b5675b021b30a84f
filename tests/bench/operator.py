"""What the operator costs: counts and ratios of one run, never seconds to hold it to."""

import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from openstack_clustering import Connection
from sandbox import Sandbox
from sandbox.settings import free_ports
from tests.bench.counting import is_shared, requests, writes
from tests.bench.settled import POLL, apply_and_wait, quiet_minute, small_objects, wait_until
from tests.operator.tenant import Document, TenantWithOperator

FEW, MANY = 5, 500  # resources
FLEET = 50  # clusters among the many
THREADS = 8  # of the script, and of the operator for one credential


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as directory, Sandbox.up(audit=True) as sandbox:
        sandbox.apply_crds()
        tenant = TenantWithOperator(sandbox, "default", Path(directory) / "operator.log")
        port = free_ports()["senlin"]
        tenant.operator.start("--inventory-interval", str(POLL), "--metrics-port", str(port))
        try:
            tenant.apply(tenant.secret(), tenant.profile())
            tenant.ready("SenlinProfile", "web-server")
            one_cluster(tenant)
            fleets(tenant)
            at_rest(tenant, port)
        finally:
            tenant.operator.stop()


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


def fleets(tenant: TenantWithOperator) -> None:
    """Compare the operator with a bare script that does the same, each step right after its own."""
    creation = apply_and_wait(tenant, fleet(tenant))
    script = Script(tenant)
    made = script.create()
    began = time.monotonic()
    # By their kind: of objects that are named to it, kubectl deletes five a second.
    tenant.delete("senlinclusters", "--all")
    wait_until(lambda: not tenant.clusters(), "end of the fleet", pause=1)  # as often as the script
    deletion = time.monotonic() - began
    removed = script.delete()
    print(f"\n{FLEET} clusters at once, over a bare script of {THREADS} threads: ", end="")
    print(f"creation {creation / made:.2f}, deletion {deletion / removed:.2f} (budget 1.10)")


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


class Script:
    """The script that a user without Kubernetes would write."""

    def __init__(self, tenant: TenantWithOperator) -> None:
        profile = tenant.get("SenlinProfile", "web-server")
        assert profile
        self._profile_id = profile["status"]["id"]
        self._senlin = Connection(
            "openstack", clouds=tenant.sandbox.clouds(), pool_size=THREADS, app_name="script"
        ).cluster
        self._ids: set[str] = set()

    def create(self) -> float:
        """Return the seconds until all clusters are ACTIVE."""
        began = time.monotonic()
        with ThreadPoolExecutor(THREADS) as pool:
            self._ids = set(pool.map(self._create, range(FLEET)))
        wait_until(
            lambda: set(map(self._statuses().get, self._ids)) == {"ACTIVE"}, "fleet", pause=1
        )
        return time.monotonic() - began

    def delete(self) -> float:
        """Return the seconds until none of them is left."""
        began = time.monotonic()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(self._senlin.delete_cluster, self._ids))
        wait_until(lambda: not self._ids & self._statuses().keys(), "end of it", pause=1)
        return time.monotonic() - began

    def _create(self, number: int) -> str:
        return self._senlin.create_cluster(
            profile_id=self._profile_id,
            name=f"script-{number}",
            desired_capacity=1,
            min_size=1,
            max_size=5,
        ).id

    def _statuses(self) -> dict[str, str]:
        return {cluster.id: cluster.status for cluster in self._senlin.clusters()}
