"""How long a standby takes to take over: from a leader that is killed, and from one that ends."""

import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sandbox import Sandbox
from tests.bench.counting import requests
from tests.bench.goals import show
from tests.bench.settled import apply_and_wait, wait_until
from tests.operator.tenant import Document, TenantWithOperator
from tests.operator.test_leadership import LEASES, Replica, lead

NUMBER = 1000  # profiles
DURATION = 15  # seconds of a lease
KILLED, GRACEFUL = DURATION + 3, 2  # seconds


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as directory, Sandbox.up(audit=True) as sandbox:
        sandbox.apply_crds()
        tenant = TenantWithOperator(sandbox, "default", Path(directory) / "none.log")
        first, second, third = (
            Replica(tenant, name, Path(directory) / f"{name}.log")
            for name in ("first", "second", "third")
        )
        try:
            lead(tenant, first)
            tenant.apply(tenant.secret())
            apply_and_wait(tenant, [tenant.profile(f"profile-{at}") for at in range(NUMBER)])
            print(f"\n{NUMBER} profiles: from the leader's end to the standby's first request")
            for how, end, standby, goal in (
                ("killed", first.kill, second, KILLED),
                ("graceful", second.stop, third, GRACEFUL),
            ):
                acquired, requested = takeover(tenant, end, standby)
                show(
                    f"{how} (the standby had the lease after {acquired:.1f} s)",
                    requested,
                    goal,
                    "s",
                )
        finally:
            for replica in (first, second, third):
                replica.kill()


def takeover(
    tenant: TenantWithOperator, end: Callable[[], int], standby: Replica
) -> tuple[float, float]:
    """Return the seconds from the leader's end to the lease, and to the first request to Senlin."""
    standby.elect()
    wait_until(lambda: standby.requests() > 1, "standby")
    before = lease(tenant)["holderIdentity"]
    tenant.sandbox.senlin.clear()
    began = time.time()
    end()
    wait_until(lambda: lease(tenant)["holderIdentity"] not in ("", before), "new leader")
    acquired = datetime.fromisoformat(lease(tenant)["acquireTime"]).timestamp()
    wait_until(lambda: bool(sent_since(tenant, acquired)), "request")
    return acquired - began, min(sent_since(tenant, acquired)) - began


def lease(tenant: TenantWithOperator) -> Document:
    """Return the spec of the lease."""
    path = f"{LEASES.format(tenant.namespace)}/senlin-operator"
    found: Document = tenant.sandbox.kubernetes.call("GET", path)["spec"]
    return found


def sent_since(tenant: TenantWithOperator, time: float) -> list[float]:
    """Return when requests to Senlin began, in seconds since the epoch."""
    return [it.started for it in requests(tenant) if it.started > time]


if __name__ == "__main__":
    main()
