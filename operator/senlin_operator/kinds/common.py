"""What several kinds share: the deletion of a cloud object, and how differences are told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from senlin_operator.kube.objects import GROUP


@dataclass(frozen=True, slots=True)
class Delete:
    """The removal of a cloud object that is ours."""

    id: str
    force: bool = False  # whatever Senlin is doing with it

    @property
    def verb(self) -> str:
        return "Deleting"

    @property
    def summary(self) -> str:
        return f"deletion of {self.id}{', by force' if self.force else ''}"


def own_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata without the operator's own marks."""
    return {key: value for key, value in metadata.items() if not key.startswith(f"{GROUP}/")}


def changes(**fields: tuple[object, object]) -> str:
    """Return what differs as `field is → should`, or nothing; maps are told by their keys."""
    told = []
    for name, (is_, should) in fields.items():
        if is_ == should:
            continue
        if isinstance(is_, dict) and isinstance(should, dict):
            keys = sorted(k for k in is_.keys() | should.keys() if is_.get(k) != should.get(k))
            told.append(f"{name} ({', '.join(keys)})")
        else:
            told.append(f"{name} {_shown(is_)} → {_shown(should)}")
    return ", ".join(told)


def _shown(value: object) -> object:
    return "none" if value == "" else value
