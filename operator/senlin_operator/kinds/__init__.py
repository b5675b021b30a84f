"""The kinds of custom resources. A new kind is a folder here, and a name in this list."""

from collections.abc import Mapping

from senlin_operator.kinds.cluster.kind import ClusterKind
from senlin_operator.kinds.node.kind import NodeKind
from senlin_operator.kinds.policy.kind import PolicyKind
from senlin_operator.kinds.profile.kind import ProfileKind
from senlin_operator.model.kind import AnyKind

_ALL: tuple[AnyKind, ...] = (ClusterKind(), NodeKind(), ProfileKind(), PolicyKind())
KINDS: Mapping[str, AnyKind] = {kind.name: kind for kind in _ALL}
