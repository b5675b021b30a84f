"""What 10,000 resources in 100 namespaces cost, at rest and at a restart: `make bench-large`."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import product

from tests.bench.counting import requests
from tests.bench.goals import show
from tests.bench.running import at_rest, running, usual_flags
from tests.bench.settled import MEMORY, cpu, metrics, wait_until
from tests.conftest import a_namespace
from tests.operator.tenant import GROUP, VERSION, TenantWithOperator

NUMBER = int(os.environ.get("MANY_RESOURCES", "10000"))
NAMESPACES = 100
THREADS = 8
PATIENCE = 3600  # seconds
SETTLE = 120.0  # seconds until polls are as rare as they become
REST = 120.0  # seconds
MIB = 2**20


def main() -> None:
    """Print the figures."""
    # Without an audit log, as that of so many objects slows Kubernetes down.
    with running("--namespaces", "", audit=False) as (tenant, port):
        print(f"\n{NUMBER} profiles in {NAMESPACES} namespaces")
        create(tenant, port)
        restart(tenant, port)
        rest(tenant, port)


def create(tenant: TenantWithOperator, port: int) -> None:
    """Make the profiles, and wait until all are Ready."""
    call = tenant.sandbox.kubernetes.call
    namespaces = [a_namespace(tenant.sandbox) for _ in range(NAMESPACES)]
    for namespace in namespaces:
        call("POST", f"/api/v1/namespaces/{namespace}/secrets", tenant.secret())
    profile = tenant.profile()
    kind = f"/apis/{GROUP}/{VERSION}/namespaces/{{}}/senlinprofiles"

    def make(place: tuple[int, str]) -> None:
        number, namespace = place
        metadata = {"name": f"profile-{number}"}
        call("POST", kind.format(namespace), {**profile, "metadata": metadata})

    began, before = time.monotonic(), cpu(tenant, port)
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(make, product(range(NUMBER // NAMESPACES), namespaces)))
    print(f"stored after {time.monotonic() - began:.0f} s, ", end="", flush=True)
    wait_until(lambda: ready(port) == NUMBER, "profiles Ready", pause=5, seconds=PATIENCE)
    took, after = time.monotonic() - began, cpu(tenant, port)
    each = (after[1] - before[1]) / NUMBER * 1000
    print(f"Ready after {took:.0f} s; operator CPU {each:.1f} ms each")


def ready(port: int) -> float:
    """Return how many profiles are Ready."""
    wanted = ('kind="SenlinProfile"', 'condition="Ready"', 'status="True"')
    found = metrics(port).items()
    return sum(
        number
        for name, number in found
        if name.startswith("senlin_operator_resources{") and all(it in name for it in wanted)
    )


def rest(tenant: TenantWithOperator, port: int) -> None:
    cost = at_rest(tenant, port, settle=SETTLE, rest=REST)
    show("at rest: memory", metrics(port)[MEMORY] / MIB, 220, "MiB")
    show("at rest: requests", cost.requests, 10, "a minute")
    show("at rest: Senlin's CPU", cost.senlin * 100, 3, "%")
    print(f"at rest: the operator's CPU {cost.operator:.1%}")


def restart(tenant: TenantWithOperator, port: int) -> None:
    """Start the operator again, and wait until it has compared each profile with Senlin."""
    print(f"memory before the restart: {metrics(port)[MEMORY] / MIB:.0f} MiB")
    tenant.operator.stop()
    tenant.sandbox.senlin.clear()
    began = time.monotonic()
    tenant.operator.start("--namespaces", "", *usual_flags(port))
    wait_until(lambda: compared(port) >= NUMBER, "comparison", seconds=PATIENCE)
    show("restart: until compared", time.monotonic() - began, 20, "s")
    written = sum(
        number
        for name, number in metrics(port).items()
        if name.startswith("senlin_operator_kubernetes_writes_total")
    )
    sent = sum(it.method != "GET" for it in requests(tenant))
    show("restart: writes to Kubernetes and Senlin", written + sent, 0, "")
    peak = tenant.operator.peak_memory / MIB
    print(f"restart: the operator's CPU {cpu(tenant, port)[1]:.1f} s, {peak:.0f} MiB at the peak")


def compared(port: int) -> float:
    """Return how many reconciles have found nothing to do since the start."""
    try:
        name = 'senlin_operator_reconcile_total{kind="SenlinProfile",outcome="settled"}'
        return metrics(port).get(name, 0)
    except OSError:  # it does not serve its metrics yet
        return 0


if __name__ == "__main__":
    main()
