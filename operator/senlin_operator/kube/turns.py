"""Lines of items that are served in turn, so that a long line delays no other."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

L = TypeVar("L", bound=Hashable)
T = TypeVar("T", bound=Hashable)


class Turns(Generic[L, T]):
    """Within a line, the first comes first; between the lines, each has its turn."""

    def __init__(self) -> None:
        self._lines: OrderedDict[L, OrderedDict[T, None]] = OrderedDict()  # the next one first

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def add(self, line: L, item: T) -> None:
        """Put an item at the end of a line."""
        self._lines.setdefault(line, OrderedDict())[item] = None

    def remove(self, line: L, item: T) -> None:
        """Take an item out of its line."""
        del self._lines[line][item]
        if not self._lines[line]:
            del self._lines[line]

    def take(self, may: Callable[[L], bool] = lambda _: True) -> T | None:
        """Take the first item of the next line, which then is the last one; None: there is none.

        Args:
            may: Whether a line may be served now.
        """
        for line, items in self._lines.items():
            if may(line):
                self._lines.move_to_end(line)
                item = next(iter(items))
                self.remove(line, item)
                return item
        return None

    def drop(self) -> T:
        """Drop the oldest item of the longest line, and return it."""
        line = max(self._lines, key=lambda line: len(self._lines[line]))
        item = next(iter(self._lines[line]))
        self.remove(line, item)
        return item
