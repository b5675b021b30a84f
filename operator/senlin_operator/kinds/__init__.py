"""The kinds of custom resources. A new kind is a folder here, and a name in this list."""

from collections.abc import Mapping

from senlin_operator.kinds.cluster.kind import ClusterKind
from senlin_operator.kinds.node.kind import NodeKind
from senlin_operator.kinds.policy.kind import PolicyKind
from senlin_operator.kinds.profile.kind import ProfileKind
from senlin_operator.model.kind import AnyKind


def kinds_for(*, repaired: bool) -> Mapping[str, AnyKind]:
    """Return the kinds by name, for a Senlin that can rebuild servers or not."""
    all_ = (
        ClusterKind(repaired=repaired),
        NodeKind(repaired=repaired),
        ProfileKind(),
        PolicyKind(repaired=repaired),
    )
    return {kind.name: kind for kind in all_}


KINDS = kinds_for(repaired=False)  # for a Senlin as released
