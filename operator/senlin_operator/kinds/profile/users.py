"""The users of a profile in Senlin."""

from openstack_clustering import Cluster, Node
from senlin_operator.cloud.snapshot import CloudObject, Snapshot
from senlin_operator.model import kind


class Users(kind.Users):
    """Clusters and nodes: each list shows their profiles."""

    def candidates(self, snapshot: Snapshot, id_: str) -> list[CloudObject]:
        clusters, nodes = snapshot.all(Cluster).values(), snapshot.all(Node).values()
        return [
            *(cluster for cluster in clusters if cluster.profile_id == id_),
            *(node for node in nodes if node.profile_id == id_),
        ]
