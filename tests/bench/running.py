"""A sandbox with an operator, for one benchmark."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sandbox import Sandbox
from sandbox.control import answers
from sandbox.settings import LOOPBACK, free_port
from tests.bench.counting import requests
from tests.bench.settled import POLL, cpu, wait_until
from tests.operator.tenant import TenantWithOperator


@contextmanager
def running(*flags: str, audit: bool = True) -> Iterator[tuple[TenantWithOperator, int]]:
    """Yield a tenant in the namespace `default`, and the port of its operator's metrics."""
    with tempfile.TemporaryDirectory() as directory, Sandbox.up(audit=audit) as sandbox:
        sandbox.apply_crds()
        tenant = TenantWithOperator(sandbox, "default", Path(directory) / "operator.log")
        port = free_port()
        tenant.operator.start(*usual_flags(port), *flags)
        try:
            wait_until(partial(answers, f"http://{LOOPBACK}:{port}/metrics"), "metrics")
            yield tenant, port
        finally:
            tenant.operator.kill()


class Rest(NamedTuple):
    """What a while costs in which nothing happens: shares of a core, and requests a minute."""

    senlin: float
    operator: float
    requests: float


def at_rest(tenant: TenantWithOperator, port: int, *, settle: float, rest: float) -> Rest:
    """Measure so many seconds, after others in which polls become as rare as they do."""
    time.sleep(settle)
    tenant.sandbox.senlin.clear()
    before = cpu(tenant, port)
    time.sleep(rest)
    after = cpu(tenant, port)
    senlin, operator = ((now - then) / rest for then, now in zip(before, after, strict=True))
    return Rest(senlin, operator, len(requests(tenant)) * 60 / rest)


def usual_flags(port: int) -> tuple[str, ...]:
    """Return the flags of an operator that polls as by default, and serves its metrics."""
    return "--inventory-interval", str(POLL), "--metrics-port", str(port)
