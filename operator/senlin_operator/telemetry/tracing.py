"""Traces by OpenTelemetry: from an object's change to the requests that it causes.

Without an endpoint nothing is imported, and a span costs a comparison.
"""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from openstack_clustering import __version__

_SERVICE = "senlin-operator"
_log = logging.getLogger(__name__)
_tracer: Any = None


class MissingLibrary(Exception):
    """Traces are wanted, but what makes them is not installed."""


@contextmanager
def exported(endpoint: str | None) -> Iterator[None]:
    """Send the traces of what is done within to an OTLP receiver.

    Args:
        endpoint: The receiver's base URL, such as http://collector:4318. OpenTelemetry's own
            variables (OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER and others) say the rest.
            None: there are no traces.

    Raises:
        MissingLibrary: The extra `tracing` is not installed.
    """
    global _tracer
    if endpoint is None:
        yield
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
    except ImportError as error:
        text = "Traces need more packages: pip install senlin-operator[operator,tracing]"
        raise MissingLibrary(text) from error
    os.environ.setdefault("OTEL_SERVICE_NAME", _SERVICE)
    provider = TracerProvider(resource=Resource.create({"service.version": __version__}))

    class Exporter(OTLPSpanExporter):
        """Says once that the receiver is away, and once that it is back, not with each try."""

        away = False

        def export(self, spans: Any) -> Any:
            result = super().export(spans)
            if self.away != (result is not SpanExportResult.SUCCESS):
                self.away = not self.away
                _log.warning("traces %s", "cannot be sent" if self.away else "are sent again")
            return result

    exporter = Exporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = provider.get_tracer(_SERVICE, __version__)
    try:
        yield
    finally:
        _tracer = None
        provider.shutdown()  # sends the last ones


@contextmanager
def span(name: str, /, *, waited: float = 0.0, **attributes: Any) -> Iterator[None]:
    """Time what is done within.

    Args:
        name: What it is.
        waited: For how many seconds it had been waiting before; they belong to it.
        attributes: Facts about it; dots in their names are written as two underscores.
    """
    if _tracer is None:
        yield
        return
    began = time.time_ns() - int(waited * 1e9)
    with _tracer.start_as_current_span(name, start_time=began, attributes=_dotted(attributes)):
        yield


def record(name: str, /, seconds: float, *, status: int | None, **attributes: Any) -> None:
    """Tell of a request that has just ended, if it belongs to something that is traced.

    Others, such as those for a Lease, would each be a trace of their own, of one span.

    Args:
        name: What it is.
        seconds: How long it took.
        status: Of HTTP; None: there was no reply.
        attributes: Facts about it, as for `span`.
    """
    if _tracer is None or not _current().is_recording():
        return
    from opentelemetry.trace import SpanKind, StatusCode

    now = time.time_ns()
    made = _tracer.start_span(
        name,
        kind=SpanKind.CLIENT,
        start_time=now - int(seconds * 1e9),
        attributes=_dotted({**attributes, "http__response__status_code": status}),
    )
    if status is None or status >= 400:
        made.set_status(StatusCode.ERROR)
    made.end(now)


def annotate(**attributes: Any) -> None:
    """Add facts to the present span."""
    if _tracer is not None:
        _current().set_attributes(_dotted(attributes))


def exemplar() -> dict[str, str] | None:
    """Return what leads from a metric to the present trace, if that is kept."""
    if _tracer is None:
        return None
    context = _current().get_span_context()
    return {"trace_id": f"{context.trace_id:032x}"} if context.trace_flags.sampled else None


def _current() -> Any:
    from opentelemetry.trace import get_current_span

    return get_current_span()


def _dotted(attributes: dict[str, Any]) -> dict[str, Any]:
    return {
        name.replace("__", "."): value for name, value in attributes.items() if value is not None
    }
