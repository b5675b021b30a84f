"""What settled resources cost while nothing happens, be they few or many."""

import os
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.bench.counting import requests, writes
from tests.operator.tenant import Document, Tenant, is_ready, ticks

POLL = 30  # seconds between two polls of a settled project
REST = 5  # seconds until polls are as rare as that
MINUTE = 60.0
PATIENCE = 300  # seconds
CPU = "process_cpu_seconds_total"
MEMORY = "process_resident_memory_bytes"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Minute:
    """A minute in which nothing happened."""

    requests: int
    writes: int
    cpu: float  # seconds
    memory: int  # bytes, resident

    def __str__(self) -> str:
        return (
            f"{self.requests} Senlin requests, {self.writes} Kubernetes writes, "
            f"{self.cpu / MINUTE:.1%} of a core, {self.memory / 2**20:.0f} MiB resident"
        )


def quiet_minute(tenant: Tenant, metrics_port: int) -> Minute:
    """Measure one that begins between two polls, so that each has the same number of them."""
    senlin = tenant.sandbox.senlin
    time.sleep(REST)
    senlin.clear()
    wait_until(lambda: bool(requests(tenant)), "poll")
    time.sleep(POLL / 2)
    senlin.clear()
    before, written = process(metrics_port), sum(writes(tenant.sandbox).values())
    time.sleep(MINUTE)
    after = process(metrics_port)
    return Minute(
        requests=len(requests(tenant)),
        writes=sum(writes(tenant.sandbox).values()) - written,
        cpu=after[CPU] - before[CPU],
        memory=int(after[MEMORY]),
    )


def metrics(port: int) -> dict[str, float]:
    """Return the operator's metrics, by name and labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
        lines = [line.rsplit(maxsplit=1) for line in page.read().decode().splitlines()]
    return {name: float(value) for name, value in lines if not name.startswith("#")}


def process(port: int) -> dict[str, float]:
    """Return what the operator says of its process."""
    return {name: it for name, it in metrics(port).items() if name.startswith("process_")}


def cpu(tenant: Tenant, port: int) -> tuple[float, float]:
    """Return the CPU seconds that Senlin and the operator have spent."""
    return senlin_cpu(tenant), process(port)[CPU]


def senlin_cpu(tenant: Tenant) -> float:
    """Return the CPU seconds that Senlin has spent."""
    pid = tenant.sandbox.servers["senlin"].pid
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def small_objects(tenant: Tenant, number: int) -> list[Document]:
    """Return manifests that Senlin carries out at once: profiles and policies in turn."""
    makers = (tenant.profile, tenant.policy)
    return [makers[at % 2](f"small-{at}") for at in range(number)]


def apply_and_wait(tenant: Tenant, documents: list[Document]) -> float:
    """Return the seconds until all of them are Ready."""
    began = time.monotonic()
    tenant.apply(*documents)
    for kind in {document["kind"] for document in documents}:
        names = {it["metadata"]["name"] for it in documents if it["kind"] == kind}
        wait_until(partial(all_ready, tenant, kind, names), f"{kind} Ready")
    return time.monotonic() - began


def all_ready(tenant: Tenant, kind: str, names: set[str]) -> bool:
    return names <= {it["metadata"]["name"] for it in tenant.all_of(kind) if is_ready(it)}


def wait_until(
    holds: Callable[[], bool], what: str, pause: float = 0.2, seconds: float = PATIENCE
) -> None:
    for _ in ticks(seconds, pause):
        if holds():
            return
    raise AssertionError(f"no {what} after {seconds} s")
