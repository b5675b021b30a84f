"""Traces by OpenTelemetry: from an object's change to the requests that it causes.

Without an endpoint OpenTelemetry is not imported, and a span costs one comparison.
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
    """Traces are configured, but OpenTelemetry is not installed."""


@contextmanager
def exported(endpoint: str | None) -> Iterator[None]:
    """Export the spans that begin within to an OTLP receiver.

    Args:
        endpoint: The receiver's base URL, such as http://collector:4318. OpenTelemetry's own
            variables (OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER and others) configure the
            rest. None: no traces.

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
        """Logs once that the receiver is unreachable, and once that it is reachable again."""

        unreachable = False

        def export(self, spans: Any) -> Any:
            result = super().export(spans)
            if self.unreachable != (result is not SpanExportResult.SUCCESS):
                self.unreachable = not self.unreachable
                if self.unreachable:
                    _log.warning("traces cannot be sent")
                else:
                    _log.warning("traces are sent again")
            return result

    exporter = Exporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = provider.get_tracer(_SERVICE, __version__)
    try:
        yield
    finally:
        _tracer = None
        provider.shutdown()  # sends the last spans


@contextmanager
def span(name: str, /, *, waited: float = 0.0, **attributes: Any) -> Iterator[None]:
    """Measure the code within as a span.

    Args:
        name: The span's name.
        waited: Seconds of waiting before, by which the span's beginning is moved back.
        attributes: The span's attributes; dots in their names are written as two underscores.
    """
    if _tracer is None:
        yield
        return
    began = time.time_ns() - int(waited * 1e9)
    with _tracer.start_as_current_span(name, start_time=began, attributes=_dotted(attributes)):
        yield


def record(name: str, /, seconds: float, *, status: int | None, **attributes: Any) -> None:
    """Add a span for a request that has just ended, if it belongs to a trace.

    Other requests, such as those for a Lease, would each become a trace of one span.

    Args:
        name: The span's name.
        seconds: How long the request took.
        status: The HTTP status; None: no reply came.
        attributes: As for `span`.
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
    """Add attributes to the current span."""
    if _tracer is not None:
        _current().set_attributes(_dotted(attributes))


def exemplar() -> dict[str, str] | None:
    """Return the exemplar that links a metric to the current trace, if that is sampled."""
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
