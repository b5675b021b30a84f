"""The settings of one sandbox, chosen at its first start and saved in its directory."""

import json
import os
import random
import socket
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

PORTS = (
    "etcd",
    "etcd-peers",
    "kube-apiserver",
    "kube-controller-manager",
    "keystone",
    "keystone-behind-proxy",
    "senlin",
    "senlin-behind-proxy",
    "proxy-control",
    "nova-control",
)
# Below the range for outgoing connections: one of those could take a server's port while the
# server restarts.
PORT_RANGE = range(10_000, 32_000)
LOOPBACK = "127.0.0.1"
# The address of the Service `kubernetes`, which every pod has in its environment. It is on the
# loopback interface of the pods' network, so pods reach the servers there without a kube-proxy.
PODS_ADDRESS = "10.0.0.1"
_RESERVED_MOST = 100  # by a process: servers listen at those before
_reservations: deque[int] = deque()  # file descriptors
PODS_PORTS = {"kube-apiserver": 443}  # as the Service; in its own network it is free


CloudName = Literal["simulated", "real"]
SenlinName = Literal["stock", "repaired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one sandbox; all paths and commands follow from them."""

    directory: Path
    ports: dict[str, int]
    binaries: Path | None  # None: without Kubernetes
    keystone: Path
    senlin: Path
    databases: Path
    audit: bool
    token_lifetime: int  # seconds
    temporary: bool  # the directory is removed when the sandbox ends
    pods: Path | None = None  # containerd and its companions; None: without pods
    tls: bool = False  # the services speak HTTPS, with certificates of a private authority
    cloud: CloudName = "simulated"
    services: tuple[str, ...] = ()  # of the real cloud
    repaired: bool = False  # whether Senlin is
    debian: Path | None = None  # Redis and RabbitMQ; None: the real cloud needs neither

    def save(self) -> None:
        """Write the settings to the sandbox's directory, which must exist."""
        file = self.directory / "sandbox.json"
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(self), default=str, indent=2) + "\n")
        partial.replace(file)

    @classmethod
    def load(cls, directory: Path) -> "Settings":
        """Read the settings from a sandbox's directory.

        Raises:
            FileNotFoundError: No sandbox was ever started in this directory.
        """
        saved: dict[str, Any] = json.loads((directory / "sandbox.json").read_text())
        for name in ("directory", "keystone", "senlin", "databases", "binaries", "pods", "debian"):
            saved[name] = Path(saved[name]) if saved.get(name) else None
        saved["services"] = tuple(saved["services"])
        return replace(cls(**saved), directory=directory)

    @property
    def address(self) -> str:
        """The address of the API server and the fault proxies; the rest is on loopback."""
        return PODS_ADDRESS if self.pods else LOOPBACK

    def url(self, name: str) -> str:
        """Return the root URL of the server with the port of that name."""
        is_for_clients = f"{name}-behind-proxy" in self.ports
        scheme = "https" if self.tls and is_for_clients else "http"
        return f"{scheme}://{self.address if is_for_clients else LOOPBACK}:{self.ports[name]}"


def free_ports(names: Iterable[str] = PORTS) -> dict[str, int]:
    """Return a free port for each name."""
    candidates = _free(random.sample(PORT_RANGE, len(PORT_RANGE)))
    return dict(zip(names, candidates, strict=False))


def free_port() -> int:
    """Return a port on which no server listens at the moment."""
    return next(_free(random.sample(PORT_RANGE, len(PORT_RANGE))))


def _free(candidates: list[int]) -> Iterator[int]:
    for port in candidates:
        with socket.socket() as probe:
            listening = not probe.connect_ex((LOOPBACK, port))
        if not listening and _reserve(port):
            yield port


def _reserve(port: int) -> bool:
    """Have no other process be given a port until a server listens there; return False if it was.

    The name of a socket that is no file is free again when the process ends, however it ends.
    """
    reservation = socket.socket(socket.AF_UNIX)
    try:
        reservation.bind(f"\0senlin-sandbox-port-{port}")
    except OSError:
        reservation.close()
        return False
    _reservations.append(reservation.detach())
    if len(_reservations) > _RESERVED_MOST:
        os.close(_reservations.popleft())
    return True
