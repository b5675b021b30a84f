"""The sockets of a client, so that it can be closed while threads wait for replies."""

import contextlib
import socket
from threading import Lock
from typing import Any
from weakref import WeakSet

from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from openstack_clustering._exchange import LimitedConnection, LimitedTLSConnection


class Sockets:
    """The open sockets of the connections that `pools` make.

    urllib3 closes only connections that are not in use.

    Attributes:
        pools: urllib3's classes of pools, by scheme.
    """

    def __init__(self) -> None:
        self._open: WeakSet[socket.socket] = WeakSet()
        self._lock = Lock()
        self._shut = False
        self.pools = {
            "http": _pool(HTTPConnectionPool, LimitedConnection, self),
            "https": _pool(HTTPSConnectionPool, LimitedTLSConnection, self),
        }

    def opened(self, opened: socket.socket) -> None:
        """Keep track of a socket until it is closed."""
        with self._lock:
            self._open.add(opened)
            shut = self._shut
        if shut:
            _shut_down(opened)

    def shut(self) -> None:
        """End the waiting of all threads, now and later."""
        with self._lock:
            self._shut = True
            found = list(self._open)
        for each in found:
            _shut_down(each)


def _shut_down(opened: socket.socket) -> None:
    # Not the method of an SSLSocket, which changes the object that another thread uses.
    with contextlib.suppress(OSError):  # it is closed already
        socket.socket.shutdown(opened, socket.SHUT_RDWR)


def _pool(pool: type[Any], connection: type[Any], sockets: Sockets) -> type[Any]:
    """Return a class of pools whose connections tell of their sockets."""

    def connect(self: Any) -> None:
        connection.connect(self)
        sockets.opened(self.sock)

    tracked = type(connection.__name__, (connection,), {"connect": connect})
    return type(pool.__name__, (pool,), {"ConnectionCls": tracked})
