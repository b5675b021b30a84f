"""The plain fields of a profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from senlin_operator.kinds.shared.fields import plain
from senlin_operator.model.ownership import without_markers


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    name: str = plain("name", status="name")
    type: str = plain("type", status="type", updatable=False)
    version: str = plain("version", status="version", updatable=False)
    properties: Mapping[str, Any] = plain("properties", updatable=False)
    metadata: Mapping[str, Any] = plain(
        "metadata", status="metadata", for_users=without_markers, default_factory=dict
    )
