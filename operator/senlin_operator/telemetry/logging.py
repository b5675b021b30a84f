"""Logs for machines and for people: constant events with fields, each about one object.

The worker binds the object of a reconcile once (`bind`); every line that is logged within has its
fields.
"""

import json
import logging
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from senlin_operator.telemetry.lengths import COMMANDS, TEXT

_bound: ContextVar[dict[str, Any] | None] = ContextVar("bound", default=None)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_IDS = ("request_id", "action_id")  # from servers, which may answer anything
_ID_LENGTH = 64  # characters; a request id of OpenStack has 40
# From others' texts these could forge a line, or command the terminal of whoever reads the log.
_UNSAFE = re.compile(f"[\x00-\x1f{COMMANDS}\ud800-\udfff]")
_NOISY = ("kopf", "urllib3", "keystoneauth", "asyncio", "aiohttp", "aiohttp_retry", "kubernetes")


@contextmanager
def bind(**fields: Any) -> Iterator[None]:
    """Add the fields to every line that is logged within."""
    token = _bound.set({**(_bound.get() or {}), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def note(**fields: Any) -> None:
    """Add the fields to all later lines within the current `bind`; from any of its threads.

    Outside of `bind` this is a no-op.
    """
    bound = _bound.get()
    if bound is not None:
        bound.update(fields)


def configure(log_format: str, level: str) -> None:
    """Send the process's logs to stderr; those of libraries from level WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if log_format == "json" else _Console())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    # These log every retry; kube/watch_monitor.py and telemetry/tracing.py log the first.
    for name in ("kopf._cogs.clients", "opentelemetry"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    extra = {key: value for key, value in vars(record).items() if key not in _STANDARD}
    given = {**(_bound.get() or {}), **extra}
    cut = {key: str(given[key])[:_ID_LENGTH] for key in _IDS if given.get(key) is not None}
    return {
        key: value[:TEXT] if isinstance(value, str) else value
        for key, value in {**given, **cut}.items()
        if value is not None
    }


def _escaped(text: str) -> str:
    """Return the text with what is unsafe to print as JSON writes it: by its code point."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


class _Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _timestamp(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _escaped(json.dumps(line, default=str, ensure_ascii=False))


class _Console(logging.Formatter):
    """Time, level, object, event, and the rest as key=value."""

    def format(self, record: logging.LogRecord) -> str:
        fields = _fields(record)
        who = "/".join(str(fields.pop(part, "")) for part in ("kind", "namespace", "name"))
        for internal in ("uid", "reconcile_id"):
            fields.pop(internal, None)
        rest = " ".join(f"{key}={value}" for key, value in fields.items())
        parts = (_timestamp(record), f"{record.levelname:7}", who.strip("/"), record.getMessage())
        lines = [" ".join(part for part in (*parts, rest) if part)]
        if record.exc_info:  # indented, so that no line of an error's text is taken for an entry
            trace = self.formatException(record.exc_info)
            lines += [f"  {line}" for line in trace.split("\n")]
        return "\n".join(map(_escaped, lines))


def _timestamp(record: logging.LogRecord) -> str:
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{seconds}.{int(record.msecs):03}Z"
