"""The kinds of custom resources. A new kind is a folder here, and a name in one of these lists."""

from collections.abc import Mapping

from senlin_operator.kinds.cluster.kind import ClusterKind
from senlin_operator.kinds.node.kind import NodeKind
from senlin_operator.kinds.operation.kind import OperationKind
from senlin_operator.kinds.policy.kind import PolicyKind
from senlin_operator.kinds.profile.kind import ProfileKind
from senlin_operator.kinds.receiver.kind import ReceiverKind
from senlin_operator.model.kind import AnyKind
from senlin_operator.model.run import RunKind


def kinds_for(*, repaired: bool, receivers: bool = True) -> Mapping[str, AnyKind]:
    """Return the kinds by name, in the order in which a poll lists them.

    Args:
        repaired: For a Senlin whose defects are repaired.
        receivers: With SenlinReceivers.
    """
    all_: tuple[AnyKind, ...] = (
        # Before the clusters: when Senlin deletes a cluster, its receivers go first. So a cluster
        # whose receivers are absent is listed as one that is being deleted, or not at all.
        *([ReceiverKind(repaired=repaired)] if receivers else []),
        ClusterKind(repaired=repaired),
        NodeKind(repaired=repaired),
        ProfileKind(),
        PolicyKind(repaired=repaired),
    )
    return {kind.name: kind for kind in all_}


def run_kinds_for(*, repaired: bool) -> Mapping[str, RunKind]:
    """Return the kinds that are run to completion, by name."""
    return {OperationKind.name: OperationKind(repaired=repaired)}


# For a Senlin as released.
KINDS = kinds_for(repaired=False)
RUN_KINDS = run_kinds_for(repaired=False)
