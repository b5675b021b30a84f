"""The observed state of a receiver, read out of a snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openstack_clustering import Receiver
from senlin_operator.cloud.documents import checked
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kinds.receiver.fields import Fields
from senlin_operator.kinds.shared.fields import from_senlin
from senlin_operator.kinds.shared.immediate import Immediate
from senlin_operator.model.ownership import without_suffix


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed(Fields, Immediate):
    """The plain fields, and further facts from Senlin.

    Senlin 16 sets `created_at` with every update, so it is left out.
    """

    created_at = None
    id: str = field(repr=False)
    cluster_id: str = ""
    channel: Mapping[str, Any] = field(default_factory=dict, repr=False)
    duplicates: tuple[str, ...] = field(default=(), repr=False)


def observe(snapshot: Snapshot, id_: str | None, uid: str) -> Observed | None:
    """Return the observed state; None: the project has no such receiver.

    Each receiver with the owner's marker but one is a duplicate, also if the id is known: a URL
    that nobody knows of can trigger the action for ever.
    """
    receiver, _ = snapshot.find(Receiver, id_, uid)
    if receiver is None:
        return None
    duplicates = (other for other in snapshot.owned(Receiver, uid) if other != receiver.id)
    return observed(receiver, uid, tuple(duplicates))


def observed(receiver: Receiver, uid: str, duplicates: tuple[str, ...] = ()) -> Observed:
    """Return the observed state from a receiver in a list or a reply.

    Raises:
        InvalidResponse: What Senlin says of it is unusable.
    """
    receiver = checked(receiver)
    return Observed(
        **(from_senlin(Observed, receiver) | {"name": without_suffix(receiver.name, uid)}),
        id=receiver.id,
        cluster_id=receiver.cluster_id,
        channel=receiver.channel,
        duplicates=duplicates,
    )
