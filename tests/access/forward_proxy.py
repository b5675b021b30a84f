"""A forward proxy as companies have one: it knows CONNECT, and names that nobody else resolves."""

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sandbox.settings import LOOPBACK

_END = b"\r\n\r\n"


class ForwardProxy:
    """Every CONNECT ends at the same server, whatever it names: names need not exist.

    Attributes:
        targets: The host and port of each CONNECT, in order.
    """

    def __init__(self, server: tuple[str, int], password: str) -> None:
        self.targets: list[str] = []
        self._server = server
        self._password = password
        self._listener = socket.create_server((LOOPBACK, 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        """Return host and port."""
        return f"{LOOPBACK}:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener is closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            request = b""
            while _END not in request:
                request += client.recv(4096)
            head = request.partition(_END)[0].decode().split("\r\n")
            method, target, _ = head[0].split()
            if method != "CONNECT":
                client.sendall(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n")
            elif self._password and not self._knows(head[1:]):
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            else:
                self.targets.append(target)
                with socket.create_connection(self._server) as server:
                    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    back = threading.Thread(target=_copy, args=(server, client), daemon=True)
                    back.start()
                    _copy(client, server)
                    back.join()

    def _knows(self, headers: list[str]) -> bool:
        expected = base64.b64encode(self._password.encode()).decode()
        return f"proxy-authorization: basic {expected}".lower() in map(str.lower, headers)


@contextmanager
def forward_proxy(url: str, password: str = "") -> Iterator[ForwardProxy]:
    """Run a proxy before the server with that URL; `password` is `user:password`."""
    host, _, port = url.rpartition("//")[2].partition(":")
    proxy = ForwardProxy((host, int(port)), password)
    try:
        yield proxy
    finally:
        proxy.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
