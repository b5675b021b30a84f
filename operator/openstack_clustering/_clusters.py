"""Clusters: create, change and delete them, scale them, check and repair them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Unpack

from openstack_clustering import _identity as identity
from openstack_clustering import _microversion as microversion
from openstack_clustering._arguments import check_keywords
from openstack_clustering._base import Base
from openstack_clustering._filtering import select
from openstack_clustering.exceptions import InvalidArgument
from openstack_clustering.resources import Cluster, ClusterAttr

if TYPE_CHECKING:
    from openstack_clustering.keywords import (
        ClusterChange,
        ClusterRef,
        NewCluster,
        Recovery,
        Resize,
    )
    from openstack_clustering.queries import AttrQuery, ClusterQuery


class Clusters(Base):
    """Operations on clusters."""

    def create_cluster(self, **attrs: Unpack[NewCluster]) -> Cluster:
        """Create a cluster; the action `action_id` then creates its nodes.

        Names are not unique: a repeated call creates a second cluster.

        Args:
            attrs: `name`, `profile_id` (a profile, its id or its name), `min_size`, `max_size`,
                `desired_capacity` (nodes), `timeout` (seconds), `metadata`, `config`.

        Returns:
            The cluster in its status INIT.

        Raises:
            BadRequest: The sizes contradict each other, or there is no such profile.
            ServerError: The project has 100 clusters, the default limit; `type` is `OverQuota`.

        Source: Clustering API reference, "Create cluster".
        """
        return self._create(Cluster, attrs, "NewCluster")

    def update_cluster(self, cluster: ClusterRef, **attrs: Unpack[ClusterChange]) -> Cluster:
        """Change a cluster by the action `action_id`; a new profile applies to all its nodes.

        Args:
            cluster: The cluster, its id or its name.
            attrs: `name`, `profile_id`, `timeout` (seconds), `metadata` and `config` (each
                replaces the whole map), `is_profile_only` (existing nodes keep their profile).

        Returns:
            The cluster as it was before the change.

        Raises:
            BadRequest: It would change nothing, or the profile is of another type.
            Conflict: Another action holds the cluster's lock, or the cluster is in ERROR.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Update cluster".
        """
        if "config" in attrs:
            self._require("config", microversion.UPDATE_CONFIG)
        if attrs.keys() & {"is_profile_only", "profile_only"}:
            self._require("is_profile_only", microversion.PROFILE_ONLY)
        return self._update(Cluster, cluster, attrs, "ClusterChange")

    def delete_cluster(
        self, cluster: ClusterRef, ignore_missing: bool = True, force_delete: bool = False
    ) -> Cluster | None:
        """Delete a cluster, its nodes, bindings and receivers by the action `action_id`.

        Args:
            cluster: The cluster, its id or its name.
            ignore_missing: Return None instead of raising ResourceNotFound.
            force_delete: Break the lock of an action that is running on it.

        Returns:
            The cluster as the caller described it, for `wait_for_delete`; None if it was missing.

        Raises:
            Conflict: Another action is running on it.
            ResourceNotFound: There is no such cluster, and `ignore_missing` is False.

        Source: Clustering API reference, "Delete cluster" (`force_delete`: microversion 1.8).
        """
        return self._delete(Cluster, cluster, ignore_missing, force_delete)

    def get_cluster(self, cluster: ClusterRef) -> Cluster:
        """Return a cluster.

        Args:
            cluster: The cluster, its id, its name or the beginning of its id.

        Raises:
            DuplicateResource: Several clusters have that name, or an id with that beginning.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Show cluster details".
        """
        return self._get(Cluster, cluster)

    def find_cluster(self, name_or_id: str, ignore_missing: bool = True) -> Cluster | None:
        """Return the cluster with that id or exactly that name; None if there is none.

        Raises:
            DuplicateResource: Several clusters have that name.
            ResourceNotFound: There is no such cluster, and `ignore_missing` is False.
        """
        return self._find(Cluster, name_or_id, ignore_missing)

    def clusters(self, **query: Unpack[ClusterQuery]) -> Iterator[Cluster]:
        """Yield clusters.

        Args:
            query: `name`, `status`, `sort`, `limit` (a page), `marker`, `global_project`; other
                values of clusters, such as `profile_id`, by which the client filters.

        Raises:
            BadRequest: There is no such status or sort key.
            Forbidden: `global_project` is for admins.

        Source: Clustering API reference, "List clusters".
        """
        return self._list(Cluster, query, "Cluster")

    def check_cluster(self, cluster: ClusterRef, **params: Any) -> dict[str, Any]:
        """Check each node of a cluster; this corrects statuses and repairs nothing.

        Args:
            cluster: The cluster, its id or its name.
            params: Whatever the action's inputs should have; `delete_check_action=True` removes
                the records of older checks.

        Returns:
            `{"action": id}`; see `wait_for_action`. The action succeeds even if nodes are lost.

        Raises:
            Conflict: Another action holds the cluster's lock.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Check a cluster's health status".
        """
        return self._act(Cluster, cluster, "check", params)

    def recover_cluster(self, cluster: ClusterRef, **params: Unpack[Recovery]) -> dict[str, Any]:
        """Repair the nodes of a cluster whose recorded status is not ACTIVE.

        Args:
            cluster: The cluster, its id or its name.
            params: `operation` (REBOOT, REBUILD or RECREATE, the default), `operation_params`,
                `check` (check the nodes first; otherwise a lost server is not noticed),
                `check_capacity` (also add or remove nodes to reach the desired capacity).

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            BadRequest: There is no such operation.
            Conflict: Another action holds the cluster's lock.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Recover a cluster to a healthy status" (`check`:
            microversion 1.6).
        """
        check_keywords("recover_cluster", params, "Recovery")
        if "check" in params:
            self._require("check", microversion.CHECK_BEFORE_RECOVER)
        return self._act(Cluster, cluster, "recover", params)

    def resize_cluster(self, cluster: ClusterRef, **params: Unpack[Resize]) -> dict[str, Any]:
        """Change the size of a cluster, its limits, or both.

        Args:
            cluster: The cluster, its id or its name.
            params: `adjustment_type` and `number`: `EXACT_CAPACITY` (nodes), `CHANGE_IN_CAPACITY`
                (nodes) or `CHANGE_IN_PERCENTAGE` (per cent; `min_step` nodes at least). `min_size`,
                `max_size` (nodes; -1: none). `strict`: refuse a size beyond a limit; False: use the
                limit instead.

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            BadRequest: The size is beyond a limit, or neither a number nor a limit was given.
            Conflict: Another action holds the cluster's lock; `error.type` is Senlin's error type.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Resize a Cluster".
        """
        check_keywords("resize_cluster", params, "Resize")
        return self._act(Cluster, cluster, "resize", params)

    def scale_in_cluster(self, cluster: ClusterRef, count: int | None = None) -> dict[str, Any]:
        """Remove nodes from a cluster.

        Args:
            cluster: The cluster, its id or its name.
            count: How many nodes; None: as many as the scaling policy says, otherwise one.

        Returns:
            `{"action": id}`; see `wait_for_action`. Beyond `min_size`, the action fails.

        Raises:
            BadRequest: The count is not positive.
            Conflict: Another action holds the cluster's lock, or it was just scaled (cooldown).
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Scale-in a Cluster".
        """
        return self._scale(cluster, "scale_in", count)

    def scale_out_cluster(self, cluster: ClusterRef, count: int | None = None) -> dict[str, Any]:
        """Add nodes to a cluster.

        Args:
            cluster: The cluster, its id or its name.
            count: How many nodes; None: as many as the scaling policy says, otherwise one.

        Returns:
            `{"action": id}`; see `wait_for_action`. Beyond `max_size`, the action fails.

        Raises:
            BadRequest: The count is not positive, or exceeds the server's limit for any cluster.
            Conflict: Another action holds the cluster's lock, or it was just scaled (cooldown).
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Scale-out a Cluster".
        """
        return self._scale(cluster, "scale_out", count)

    def collect_cluster_attrs(
        self, cluster: ClusterRef, path: str, **query: Unpack[AttrQuery]
    ) -> Iterator[ClusterAttr]:
        """Yield one value of each node of a cluster.

        Args:
            cluster: The cluster, its id or its name.
            path: The JSONPath of the value in a node's document (`status`, `details.addresses`).
                Nodes without the value are left out.
            query: `node_id`, `attr_value`, by which the client filters.

        Raises:
            ResourceNotFound: There is no such cluster.
            ServerError: The path is not valid JSONPath.

        Source: Clustering API reference, "Collect attributes across a cluster" (microversion 1.2).
        """
        self._require("collect_cluster_attrs", microversion.COLLECT)
        chosen = select("collect_cluster_attrs", query, "Attr")
        if not isinstance(path, str):
            raise InvalidArgument(f"`path` is a JSONPath such as `status`, not {path!r}.")
        return chosen.of(self._collect(cluster, path))

    def _collect(self, cluster: ClusterRef, path: str) -> Iterator[ClusterAttr]:
        name_or_id = self._to_read(Cluster, cluster)
        url = f"/clusters/{identity.quoted(name_or_id)}/attrs/{identity.quoted(path)}"
        for raw in self._get_page(url, "cluster_attributes", {}):
            yield ClusterAttr({**raw, "cluster_id": name_or_id, "path": path})

    def perform_operation_on_cluster(
        self, cluster: ClusterRef, operation: str, **params: Any
    ) -> dict[str, Any]:
        """Perform an operation of the profile's type on every node of a cluster.

        Args:
            cluster: The cluster, its id or its name.
            operation: One of `profile_type_operations`, such as `reboot`.
            params: The operation's parameters, such as `type="SOFT"`; or `params` alone, a map of
                them.

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            BadRequest: The profile's type has no such operation or parameter.
            Conflict: Another action holds the cluster's lock.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Perform an Operation on a Cluster" (microversion 1.4).
        """
        self._require("perform_operation_on_cluster", microversion.OPERATIONS)
        # Unlike for nodes, the parameters stand under `params`, as programs for openstacksdk write
        # it. `filters` is not offered: Senlin 16 validates it and then ignores it.
        is_body = bool(params) and params.keys() <= {"params", "filters"}
        body = {"params": {}, "filters": {}, **(params if is_body else {"params": params})}
        return self._start_action(self._path(Cluster, cluster, "ops"), operation, body)

    def complete_lifecycle(self, cluster: ClusterRef, token: str) -> dict[str, Any]:
        """Resume the deletion of a node that waits for a lifecycle hook.

        Args:
            cluster: The cluster, its id or its name.
            token: The `lifecycle_action_token` of the hook's message: the waiting action's id.

        Returns:
            `{"action": id}` of the resumed action.

        Raises:
            ResourceNotFound: There is no such cluster, or no action waits for that token.

        Source: Clustering API reference, "Complete Lifecycle on a Cluster Action" (microversion
            1.9).
        """
        self._require("complete_lifecycle", microversion.LIFECYCLE)
        return self._act(Cluster, cluster, "complete_lifecycle", {"lifecycle_action_token": token})

    def _scale(self, cluster: ClusterRef, action: str, count: int | None) -> dict[str, Any]:
        return self._act(Cluster, cluster, action, {} if count is None else {"count": count})
