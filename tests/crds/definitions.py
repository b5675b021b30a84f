"""The fields of the definitions, and those that hold the name of another object."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEFINITIONS = [yaml.safe_load(path.read_text()) for path in sorted(ROOT.glob("crds/*.yaml"))]
KINDS = [it["spec"]["names"]["kind"] for it in DEFINITIONS]
_NAME_OF = re.compile(r"The name of (?:a|the) (\w+) in the same namespace\b")


@dataclass(frozen=True)
class Reference:
    """A field, such as `spec/resource/profileRef/name`; a list on the path needs no index.

    Attributes:
        kind: The kind of the object that has the field.
        path: Where it is.
        to: The kind of the object whose name it is.
    """

    kind: str
    path: str
    to: str


def fields(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield path and schema of each field of a definition; `[]` stands for the items of a list."""
    [version] = definition["spec"]["versions"]
    yield from _below("", version["schema"]["openAPIV3Schema"])


def references() -> list[Reference]:
    """Return all fields that hold a name; their descriptions say of what."""
    return [
        Reference(definition["spec"]["names"]["kind"], path.replace("[]", ""), match[1])
        for definition in DEFINITIONS
        for path, schema in fields(definition)
        if (match := _NAME_OF.match(schema.get("description", "")))
    ]


def _below(path: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, field in schema.get("properties", {}).items():
        yield from _below(f"{path}/{name}".lstrip("/"), field)
    for inner, ending in (("items", "[]"), ("additionalProperties", "/*")):
        if isinstance(schema.get(inner), dict):
            yield from _below(path + ending, schema[inner])
