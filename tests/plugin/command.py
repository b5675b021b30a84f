"""`kubectl senlin`, run in this process as a person of a tenant would run it."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, NamedTuple

from senlin_operator.plugin import commands
from tests.operator.tenant import Tenant


class Ran(NamedTuple):
    """What a command has printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


def run(tenant: Tenant, *arguments: str) -> Ran:
    """Run a command in the namespace of a tenant."""
    place = ("--kubeconfig", str(tenant.sandbox.kubeconfig), "-n", tenant.namespace)
    with (
        ThreadPoolExecutor(1) as thread,  # as an event loop may run in this one
        redirect_stdout(io.StringIO()) as out,
        redirect_stderr(io.StringIO()) as err,
    ):
        code = thread.submit(commands.run, [*arguments, *place]).result()
    return Ran(code, out.getvalue(), err.getvalue())
