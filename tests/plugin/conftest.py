"""`kubectl senlin`, run in this process as a person of a tenant would run it."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from senlin_operator.plugin import commands
from tests.operator.conftest import idle_tenant, tenant, tenant_with_operator
from tests.operator.tenant import Document, Tenant

__all__ = ["idle_tenant", "tenant", "tenant_with_operator"]


class Ran(NamedTuple):
    """What a command has printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def senlin(capsys: pytest.CaptureFixture[str]) -> Callable[[Tenant], Run]:
    """Return a function that runs `kubectl senlin` in the namespace of a tenant."""

    def of(tenant: Tenant) -> Run:
        place = ("--kubeconfig", str(tenant.sandbox.kubeconfig), "-n", tenant.namespace)

        def run(*arguments: str) -> Ran:
            capsys.readouterr()
            code = commands.run([*arguments, *place])
            return Ran(code, *capsys.readouterr())

        return run

    return of


def written(directory: Any, *documents: Document) -> str:
    """Write manifests into a file; return its name."""
    path = directory / "manifests.json"
    path.write_text(json.dumps({"kind": "List", "items": documents}))
    return str(path)
