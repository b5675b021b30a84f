"""Nodes: members of clusters and orphans."""

from collections.abc import Iterator
from typing import Any, Literal, Unpack, overload

from openstack_clustering import microversion
from openstack_clustering._base import Base, check_keywords
from openstack_clustering.keywords import Adoption, NewNode, NodeChange, NodeQuery, NodeRef
from openstack_clustering.resources import Node, NodeDetail


class Nodes(Base):
    """Single servers or stacks."""

    def create_node(self, **attrs: Unpack[NewNode]) -> Node:
        """Create a node; the server then creates what it stands for, by the action `action_id`.

        Args:
            attrs: `name`, `profile_id` (a profile, its id or its name), `cluster_id` (a cluster,
                its id or its name; it then chooses the node's name), `role`, `metadata`.

        Returns:
            The node in its status INIT.

        Raises:
            BadRequest: There is no such profile or cluster, or their types differ.

        Source: Clustering API reference, "Create node".
        """
        return self._create(Node, attrs, NewNode)

    def update_node(self, node: NodeRef, **attrs: Unpack[NodeChange]) -> Node:
        """Change a node, by the action `action_id`.

        Args:
            node: The node, its id or its name.
            attrs: `name`, `profile_id`, `role`, `metadata` (replaces the whole map), `tainted`
                (to be taken first when the cluster shrinks).

        Returns:
            The node as it was before.

        Raises:
            BadRequest: It would change nothing, or the profile is of another type.
            Conflict: Another action holds the node.
            ResourceNotFound: There is no such node.

        Source: Clustering API reference, "Update node" (`tainted`: microversion 1.13).
        """
        if "tainted" in attrs:
            self._require("tainted", microversion.TAINTED)
        return self._update(Node, node, attrs, NodeChange)

    def delete_node(
        self, node: NodeRef, ignore_missing: bool = True, force_delete: bool = False
    ) -> Node | None:
        """Delete a node and what it stands for, by the action `action_id`.

        Args:
            node: The node, its id or its name.
            ignore_missing: Whether it is all right if there is none.
            force_delete: Do not wait for the action that is at work on it: take its lock away.

        Returns:
            What was known of the node, for `wait_for_delete`; None if there was none.

        Raises:
            Conflict: Another action is at work on it.
            ResourceNotFound: There is no such node, and `ignore_missing` is False.

        Source: Clustering API reference, "Delete node" (`force_delete`: microversion 1.8).
        """
        if force_delete:
            self._require("force_delete", microversion.FORCE_DELETE)
        body = {"force": True} if force_delete else None
        return self._delete(Node, node, ignore_missing, body)

    def get_node(self, node: NodeRef, details: bool = False) -> Node:
        """Return a node.

        Args:
            node: The node, its id, its name or the beginning of its id.
            details: Ask Nova or Heat as well what it knows; then the result is a NodeDetail.

        Raises:
            DuplicateResource: Several have that name, or an id that begins so.
            ResourceNotFound: There is no such node.

        Source: Clustering API reference, "Show node details".
        """
        if details:
            return self._get(NodeDetail, node, {"show_details": "true"})
        return self._get(Node, node)

    def find_node(self, name_or_id: str, ignore_missing: bool = True) -> Node | None:
        """Return the node with that id or exactly that name; None if there is none.

        Raises:
            DuplicateResource: Several have that name.
            ResourceNotFound: There is none, and `ignore_missing` is False.
        """
        return self._find(Node, name_or_id, ignore_missing)

    def nodes(self, **query: Unpack[NodeQuery]) -> Iterator[Node]:
        """Yield nodes.

        Args:
            query: `cluster_id` (a cluster, its id or its name), `name`, `status`, `sort`, `limit`
                (a page), `marker`, `global_project`.

        Raises:
            BadRequest: There is no such cluster, status or sort key.
            Forbidden: `global_project` is for admins.

        Source: Clustering API reference, "List nodes".
        """
        return self._list(Node, query, NodeQuery)

    def check_node(self, node: NodeRef, **params: Any) -> dict[str, Any]:
        """Have a node looked at; its status is corrected, nothing is repaired.

        Args:
            node: The node, its id or its name.
            params: Stored as the action's inputs.

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            Conflict: Another action holds the node.
            ResourceNotFound: There is no such node.

        Source: Clustering API reference, "Check a node's health".
        """
        return self._start(self._path(Node, node, "actions"), "check", params)

    def recover_node(self, node: NodeRef, **params: Any) -> dict[str, Any]:
        """Repair a node.

        Args:
            node: The node, its id or its name.
            params: `operation` (REBOOT, REBUILD, RECREATE; the last if left out),
                `operation_params`, `check` (look first), `delete_timeout` (seconds),
                `force_recreate` (although the old server cannot be deleted).

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            BadRequest: There is no such operation or parameter.
            Conflict: Another action holds the node.
            ResourceNotFound: There is no such node.

        Source: Clustering API reference, "Recover a node to healthy status" (`check`: microversion
            1.6).
        """
        if "check" in params:
            self._require("check", microversion.CHECK_BEFORE_RECOVER)
        return self._start(self._path(Node, node, "actions"), "recover", params)

    def perform_operation_on_node(
        self, node: NodeRef, operation: str, **params: Any
    ) -> dict[str, Any]:
        """Have an operation of the profile's type done on a node.

        Args:
            node: The node, its id or its name.
            operation: One of `profile_type_operations`, such as `reboot`.
            params: Its parameters, such as `type="SOFT"`.

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            BadRequest: The profile's type has no such operation or parameter.
            ResourceNotFound: There is no such node.

        Source: Clustering API reference, "Perform an operation on a node" (microversion 1.4).
        """
        self._require("perform_operation_on_node", microversion.OPERATIONS)
        return self._start(self._path(Node, node, "ops"), operation, params)

    @overload
    def adopt_node(self, preview: Literal[False] = False, **attrs: Unpack[Adoption]) -> Node: ...
    @overload
    def adopt_node(self, preview: Literal[True], **attrs: Unpack[Adoption]) -> dict[str, Any]: ...
    def adopt_node(self, preview: bool = False, **attrs: Unpack[Adoption]) -> Node | dict[str, Any]:
        """Make a node, and a profile for it, of a server or stack that is there already.

        Args:
            preview: Only return the profile that it would get.
            attrs: `type` (`os.nova.server-1.0`), `identity` (the server's id or name), `name`,
                `role`, `metadata`, `snapshot`, `overrides` (properties that shall not be as they
                are found).

        Returns:
            The node; for a preview the server's answer, with the spec of the profile under
            `node_profile` and `node_preview`.

        Raises:
            BadRequest: There is no such type.
            HttpError: Nova's or Heat's refusal, such as that there is no such server.

        Source: Clustering API reference, "Adopt node" (microversion 1.7).
        """
        self._require("adopt_node", microversion.ADOPT)
        check_keywords("adopt_node", attrs, Adoption)
        # Senlin 16 answers 500 where `overrides` is left out.
        given = {"overrides": {}} | {key: v for key, v in attrs.items() if v is not None}
        if preview:
            looked_at = ("type", "identity", "overrides", "snapshot")
            body = {key: given[key] for key in looked_at if key in given}
            return self._transport.request("POST", "/nodes/adopt-preview", body=body).map()
        return Node(self._transport.request("POST", "/nodes/adopt", body=given).map("node"))
