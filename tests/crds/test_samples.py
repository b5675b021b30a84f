"""Each folder in deploy/samples tells a story that applies cleanly."""

from pathlib import Path

import pytest
import yaml

from sandbox import Sandbox

SAMPLES = Path(__file__).parents[2] / "deploy" / "samples"
STORIES = sorted(path.parent for path in SAMPLES.glob("*/kustomization.yaml"))


@pytest.mark.parametrize("story", STORIES, ids=[story.name for story in STORIES])
def test_applies_cleanly(sandbox: Sandbox, story: Path) -> None:
    manifests = sandbox.kubectl("kustomize", str(story))

    applied = sandbox.kubectl(
        "apply", "--dry-run=server", "--validate=strict", "-f", "-", input=manifests
    )

    assert applied.count("(server dry run)") == manifests.count("\nkind: ")


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
