"""All samples at once: applied as they are they become Ready, deleted they leave nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sandbox import Sandbox
from tests.operator.test_import import handmade
from tests.operator.world import SAMPLES, Document, World

PATIENCE = 150.0  # seconds


@pytest.fixture
def world(sandbox_of_its_own: Sandbox, tmp_path: Path) -> Iterator[World]:
    """A project of its own: the samples say what their things are called there."""
    world = World(sandbox_of_its_own, "default", tmp_path / "operator.log")
    world.operator.start()
    yield world
    world.operator.kill()


def samples(world: World) -> list[Document]:
    """Return the manifests of all stories, with what they ask their reader to put in."""
    stories = sorted(path.parent for path in SAMPLES.glob("*/kustomization.yaml"))
    texts = [world.sandbox.kubectl("kustomize", str(story)) for story in stories]
    documents = [it for text in texts for it in yaml.safe_load_all(text)]
    return [filled_in(world, document) for document in documents]


def filled_in(world: World, document: Document) -> Document:
    if document["kind"] == "Secret":
        return world.secret()
    if "adopt" in document["spec"].get("resource", {}):
        server = world.sandbox.nova.boot("legacy")
        document["spec"]["resource"]["adopt"]["identity"] = server["id"]
    return document


def test_all_samples_become_ready_and_leave_nothing(world: World) -> None:
    """But for what others made, and the server that was adopted and is not to go."""
    theirs = handmade(world, "shared-database")
    documents = samples(world)
    ours = [(it["kind"], it["metadata"]["name"]) for it in documents if it["kind"] != "Secret"]
    assert len(set(ours)) == len(ours)

    world.apply(*documents)
    for kind, name in ours:
        world.ready(kind, name, seconds=PATIENCE)
    adopted = world.get("SenlinNode", "legacy")
    assert adopted
    world.kubectl("delete", "--wait=false", "-f", "-", input=yaml.safe_dump_all(documents))
    for kind, name in ours:
        world.gone(kind, name, seconds=PATIENCE)

    for kind in ("SenlinNode", "SenlinProfile"):  # those that clusters had made
        world.eventually(lambda kind=kind: world.all_of(kind) == [], f"rid of each {kind}")
    senlin = world.senlin
    assert [it.id for it in senlin.clusters()] == [theirs.id]
    nodes = {it.id: it for it in senlin.nodes()}
    left = nodes.pop(adopted["status"]["id"])
    assert [it.cluster_id for it in nodes.values()] == [theirs.id]
    assert {it.id for it in senlin.profiles()} == {theirs.profile_id, left.profile_id}
    assert list(senlin.policies()) == []
    assert len(world.sandbox.nova.servers()) == 2
    world.eventually(lambda: not world.kubectl("get", "secrets", "-o", "name"), "the Secret gone")
