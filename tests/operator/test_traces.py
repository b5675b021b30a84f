"""Traces as a receiver gets them."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.operator.tenant import TenantWithOperator


class Receiver:
    """An OTLP receiver that keeps the spans, or is away: no OTLP receiver answers with 404."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.away = False
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not receiver.away:
                    for scoped in ExportTraceServiceRequest.FromString(body).resource_spans:
                        for scope in scoped.scope_spans:
                            receiver.spans.extend(scope.spans)
                self.send_response(404 if receiver.away else 200)
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
    idle_tenant: TenantWithOperator, receiver: Receiver
) -> None:
    tenant = idle_tenant
    tenant.operator.start("--otlp-endpoint", receiver.url, OTEL_BSP_SCHEDULE_DELAY="500")
    tenant.quickstart()
    tenant.operator.stop()

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
    assert about["namespace"] == tenant.namespace
    assert any(span.name == "PATCH Kubernetes" for span in family)
    [queue] = [span for span in family if span.name == "queue"]
    assert queue.parent_span_id == root.span_id


def test_a_trace_shows_the_failed_request(
    idle_tenant: TenantWithOperator, receiver: Receiver
) -> None:
    tenant = idle_tenant
    tenant.operator.start("--otlp-endpoint", receiver.url, OTEL_BSP_SCHEDULE_DELAY="500")
    tenant.apply(tenant.secret(), tenant.policy(), tenant.policy("wrong", version="9.0"))
    tenant.waits_for("Rejected", "SenlinPolicy", "wrong")
    tenant.ready("SenlinPolicy", "grow")
    tenant.operator.stop()

    creations = [span for span in receiver.spans if facts(span).get("operation") == "Creating"]
    assert {(facts(it)["http.response.status_code"], it.status.code) for it in creations} == {
        (201, Status.STATUS_CODE_UNSET),
        (404, Status.STATUS_CODE_ERROR),
    }
    assert {it.kind for it in creations} == {Span.SPAN_KIND_CLIENT}
    assert {facts(it)["http.request.method"] for it in creations} == {"POST"}


def test_each_trace_is_about_a_reconcile_or_a_poll(
    idle_tenant: TenantWithOperator, receiver: Receiver
) -> None:
    """None is about a Lease, though the leader renews it, or about a single request."""
    tenant = idle_tenant
    tenant.operator.start(
        *("--otlp-endpoint", receiver.url),
        *("--leader-election", "true", "--lease-namespace", tenant.namespace),
        OTEL_BSP_SCHEDULE_DELAY="500",
    )
    tenant.quickstart()
    tenant.operator.stop()

    roots = [span for span in receiver.spans if not span.parent_span_id]
    assert {span.name for span in roots} == {"reconcile", "look"}
    polls = [span for span in roots if span.name == "look"]
    requests = [span for span in receiver.spans if span.trace_id == polls[0].trace_id]
    paths = {facts(span)["url.full"].rpartition("/")[2] for span in requests[:-1]}
    assert {"actions", "clusters", "nodes", "profiles", "policies"} <= paths


def test_an_unreachable_receiver_is_logged_once(
    idle_tenant: TenantWithOperator, receiver: Receiver
) -> None:
    tenant = idle_tenant
    receiver.away = True
    tenant.operator.start("--otlp-endpoint", receiver.url, OTEL_BSP_SCHEDULE_DELAY="100")
    tenant.apply(tenant.secret(), tenant.profile())
    tenant.eventually(lambda: "traces cannot be sent" in tenant.operator.log.read_text(), "told")

    receiver.away = False
    tenant.apply(tenant.profile("other"))
    tenant.eventually(lambda: "traces are sent again" in tenant.operator.log.read_text(), "told")

    told = [line for line in tenant.operator.log.read_text().splitlines() if "WARNING" in line]
    assert [line.split(maxsplit=2)[2] for line in told] == [
        "traces cannot be sent",
        "traces are sent again",
    ]
