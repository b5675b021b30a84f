"""The services of the real cloud, and what each of them needs."""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.errors import SandboxError


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service of OpenStack, in one process.

    Attributes:
        name: Also of its server, its configuration file, its user and its fault proxy.
        type: In the catalogue.
        path: Of its address in the catalogue.
        needs: The services without which it cannot work.
        after: Those that must be ready before it is started.
    """

    name: str
    type: str
    path: str = ""
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


ASKED_AT_START = ("keystone", "proxy")  # by most services that ask others
SERVICES = {
    service.name: service
    for service in (
        Service(name="keystone", type="identity", path="/v3"),
        Service(name="placement", type="placement"),
        Service(name="glance", type="image"),
        Service(name="neutron", type="network"),
        Service(
            name="nova",
            type="compute",
            path="/v2.1",
            needs=("placement", "glance", "neutron"),
            after=("placement", *ASKED_AT_START),
        ),
        Service(
            name="heat",
            type="orchestration",
            path="/v1/%(tenant_id)s",
            after=ASKED_AT_START,
        ),
        Service(name="octavia", type="load-balancer", needs=("neutron",), after=ASKED_AT_START),
        Service(name="zaqar", type="messaging", needs=("redis",), after=("redis", *ASKED_AT_START)),
        Service(name="senlin", type="clustering", after=ASKED_AT_START),
    )
}
ALWAYS = ("keystone", "senlin")
# Not services of OpenStack: Zaqar's store, and the broker of notifications, which Nova sends and
# Senlin's policies of the kind LIFECYCLE_EVENTS receive.
HELPERS = ("redis", "rabbitmq")
OPTIONAL = (*(name for name in SERVICES if name not in ALWAYS), "rabbitmq")
DEFAULT = ("nova",)
PORTS = (
    *(port for name in SERVICES for port in (name, f"{name}-behind-proxy")),
    *("redis", "rabbitmq", "rabbitmq-nodes", "epmd"),
)


def with_needs(only: Iterable[str]) -> tuple[str, ...]:
    """Return these services, Keystone and Senlin, and all that they need, in the table's order.

    Raises:
        SandboxError: One of them is not known.
    """
    only = list(only)
    if unknown := set(only) - {*SERVICES, *HELPERS}:
        known = ", ".join(OPTIONAL)
        raise SandboxError(f"The real cloud has no {', '.join(sorted(unknown))}, but: {known}.")
    wanted: set[str] = set()
    waiting = [*ALWAYS, *only]
    while waiting:
        name = waiting.pop()
        wanted.add(name)
        if name in SERVICES:
            waiting.extend(SERVICES[name].needs)
    return tuple(name for name in (*HELPERS, *SERVICES) if name in wanted)


def of_openstack(names: Iterable[str]) -> tuple[str, ...]:
    """Return those that are services of OpenStack, so in the catalogue and behind a proxy."""
    return tuple(name for name in names if name in SERVICES)
