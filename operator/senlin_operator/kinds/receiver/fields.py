"""The plain fields of a receiver. The name is without the owner's marker at its end in Senlin."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from senlin_operator.kinds.shared.fields import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    name: str = plain("name", status="name")
    type: str = plain("type", status="type", updatable=False)
    action: str = plain("action", status="action", default="")  # empty: of a message receiver
    params: Mapping[str, Any] = plain("params", status="params", default_factory=dict)
