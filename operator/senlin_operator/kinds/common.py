"""What several kinds share: steps, marks, differences and how they are told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from senlin_operator.cloud.inventory import OWNER
from senlin_operator.engine.outcome import Blocked
from senlin_operator.kinds.remediation import RECREATE
from senlin_operator.kube.conditions import Reason
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


@dataclass(frozen=True, slots=True)
class Update:
    """A change in place; `fields` are Senlin's, and `summary` has what they were."""

    id: str
    fields: Mapping[str, Any]
    summary: str

    verb = "Updating"


@dataclass(frozen=True, slots=True)
class Recover:
    """Another try at a node that does not work, or at all such nodes of a cluster."""

    id: str
    summary: str = field(compare=False)
    operation: str = RECREATE

    verb = "Recovering"


@dataclass(frozen=True, slots=True)
class Check:
    """A comparison of Senlin's records with the servers."""

    id: str

    verb = "Checking"
    summary = "check of what Senlin knows of the servers"


def marked(fields: Mapping[str, Any], uid: str) -> dict[str, Any]:
    """Return the fields with the owner's mark, if they have metadata: Senlin replaces it whole."""
    if "metadata" not in fields:
        return dict(fields)
    return {**fields, "metadata": {**fields["metadata"], OWNER: uid}}


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


def altered(wanted: Mapping[str, Any], made: Mapping[str, Any]) -> Blocked | None:
    """Return that properties are not those any more that it was made with, if so.

    The definitions say that they cannot be changed; but Kubernetes 1.37 does not notice when
    fields that no schema describes get other names and are as many as before.
    """
    names = sorted(key for key in wanted.keys() | made.keys() if wanted.get(key) != made.get(key))
    if not names:
        return None
    return Blocked(
        Reason.REJECTED,
        f"Senlin does not change properties ({', '.join(names)}): put them back, or make another "
        "resource.",
    )
