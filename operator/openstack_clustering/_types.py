"""The declared types of values in the server's documents, and whether a value has one."""

from types import NoneType
from typing import Any, NamedTuple, Self, get_args, get_origin

# Senlin's database has integers of 32 bits. Its other numbers are seconds since 1970, in the years
# 1 to 9999.
_RANGES = {int: (-(2**31), 2**31 - 1), float: (-62135596800, 253402300799)}


class Declared(NamedTuple):
    """A declared type; without one, any value has it."""

    types: frozenset[type]
    items: type | None = None  # of the items of a list

    @classmethod
    def of(cls, hint: Any) -> Self:
        """Return the type for an annotation, such as `str | None` or `list[str]`."""
        if hint is Any:
            return cls(frozenset())
        options = () if isinstance(hint, type) else get_args(hint)
        union = get_origin(hint) not in (list, dict)
        hints = options if options and union else (hint,)
        items = next((get_args(it)[0] for it in hints if get_origin(it) is list), None)
        return cls(frozenset(get_origin(it) or it for it in hints), items)

    def allows(self, value: Any) -> bool:
        """Return whether a value out of JSON has the type, and is in the range of such values."""
        kind = type(value)
        if not self.types:
            return True
        if kind is int and float in self.types:  # a whole number of seconds
            kind = float
        if kind not in self.types:
            return False
        if kind is int or kind is float:
            least, most = _RANGES[kind]
            return bool(least <= value <= most)
        return self.items is None or kind is not list or self._allows_items(value)

    def empty(self) -> Any:
        """Return the empty value of the type."""
        return None if NoneType in self.types else next(iter(self.types))()

    def _allows_items(self, values: list[Any]) -> bool:
        return all(type(value) is self.items for value in values)
