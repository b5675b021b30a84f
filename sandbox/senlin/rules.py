"""Faults of Nova that tests have set, and the servers that they are applied to.

Nova's process uses this, the simulated one and the real one.
"""

import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any


@dataclass(slots=True)
class Rule:
    """A fault for the servers whose name and metadata match."""

    kind: str  # such as `fail-build`
    name: str = "*"
    metadata: Mapping[str, str] = field(default_factory=dict)
    count: int | None = None  # how many more servers it is applied to; None: all
    seconds: float | None = None  # the duration of a slow build, or of the outage
    text: str = ""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    set_at: float = field(default_factory=time.time)


def matches(
    server: Mapping[str, Any], name: str = "*", metadata: Mapping[str, str] | None = None
) -> bool:
    """Return whether a server's name and metadata match these patterns."""
    has = server["metadata"]
    return fnmatchcase(server["name"], name) and all(
        fnmatchcase(str(has.get(key, "")), pattern) for key, pattern in (metadata or {}).items()
    )


class Rules:
    """All faults that are set."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def plan(self, kind: str, **details: Any) -> str:
        """Set a fault; return its id."""
        rule = Rule(kind, **details)
        self._rules.append(rule)
        return rule.id

    def lift(self, name: str | None = None, id: str | None = None) -> list[Rule]:
        """Remove the faults with this name pattern, or with this id, or all; return them."""
        lifted = [r for r in self._rules if name in (None, r.name) and id in (None, r.id)]
        self._rules = [rule for rule in self._rules if rule not in lifted]
        return lifted

    def take(self, kind: str, server: Mapping[str, Any]) -> Rule | None:
        """Return the first rule of that kind that matches the server, and count its use."""
        for rule in self.active(kind):
            if rule.count != 0 and matches(server, rule.name, rule.metadata):
                if rule.count is not None:
                    rule.count -= 1
                return rule
        return None

    def active(self, kind: str) -> Iterator[Rule]:
        for rule in self._rules:
            over = kind == "down" and rule.seconds and time.time() > rule.set_at + rule.seconds
            if rule.kind == kind and not over:
                yield rule

    def __contains__(self, rule: Rule) -> bool:
        return rule in self._rules
