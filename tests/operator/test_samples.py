"""All samples at once: they become Ready as they are, stay as applied, and leave nothing."""

from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import yaml

from sandbox import Sandbox
from tests.operator.applying import hold_unchanged, hold_unchanged_server_side
from tests.operator.tenant import PLURALS, SAMPLES, Document, TenantWithOperator
from tests.operator.test_import import handmade

pytestmark = pytest.mark.slow

PATIENCE = 150.0  # seconds
ELSEWHERE = {"stacks"}  # needs Heat, which is not simulated: tests/real/test_stacks.py


@pytest.fixture
def tenant(sandbox_of_its_own: Sandbox, tmp_path: Path) -> Iterator[TenantWithOperator]:
    """A project of its own, because the samples fix the names of what they create in it."""
    tenant = TenantWithOperator(sandbox_of_its_own, "default", tmp_path / "operator.log")
    tenant.operator.start()
    yield tenant
    tenant.operator.kill()


def samples(tenant: TenantWithOperator) -> list[Document]:
    """Return the manifests of the stories, with what they ask their reader to put in."""
    found = {path.parent for path in SAMPLES.glob("*/kustomization.yaml")}
    stories = sorted(story for story in found if story.name not in ELSEWHERE)
    texts = [tenant.sandbox.kubectl("kustomize", str(story)) for story in stories]
    documents = [it for text in texts for it in yaml.safe_load_all(text)]
    return [filled_in(tenant, document) for document in documents]


def none_left(tenant: TenantWithOperator, kind: str) -> bool:
    return tenant.all_of(kind) == []


def filled_in(tenant: TenantWithOperator, document: Document) -> Document:
    if document["kind"] == "Secret":
        # Kubernetes does not store stringData, so to kubectl it is a change each time.
        texts = document.pop("stringData") | tenant.secret()["stringData"]
        document["data"] = {key: b64encode(it.encode()).decode() for key, it in texts.items()}
    elif "adopt" in document["spec"].get("resource", {}):
        server = tenant.sandbox.nova.boot("legacy")
        document["spec"]["resource"]["adopt"]["identity"] = server["id"]
    return document


def test_all_samples_become_ready_stay_and_leave_nothing(tenant: TenantWithOperator) -> None:
    """But for what others made, and the server that was adopted and is not to go."""
    theirs = handmade(tenant, "shared-database")
    documents = samples(tenant)
    ours = [(it["kind"], it["metadata"]["name"]) for it in documents if it["kind"] in PLURALS]
    assert len(set(ours)) == len(ours)

    tenant.apply(*documents)
    for kind, name in ours:
        tenant.ready(kind, name, seconds=PATIENCE)
    tenant.kubectl("scale", "senlincluster/render-farm", "--replicas=2")  # as its autoscaler does
    tenant.ready("SenlinCluster", "render-farm")
    hold_unchanged(tenant.kubectl, yaml.safe_dump_all(documents))
    hold_unchanged_server_side(tenant.kubectl, yaml.safe_dump_all(documents), "argocd")
    adopted = tenant.get("SenlinNode", "legacy")
    assert adopted
    tenant.kubectl("delete", "--wait=false", "-f", "-", input=yaml.safe_dump_all(documents))
    for kind, name in ours:
        tenant.gone(kind, name, seconds=PATIENCE)

    for kind in ("SenlinNode", "SenlinProfile"):  # those that clusters had made
        tenant.eventually(partial(none_left, tenant, kind), f"rid of each {kind}")
    senlin = tenant.senlin
    assert [it.id for it in senlin.clusters()] == [theirs.id]
    nodes = {it.id: it for it in senlin.nodes()}
    left = nodes.pop(adopted["status"]["id"])
    assert [it.cluster_id for it in nodes.values()] == [theirs.id]
    assert {it.id for it in senlin.profiles()} == {theirs.profile_id, left.profile_id}
    assert list(senlin.policies()) == []
    assert list(senlin.receivers()) == []
    assert len(tenant.sandbox.nova.servers()) == 2
    tenant.eventually(lambda: not tenant.kubectl("get", "secrets", "-o", "name"), "the Secret gone")
