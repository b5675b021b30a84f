"""Each folder in deploy/samples tells a story that applies cleanly."""

from functools import partial
from pathlib import Path

import yaml

from sandbox import Sandbox
from tests.operator.applying import hold_unchanged_server_side

SAMPLES = Path(__file__).parents[2] / "deploy" / "samples"
STORIES = sorted(path.parent for path in SAMPLES.glob("*/kustomization.yaml"))


def test_the_samples_apply_cleanly_again_and_again(sandbox: Sandbox, namespace: str) -> None:
    """Also for a tool that has applied them server-side from the beginning, such as Flux."""
    manifests = "---\n".join(sandbox.kubectl("kustomize", str(story)) for story in STORIES)

    kubectl = partial(sandbox.kubectl, f"--namespace={namespace}")
    hold_unchanged_server_side(kubectl, manifests, "kustomize-controller")


def test_every_sample_belongs_to_a_story() -> None:
    told = {
        story / manifest
        for story in STORIES
        for manifest in yaml.safe_load((story / "kustomization.yaml").read_text())["resources"]
    }

    assert set(SAMPLES.rglob("*.yaml")) - {s / "kustomization.yaml" for s in STORIES} == told


def test_every_sample_is_listed_in_the_readme() -> None:
    table = (SAMPLES / "README.md").read_text()

    assert [
        story.name for story in STORIES if f"| [{story.name}]({story.name}) |" not in table
    ] == []
