"""The observed state of a profile, read out of a snapshot."""

from dataclasses import dataclass

from openstack_clustering import Profile
from senlin_operator.cloud.documents import checked, spec_of
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kinds.profile.fields import Fields
from senlin_operator.kinds.shared.fields import from_senlin
from senlin_operator.kinds.shared.immediate import Immediate


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed(Fields, Immediate):
    """The plain fields, and further facts from Senlin."""

    id: str
    created_at: str | None = None
    duplicates: tuple[str, ...] = ()


def observe(snapshot: Snapshot, id_: str | None, uid: str) -> Observed | None:
    """Return the observed state; None: the project has no such profile."""
    profile, duplicates = snapshot.find(Profile, id_, uid)
    return observed(profile, tuple(duplicates)) if profile else None


def observed(profile: Profile, duplicates: tuple[str, ...] = ()) -> Observed:
    """Return the observed state from a profile in a list or a reply.

    Raises:
        InvalidResponse: What Senlin says of it is unusable.
    """
    profile = checked(profile)
    plain = {"name": profile.name, "metadata": profile.metadata}
    return Observed(
        **from_senlin(Observed, spec_of(profile)._asdict() | plain),
        id=profile.id,
        created_at=profile.created_at,
        duplicates=duplicates,
    )
