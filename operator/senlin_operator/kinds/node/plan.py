"""The steps from the observed to the desired state of a node: a pure function."""

from collections.abc import Iterator

from openstack_clustering import Profile
from senlin_operator.kinds.node.desired import Desired
from senlin_operator.kinds.node.membership import cluster_name, moves
from senlin_operator.kinds.node.observed import ADOPTED, Observed
from senlin_operator.kinds.node.steps import (
    Adopt,
    Check,
    ClaimProfile,
    Create,
    Delete,
    Join,
    Leave,
    Recover,
    ReplaceUnbuilt,
    Update,
)
from senlin_operator.kinds.shared.fields import describe, difference
from senlin_operator.kinds.shared.in_place import Change, change, content, described
from senlin_operator.kinds.shared.remediation import RECREATE, health_policy
from senlin_operator.model.step import Step


def plan(desired: Desired, observed: Observed | None) -> list[Step]:
    """Return the steps; None: the node is known to be absent."""
    if observed is None:
        return [Adopt(desired, desired.adoption) if desired.adoption else Create(desired)]
    duplicates = [Delete(id_) for id_ in observed.duplicates]
    if observed.unbuilt and desired.profile_id not in ("", observed.profile_id):
        # Senlin does not update a node without a server.
        return [*duplicates, ReplaceUnbuilt(observed.id)]
    return [
        *duplicates,
        *_claim_profile(observed),
        *_leave(desired, observed),
        *_update(desired, observed),
        *_join(desired, observed),
        *_repair(desired, observed),
    ]


def change_in_place(desired: Desired, observed: Observed) -> Change | None:
    """Return the change of profile that the server would have to take; None: none is known."""
    if desired.profile_id in ("", observed.profile_id):
        return None
    snapshot = observed.snapshot
    wanted = desired.profile or content(snapshot.get(Profile, desired.profile_id))
    current = content(snapshot.get(Profile, observed.profile_id))
    return change(current, wanted, observed.schema)


def rebuild_refused(desired: Desired, observed: Observed) -> bool:
    """Return whether the node is not recovered, as Senlin would fail to rebuild its server."""
    refused = desired.remediation.rebuilds and not desired.repaired
    left = health_policy(desired.remediation, observed.policies)
    return refused and left is None and bool(observed.physical_id)


def _claim_profile(observed: Observed) -> Iterator[ClaimProfile]:
    if observed.unclaimed_profile:
        yield ClaimProfile(observed.id, observed.unclaimed_profile)


def _leave(desired: Desired, observed: Observed) -> Iterator[Leave]:
    if observed.cluster_id and moves(desired, observed):
        name = cluster_name(observed, observed.cluster_id)
        yield Leave(observed.id, observed.cluster_id, name)


def _update(desired: Desired, observed: Observed) -> Iterator[Update]:
    # An update of a broken node makes Senlin 16 call it ACTIVE, even without a working server.
    if not observed.works:
        return
    profile = change_in_place(desired, observed)
    refused = profile is not None and profile.refused(repaired=desired.repaired)
    without = {"profile_id"} if refused or not desired.profile_id else set()
    if moves(desired, observed):  # Senlin resets the role of a node that moves; _join sets it
        without.add("role")
    changes = difference(desired, observed, without=without)
    fields = {name: wanted for name, (_, wanted) in changes.items()}
    if "metadata" in fields and observed.adopted:
        fields["metadata"] = {**desired.metadata, ADOPTED: "yes"}
    if changes:
        yield Update(observed.id, fields, described(changes, profile))


def _join(desired: Desired, observed: Observed) -> Iterator[Join | Update]:
    if not moves(desired, observed):
        return
    if desired.cluster_id:
        yield Join(observed.id, desired.cluster_id, cluster_name(observed, desired.cluster_id))
    if desired.role:
        yield Update(observed.id, {"role": desired.role}, describe({"role": ("", desired.role)}))


def _repair(desired: Desired, observed: Observed) -> Iterator[Recover | Check]:
    """Yield the repair after a failed action, or of a lost node if the manifest says so."""
    if observed.works:
        return
    remediation = desired.remediation
    if observed.unbuilt:
        yield Recover(observed.id, "another try at a node that could not be built")
    elif observed.interrupted:
        yield Check(observed.id)
    elif rebuild_refused(desired, observed):
        return
    elif remediation.recover and health_policy(remediation, observed.policies) is None:
        # A node without a server can only be created again.
        operation = remediation.operation if observed.physical_id else RECREATE
        yield Recover(observed.id, f"recovery of an unhealthy node by {operation}", operation)
