"""Nodes, whether in a cluster or orphans."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

from openstack_clustering import _microversion as microversion
from openstack_clustering._arguments import check_keywords
from openstack_clustering._base import Base
from openstack_clustering.resources import Node, NodeDetail

if TYPE_CHECKING:
    from openstack_clustering.keywords import Adoption, NewNode, NodeChange, NodeRecovery, NodeRef
    from openstack_clustering.queries import NodeQuery


class Nodes(Base):
    """Operations on nodes."""

    def create_node(self, **attrs: Unpack[NewNode]) -> Node:
        """Create a node; the action `action_id` then creates its server or stack.

        Args:
            attrs: `name`, `profile_id` (a profile, its id or its name), `cluster_id` (a cluster,
                its id or its name; the cluster then chooses the node's name), `role`, `metadata`.

        Returns:
            The node in its status INIT.

        Raises:
            BadRequest: There is no such profile or cluster, or their types differ.

        Source: Clustering API reference, "Create node".
        """
        return self._create(Node, attrs, "NewNode")

    def update_node(self, node: NodeRef, **attrs: Unpack[NodeChange]) -> Node:
        """Change a node by the action `action_id`.

        Args:
            node: The node, its id or its name.
            attrs: `name`, `profile_id`, `role`, `metadata` (replaces the whole map), `tainted`
                (removed first when the cluster shrinks).

        Returns:
            The node as it was before the change.

        Raises:
            BadRequest: It would change nothing, or the profile is of another type.
            Conflict: Another action holds the node's lock.
            ResourceNotFound: There is no such node.

        Source: Clustering API reference, "Update node" (`tainted`: microversion 1.13).
        """
        if "tainted" in attrs:
            self._require("tainted", microversion.TAINTED)
        return self._update(Node, node, attrs, "NodeChange")

    def delete_node(
        self, node: NodeRef, ignore_missing: bool = True, force_delete: bool = False
    ) -> Node | None:
        """Delete a node and its server or stack by the action `action_id`.

        Args:
            node: The node, its id or its name.
            ignore_missing: Return None instead of raising ResourceNotFound.
            force_delete: Break the lock of an action that is running on it.

        Returns:
            The node as the caller described it, for `wait_for_delete`; None if it was missing.

        Raises:
            Conflict: Another action is running on it.
            ResourceNotFound: There is no such node, and `ignore_missing` is False.

        Source: Clustering API reference, "Delete node" (`force_delete`: microversion 1.8).
        """
        return self._delete(Node, node, ignore_missing, force_delete)

    def get_node(self, node: NodeRef, details: bool = False) -> Node:
        """Return a node.

        Args:
            node: The node, its id, its name or the beginning of its id.
            details: Return a NodeDetail, which also has Nova's or Heat's description.

        Raises:
            DuplicateResource: Several nodes have that name, or an id with that beginning.
            ResourceNotFound: There is no such node.

        Source: Clustering API reference, "Show node details".
        """
        if details:
            return self._get(NodeDetail, node, {"show_details": "true"})
        return self._get(Node, node)

    def find_node(self, name_or_id: str, ignore_missing: bool = True) -> Node | None:
        """Return the node with that id or exactly that name; None if there is none.

        Raises:
            DuplicateResource: Several nodes have that name.
            ResourceNotFound: There is no such node, and `ignore_missing` is False.
        """
        return self._find(Node, name_or_id, ignore_missing)

    def nodes(self, **query: Unpack[NodeQuery]) -> Iterator[Node]:
        """Yield nodes.

        Args:
            query: `cluster_id` (a cluster, its id or its name), `name`, `status`, `sort`, `limit`
                (a page), `marker`, `global_project`; other values of nodes, such as `role`, by
                which the client filters.

        Raises:
            BadRequest: There is no such cluster, status or sort key.
            Forbidden: `global_project` is for admins.

        Source: Clustering API reference, "List nodes".
        """
        if "tainted" in query:
            self._require("tainted", microversion.TAINTED)
        return self._list(Node, query, "Node")

    def check_node(self, node: NodeRef, **params: Any) -> dict[str, Any]:
        """Check a node; this corrects its status and repairs nothing.

        Args:
            node: The node, its id or its name.
            params: Stored as the action's inputs.

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            Conflict: Another action holds the node's lock.
            ResourceNotFound: There is no such node.

        Source: Clustering API reference, "Check a node's health".
        """
        return self._act(Node, node, "check", params)

    def recover_node(self, node: NodeRef, **params: Unpack[NodeRecovery]) -> dict[str, Any]:
        """Repair a node.

        Args:
            node: The node, its id or its name.
            params: `operation` (REBOOT, REBUILD or RECREATE, the default), `operation_params`,
                `check` (check the node first), `delete_timeout` (seconds), `force_recreate`
                (recreate it even if the old server cannot be deleted).

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            BadRequest: There is no such operation or parameter.
            Conflict: Another action holds the node's lock.
            ResourceNotFound: There is no such node.

        Source: Clustering API reference, "Recover a node to healthy status" (`check`: microversion
            1.6).
        """
        check_keywords("recover_node", params, "NodeRecovery")
        if "check" in params:
            self._require("check", microversion.CHECK_BEFORE_RECOVER)
        return self._act(Node, node, "recover", params)

    def perform_operation_on_node(
        self, node: NodeRef, operation: str, **params: Any
    ) -> dict[str, Any]:
        """Perform an operation of the profile's type on a node.

        Args:
            node: The node, its id or its name.
            operation: One of `profile_type_operations`, such as `reboot`.
            params: The operation's parameters, such as `type="SOFT"`.

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            BadRequest: The profile's type has no such operation or parameter.
            ResourceNotFound: There is no such node.

        Source: Clustering API reference, "Perform an operation on a node" (microversion 1.4).
        """
        self._require("perform_operation_on_node", microversion.OPERATIONS)
        return self._start_action(self._path(Node, node, "ops"), operation, params)

    @overload
    def adopt_node(self, preview: Literal[False] = False, **attrs: Unpack[Adoption]) -> Node: ...
    @overload
    def adopt_node(self, preview: Literal[True], **attrs: Unpack[Adoption]) -> dict[str, Any]: ...
    def adopt_node(self, preview: bool = False, **attrs: Unpack[Adoption]) -> Node | dict[str, Any]:
        """Create a node, and a profile for it, from an existing server or stack.

        Args:
            preview: Create nothing; return the profile that the node would get.
            attrs: `type` (`os.nova.server-1.0`), `identity` (the server's id or name), `name`,
                `role`, `metadata`, `snapshot`, `overrides` (properties that replace those of the
                existing server).

        Returns:
            The node; for a preview the server's answer, with the spec of the profile under
            `node_profile` and `node_preview`.

        Raises:
            BadRequest: There is no such type.
            HttpError: Nova or Heat refuses, for example because there is no such server.

        Source: Clustering API reference, "Adopt node" (microversion 1.7).
        """
        self._require("adopt_node", microversion.ADOPT)
        check_keywords("adopt_node", attrs, "Adoption")
        # Senlin 16 answers 500 if `overrides` is left out.
        given = {"overrides": {}} | {key: v for key, v in attrs.items() if v is not None}
        if preview:
            keys = ("type", "identity", "overrides", "snapshot")
            body = {key: given[key] for key in keys if key in given}
            return self._transport.request("POST", "/nodes/adopt-preview", body=body).map()
        return Node(self._transport.request("POST", "/nodes/adopt", body=given).map("node"))
