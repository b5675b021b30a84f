"""What the lists of all clouds may take together, so that a few cannot fill the memory.

In memory a list takes four times its size as JSON, and stays as long as its session. Measured with
100,000 nodes: 61 MiB as Senlin writes them take 217 MiB; 4.6 MiB of nothing but ids take 126 MiB.
"""

from threading import Lock

_ALWAYS = 2**20  # bytes of a session's lists that are always read


class ListBudget:
    """Shared by all sessions of the process, and used from their threads.

    Args:
        most: How many bytes of JSON there may be in all.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._held: dict[object, int] = {}  # by session, of those whose lists are large

    def admits(self, session: object, size: int) -> bool:
        """Return whether a session may have lists of this size, in bytes, and count them if so.

        When there is no room any more, it still may if that is no more than before, or no more than
        its share: so large lists of some do not keep out those of others.
        """
        if size <= _ALWAYS:
            return True
        with self._lock:
            before = self._held.get(session, 0)
            others = sum(self._held.values()) - before
            share = self._most // len(self._held.keys() | {session})
            if size > before and size > share and others + size > self._most:
                return False
            self._held[session] = max(before, size)
        return True

    def settle(self, session: object, size: int) -> None:
        """Count the lists that a session has now; 0: it has ended."""
        with self._lock:
            self._held.pop(session, None)
            if size > _ALWAYS:
                self._held[session] = size
