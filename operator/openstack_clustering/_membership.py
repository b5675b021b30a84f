"""Which nodes a cluster has, and which policies it is bound to."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Unpack

from openstack_clustering import identity, microversion
from openstack_clustering._base import check_keywords
from openstack_clustering._clusters import Clusters
from openstack_clustering.keywords import BindingQuery, ClusterRef, NodeRef, PolicyRef, Removal
from openstack_clustering.resources import Cluster, ClusterPolicy, Node, Policy


class Membership(Clusters):
    """A cluster's nodes and policies."""

    def add_nodes_to_cluster(
        self, cluster: ClusterRef, nodes: NodeRef | Iterable[NodeRef]
    ) -> dict[str, Any]:
        """Make orphan nodes members of a cluster.

        Args:
            cluster: The cluster, its id or its name.
            nodes: Nodes, their ids or their names: ACTIVE, and of the type of the cluster's
                profile.

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            BadRequest: A node does not exist, is not ACTIVE, of another type, or one too many.
            Conflict: A node is a member of a cluster (`NodeNotOrphan`), or another action holds
                the cluster.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Add nodes to a Cluster".
        """
        return self._act(cluster, "add_nodes", {"nodes": self._words(Node, nodes)})

    def remove_nodes_from_cluster(
        self,
        cluster: ClusterRef,
        nodes: NodeRef | Iterable[NodeRef],
        **params: Unpack[Removal],
    ) -> dict[str, Any]:
        """Take nodes out of a cluster; they become orphans, unless they are to be destroyed.

        Args:
            cluster: The cluster, its id or its name.
            nodes: Nodes, their ids or their names.
            params: `destroy_after_deletion`: delete them as well. A deletion policy of the cluster
                has the last word on it.

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            BadRequest: A node is no member, or one too few would be left.
            Conflict: Another action holds the cluster.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Remove nodes from a Cluster" (`destroy_after_deletion`:
            microversion 1.4).
        """
        check_keywords("remove_nodes_from_cluster", params, Removal)
        if "destroy_after_deletion" in params:
            self._require("destroy_after_deletion", microversion.DESTROY_AFTER_DELETION)
        return self._act(cluster, "del_nodes", {"nodes": self._words(Node, nodes), **params})

    def replace_nodes_in_cluster(
        self, cluster: ClusterRef, nodes: Mapping[str, NodeRef] | Iterable[tuple[NodeRef, NodeRef]]
    ) -> dict[str, Any]:
        """Put orphan nodes in the place of members.

        Args:
            cluster: The cluster, its id or its name.
            nodes: A map (of ids or names), or pairs, of a member and what takes its place.

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            BadRequest: An old node is no member, or a new one is not ACTIVE or of another type.
            Conflict: A new node is a member of a cluster, or another action holds the cluster.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Replace nodes in a cluster" (microversion 1.3).
        """
        self._require("replace_nodes_in_cluster", microversion.REPLACE_NODES)
        pairs = nodes.items() if isinstance(nodes, Mapping) else nodes
        words = {self._word(Node, old): self._word(Node, new) for old, new in pairs}
        return self._act(cluster, "replace_nodes", {"nodes": words})

    def attach_policy_to_cluster(
        self, cluster: ClusterRef, policy: PolicyRef, **params: Any
    ) -> dict[str, Any]:
        """Bind a cluster to a policy.

        Args:
            cluster: The cluster, its id or its name.
            policy: The policy, its id or its name.
            params: `enabled` (True if left out).

        Returns:
            `{"action": id}`; see `wait_for_action`. Whether it goes with the cluster's other
            policies shows there.

        Raises:
            BadRequest: There is no such policy or parameter.
            Conflict: Another action holds the cluster.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Attach a Policy to a Cluster".
        """
        return self._act(cluster, "policy_attach", self._bound_to(policy, params))

    def update_cluster_policy(
        self, cluster: ClusterRef, policy: PolicyRef, **params: Any
    ) -> dict[str, Any]:
        """Change whether a cluster's policy is in force.

        Args:
            cluster: The cluster, its id or its name.
            policy: The policy, its id or its name.
            params: `enabled`.

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            BadRequest: The cluster is not bound to it, or there is no such parameter.
            Conflict: Another action holds the cluster.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Update a Policy on a Cluster".
        """
        return self._act(cluster, "policy_update", self._bound_to(policy, params))

    def detach_policy_from_cluster(self, cluster: ClusterRef, policy: PolicyRef) -> dict[str, Any]:
        """Release a cluster from a policy.

        Args:
            cluster: The cluster, its id or its name.
            policy: The policy, its id or its name.

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            BadRequest: The cluster is not bound to it.
            Conflict: Another action holds the cluster.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Detach a Policy from a Cluster".
        """
        return self._act(cluster, "policy_detach", self._bound_to(policy, {}))

    def get_cluster_policy(
        self, cluster_policy: PolicyRef | ClusterPolicy, cluster: ClusterRef | None = None
    ) -> ClusterPolicy:
        """Return the binding of a cluster to a policy.

        Args:
            cluster_policy: The policy, its id or its name; or a binding from the list.
            cluster: The cluster, its id or its name; a binding knows its own.

        Raises:
            ResourceNotFound: There is no such cluster, or it is not bound to the policy.

        Source: Clustering API reference, "Show cluster_policy details".
        """
        policy: Any = cluster_policy
        if isinstance(cluster_policy, ClusterPolicy):
            policy, cluster = cluster_policy.policy_id, cluster or cluster_policy.cluster_id
        segment = identity.quoted(self._word(Policy, policy))
        path = self._path(Cluster, cluster, "policies", segment)
        return ClusterPolicy(self._transport.request("GET", path).map("cluster_policy"))

    def cluster_policies(
        self, cluster: ClusterRef, **query: Unpack[BindingQuery]
    ) -> Iterator[ClusterPolicy]:
        """Yield the bindings of a cluster to policies.

        Args:
            cluster: The cluster, its id or its name.
            query: `enabled`, `policy_name`, `policy_type` (`senlin.policy.scaling-1.0`), `sort`.

        Raises:
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "List all cluster policies".
        """
        check_keywords("A list of cluster_policies", query, BindingQuery)
        identity.word_of(cluster, Cluster)
        return self._bindings(cluster, query)

    def _bindings(self, cluster: ClusterRef, query: Mapping[str, Any]) -> Iterator[ClusterPolicy]:
        path = self._path(Cluster, cluster, "policies")
        for raw in self._page(path, "cluster_policies", self._sent(query)):
            yield ClusterPolicy(raw)

    def _bound_to(self, policy: PolicyRef, params: Mapping[str, Any]) -> dict[str, Any]:
        return {"policy_id": self._word(Policy, policy), **params}
