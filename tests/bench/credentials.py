"""What many idle credentials cost: memory and threads."""

import time
from functools import partial

from sandbox import Sandbox
from tests.bench.goals import show
from tests.bench.running import running
from tests.bench.settled import MEMORY, process, wait_until
from tests.conftest import a_namespace
from tests.operator.keystone import Person, secret
from tests.operator.tenant import GROUP, VERSION, TenantWithOperator, is_ready

NUMBER = 64
MORE = 60  # MiB that all but the first may cost
REST = 60.0  # seconds until what is idle has ended
PROFILES = f"/apis/{GROUP}/{VERSION}/namespaces/{{}}/senlinprofiles"


def main() -> None:
    """Print the figures."""
    with running("--namespaces", "", audit=False) as (tenant, port):
        add(tenant, 1)
        alone = at_rest(tenant, port)
        add(tenant, NUMBER - 1)
        together = at_rest(tenant, port)
    print(f"\n{NUMBER} namespaces with a credential and a profile each, at rest")
    print(f"threads: {alone[1]} with one, {together[1]} with all")
    show("memory beyond that of one", together[0] - alone[0], MORE, "MiB")


def add(tenant: TenantWithOperator, number: int) -> None:
    """Make namespaces, each with a user and a profile, and wait until the profiles are Ready."""
    sandbox = tenant.sandbox
    namespaces = [a_namespace(sandbox) for _ in range(number)]
    for namespace in namespaces:
        person = Person(sandbox, namespace)
        path = f"/api/v1/namespaces/{namespace}/secrets"
        sandbox.kubernetes.call("POST", path, secret(person.auth))
        sandbox.kubernetes.call("POST", PROFILES.format(namespace), tenant.profile())
    for namespace in namespaces:
        wait_until(partial(has_ready, sandbox, namespace), "profile Ready")


def has_ready(sandbox: Sandbox, namespace: str) -> bool:
    found = sandbox.kubernetes.call("GET", PROFILES.format(namespace))["items"]
    return all(map(is_ready, found))


def at_rest(tenant: TenantWithOperator, port: int) -> tuple[float, int]:
    """Return the memory (MiB), and the number of threads."""
    time.sleep(REST)
    return process(port)[MEMORY] / 2**20, tenant.operator.threads


if __name__ == "__main__":
    main()
