"""Events as people see them: in order, with their ages, and repeated ones counted."""

import asyncio
import json
import re

from senlin_operator.kube.client import KubeClient
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.objects import Resource
from tests.operator.tenant import PLURALS, Document, Tenant

FAULT = "No valid host was found."


def described(tenant: Tenant) -> list[tuple[str, str, str]]:
    """Return type, reason and source of the events of `web`, as `kubectl describe` orders them."""
    text = tenant.kubectl("describe", "senlincluster", "web")
    rows = text.partition("\nEvents:\n")[2].splitlines()[2:]
    columns = [re.split(r"\s{2,}", row.strip()) for row in rows]
    assert all(re.match(r"\d+[smh]", age) for _, _, age, *_ in columns), text
    return [(kind, reason, source) for kind, reason, _, source, *_ in columns]


def events(tenant: Tenant, *options: str) -> list[Document]:
    """Return the events of `web`, as `kubectl get events` orders them."""
    of_web = "--field-selector=involvedObject.name=web,involvedObject.kind=SenlinCluster"
    found = json.loads(tenant.kubectl("get", "events", of_web, "--output=json", *options))
    items: list[Document] = found["items"]
    return items


def resize(tenant: Tenant, size: int) -> None:
    tenant.kubectl("scale", "senlincluster/web", f"--replicas={size}")
    tenant.ready()


def sizes(tenant: Tenant) -> dict[str, int]:
    """Return how often each size has been reached, as far as the events say it."""
    reached = [it for it in events(tenant) if it["reason"] == "Ready"]
    assert len({it["message"] for it in reached}) == len(reached)
    return {it["message"][0]: it["count"] for it in reached}


def test_kubectl_shows_them_in_order(tenant: Tenant) -> None:
    tenant.quickstart()
    resize(tenant, 2)
    expected = ["Creating", "Ready", "Resizing", "Ready"]

    tenant.eventually(lambda: len(events(tenant)) >= len(expected), "told")

    assert [row for row in described(tenant) if row[1] != "ReferenceNotReady"] == [
        ("Normal", reason, "senlin-operator") for reason in expected
    ]
    in_order = [it["reason"] for it in events(tenant, "--sort-by=.lastTimestamp")]
    assert [reason for reason in in_order if reason != "ReferenceNotReady"] == expected


def test_a_repeated_one_is_counted_up(tenant: Tenant) -> None:
    tenant.quickstart()
    for size in (2, 3, 2):
        resize(tenant, size)
    tenant.eventually(lambda: sizes(tenant) == {"3": 2, "2": 2}, "counted")

    latest = events(tenant, "--sort-by=.lastTimestamp")[-1]
    assert (latest["reason"], latest["message"][0]) == ("Ready", "2")
    assert latest["firstTimestamp"] < latest["lastTimestamp"]

    tenant.kubectl("delete", "events", "--all")  # as Kubernetes does after an hour
    resize(tenant, 3)
    tenant.eventually(lambda: sizes(tenant) == {"3": 1}, "told again")


def test_a_failed_build_is_a_warning(tenant: Tenant) -> None:
    tenant.sandbox.nova.fail_builds(tenant.nodes_named(), text=FAULT)
    tenant.apply(tenant.secret(), tenant.profile(), tenant.cluster())
    tenant.waits_for("ActionFailed")

    def warned() -> bool:
        return ("Warning", "ActionFailed", "senlin-operator") in described(tenant)

    tenant.eventually(warned, "told as a warning")


async def test_a_longer_note_than_is_accepted_is_cut(tenant: Tenant) -> None:
    tenant.apply(tenant.secret(), tenant.profile())
    web_server = Resource("SenlinProfile", tenant.ready("SenlinProfile", "web-server"))
    kube = await KubeClient.connect(str(tenant.sandbox.kubeconfig), PLURALS)
    recorder = Recorder(kube)

    sending = asyncio.create_task(recorder.run())
    recorder.record(web_server, "Normal", "Long", "Test", "→" * 1024)
    await recorder.flush(10)
    sending.cancel()
    await kube.close()

    assert ("Long", "→" * 340 + "…") in tenant.events("web-server")
