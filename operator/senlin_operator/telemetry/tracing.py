"""Traces by OpenTelemetry: from an object's change to the requests that it causes.

Without an endpoint nothing is imported, and a span costs a comparison.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from openstack_clustering import __version__

_SERVICE = "senlin-operator"
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
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        text = "Traces need more packages: pip install senlin-operator[operator,tracing]"
        raise MissingLibrary(text) from error
    about = {"service.name": _SERVICE, "service.version": __version__}
    provider = TracerProvider(resource=Resource.create(about))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
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


def record(name: str, /, seconds: float, **attributes: Any) -> None:
    """Tell of what has just ended, and took so long, within the present span."""
    if _tracer is not None:
        now = time.time_ns()
        made = _tracer.start_span(
            name, start_time=now - int(seconds * 1e9), attributes=_dotted(attributes)
        )
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
