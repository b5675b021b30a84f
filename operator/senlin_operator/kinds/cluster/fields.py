"""The plain fields of a cluster."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from senlin_operator.kinds.shared.fields import plain
from senlin_operator.model.ownership import without_markers


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    name: str = plain("name", status="name")
    profile_id: str = plain(status="profileID")
    timeout: int = plain("timeoutSeconds", status="timeoutSeconds", default=3600)  # seconds
    metadata: Mapping[str, Any] = plain("metadata", for_users=without_markers, default_factory=dict)
    config: Mapping[str, Any] = plain(for_users=dict, default_factory=dict)
