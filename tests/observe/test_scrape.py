"""What Prometheus gets from an operator under load."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from docs.generate import families
from sandbox.prometheus import Prometheus
from tests.observe.load import JOB, Watched
from tests.operator.tenant import PLURALS

OURS = {family.name for family in families()}
OF_QUEUES = ("workqueue_", "leader_election_")  # whose label `name` is that of a queue, of a Lease
QUEUES = {"senlin-operator"}


def samples(tenant: Watched) -> Iterator[Sample]:
    """Yield the leader's own metrics."""
    for family in text_string_to_metric_families(tenant.metrics(tenant.ports[0])[1]):
        if not family.name.startswith(("python_", "process_")):
            yield from family.samples


def test_promtool_finds_no_fault(tenant: Watched, promtool: Path) -> None:
    _, text = tenant.metrics(tenant.ports[0])

    done = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_prometheus_scrapes_both_processes(prometheus: Prometheus) -> None:
    found = prometheus.get("targets")["activeTargets"]
    targets = [target for target in found if target["labels"]["job"] == JOB]

    assert [target["health"] for target in targets] == ["up", "up"], targets


def test_prometheus_is_given_openmetrics(prometheus: Prometheus) -> None:
    """There, and only there, the family of a counter is called without `_total`."""
    known = prometheus.get("metadata")

    assert known["senlin_operator_reconcile"][0]["type"] == "counter"
    assert "senlin_operator_reconcile_total" not in known


def test_an_exemplar_leads_to_a_trace(tenant: Watched, prometheus: Prometheus) -> None:
    durations = "senlin_operator_reconcile_duration_seconds_bucket"
    span = {"start": time.time() - 3600, "end": time.time()}

    found = prometheus.get("query_exemplars", query=durations, **span)

    ids = {it["labels"]["trace_id"] for series in found for it in series["exemplars"]}

    def traced() -> set[str]:
        return {span.trace_id.hex() for span in tenant.traces.spans}

    tenant.eventually(lambda: bool(ids & traced()), "a trace of an exemplar")


def test_every_metric_is_served(tenant: Watched) -> None:
    found = {sample.name for sample in samples(tenant)}

    assert {name for name in OURS if not {name, f"{name}_count"} & found} == set()


def test_no_label_names_an_object(tenant: Watched) -> None:
    objects = [tenant.all_of(kind) for kind in PLURALS]
    metadata = [it["metadata"] for found in objects for it in found]
    names = {it[part] for it in metadata for part in ("name", "uid")} | {"openstack", "refused"}
    ids = {it["status"].get("id") for found in objects for it in found} - {None}

    for sample in samples(tenant):
        labels = dict(sample.labels)
        if sample.name.startswith(OF_QUEUES):
            assert labels.pop("name") in QUEUES
        assert labels.pop("resource_namespace", tenant.namespace) == tenant.namespace
        assert not {"namespace", "name", "uid", "id"} & labels.keys(), sample
        assert not (names | ids | {tenant.namespace}) & set(labels.values()), sample


@pytest.mark.parametrize("accept", ["text/plain", "application/openmetrics-text"])
def test_no_metric_contains_a_secret(tenant: Watched, accept: str) -> None:
    for port in tenant.ports:
        _, text = tenant.metrics(port, accept)
        assert not [secret for secret in tenant.secrets() if secret in text]
