"""What the operator costs in a large project: ratios and counts of one run, `make bench-large`.

The objects of others are copied inside Senlin's database: to build them would take hours.
"""

import sqlite3
import time
from dataclasses import dataclass
from functools import partial
from statistics import mean, median
from uuid import uuid4

from tests.bench.running import at_rest, running
from tests.bench.settled import cpu, wait_until
from tests.operator.tenant import Document, TenantWithOperator, is_ready

CLUSTERS, NODES = 200, 10_000  # of others
SCALES = (5, 3, 5, 3, 5, 3)  # one after the other
REST = 120.0  # seconds
SETTLE = 200.0  # seconds until polls are as rare as they become


@dataclass(frozen=True, slots=True)
class Cost:
    """What something cost, in seconds."""

    time: float
    senlin: float  # CPU
    operator: float  # CPU


def main() -> None:
    """Print the figures of a small and of a large project, and the ratios."""
    with running() as (tenant, port):
        tenant.apply(tenant.secret(), tenant.profile(), tenant.cluster())
        tenant.ready()
        small = scale(tenant, port)
        crowd(tenant)
        time.sleep(SETTLE)  # until the inventory has met them
        large = scale(tenant, port)
        report(small, large)
        rest(tenant, port)
        drift(tenant)


def scale(tenant: TenantWithOperator, port: int) -> Cost:
    """Return the mean cost of a change of size; of the times, the median."""
    costs = []
    for size in SCALES:
        before, began = cpu(tenant, port), time.monotonic()
        tenant.kubectl("scale", "senlincluster/web", f"--replicas={size}")
        wait_until(partial(has_size, tenant, size), f"{size} nodes")
        took = time.monotonic() - began
        after = cpu(tenant, port)
        costs.append(Cost(took, after[0] - before[0], after[1] - before[1]))
        time.sleep(5)
    return Cost(
        median(it.time for it in costs),
        mean(it.senlin for it in costs),
        mean(it.operator for it in costs),
    )


def has_size(tenant: TenantWithOperator, size: int) -> bool:
    cluster = tenant.get("SenlinCluster", "web")
    assert cluster
    return is_ready(cluster) and cluster["status"]["resource"]["nodes"]["active"] == size


def report(small: Cost, large: Cost) -> None:
    print(f"\nOne scale, with {NODES} nodes and {CLUSTERS} clusters of others over none")
    for name, goal in (("time", 1.3), ("senlin", 1.5), ("operator", 1.5)):
        before, after = getattr(small, name), getattr(large, name)
        print(f"  {name:9} {before:6.3f} s → {after:6.3f} s: {after / before:5.2f} (goal {goal})")


def rest(tenant: TenantWithOperator, port: int) -> None:
    cost = at_rest(tenant, port, settle=SETTLE, rest=REST)
    print(
        f"At rest: Senlin {cost.senlin:.1%} of a core (goal 2%), "
        f"operator {cost.operator:.1%} (goal 0.5%)"
    )
    print(f"         {cost.requests:.0f} requests a minute")


def drift(tenant: TenantWithOperator) -> None:
    """Measure how long it takes until a change by an action of others is seen."""
    cluster = tenant.get("SenlinCluster", "web")
    assert cluster
    began = time.monotonic()
    tenant.senlin.scale_out_cluster(cluster["status"]["id"], 1)
    wait_until(
        lambda: any(
            reason == "Resizing" and "Drift" in note for reason, note in tenant.events("web")
        ),
        "correction",
    )
    print(f"A resize by others is corrected after {time.monotonic() - began:.0f} s (goal 60)")


def crowd(tenant: TenantWithOperator) -> None:
    """Copy a cluster with a node until there are enough."""
    profile = tenant.get("SenlinProfile", "web-server")
    assert profile
    made = tenant.senlin.create_cluster(
        name="theirs", profile_id=profile["status"]["id"], desired_capacity=1
    )
    tenant.senlin.wait_for_status(made, "ACTIVE", interval=0.5)
    [node] = tenant.senlin.nodes(cluster_id=made.id)
    ids = [str(uuid4()) for _ in range(CLUSTERS)]
    with sqlite3.connect(tenant.sandbox.directory / "senlin.db", timeout=60) as database:
        copy(database, "cluster", made.id, [{"id": id_} for id_ in ids])
        members = [
            {"id": str(uuid4()), "cluster_id": ids[at % CLUSTERS], "index": at}
            for at in range(NODES)
        ]
        copy(database, "node", node.id, members)


def copy(database: sqlite3.Connection, table: str, id_: str, changes: list[Document]) -> None:
    """Insert copies of a row."""
    database.row_factory = sqlite3.Row
    row = dict(database.execute(f'SELECT * FROM "{table}" WHERE id = ?', (id_,)).fetchone())
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join(f":{name}" for name in row)
    statement = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'
    database.executemany(statement, [row | change for change in changes])


if __name__ == "__main__":
    main()
