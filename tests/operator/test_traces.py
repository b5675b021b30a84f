"""Traces as a receiver gets them."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.operator.world import World

Span = Any


class Receiver:
    """An OTLP receiver that keeps the spans."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        spans = self.spans

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                for scoped in ExportTraceServiceRequest.FromString(body).resource_spans:
                    spans.extend(span for scope in scoped.scope_spans for span in scope.spans)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Be quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver()
    yield started
    started.close()


def facts(span: Span) -> dict[str, Any]:
    return {it.key: it.value.string_value or it.value.int_value for it in span.attributes}


def test_a_trace_leads_from_the_object_to_senlins_request(
    idle_world: World, receiver: Receiver
) -> None:
    world = idle_world
    world.operator.start("--otlp-endpoint", receiver.url, OTEL_BSP_SCHEDULE_DELAY="500")
    world.quickstart()
    world.operator.stop()

    [creation] = [
        span
        for span in receiver.spans
        if facts(span).get("operation") == "Creating" and span.name == "POST"
        if facts(span)["url.full"].endswith("/clusters")
    ]
    assert facts(creation)["openstack.request_id"].startswith("req-")
    assert facts(creation)["http.response.status_code"] == 202
    family = [span for span in receiver.spans if span.trace_id == creation.trace_id]
    [root] = [span for span in family if span.name == "reconcile"]
    assert creation.parent_span_id == root.span_id
    assert root.start_time_unix_nano <= creation.start_time_unix_nano
    about = facts(root)
    assert (about["kind"], about["name"]) == ("SenlinCluster", "web")
    assert about["namespace"] == world.namespace
    assert any(span.name == "PATCH Kubernetes" for span in family)
