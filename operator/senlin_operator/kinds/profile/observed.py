"""The observed state of a profile, read out of a snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openstack_clustering import Profile
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kinds.profile.fields import Fields
from senlin_operator.kinds.shared.fields import from_senlin


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed(Fields):
    """The plain fields, and the facts of Senlin."""

    id: str
    created_at: str | None = None
    duplicates: tuple[str, ...] = ()

    transient = False

    @property
    def lock_id(self) -> str:
        return self.id

    @property
    def faults(self) -> list[Mapping[str, Any]]:
        return []


def observe(snapshot: Snapshot, id_: str | None, uid: str) -> Observed | None:
    """Return the observed state; None: the project has no such profile."""
    profile, duplicates = snapshot.find(Profile, id_, uid)
    return observed(profile, tuple(duplicates)) if profile else None


def observed(profile: Profile, duplicates: tuple[str, ...] = ()) -> Observed:
    """Return the observed state as a list or a reply shows it."""
    document = {"properties": {}, **profile.spec, "name": profile.name}
    return Observed(
        **from_senlin(
            Observed,
            document | {"version": str(document["version"]), "metadata": profile.metadata},
        ),
        id=profile.id,
        created_at=profile.created_at,
        duplicates=duplicates,
    )
