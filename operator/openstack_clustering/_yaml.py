"""Read YAML or JSON whose values are text as written, at a bounded cost.

PyYAML, which reads YAML 1.1, makes 83 of the password `0123`, 45045 of `12:30:45`, True of `yes`.
Here a value without quotes is text, as in YAML 1.2's failsafe schema; only null is not. Whoever
needs a number or a boolean parses it. Aliases and merge keys count as often as they are used, so
that a few lines cannot stand for millions of values.
"""

import json
from collections.abc import Iterator
from typing import Any

from openstack_clustering.exceptions import ConfigException

_VALUES = 100_000  # keys, texts, lists and maps, those behind aliases included
_DEPTH = 32  # of maps and lists in each other
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_MERGE = "<<"
_TAG = "tag:yaml.org,2002:"
_SCALAR_TAGS = frozenset({"!", *(_TAG + kind for kind in ("bool", "float", "int", "null", "str"))})
_TAGS = frozenset({"!", f"{_TAG}map", f"{_TAG}seq"})


class UnreadableText(ConfigException):
    """The text is not read; the message ends a sentence that begins with its name.

    It never quotes the text, which may be a password.
    """


def read_yaml(text: str) -> Any:
    """Return the value in a YAML document: nested maps and lists of texts and None.

    Raises:
        UnreadableText: It is not YAML, too large, or ambiguous.
    """
    import yaml  # a sixth of the client's import time; a session or OS_* need no file

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times as fast
    try:
        return _Document(yaml.parse(text, Loader=loader)).value()
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a surrogate
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise UnreadableText(f"is not valid YAML{where}") from None


def read_json(text: str) -> Any:
    """Return the value in a JSON document, with numbers as text.

    Raises:
        UnreadableText: It is not JSON.
    """
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise UnreadableText(f"is not valid JSON{where}") from None


class _Document:
    """Builds the value from the parser's events, of which an alias is a single one."""

    def __init__(self, events: Iterator[Any]) -> None:
        import yaml

        self._events = events
        self._yaml = yaml.events
        self._anchors: dict[str, tuple[Any, int]] = {}  # the value, and how many it consists of
        self._values = 0

    def value(self) -> Any:
        documents = [
            self._node(next(self._events), 0)
            for event in self._events
            if isinstance(event, self._yaml.DocumentStartEvent)
        ]
        if len(documents) > 1:
            raise UnreadableText("has more than one document")
        return documents[0] if documents else None

    def _node(self, event: Any, depth: int) -> Any:
        self._count(1, event)
        if isinstance(event, self._yaml.AliasEvent):
            value, size = self._anchors.get(str(event.anchor), (None, 0))
            if not size:
                raise _refused("has an alias without an anchor before it", event)
            self._count(size, event)
            return value
        if depth > _DEPTH:
            raise _refused("is nested too deeply", event)
        before = self._values
        value = self._new(event, depth)
        if event.anchor:
            self._anchors[event.anchor] = value, self._values - before + 1
        return value

    def _new(self, event: Any, depth: int) -> Any:
        scalar = isinstance(event, self._yaml.ScalarEvent)
        if event.tag is not None and event.tag not in (_SCALAR_TAGS if scalar else _TAGS):
            raise _refused("has a tag such as !vault", event)
        if isinstance(event, self._yaml.SequenceStartEvent):
            return list(self._until(self._yaml.SequenceEndEvent, depth + 1))
        if not scalar:
            return self._map(depth + 1)
        is_null = event.tag in (None, f"{_TAG}null") and event.value in _NULLS
        return None if is_null and not event.style else event.value

    def _until(self, end: type, depth: int) -> Iterator[Any]:
        while not isinstance(event := next(self._events), end):
            yield self._node(event, depth)

    def _map(self, depth: int) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while not isinstance(event := next(self._events), self._yaml.MappingEndEvent):
            key = self._node(event, depth)
            value = self._node(next(self._events), depth)
            if not isinstance(key, str):
                raise _refused("has a key that is not text", event)
            if key in own:
                raise _refused("has a key twice in one map", event)
            if key == _MERGE and not getattr(event, "style", None):
                for source in reversed(value if isinstance(value, list) else [value]):
                    if not isinstance(source, dict):
                        raise _refused("merges something that is not a map", event)
                    merged |= source
            else:
                own[key] = value
        return merged | own

    def _count(self, values: int, event: Any) -> None:
        self._values += values
        if self._values > _VALUES:
            raise _refused("stands for too many values", event)


def _refused(problem: str, event: Any) -> UnreadableText:
    return UnreadableText(f"{problem} (line {event.start_mark.line + 1})")
