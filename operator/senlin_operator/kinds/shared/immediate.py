"""Cloud objects that Senlin creates and changes at once, such as profiles and policies."""

from collections.abc import Mapping
from typing import Any


class Immediate:
    """A base of observations: no action runs on such an object, and it has no health."""

    __slots__ = ()

    id: str
    transient = False

    @property
    def lock_id(self) -> str:
        return self.id

    @property
    def faults(self) -> list[Mapping[str, Any]]:
        return []
