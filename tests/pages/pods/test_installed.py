"""The commands that need the operator in pods: of README.md, NOTES.txt and pages in docs."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.image.archive import REFERENCE, image_archive
from sandbox import Sandbox
from tests.pages.reader import Reader, entries_of
from tests.pages.table import IN_PODS

pytestmark = pytest.mark.thorough

IMAGE = "registry.example.com/senlin-operator:0.1.0"  # as the pages call it
UNINSTALLED = "helm uninstall senlin-operator --namespace senlin-operator --no-hooks --wait"
# What the commands of NOTES.txt mean is known only after the installation.
NOTES_OF_THE_RELEASE = (
    "helm get notes senlin-operator --namespace senlin-operator | grep -E '^ {5}(kubectl|helm)'"
)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """A reader in the namespace default, whose nodes can have the image that the pages name."""
    with Sandbox.up(pods=True) as sandbox, sandbox.inside():
        sandbox.import_image(image_archive())
        sandbox.tag_image(REFERENCE, IMAGE)
        yield Reader(sandbox, "default", tmp_path)


def run(reader: Reader, page: str) -> None:
    reader.run("".join(block for block, entry in entries_of(page) if entry == IN_PODS))


def test_the_commands_for_an_installed_operator_succeed(reader: Reader) -> None:
    run(reader, "docs/install.md")
    run_notes(reader)
    reader.run("kubectl apply -k deploy/samples/quickstart")
    reader.run("kubectl wait --for=condition=Ready senlincluster/web --timeout=60s")
    if shutil.which("jq") or os.environ.get("CI") == "true":  # as in tests/conftest.py
        run(reader, "docs/logs.md")
    run(reader, "docs/high-availability.md")

    for page in ("docs/uninstall.md", "README.md"):  # each installs it in its own way
        reader.run(UNINSTALLED)
        run(reader, page)


def run_notes(reader: Reader) -> None:
    commands = reader.run(NOTES_OF_THE_RELEASE).splitlines()
    assert len(commands) == 4
    reader.run("".join(f"{command.strip()}\n" for command in commands))
