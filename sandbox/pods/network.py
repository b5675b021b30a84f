"""A Linux network namespace that contains the sandbox's servers and pods, and nothing else.

One process holds it, others join it. Joining affects only the calling thread, and the threads and
programs that it starts afterwards.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.servers import Server
from sandbox.settings import PODS_ADDRESS

CLONE_NEWNET = 0x40000000
_SET_UP = f"ip link set lo up && ip address add {PODS_ADDRESS}/32 dev lo && exec sleep infinity"
_libc = ctypes.CDLL(None, use_errno=True)


def network_server(directory: Path) -> Server:
    """Return the process that holds the namespace."""

    def is_ready() -> bool:
        try:
            routes = Path(f"/proc/{server.pid}/net/fib_trie").read_text()
        except FileNotFoundError:
            return False
        return PODS_ADDRESS in routes

    server = Server("network", directory, ["unshare", "--net", "sh", "-c", _SET_UP], is_ready)
    return server


@contextmanager
def joined(pid: int) -> Iterator[None]:
    """Move this thread into a process's network namespace during a `with` statement."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _enter(Path(f"/proc/{pid}/ns/net"))
        yield
    finally:
        _switch_to(before)
        os.close(before)


def _enter(namespace: Path) -> None:
    descriptor = os.open(namespace, os.O_RDONLY)
    try:
        _switch_to(descriptor)
    finally:
        os.close(descriptor)


def _switch_to(namespace: int) -> None:
    if _libc.setns(namespace, CLONE_NEWNET):  # os.setns exists from Python 3.12 on
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
