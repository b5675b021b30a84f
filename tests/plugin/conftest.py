"""Tenants who use `kubectl senlin`."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.operator.conftest import idle_tenant, tenant, tenant_with_operator
from tests.operator.tenant import Document, Tenant
from tests.plugin.command import Ran, run

__all__ = ["Ran", "idle_tenant", "tenant", "tenant_with_operator"]


Run = Callable[..., Ran]


@pytest.fixture
def senlin() -> Callable[[Tenant], Run]:
    """Return a function that runs `kubectl senlin` in the namespace of a tenant."""
    return lambda tenant: partial(run, tenant)


def written(directory: Any, *documents: Document) -> str:
    """Write manifests into a file; return its name."""
    path = directory / "manifests.json"
    path.write_text(json.dumps({"kind": "List", "items": documents}))
    return str(path)
