"""Clusters: their life, their size, their health."""

from collections.abc import Iterator
from typing import Any, Unpack

from openstack_clustering import identity, microversion
from openstack_clustering._base import Base, check_keywords
from openstack_clustering.keywords import (
    ClusterChange,
    ClusterQuery,
    ClusterRef,
    NewCluster,
    Recovery,
    Resize,
)
from openstack_clustering.resources import Cluster, ClusterAttr


class Clusters(Base):
    """Nodes of one profile, and how many there should be."""

    def create_cluster(self, **attrs: Unpack[NewCluster]) -> Cluster:
        """Create a cluster; the server then creates its nodes, by the action `action_id`.

        Names are not unique, and a repeated call makes a second cluster.

        Args:
            attrs: `name`, `profile_id` (a profile, its id or its name), `min_size`, `max_size`,
                `desired_capacity` (nodes), `timeout` (seconds), `metadata`, `config`.

        Returns:
            The cluster in its status INIT.

        Raises:
            BadRequest: The sizes do not fit together, or there is no such profile.
            ServerError: `type` is `OverQuota`: the project has its 100 clusters.

        Source: Clustering API reference, "Create cluster".
        """
        return self._create(Cluster, attrs, NewCluster)

    def update_cluster(self, cluster: ClusterRef, **attrs: Unpack[ClusterChange]) -> Cluster:
        """Change a cluster, by the action `action_id`; a new profile reaches all its nodes.

        Args:
            cluster: The cluster, its id or its name.
            attrs: `name`, `profile_id`, `timeout` (seconds), `metadata` and `config` (each
                replaces the whole map), `is_profile_only` (leave the present nodes alone).

        Returns:
            The cluster as it was before.

        Raises:
            BadRequest: It would change nothing, or the profile is of another type.
            Conflict: Another action holds the cluster, or it is in ERROR.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Update cluster".
        """
        if "config" in attrs:
            self._require("config", microversion.UPDATE_CONFIG)
        if attrs.keys() & {"is_profile_only", "profile_only"}:
            self._require("is_profile_only", microversion.PROFILE_ONLY)
        return self._update(Cluster, cluster, attrs, ClusterChange)

    def delete_cluster(
        self, cluster: ClusterRef, ignore_missing: bool = True, force_delete: bool = False
    ) -> Cluster | None:
        """Delete a cluster with its nodes, bindings and receivers, by the action `action_id`.

        Args:
            cluster: The cluster, its id or its name.
            ignore_missing: Whether it is all right if there is none.
            force_delete: Do not wait for the action that is at work on it: take its lock away.

        Returns:
            What was known of the cluster, for `wait_for_delete`; None if there was none.

        Raises:
            Conflict: Another action is at work on it.
            ResourceNotFound: There is no such cluster, and `ignore_missing` is False.

        Source: Clustering API reference, "Delete cluster" (`force_delete`: microversion 1.8).
        """
        if force_delete:
            self._require("force_delete", microversion.FORCE_DELETE)
        body = {"force": True} if force_delete else None
        return self._delete(Cluster, cluster, ignore_missing, body)

    def get_cluster(self, cluster: ClusterRef) -> Cluster:
        """Return a cluster.

        Args:
            cluster: The cluster, its id, its name or the beginning of its id.

        Raises:
            DuplicateResource: Several have that name, or an id that begins so.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Show cluster details".
        """
        return self._get(Cluster, cluster)

    def find_cluster(self, name_or_id: str, ignore_missing: bool = True) -> Cluster | None:
        """Return the cluster with that id or exactly that name; None if there is none.

        Raises:
            DuplicateResource: Several have that name.
            ResourceNotFound: There is none, and `ignore_missing` is False.
        """
        return self._find(Cluster, name_or_id, ignore_missing)

    def clusters(self, **query: Unpack[ClusterQuery]) -> Iterator[Cluster]:
        """Yield clusters.

        Args:
            query: `name`, `status`, `sort`, `limit` (a page), `marker`, `global_project`.

        Raises:
            BadRequest: There is no such status or sort key.
            Forbidden: `global_project` is for admins.

        Source: Clustering API reference, "List clusters".
        """
        return self._list(Cluster, query, ClusterQuery)

    def check_cluster(self, cluster: ClusterRef, **params: Any) -> dict[str, Any]:
        """Have each node of a cluster looked at; statuses are corrected, nothing is repaired.

        Args:
            cluster: The cluster, its id or its name.
            params: Stored as the action's inputs; `delete_check_action=True` removes the records
                of older checks.

        Returns:
            `{"action": id}`; see `wait_for_action`. It succeeds also where it finds nodes lost.

        Raises:
            Conflict: Another action holds the cluster.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Check a cluster's health status".
        """
        return self._act(cluster, "check", params)

    def recover_cluster(self, cluster: ClusterRef, **params: Unpack[Recovery]) -> dict[str, Any]:
        """Repair the nodes of a cluster that are known not to be ACTIVE.

        Args:
            cluster: The cluster, its id or its name.
            params: `operation` (REBOOT, REBUILD, RECREATE; the last if left out),
                `operation_params`, `check` (look first; without it a lost server is not noticed),
                `check_capacity` (add or remove nodes up to the desired capacity as well).

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            BadRequest: There is no such operation.
            Conflict: Another action holds the cluster.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Recover a cluster to a healthy status" (`check`:
            microversion 1.6).
        """
        check_keywords("recover_cluster", params, Recovery)
        if "check" in params:
            self._require("check", microversion.CHECK_BEFORE_RECOVER)
        return self._act(cluster, "recover", params)

    def resize_cluster(self, cluster: ClusterRef, **params: Unpack[Resize]) -> dict[str, Any]:
        """Change the size of a cluster, its limits, or both; the server goes on working on it.

        Args:
            cluster: The cluster, its id or its name.
            params: `adjustment_type` and `number`: `EXACT_CAPACITY` (nodes), `CHANGE_IN_CAPACITY`
                (nodes) or `CHANGE_IN_PERCENTAGE` (per cent; `min_step` nodes at least). `min_size`,
                `max_size` (nodes; -1: none). `strict`: refuse what breaks a limit, do not trim it.

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            BadRequest: It is beyond the limits, or neither a number nor a limit was given.
            Conflict: Another action holds the cluster; `error.type` is Senlin's word for it.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Resize a Cluster".
        """
        check_keywords("resize_cluster", params, Resize)
        return self._act(cluster, "resize", params)

    def scale_in_cluster(self, cluster: ClusterRef, count: int | None = None) -> dict[str, Any]:
        """Remove nodes from a cluster.

        Args:
            cluster: The cluster, its id or its name.
            count: How many; None: as the scaling policy says, else one.

        Returns:
            `{"action": id}`; see `wait_for_action`. Whether it is beyond `min_size` shows there.

        Raises:
            BadRequest: The count is not positive.
            Conflict: Another action holds the cluster, or it has just been scaled (cooldown).
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Scale-in a Cluster".
        """
        return self._scale(cluster, "scale_in", count)

    def scale_out_cluster(self, cluster: ClusterRef, count: int | None = None) -> dict[str, Any]:
        """Add nodes to a cluster.

        Args:
            cluster: The cluster, its id or its name.
            count: How many; None: as the scaling policy says, else one.

        Returns:
            `{"action": id}`; see `wait_for_action`. Whether it is beyond `max_size` shows there.

        Raises:
            BadRequest: The count is not positive, or beyond what the server allows to any.
            Conflict: Another action holds the cluster, or it has just been scaled (cooldown).
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Scale-out a Cluster".
        """
        return self._scale(cluster, "scale_out", count)

    def collect_cluster_attrs(self, cluster: ClusterRef, path: str) -> Iterator[ClusterAttr]:
        """Yield one value of each node of a cluster.

        Args:
            cluster: The cluster, its id or its name.
            path: Where the value is in a node's document, as JSONPath (`status`,
                `details.addresses`). Nodes without it are left out.

        Raises:
            ResourceNotFound: There is no such cluster.
            ServerError: The path is no JSONPath.

        Source: Clustering API reference, "Collect attributes across a cluster" (microversion 1.2).
        """
        self._require("collect_cluster_attrs", microversion.COLLECT)
        return self._collected(cluster, path)

    def _collected(self, cluster: ClusterRef, path: str) -> Iterator[ClusterAttr]:
        word = self._word(Cluster, cluster)
        where = f"/clusters/{identity.quoted(word)}/attrs/{identity.quoted(path)}"
        for raw in self._page(where, "cluster_attributes", {}):
            yield ClusterAttr({**raw, "cluster_id": word, "path": path})

    def perform_operation_on_cluster(
        self, cluster: ClusterRef, operation: str, **params: Any
    ) -> dict[str, Any]:
        """Have an operation of the profile's type done on every node of a cluster.

        Args:
            cluster: The cluster, its id or its name.
            operation: One of `profile_type_operations`, such as `reboot`.
            params: Its parameters, such as `type="SOFT"`.

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            BadRequest: The profile's type has no such operation or parameter.
            Conflict: Another action holds the cluster.
            ResourceNotFound: There is no such cluster.

        Source: Clustering API reference, "Perform an Operation on a Cluster" (microversion 1.4).
        """
        self._require("perform_operation_on_cluster", microversion.OPERATIONS)
        # Other than for nodes, parameters stand under `params`. Senlin 16 checks `filters` and
        # then does the operation on all nodes: it is not offered.
        body = {"params": params, "filters": {}}
        return self._start(self._path(Cluster, cluster, "ops"), operation, body)

    def complete_lifecycle(self, cluster: ClusterRef, token: str) -> dict[str, Any]:
        """Let the deletion of a node go on that waits for a lifecycle hook.

        Args:
            cluster: The cluster, its id or its name.
            token: The `lifecycle_action_token` of the hook's message: the waiting action's id.

        Returns:
            `{"action": id}` of the action that goes on.

        Raises:
            ResourceNotFound: There is no such cluster, or nothing waits for that token.

        Source: Clustering API reference, "Complete Lifecycle on a Cluster Action" (microversion
            1.9).
        """
        self._require("complete_lifecycle", microversion.LIFECYCLE)
        return self._act(cluster, "complete_lifecycle", {"lifecycle_action_token": token})

    def _act(self, cluster: ClusterRef, what: str, params: Any) -> dict[str, Any]:
        return self._start(self._path(Cluster, cluster, "actions"), what, params)

    def _scale(self, cluster: ClusterRef, what: str, count: int | None) -> dict[str, Any]:
        return self._act(cluster, what, {} if count is None else {"count": count})
