"""What tenants cost others: ten minutes beside 20 hostile ones, and their large Secrets."""

import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import quantiles

import requests

from sandbox import Sandbox
from sandbox.settings import free_port
from tests.bench.settled import CPU, MEMORY, process
from tests.conftest import a_namespace
from tests.operator.tenant import TenantWithOperator
from tests.tenants import large_secrets
from tests.tenants.crowd import Crowd
from tests.tenants.flipping import Flipping
from tests.tenants.hostile_cloud import Drip, HostileCloud, Silence

ALONE = 60.0  # seconds
SOAK = float(os.environ.get("SOAK_SECONDS", "600"))
SAMPLES = 5  # of the process, in the soak
HOSTILE = 20  # namespaces
EACH = 100  # profiles of each of them
SECRETS = 500
WORST = 1.0  # seconds that the others may cost, by what is promised
SILENT, DRIPPING, FLIPPING, CHANGING = "silent", "dripping", "flipping", "changing"
KINDS = (SILENT, DRIPPING, FLIPPING, CHANGING)


def main() -> None:
    """Print the figures."""
    with (
        tempfile.TemporaryDirectory() as directory,
        Sandbox.up(audit=True) as sandbox,
        HostileCloud() as cloud,
    ):
        sandbox.apply_crds()
        namespaces = [a_namespace(sandbox) for _ in range(HOSTILE + 1)]
        crowd = Crowd(sandbox, namespaces, Path(directory) / "operator.log")
        port = free_port()
        crowd.operator.start("--metrics-port", str(port))
        try:
            crowd.good.apply(crowd.good.secret(), crowd.good.profile())
            crowd.good.ready("SenlinProfile", "web-server")
            soak(crowd, cloud, port)
        finally:
            crowd.operator.kill()
        others = TenantWithOperator(sandbox, a_namespace(sandbox), Path(directory) / "secrets.log")
        cost = large_secrets.cost(others, SECRETS)
        reached = "reached" if cost < large_secrets.MORE else "MISSED"
        print(f"{SECRETS} Secrets of a mebibyte of others: {cost / 2**20:.0f} MiB more: {reached}")


def soak(crowd: Crowd, cloud: HostileCloud, port: int) -> None:
    """Take the good tenant's times alone, then beside the others."""
    names = (f"sample-{at}" for at in count())
    alone = times(crowd, names, ALONE)
    print(f"\nA new profile of a tenant, until Ready     p50     p99  ({HOSTILE} hostile tenants)")
    print(f"alone                                   {figures(alone)}")
    together: list[float] = []
    with hostilities(crowd, cloud):
        for _ in range(SAMPLES):
            together += times(crowd, names, SOAK / SAMPLES)
            now = process(port)
            state = f"{now[MEMORY] / 2**20:.0f} MiB, {crowd.operator.threads} threads"
            print(f"  {len(together)} samples: {state}, {now[CPU]:.0f} s of CPU so far")
    print(f"beside them                             {figures(together)}")
    more = quantiles(together, n=100)[98] - quantiles(alone, n=100)[98]
    print(f"p99 more than alone: {more:.2f} s ({WORST} s promised): ", end="")
    print("reached" if more <= WORST else "MISSED")
    print(f"writes of the hostile tenants' objects: {dict(written(crowd))}")


def times(crowd: Crowd, names: Iterator[str], seconds: float) -> list[float]:
    """Return how long each of the good tenant's new profiles takes."""
    end, found = time.monotonic() + seconds, []
    while time.monotonic() < end:
        name = next(names)
        found.append(crowd.seconds_until_ready(name))
        crowd.good.delete(f"senlinprofile/{name}")
        time.sleep(0.5)
    return found


def figures(values: list[float]) -> str:
    cuts = quantiles(values, n=100)
    return f"{cuts[49]:6.2f}  {cuts[98]:6.2f} s"


@contextmanager
def hostilities(crowd: Crowd, cloud: HostileCloud) -> Iterator[None]:
    """Have the hostile tenants do what they do, each a kind of it."""
    cloud.does("POST", "/v1/profiles", Silence(), of=f".*({SILENT}|{CHANGING})")
    cloud.does("POST", "/v3/auth/tokens", Drip(), of=f".*{DRIPPING}")
    Flipping(cloud, of=f".*{FLIPPING}")
    for at, namespace in enumerate(crowd.hostile):
        crowd.make(namespace, cloud, KINDS)
        crowd.profiles(namespace, KINDS[at % len(KINDS)], EACH)
    stop = threading.Event()
    changing = threading.Thread(target=change_secrets, args=(crowd, stop))
    changing.start()
    try:
        yield
    finally:
        stop.set()
        changing.join()


def change_secrets(crowd: Crowd, stop: threading.Event) -> None:
    """Change the Secrets of some tenants every second, so that each needs a new session."""
    number = 0
    while not stop.wait(1):
        for namespace in crowd.hostile[KINDS.index(CHANGING) :: len(KINDS)]:
            number += 1
            try:
                crowd.change(namespace, CHANGING, password=f"password-{number}")
            except requests.RequestException as error:
                print(f"  a Secret was not changed: {error}")


def written(crowd: Crowd) -> Counter[str]:
    """Return the operator's writes in the hostile namespaces, by the resource."""
    return Counter(entry["objectRef"]["resource"] for entry in crowd.writes())


if __name__ == "__main__":
    main()
