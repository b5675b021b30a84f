"""Paused: nothing happens to it, and everybody can see that, and why."""

import pytest

from tests.bench.counting import CALLER
from tests.operator.tenant import Document, Tenant, condition, ticks

ANNOTATION = "senlin.openstack.org/paused"
HEALTHY = "3 of 3 nodes are active."


@pytest.fixture
def web(tenant: Tenant) -> Document:
    """A cluster of three nodes."""
    return tenant.quickstart()


def annotate(tenant: Tenant, value: str) -> None:
    tenant.kubectl("annotate", "--overwrite", "senlincluster/web", f"{ANNOTATION}={value}")


def pauses(tenant: Tenant, text: str, name: str = "web", kind: str = "SenlinCluster") -> Document:
    """Wait until the condition Paused says this; return the object."""
    return tenant.wait(
        kind,
        name,
        lambda it: condition(it, "Paused").get("message", "").endswith(text),
        f"paused: {text}",
    )


def goes_on(tenant: Tenant, name: str = "web", kind: str = "SenlinCluster") -> Document:
    return tenant.wait(kind, name, lambda it: not condition(it, "Paused"), "resumed")


def status_writes(tenant: Tenant) -> int:
    """Return how often the operator has written the status of the cluster."""
    where = {"namespace": tenant.namespace, "name": "web", "subresource": "status"}
    return len(tenant.sandbox.audit(userAgent=CALLER, verb="patch", **where))


def changes_sent(tenant: Tenant, id_: str) -> int:
    """Return how many requests about the cluster the operator has sent that change it."""
    requests = tenant.sandbox.senlin.requests(caller=CALLER)
    return sum(it.method != "GET" and id_ in it.path for it in requests)


def nothing_is_sent(tenant: Tenant, web: Document, seconds: float = 4) -> None:
    """Hold for some time that the cluster in Senlin stays as it was."""
    id_ = web["status"]["id"]
    before = changes_sent(tenant, id_)
    for _ in ticks(seconds, pause=0.5):
        assert changes_sent(tenant, id_) == before
        assert len(tenant.nodes()) == 3


@pytest.mark.parametrize("value", ["true", "yes", "True"])
def test_a_pause_holds_whatever_the_word(tenant: Tenant, web: Document, value: str) -> None:
    annotate(tenant, value)
    pauses(tenant, ".")
    tenant.kubectl("scale", "senlincluster/web", "--replicas=1")
    paused = pauses(tenant, "; generation 2 is not acted upon.")
    nothing_is_sent(tenant, web)

    ready = condition(paused, "Ready")
    assert (ready["status"], ready["observedGeneration"]) == ("True", 1)
    assert ready["message"] == f"{condition(paused, 'Paused')['message']} Before: {HEALTHY}"
    header, row = tenant.kubectl("get", "senlincluster/web").splitlines()
    assert row[header.index("PAUSED") :].startswith("True")
    warned = tenant.kubectl("get", "events", "--field-selector=type=Warning,reason=Paused")
    assert ("neither true nor false" in warned) is (value != "true")

    annotate(tenant, "false")
    shrunk = tenant.ready()
    assert shrunk["status"]["resource"]["nodes"]["total"] == 1
    assert not condition(shrunk, "Paused")
    assert "Resumed" in [reason for reason, _ in tenant.events("web")]


def test_a_pause_costs_one_write_and_its_end_another(tenant: Tenant, web: Document) -> None:
    writes = status_writes(tenant)
    annotate(tenant, "true")
    pauses(tenant, f"Paused by the annotation {ANNOTATION}.")
    nothing_is_sent(tenant, web, seconds=35)  # a poll of a settled project passes
    assert status_writes(tenant) == writes + 1

    tenant.kubectl("annotate", "senlincluster/web", f"{ANNOTATION}-")
    goes_on(tenant)
    nothing_is_sent(tenant, web)
    after = tenant.get("SenlinCluster", "web") or {}
    assert status_writes(tenant) == writes + 2
    assert {**after["status"], "lastSyncTime": ""} == {**web["status"], "lastSyncTime": ""}
    reasons = [reason for reason, _ in tenant.events("web")]
    assert reasons[-2:] == ["Paused", "Resumed"]


def test_a_pause_in_the_manifest(tenant: Tenant, web: Document) -> None:
    writes = status_writes(tenant)
    manifest = tenant.cluster(desiredCapacity=2)
    manifest["spec"]["paused"] = True
    tenant.apply(manifest)
    pauses(tenant, "Paused by spec.paused; generation 2 is not acted upon.")
    nothing_is_sent(tenant, web)
    assert status_writes(tenant) == writes + 1

    manifest["spec"]["paused"] = False
    tenant.apply(manifest)
    shrunk = tenant.ready()
    assert shrunk["status"]["resource"]["nodes"]["total"] == 2
    assert not condition(shrunk, "Paused")
    assert status_writes(tenant) == writes + 3  # the action has begun, and has ended


def test_drift_waits_as_well(tenant: Tenant, web: Document) -> None:
    annotate(tenant, "true")
    pauses(tenant, ".")
    tenant.senlin.update_cluster(web["status"]["id"], timeout=77)
    for _ in ticks(4):
        assert tenant.senlin.get_cluster(web["status"]["id"]).timeout == 77

    annotate(tenant, "")
    goes_on(tenant)
    tenant.eventually(
        lambda: tenant.senlin.get_cluster(web["status"]["id"]).timeout == 3600, "corrected"
    )


def test_a_deletion_waits_and_says_so(tenant: Tenant, web: Document) -> None:
    annotate(tenant, "true")
    pauses(tenant, ".")
    tenant.delete("senlincluster/web")
    pauses(tenant, "; its deletion waits until the pause ends.")
    nothing_is_sent(tenant, web)
    waits = [note for reason, note in tenant.events("web") if "deletion waits" in note]
    assert len(waits) == 1

    tenant.kubectl("annotate", "senlincluster/web", f"{ANNOTATION}-")
    tenant.gone("SenlinCluster", "web")
    assert tenant.clusters() == []


@pytest.mark.parametrize(
    "kind", ["SenlinProfile", "SenlinPolicy", "SenlinReceiver", "SenlinNode", "SenlinOperation"]
)
def test_every_kind_can_be_born_paused(tenant: Tenant, kind: str) -> None:
    """So it can be read before anything happens."""
    makers = {
        "SenlinProfile": tenant.profile,
        "SenlinPolicy": tenant.policy,
        "SenlinReceiver": tenant.receiver,
        "SenlinNode": tenant.node,
        "SenlinOperation": lambda: tenant.operation("check", {"check": {}}),
    }
    document = makers[kind]()
    name = document["metadata"]["name"]
    document["spec"]["paused"] = True
    tenant.apply(tenant.secret(), document)

    text = "Paused by spec.paused; generation 1 is not acted upon."
    born = pauses(tenant, text, name, kind)
    ready = condition(born, "Ready")
    assert (ready["status"], ready["reason"], ready["message"]) == ("Unknown", "Paused", text)
    assert born["status"]["observedGeneration"] == -1
    assert "finalizers" not in born["metadata"]

    tenant.patch(kind, name, {"spec": {"paused": False}})
    after = goes_on(tenant, name, kind)
    assert condition(after, "Ready").get("reason") != "Paused"


def test_a_misspelt_force_leaves_no_server_behind(tenant: Tenant) -> None:
    tenant.sandbox.nova.slow_builds(6, name=tenant.nodes_named())
    tenant.apply(tenant.secret(), tenant.profile(), tenant.cluster())
    tenant.waits_for("ActionRunning")
    tenant.kubectl("annotate", "senlincluster/web", "senlin.openstack.org/force-deletion=yes")
    tenant.delete("senlincluster/web")
    tenant.gone("SenlinCluster", "web", seconds=60)

    told = [note for reason, note in tenant.events("web") if reason == "NotUsed"]
    assert len(told) == 1
    assert 'force-deletion forces nothing: its value is not "true"' in told[0]
    assert tenant.sandbox.nova.servers(tenant.nodes_named()) == []
