"""What holds over all definitions of custom resources."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
DEFINITIONS = [yaml.safe_load(path.read_text()) for path in sorted(ROOT.glob("crds/*.yaml"))]
KINDS = [it["spec"]["names"]["kind"] for it in DEFINITIONS]
Field = tuple[str, dict[str, Any]]


def fields(definition: dict[str, Any]) -> Iterator[Field]:
    """Yield path and schema of each field of a definition; `[]` stands for the items of a list."""
    [version] = definition["spec"]["versions"]
    yield from _below("", version["schema"]["openAPIV3Schema"])


def _below(path: str, schema: dict[str, Any]) -> Iterator[Field]:
    yield path, schema
    for name, field in schema.get("properties", {}).items():
        yield from _below(f"{path}/{name}".lstrip("/"), field)
    for inner, ending in (("items", "[]"), ("additionalProperties", "/*")):
        if isinstance(schema.get(inner), dict):
            yield from _below(path + ending, schema[inner])


@pytest.mark.parametrize("definition", DEFINITIONS, ids=KINDS)
def test_no_item_of_a_list_has_a_default(definition: dict[str, Any]) -> None:
    """Clients compare an applied list with the stored one as a whole.

    With such a default, `kubectl apply` says "configured" for ever, Argo CD says "OutOfSync", and
    another field manager that applies the same manifest meets a conflict.
    """
    in_lists = [path for path, schema in fields(definition) if "[]" in path and "default" in schema]

    assert in_lists == []
