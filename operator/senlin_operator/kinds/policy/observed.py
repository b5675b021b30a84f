"""The observed state of a policy, read out of a snapshot."""

from dataclasses import dataclass

from openstack_clustering import Policy
from senlin_operator.cloud.documents import checked, spec_of
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kinds.policy.fields import Fields
from senlin_operator.kinds.shared.fields import from_senlin
from senlin_operator.kinds.shared.immediate import Immediate
from senlin_operator.model.ownership import without_suffix


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed(Fields, Immediate):
    """The plain fields, and further facts from Senlin."""

    id: str
    created_at: str | None = None
    duplicates: tuple[str, ...] = ()


def observe(snapshot: Snapshot, id_: str | None, uid: str) -> Observed | None:
    """Return the observed state; None: the project has no such policy."""
    policy, duplicates = snapshot.find(Policy, id_, uid)
    return observed(policy, uid, tuple(duplicates)) if policy else None


def observed(policy: Policy, uid: str, duplicates: tuple[str, ...] = ()) -> Observed:
    """Return the observed state from a policy in a list or a reply.

    Raises:
        InvalidResponse: What Senlin says of it is unusable.
    """
    policy = checked(policy)
    return Observed(
        **from_senlin(
            Observed, spec_of(policy)._asdict() | {"name": without_suffix(policy.name, uid)}
        ),
        id=policy.id,
        created_at=policy.created_at,
        duplicates=duplicates,
    )
