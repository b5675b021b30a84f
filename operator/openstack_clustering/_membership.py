"""The nodes of a cluster, and the policies that are attached to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Unpack

from openstack_clustering import _identity as identity
from openstack_clustering import _microversion as microversion
from openstack_clustering._arguments import check_keywords
from openstack_clustering._base import Base, renamed
from openstack_clustering._filtering import select
from openstack_clustering.exceptions import ClientException, InvalidArgument
from openstack_clustering.resources import Cluster, ClusterPolicy, Node, Policy

if TYPE_CHECKING:
    from openstack_clustering.keywords import Attachment, ClusterRef, NodeRef, PolicyRef, Removal
    from openstack_clustering.queries import BindingQuery


class Membership(Base):
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
            BadRequest: A node does not exist, is not ACTIVE, is of another type or is in a cluster
                already, or the cluster would exceed `max_size`.
            Conflict: Another action holds the cluster's lock.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Add nodes to a Cluster".
        """
        return self._act(Cluster, cluster, "add_nodes", {"nodes": self._names_or_ids(Node, nodes)})

    def remove_nodes_from_cluster(
        self,
        cluster: ClusterRef,
        nodes: NodeRef | Iterable[NodeRef],
        **params: Unpack[Removal],
    ) -> dict[str, Any]:
        """Remove nodes from a cluster; they become orphans unless they are destroyed.

        Args:
            cluster: The cluster, its id or its name.
            nodes: Nodes, their ids or their names.
            params: `destroy_after_deletion`: delete them as well. A deletion policy that is
                attached to the cluster overrides it.

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            BadRequest: A node is not in the cluster, or fewer than `min_size` would be left.
            Conflict: Another action holds the cluster's lock.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Remove nodes from a Cluster" (`destroy_after_deletion`:
            microversion 1.4).
        """
        check_keywords("remove_nodes_from_cluster", params, "Removal")
        if "destroy_after_deletion" in params:
            self._require("destroy_after_deletion", microversion.DESTROY_AFTER_DELETION)
        removed = {"nodes": self._names_or_ids(Node, nodes)}
        return self._act(Cluster, cluster, "del_nodes", {**removed, **params})

    def replace_nodes_in_cluster(
        self, cluster: ClusterRef, nodes: Mapping[str, NodeRef] | Iterable[tuple[NodeRef, NodeRef]]
    ) -> dict[str, Any]:
        """Replace nodes of a cluster with orphan nodes.

        Args:
            cluster: The cluster, its id or its name.
            nodes: Pairs of an old node and the new one, or a map of their ids or names.

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            BadRequest: An old node is not in the cluster, or a new one is of another type or is not
                ACTIVE.
            Conflict: A new node is in a cluster, or another action holds the cluster's lock.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Replace nodes in a cluster" (microversion 1.3).
        """
        self._require("replace_nodes_in_cluster", microversion.REPLACE_NODES)
        pairs = nodes.items() if isinstance(nodes, Mapping) else nodes
        try:
            ids = {self._name_or_id(Node, old): self._name_or_id(Node, new) for old, new in pairs}
        except (TypeError, ValueError) as error:
            if isinstance(error, ClientException):
                raise
            raise InvalidArgument(
                f"`nodes` is a map of old nodes to new ones, or pairs of them, not {nodes!r}."
            ) from None
        return self._act(Cluster, cluster, "replace_nodes", {"nodes": ids})

    def attach_policy_to_cluster(
        self, cluster: ClusterRef, policy: PolicyRef, **params: Unpack[Attachment]
    ) -> dict[str, Any]:
        """Attach a policy to a cluster.

        Args:
            cluster: The cluster, its id or its name.
            policy: The policy, its id or its name.
            params: `enabled` (True if left out).

        Returns:
            `{"action": id}`; see `wait_for_action`. The action fails if the policy conflicts with
            another one of the cluster.

        Raises:
            BadRequest: There is no such policy or parameter.
            Conflict: Another action holds the cluster's lock.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Attach a Policy to a Cluster".
        """
        check_keywords("attach_policy_to_cluster", params, "Attachment")
        return self._act(Cluster, cluster, "policy_attach", self._binding(policy, params))

    def update_cluster_policy(
        self, cluster: ClusterRef, policy: PolicyRef, **params: Unpack[Attachment]
    ) -> dict[str, Any]:
        """Enable or disable a policy on a cluster.

        Args:
            cluster: The cluster, its id or its name.
            policy: The policy, its id or its name.
            params: `enabled`.

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            BadRequest: The policy is not attached to the cluster, or there is no such parameter.
            Conflict: Another action holds the cluster's lock.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Update a Policy on a Cluster".
        """
        check_keywords("update_cluster_policy", params, "Attachment")
        return self._act(Cluster, cluster, "policy_update", self._binding(policy, params))

    def detach_policy_from_cluster(self, cluster: ClusterRef, policy: PolicyRef) -> dict[str, Any]:
        """Detach a policy from a cluster.

        Args:
            cluster: The cluster, its id or its name.
            policy: The policy, its id or its name.

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            BadRequest: The policy is not attached to the cluster.
            Conflict: Another action holds the cluster's lock.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Detach a Policy from a Cluster".
        """
        return self._act(Cluster, cluster, "policy_detach", self._binding(policy, {}))

    def get_cluster_policy(
        self, cluster_policy: PolicyRef | ClusterPolicy, cluster: ClusterRef | None = None
    ) -> ClusterPolicy:
        """Return the binding of a policy to a cluster.

        Args:
            cluster_policy: The policy, its id or its name; or a binding from the list.
            cluster: The cluster, its id or its name; may be left out with a binding.

        Raises:
            ResourceNotFound: There is no such cluster, or the policy is not attached to it.

        Source: Clustering API reference, "Show cluster_policy details".
        """
        policy: Any = cluster_policy
        if isinstance(cluster_policy, ClusterPolicy):
            policy, cluster = cluster_policy.policy_id, cluster or cluster_policy.cluster_id
        segment = identity.quoted(self._to_read(Policy, policy))
        path = self._path_to_read(Cluster, cluster, "policies", segment)
        return ClusterPolicy(self._transport.request("GET", path).map("cluster_policy"))

    def cluster_policies(
        self, cluster: ClusterRef, **query: Unpack[BindingQuery]
    ) -> Iterator[ClusterPolicy]:
        """Yield the bindings of policies to a cluster.

        Args:
            cluster: The cluster, its id or its name.
            query: `enabled`, `policy_name`, `policy_type` (`senlin.policy.scaling-1.0`), `sort`;
                `policy_id` and other values of bindings, by which the client filters.

        Raises:
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "List all cluster policies".
        """
        chosen = select("A list of cluster_policies", query, "Binding")
        identity.name_or_id(cluster, Cluster)
        return chosen.of(self._bindings(cluster, chosen.sent))

    def _bindings(self, cluster: ClusterRef, query: Mapping[str, Any]) -> Iterator[ClusterPolicy]:
        path = self._path_to_read(Cluster, cluster, "policies")
        for raw in self._get_page(path, "cluster_policies", renamed(query)):
            yield ClusterPolicy(raw)

    def _binding(self, policy: PolicyRef, params: Mapping[str, Any]) -> dict[str, Any]:
        return {"policy_id": self._name_or_id(Policy, policy), **renamed(params)}
