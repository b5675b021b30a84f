"""The plain fields of a node."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from senlin_operator.kinds.shared.fields import plain
from senlin_operator.model.ownership import without_markers


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    name: str = plain("name", status="name")
    profile_id: str = plain(status="profileID", default="")
    metadata: Mapping[str, Any] = plain(
        "metadata", status="metadata", for_users=without_markers, default_factory=dict
    )
    tainted: bool = plain("tainted", status="tainted", creatable=False, default=False)
    role: str = plain("role", status="role", default="")
