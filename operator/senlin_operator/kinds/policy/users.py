"""The users of a policy in Senlin."""

from collections.abc import Iterable

from openstack_clustering import Cluster, Proxy
from senlin_operator.cloud.snapshot import CloudObject, Snapshot
from senlin_operator.kinds.shared import bindings
from senlin_operator.model import kind


class Users(kind.Users):
    """Clusters: their list has the ids of their bindings, but not those of the policies."""

    def candidates(self, snapshot: Snapshot, id_: str) -> list[CloudObject]:
        return [it for it in snapshot.all(Cluster).values() if it.policies]

    def among(self, proxy: Proxy, candidates: Iterable[CloudObject], id_: str) -> list[CloudObject]:
        return [
            it
            for it in candidates
            if any(bound.policy_id == id_ for bound in bindings.fetch(proxy, it.id))
        ]
