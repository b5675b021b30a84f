"""A server that sends any bytes, as slowly as it likes."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer

Pieces = Callable[[threading.Event], Iterable[bytes]]  # the event: the test has ended


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64


@contextmanager
def answering(pieces: Pieces, received: list[bytes] | None = None) -> Iterator[str]:
    """Answer each request with these bytes, then hang up; yield the server's URL.

    Args:
        pieces: What is sent.
        received: Gets the first line of each request.
    """
    over = threading.Event()

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            with suppress(ConnectionError):
                self._read_request()
                for piece in pieces(over):
                    self.request.sendall(piece)

        def _read_request(self) -> None:
            """Read all of it: a connection that is closed with unread data is reset."""
            length = 0
            if (first := self.rfile.readline()) and received is not None:
                received.append(first)
            while (line := self.rfile.readline().strip()) and not over.is_set():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            self.rfile.read(length)

    with _Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.005,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            over.set()
            server.shutdown()
            thread.join()


def slowly(before: bytes, repeated: bytes) -> Pieces:
    """Send a beginning, then a piece every 50 ms for ten seconds."""

    def pieces(over: threading.Event) -> Iterator[bytes]:
        yield before
        for _ in range(200):
            if over.wait(0.05):
                return
            yield repeated

    return pieces
