"""The URL of a webhook, and the id it follows from, are in one Secret and nowhere else."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.control import fetch
from sandbox.settings import LOOPBACK, free_port
from tests.operator.tenant import TenantWithOperator, is_ready
from tests.operator.test_traces import Receiver as TraceReceiver


@pytest.fixture
def traces() -> Iterator[TraceReceiver]:
    started = TraceReceiver()
    yield started
    started.close()


def secrets_of(receiver: Any) -> set[str]:
    """Return what nobody may read elsewhere."""
    url = receiver.channel["alarm_url"]
    return {receiver.id, url, base64.b64encode(url.encode()).decode()}


def refusal(status: int, id_: str) -> dict[str, Any]:
    """Return an answer in Senlin's form whose message has the id."""
    message = f"The receiver '{id_}' could not be found."
    error = {"code": status, "message": message, "type": "ResourceNotFound"}
    headers = {"Content-Type": "application/json"}
    return {"status": status, "body": json.dumps({"error": error}), "headers": headers}


def kubernetes(tenant: TenantWithOperator) -> str:
    """Return all that Kubernetes shows of the namespace, but for Secrets."""
    kinds = "senlin,events,events.events.k8s.io,configmaps"
    return tenant.kubectl("get", kinds, "-o", "json", "--show-managed-fields")


def audit(tenant: TenantWithOperator) -> str:
    entries = tenant.sandbox.audit(namespace=tenant.namespace)
    assert {entry["objectRef"]["resource"] for entry in entries} >= {"senlinreceivers", "secrets"}
    return json.dumps(entries)


def shown_while_changes_fail(tenant: TenantWithOperator, receiver_id: str) -> list[str]:
    """Have changes of the receiver refused, lost and failed; return what Kubernetes shows."""
    shown = []
    senlin = tenant.sandbox.senlin
    change: dict[str, Any] = {
        "method": "PATCH",
        "path": f"/v1/receivers/{receiver_id}$",
        "count": 1,
    }
    with senlin.fault("answer", **refusal(404, receiver_id), **change) as refused:
        tenant.edit("SenlinReceiver", "grow", params={"count": 2})
        tenant.ready("SenlinReceiver", "grow")
        assert refused.hits == 1
    with senlin.fault("lose-reply", **change) as lost:
        tenant.edit("SenlinReceiver", "grow", params={"count": 3})
        tenant.eventually(lambda: lost.hits == 1, "asked")
        shown.append(kubernetes(tenant))
    tenant.ready("SenlinReceiver", "grow")
    with senlin.fault("answer", **refusal(500, receiver_id), **change) as failed:
        tenant.edit("SenlinReceiver", "grow", action="CLUSTER_SCALE_IN")
        tenant.eventually(lambda: failed.hits == 1, "asked")
        tenant.wait("SenlinReceiver", "grow", lambda it: not is_ready(it), "failed")
        shown.append(kubernetes(tenant))
    tenant.ready("SenlinReceiver", "grow", seconds=60)
    return shown


def test_neither_the_url_nor_the_id_is_shown_anywhere(
    idle_tenant: TenantWithOperator, traces: TraceReceiver
) -> None:
    """While the receiver is made, changed, refused, lost, found again, and deleted."""
    tenant, port = idle_tenant, free_port()
    tenant.operator.start(
        *("--otlp-endpoint", traces.url, "--log-level", "debug", "--log-format", "json"),
        *("--host", LOOPBACK, "--metrics-port", str(port)),
        OTEL_BSP_SCHEDULE_DELAY="200",
    )
    tenant.quickstart(desiredCapacity=1, capacityOwner="Senlin")
    tenant.apply(tenant.receiver())
    tenant.ready("SenlinReceiver", "grow")
    [first] = tenant.receivers()
    shown = [kubernetes(tenant)]

    shown += shown_while_changes_fail(tenant, first.id)

    tenant.senlin.delete_receiver(first.id)
    tenant.eventually(lambda: tenant.url() not in ("", first.channel["alarm_url"]), "found again")
    tenant.ready("SenlinReceiver", "grow")
    [second] = tenant.receivers()
    tenant.senlin.trigger_webhook(tenant.url(), {"count": 1})
    shown.append(kubernetes(tenant))
    metrics = fetch("GET", f"http://{LOOPBACK}:{port}/metrics").text
    tenant.delete("senlinreceiver/grow")
    tenant.gone("SenlinReceiver", "grow")
    shown.append(kubernetes(tenant))
    tenant.operator.stop()

    log = tenant.operator.log.read_text()
    spans = str(traces.spans)
    for of_what, text in {
        "Kubernetes": "".join(shown),
        "log": log,
        "metrics": metrics,
        "traces": spans,
        "audit": audit(tenant),
    }.items():
        for secret in secrets_of(first) | secrets_of(second):
            assert secret not in text, of_what
    # Each of these would have had it.
    assert "/v1/receivers/…" in log
    assert "/v1/receivers/…" in spans or "receivers/\\342\\200\\246" in spans
    assert '"Updating"' in log
    assert "senlin_operator_senlin_requests_total" in metrics
