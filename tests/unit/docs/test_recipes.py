"""CONTRIBUTING.md: its first change and its recipes are carried out, and its counts hold."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from senlin_operator.kinds import KINDS
from senlin_operator.model.kind import AnyKind
from tests.unit.docs.sources import ROOT, python_files

PAGE = (ROOT / "CONTRIBUTING.md").read_text()
FIELDS = "operator/senlin_operator/kinds/cluster/fields.py"
# Run in the copy of the tree: the new field in all that the recipe promises.
FIELD_PROBE = """
from senlin_operator.kinds import KINDS
from senlin_operator.kinds.shared.fields import request
from tests.unit.operator.builders import (
    a_cluster, a_cluster_manifest, a_profile_manifest, a_resource, a_snapshot, ready
)

kind = KINDS["SenlinCluster"]
resource = a_resource(a_cluster_manifest(resource={"tags": ["blue"]}))
profile = a_resource(a_profile_manifest(status=ready("p1")))
desired = kind.desired(resource, {profile.key: profile})
assert desired.tags == ["blue"]
observed = kind.observe(a_snapshot(clusters=[a_cluster(tags=["red"])]), "c1", resource.uid)
assert observed.tags == ["red"]
assert kind.resource_status(observed)["tags"] == ["red"]
updates = [it for it in kind.plan(desired, observed) if it.verb == "Updating"]
assert updates[0].fields["tags"] == ["blue"], updates
assert request(desired)["tags"] == ["blue"]
"""


def section(title: str) -> str:
    return re.split(r"^## ", PAGE.split(f"## {title}\n")[1], flags=re.MULTILINE)[0]


def steps(title: str) -> list[str]:
    """Return the numbered steps of a section."""
    return re.split(r"^\d\. ", section(title), flags=re.MULTILINE)[1:]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the code and its unit tests."""
    for folder in ("operator", "tests/unit/operator"):
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    for package in ("tests", "tests/unit"):
        shutil.copy(ROOT / package / "__init__.py", tmp_path / package)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def python(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(map(str, (copy, copy / "operator")))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        (sys.executable, *arguments), cwd=copy, env=environment, capture_output=True, text=True
    )


def test_the_first_change_makes_the_named_row_fail(copy: Path) -> None:
    [(old, function, new, row)] = re.findall(
        r"replace\s+`([^`]+)` in `(\w+)` by `(\w+)`: the row\s+\"(\w+), …\" fails", PAGE
    )
    [test, plan] = re.findall(r"`((?:tests|operator)/\S+\.py)`", section("Your first change"))
    source = (copy / plan).read_text()
    body = source.index(f"def {function}(")
    assert old in source[body : source.index("\n\n\n", body)]

    (copy / plan).write_text(source.replace(old, new))
    run = python(copy, "-m", "pytest", test, "-q", "-p", "no:cacheprovider")

    failed = re.findall(r"^FAILED \S+\[(.+?)\]", run.stdout, flags=re.MULTILINE)
    assert [name.split(",")[0] for name in failed] == [row], run.stdout + run.stderr


def test_a_plain_field_needs_one_line_of_code(copy: Path) -> None:
    line = '    tags: list[str] = plain("tags", status="tags", default_factory=list)\n'
    with (copy / FIELDS).open("a") as table:
        table.write(line)

    run = python(copy, "-c", FIELD_PROBE)

    assert run.returncode == 0, run.stderr


def test_the_recipe_of_a_field_lists_its_files_and_counts_them() -> None:
    listed = [re.findall(r"^`([^`]+)`", step)[0] for step in steps("To add a field")]
    [(files, places)] = re.findall(r"(\d+) files change by hand, in (\d+) places", PAGE)

    assert all((ROOT / path).is_file() for path in listed)
    assert listed[0] == FIELDS
    assert int(files) == len(listed)
    # A line, two schemas, accepted and refused values, and a row.
    assert int(places) == 1 + 2 + 2 + 1


def paths_of(kind: AnyKind) -> Iterator[tuple[str, Path]]:
    """Yield the paths of the recipe of a kind, filled in for one that is there."""
    short = kind.name.removeprefix("Senlin").lower()
    for step in steps("To add a kind"):
        for path in re.findall(r"`([^`\s]*(?:<\w+>|__init__)[^`\s]*)`", step):
            filled = path.replace("<kind>", short).replace("<plural>", kind.plural)
            yield path, ROOT / filled


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda it: it.name)
def test_every_kind_has_the_files_of_the_recipe(kind: AnyKind) -> None:
    missing = [path for path, filled in paths_of(kind) if not filled.exists()]

    assert missing == []


def test_the_recipe_of_a_kind_counts_the_files_that_are_there_before() -> None:
    shared = [path for path, _ in paths_of(next(iter(KINDS.values()))) if "<" not in path]
    [count] = re.findall(r"(\d+) existing file changes by hand", PAGE)

    assert int(count) == len(shared)


def test_every_kind_has_the_same_files() -> None:
    folders = [ROOT / "operator/senlin_operator/kinds" / name for name in _short_names()]
    files = [{it.name for it in folder.glob("*.py")} for folder in folders]

    # Beside these, a kind may have files for what it alone has.
    same = {"__init__", "desired", "fields", "kind", "observed", "plan", "status", "steps"}
    assert set.intersection(*files) == {f"{name}.py" for name in same}


def test_no_code_outside_of_the_kinds_names_one() -> None:
    """Each kind in the list works without a change elsewhere, but for the export."""
    names = {name for kind in KINDS.values() for name in (kind.name, kind.plural)}
    package = ROOT / "operator/senlin_operator"
    others = [
        path
        for path in python_files("operator/senlin_operator")
        if not any(path.is_relative_to(package / it) for it in ("kinds", "export"))
    ]

    assert [(path.name, it) for path in others for it in _constants(path) if it in names] == []


def _short_names() -> list[str]:
    return [name.removeprefix("Senlin").lower() for name in KINDS]


def _constants(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
