"""Secrets of nearly a mebibyte, which is the most that Kubernetes takes, and no resource names."""

import base64
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.operator.tenant import TenantWithOperator

MEBIBYTE = 2**20
MORE = 20 * MEBIBYTE  # that they may cost, by what is promised
_THREADS = 4
_CHANGED = 10  # while the operator runs


def cost(tenant: TenantWithOperator, number: int) -> int:
    """Return by how many bytes an operator's peak of memory grows through so many Secrets.

    Args:
        tenant: Its operator does not run.
        number: How many Secrets of nearly a mebibyte there are.
    """
    alone = _peak(tenant, [])
    with _secrets(tenant, number) as names:
        return _peak(tenant, names[:_CHANGED]) - alone


def _peak(tenant: TenantWithOperator, changing: list[str]) -> int:
    """Return what the operator takes to start, and for two profiles, while Secrets change."""
    tenant.operator.start()
    tenant.apply(tenant.secret(), tenant.profile("first"))
    tenant.ready("SenlinProfile", "first")
    for name in changing:
        tenant.kubectl("annotate", f"secret/{name}", "for=all")
    tenant.apply(tenant.profile("second"))
    tenant.ready("SenlinProfile", "second")
    tenant.delete_everything()
    for name in ("first", "second"):
        tenant.gone("SenlinProfile", name)
    peak = tenant.operator.peak_memory
    tenant.operator.stop()
    return peak


@contextmanager
def _secrets(tenant: TenantWithOperator, number: int) -> Iterator[list[str]]:
    path = f"/api/v1/namespaces/{tenant.namespace}/secrets"
    call = tenant.sandbox.kubernetes.call
    content = base64.b64encode(os.urandom(MEBIBYTE - 1000)).decode()

    def make(name: str) -> None:
        body = {"metadata": {"name": name, "labels": {"is": "large"}}, "data": {"content": content}}
        call("POST", path, body)

    names = [f"large-{at}" for at in range(number)]
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(make, names))
    yield names
    call("DELETE", f"{path}?labelSelector=is=large")
