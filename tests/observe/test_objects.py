"""The figures of each object: kube-state-metrics with our configuration, scraped by Prometheus."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.control import fetch
from sandbox.prometheus import Prometheus
from sandbox.settings import LOOPBACK
from senlin_operator.kube.objects import PAUSED
from tests.observe.load import JOB_OF_OBJECTS, Watched
from tests.observe.published import DEPLOY, FIGURES
from tests.operator.tenant import PLURALS, Document

Sample = tuple[str, frozenset[tuple[str, str]], float]
# Labels that kube-state-metrics and Prometheus add.
ADDED = {"__name__", "instance", "job"}
DELETION = "_deletion_timestamp"
LEAVING = f"kube_senlinprofile{DELETION}"  # only a profile is being deleted
NAMES = {
    "SenlinCluster": {"profileID": "profile_id"},
    "SenlinNode": {
        "profileID": "profile_id",
        "clusterID": "cluster_id",
        "physicalID": "physical_id",
    },
    "SenlinPolicy": {"type": "type", "version": "version"},
    "SenlinProfile": {"type": "type", "version": "version"},
    "SenlinReceiver": {"type": "type", "action": "action", "clusterID": "cluster_id"},
    "SenlinOperation": {},
}


def seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


def info(document: Document) -> dict[str, Any]:
    """Return the labels that name an object, in Kubernetes and in Senlin."""
    status = document["status"]
    resource, target = status.get("resource", {}), status.get("target", {})
    return {
        "uid": document["metadata"]["uid"],
        "id": status.get("id"),
        "senlin_name": resource.get("name"),
        "operation": status.get("operation"),
        **{f"target_{name}": value for name, value in target.items()},
        **{label: resource.get(name) for name, label in NAMES[document["kind"]].items()},
    }


def figures(document: Document) -> Iterator[tuple[str, dict[str, Any], float]]:
    """Yield what the metrics of an object should be, without the labels that all of them have."""
    metadata, status = document["metadata"], document["status"]
    resource = status.get("resource", {})
    yield "info", info(document), 1
    yield "metadata_generation", {}, metadata["generation"]
    yield "status_observed_generation", {}, status["observedGeneration"]
    if "deletionTimestamp" in metadata:
        yield "deletion_timestamp", {}, seconds(metadata["deletionTimestamp"])
    for it in status.get("conditions", ()):
        labels = {"condition": it["type"], "status": it["status"], "reason": it["reason"]}
        yield "status_condition", labels, it["status"] == "True"
        since = seconds(it["lastTransitionTime"])
        yield "status_condition_last_transition_time", {"condition": it["type"]}, since
    if document["kind"] in ("SenlinCluster", "SenlinNode") and resource:
        yield "status_senlin_info", {"status": resource["status"]}, 1
    for state, number in resource.get("nodes", {}).items():
        yield "status_nodes", {"state": state}, number
    for field, name in (
        ("desiredCapacity", "desired_capacity"),
        ("minSize", "min_size"),
        ("maxSize", "max_size"),
    ):
        if field in resource:
            yield f"status_{name}", {}, resource[field]
    if document["kind"] == "SenlinOperation":
        yield "status_failed", {}, status.get("failed", 0)
        for field, name in (("startTime", "start_time"), ("completionTime", "completion_time")):
            if field in status:
                yield f"status_{name}", {}, seconds(status[field])


def expected(tenant: Watched) -> set[Sample]:
    return {
        (
            f"kube_{kind.lower()}_{name}",
            frozenset(
                {
                    "name": document["metadata"]["name"],
                    "resource_namespace": tenant.namespace,
                    "customresource_group": "senlin.openstack.org",
                    "customresource_kind": kind,
                    "customresource_version": "v1alpha1",
                    **{label: text for label, text in labels.items() if text},
                }.items()
            ),
            float(value),
        )
        for kind in PLURALS
        for document in tenant.all_of(kind)
        for name, labels, value in figures(document | {"kind": kind})
    }


def shown(prometheus: Prometheus) -> set[Sample]:
    found = prometheus.query(f'{{job="{JOB_OF_OBJECTS}", customresource_kind!=""}}')
    return {
        (
            it["metric"]["__name__"],
            frozenset((label, text) for label, text in it["metric"].items() if label not in ADDED),
            float(it["value"][1]),
        )
        for it in found
    }


def described() -> set[str]:
    """Return the names of all metrics that the configuration has, but for deletions."""
    resources = FIGURES["customResourceState"]["config"]["spec"]["resources"]
    names = {
        f"{it['metricNamePrefix']}_{each['name']}" for it in resources for each in it["metrics"]
    }
    return {name for name in names if not name.endswith(DELETION)}


def text_of(tenant: Watched) -> str:
    """Return the metrics as kube-state-metrics shows them to people."""
    reply = fetch("GET", f"http://{LOOPBACK}:{tenant.objects.port}/metrics")
    return reply.text


@pytest.fixture
def leaving(tenant: Watched) -> Iterator[None]:
    """A profile whose deletion waits, as it is paused."""
    tenant.apply(tenant.profile("leaving"))
    tenant.ready("SenlinProfile", "leaving")
    tenant.kubectl("annotate", "senlinprofile/leaving", f"{PAUSED}=true")
    tenant.delete("senlinprofile/leaving")
    yield
    tenant.kubectl("annotate", "senlinprofile/leaving", f"{PAUSED}-")
    tenant.gone("SenlinProfile", "leaving")


@pytest.mark.usefixtures("leaving")
def test_the_metrics_are_what_the_objects_say(tenant: Watched, prometheus: Prometheus) -> None:
    different: set[Sample] = set()

    def agree() -> bool:
        different.clear()
        different.update(expected(tenant) ^ shown(prometheus))
        return not different

    with suppress(AssertionError):  # the next line says more
        tenant.eventually(agree, "the same")

    assert not different
    assert {name for name, _, _ in shown(prometheus)} == described() | {LEAVING}


def test_the_queries_of_the_page_have_answers(tenant: Watched, prometheus: Prometheus) -> None:
    page = DEPLOY / "kube-state-metrics" / "README.md"
    [block] = [it.split("```")[0] for it in page.read_text().split("```promql\n")[1:]]
    queries = [line for line in block.splitlines() if line and not line.startswith("#")]

    empty = [query for query in queries if not prometheus.query(query)]

    assert len(queries) > 3
    assert empty == []


def test_promtool_finds_no_fault(tenant: Watched, promtool: Path) -> None:
    """But in names: kube-state-metrics' own have neither units nor the usual prefixes."""
    done = subprocess.run(
        [promtool, "check", "metrics"], input=text_of(tenant), capture_output=True, text=True
    )

    assert done.stderr == ""


def test_no_figure_contains_a_secret_or_a_message(tenant: Watched) -> None:
    text = text_of(tenant)
    receivers = [it.id for it in tenant.receivers()]
    messages = {
        it["message"]
        for kind in PLURALS
        for document in tenant.all_of(kind)
        for it in document["status"].get("conditions", ())
        if it["message"]
    }

    assert receivers
    assert messages
    assert not [it for it in (*tenant.secrets(), *receivers, *messages) if it in text]


def test_kube_state_metrics_has_the_rights_that_it_needs(tenant: Watched) -> None:
    log = tenant.objects.log.read_text()

    assert "forbidden" not in log
    assert not [line for line in log.splitlines() if line.startswith("E")]
