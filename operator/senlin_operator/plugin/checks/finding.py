"""What a check has found: how bad it is, and what to do."""

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How bad a finding is. The values are what people read."""

    OK = "ok"
    UNKNOWN = "unknown"  # it could not be checked, as a right is missing
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        level: How bad it is.
        text: What has been found, for people.
        remedy: What to do; empty: nothing.
    """

    level: Level
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """The findings about one thing."""

    title: str
    findings: tuple[Finding, ...]
