"""100 clusters at once, over a bare script on the same cores: `make bench-large`."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from openstack_clustering import Connection
from tests.bench.goals import show
from tests.bench.running import running
from tests.bench.settled import all_ready, senlin_cpu, wait_until
from tests.operator.tenant import TenantWithOperator

CLUSTERS, NODES = 100, 3  # nodes of each
THREADS = 8  # of the script, and of the operator for one credential
OVER = 1.10
PAUSE = 1.0  # seconds between two readings of the state, of both
PATIENCE = 900.0  # seconds


def main() -> None:
    """Print the ratios."""
    with running(audit=False) as (tenant, _):
        tenant.apply(tenant.secret(), tenant.profile())
        tenant.ready("SenlinProfile", "web-server")
        ours = [cost(tenant, step) for step in (partial(create, tenant), partial(delete, tenant))]
        tenant.operator.stop()  # the script has all cores, as the operator had
        script = Script(tenant)
        bare = [cost(tenant, step) for step in (script.create, script.delete)]
    cores = len(os.sched_getaffinity(0))
    print(f"\n{CLUSTERS} clusters of {NODES} at once, over a script of {THREADS} threads, ", end="")
    print(f"both on {cores} cores")
    for name, our, its in zip(("creation", "deletion"), ours, bare, strict=True):
        show(f"{name} ({our[0]:.1f} s over {its[0]:.1f} s)", our[0] / its[0], OVER, "")
        print(f"  Senlin's CPU, which other programs change less: {our[1] / its[1]:.2f}")


def cost(tenant: TenantWithOperator, step: Callable[[], float]) -> tuple[float, float]:
    """Return the seconds that a step takes, and the CPU seconds of Senlin meanwhile."""
    before = senlin_cpu(tenant)
    return step(), senlin_cpu(tenant) - before


def create(tenant: TenantWithOperator) -> float:
    """Return the seconds until the operator's clusters are Ready."""
    names = {f"fleet-{number}" for number in range(CLUSTERS)}
    began = time.monotonic()
    tenant.apply(*(tenant.cluster(name, desiredCapacity=NODES) for name in names))
    wait_until(lambda: all_ready(tenant, "SenlinCluster", names), "fleet Ready", PAUSE, PATIENCE)
    return time.monotonic() - began


def delete(tenant: TenantWithOperator) -> float:
    """Return the seconds until Senlin has none of them."""
    began = time.monotonic()
    # By their kind: of objects that are named to it, kubectl deletes five a second.
    tenant.delete("senlinclusters", "--all")
    wait_until(lambda: not tenant.clusters(), "end of the fleet", PAUSE, PATIENCE)
    return time.monotonic() - began


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
            self._ids = set(pool.map(self._create, range(CLUSTERS)))
        active = {"ACTIVE"}
        wait_until(
            lambda: set(map(self._statuses().get, self._ids)) == active, "fleet", PAUSE, PATIENCE
        )
        return time.monotonic() - began

    def delete(self) -> float:
        """Return the seconds until none of them is left."""
        began = time.monotonic()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(self._senlin.delete_cluster, self._ids))
        wait_until(lambda: not self._ids & self._statuses().keys(), "end of it", PAUSE, PATIENCE)
        return time.monotonic() - began

    def _create(self, number: int) -> str:
        return self._senlin.create_cluster(
            profile_id=self._profile_id,
            name=f"script-{number}",
            desired_capacity=NODES,
            min_size=1,
            max_size=5,
        ).id

    def _statuses(self) -> dict[str, str]:
        return {cluster.id: cluster.status for cluster in self._senlin.clusters()}


if __name__ == "__main__":
    main()
