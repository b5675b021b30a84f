"""`connection.clustering`: the client's operations, with arguments and results as openstacksdk's.

Each operation is the client's; only its result is put into openstacksdk's classes.
"""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import requests
from keystoneauth1.adapter import Adapter

from openstack_clustering import _microversion as microversion
from openstack_clustering import _proxy as own
from openstack_clustering._resource import Resource
from openstack_clustering._waiting import Progress
from openstack_clustering.exceptions import ResourceNotFound
from openstack_clustering.keywords import ClusterRef, NodeRef
from openstack_clustering.resources import Typed
from openstack_clustering.sdk.resources import KINDS, Action, Dialect

if TYPE_CHECKING:
    from openstack_clustering.sdk.connection import Connection

R = TypeVar("R", bound=Resource)

_VERSION_APART = (1, 5)  # from this microversion on, lists of types have the version apart


class Proxy(own.Proxy):
    """The clustering service, with the rights of the connection's user."""

    def __init__(self, connection: "Connection") -> None:
        super().__init__(connection._transport)
        self._connection = connection

    def delete_cluster(  # type: ignore[override]
        self, cluster: ClusterRef, ignore_missing: bool = True, force_delete: bool = False
    ) -> Action | None:
        """Delete a cluster; return the action that does it. See the client's `delete_cluster`."""
        deleted = own.Proxy.delete_cluster(self, cluster, ignore_missing, force_delete)
        return self._action_of(deleted, "CLUSTER_DELETE")

    def delete_node(  # type: ignore[override]
        self, node: NodeRef, ignore_missing: bool = True, force_delete: bool = False
    ) -> Action | None:
        """Delete a node; return the action that does it. See the client's `delete_node`."""
        deleted = own.Proxy.delete_node(self, node, ignore_missing, force_delete)
        return self._action_of(deleted, "NODE_DELETE")

    def wait_for_status(
        self,
        res: R,
        status: str,
        failures: Any = None,
        interval: float | None = 2,
        wait: float | None = None,
        attribute: str = "status",
        callback: Progress | None = None,
    ) -> R:
        """Wait until an object has a status, for ever by default. See the client's."""
        return super().wait_for_status(res, status, failures, interval, wait, attribute, callback)

    def wait_for_delete(
        self,
        res: Any,
        interval: float | None = 2,
        wait: float | None = 120,
        callback: Progress | None = None,
    ) -> Any:
        """Wait until an object is deleted; of a deletion's action, until it has succeeded."""
        if not isinstance(res, Action):
            return super().wait_for_delete(res, interval, wait, callback)
        try:
            failures = ["FAILED", "CANCELLED"]
            return self.wait_for_status(
                res, "SUCCEEDED", failures, interval, wait, "status", callback
            )
        except ResourceNotFound:
            return res  # Senlin has purged it, as it does with ended actions

    @property
    def default_microversion(self) -> str | None:
        """The microversion of the requests; None: the highest that client and server have."""
        return self._transport.default_microversion

    @default_microversion.setter
    def default_microversion(self, version: str | None) -> None:
        self._transport.default_microversion = version

    def get_endpoint(self) -> str:
        """Return the URL of the service."""
        return self._transport.service_url()

    def request(self, url: str, method: str, **arguments: Any) -> requests.Response:
        """Send a request of the caller's own; a refusal is a response, too.

        Args:
            url: The path below the service's URL, such as `/clusters`.
            method: The method.
            arguments: Of keystoneauth1's `Adapter.request`, such as `json` and `params`.
        """
        version = microversion.to_text(self._transport.negotiated_microversion())
        adapter = Adapter(
            self._connection.session,
            service_type="clustering",
            endpoint_override=self.get_endpoint(),
            default_microversion=version,
        )
        # keystoneauth1 would log bodies, which may have a webhook's URL.
        sent: requests.Response = adapter.request(
            url, method, **{"raise_exc": False, "log": False, **arguments}
        )
        return sent

    def get(self, url: str, **arguments: Any) -> requests.Response:
        """Send a request of the caller's own; see `request`."""
        return self.request(url, "GET", **arguments)

    def head(self, url: str, **arguments: Any) -> requests.Response:
        """Send a request of the caller's own; see `request`."""
        return self.request(url, "HEAD", **arguments)

    def post(self, url: str, **arguments: Any) -> requests.Response:
        """Send a request of the caller's own; see `request`."""
        return self.request(url, "POST", **arguments)

    def put(self, url: str, **arguments: Any) -> requests.Response:
        """Send a request of the caller's own; see `request`."""
        return self.request(url, "PUT", **arguments)

    def patch(self, url: str, **arguments: Any) -> requests.Response:
        """Send a request of the caller's own; see `request`."""
        return self.request(url, "PATCH", **arguments)

    def delete(self, url: str, **arguments: Any) -> requests.Response:
        """Send a request of the caller's own; see `request`."""
        return self.request(url, "DELETE", **arguments)

    def _action_of(self, deleted: Resource | None, name: str) -> Action | None:
        if deleted is None:
            return None
        known = {"id": deleted.action_id, "action": name, "target": deleted.get("id")}
        return Action(known, connection=self._connection)

    def _in_dialect(self, result: Any) -> Any:
        """Return a result of the client as openstacksdk would return it."""
        if isinstance(result, Dialect):  # the caller's own object
            result._connection = self._connection
        elif isinstance(result, Resource):
            kind = KINDS[type(result)]
            raw = self._with_bare_name(result) if isinstance(result, Typed) else result._raw
            return kind(raw, result.action_id, self._connection)
        elif isinstance(result, Iterator):
            return (self._in_dialect(each) for each in result)
        return result

    def _with_bare_name(self, kind: Typed) -> dict[str, Any]:
        """Return a type's document as the server sends it with the configured microversion."""
        configured = self.default_microversion
        if not kind.version or not configured or microversion.parse(configured) < _VERSION_APART:
            return kind._raw
        return {**kind._raw, "name": kind.name.removesuffix(f"-{kind.version}")}


def _adapted(operation: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(operation)
    def call(self: Proxy, *arguments: Any, **keywords: Any) -> Any:
        return self._in_dialect(operation(self, *arguments, **keywords))

    return call


for _name, _operation in inspect.getmembers(own.Proxy, inspect.isfunction):
    if not _name.startswith("_") and _name not in vars(Proxy):
        setattr(Proxy, _name, _adapted(_operation))
