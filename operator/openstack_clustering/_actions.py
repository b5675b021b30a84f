"""Actions, events, and the processes of the clustering service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Unpack

from openstack_clustering import _microversion as microversion
from openstack_clustering._arguments import check_keywords
from openstack_clustering._base import Base
from openstack_clustering._filtering import select
from openstack_clustering.resources import Action, BuildInfo, Event, Service

if TYPE_CHECKING:
    from openstack_clustering.keywords import ActionChange
    from openstack_clustering.queries import (
        ActionQuery,
        EventQuery,
        ServiceQuery,
    )


class Actions(Base):
    """Operations on actions and events, and on the service itself."""

    def get_action(self, action: str | Action) -> Action:
        """Return an action.

        Args:
            action: The action, its id or its name.

        Raises:
            DuplicateResource: Several actions have that name; names are not unique.
            ResourceNotFound: There is no such action.

        Source: Clustering API reference, "Show action details".
        """
        return self._get(Action, action)

    def actions(self, **query: Unpack[ActionQuery]) -> Iterator[Action]:
        """Yield actions.

        Args:
            query: `name`, `target` (a cluster, a node or an id), `action` (such as
                `CLUSTER_RESIZE`), `status`, `cluster_id`, `sort`, `limit` (a page), `marker`,
                `global_project`; other values of actions, such as `cause`, by which the client
                filters. A list of values means any of them.

        Raises:
            BadRequest: There is no such action, status or sort key.
            Forbidden: `global_project` is for admins.

        Source: Clustering API reference, "List actions" (`cluster_id`: microversion 1.14).
        """
        if "cluster_id" in query:
            self._require("cluster_id", microversion.ACTION_CLUSTER)
        return self._list(Action, query, "Action")

    def cancel_action(self, action: str | Action, force: bool = False) -> None:
        """Cancel an action and the actions that it depends on.

        Args:
            action: The action or its id.
            force: Set their status to CANCELLED and release their locks at once, even if they are
                running. Without it, running actions are completed first.

        Raises:
            Conflict: The action has already ended (`ActionImmutable`); not raised with `force`.
            ResourceNotFound: There is no such action.

        Source: Clustering API reference, "Update action" (microversion 1.12).
        """
        self._change_action(action, {"status": "CANCELLED"}, force=force)

    def _change_action(self, action: str | Action, change: dict[str, Any], *, force: bool) -> None:
        self._require("cancel_action", microversion.CANCEL)
        query = {"force": "true"} if force else None
        path = self._path(Action, action)
        self._transport.request("PATCH", path, query=query, body={"action": change})

    def update_action(self, action: str | Action, **attrs: Unpack[ActionChange]) -> Action:
        """Cancel an action, by the name and the keywords that openstacksdk has for it.

        Args:
            action: The action or its id.
            attrs: `status`: CANCELLED, the only one that Senlin takes; `force`: as of
                `cancel_action`.

        Returns:
            The action as it is then.

        Raises:
            BadRequest: The status is another one.
            Conflict: The action has already ended (`ActionImmutable`); not raised with `force`.
            ResourceNotFound: There is no such action.

        Source: Clustering API reference, "Update action" (microversion 1.12).
        """
        check_keywords("update_action", attrs, "ActionChange")
        change: dict[str, Any] = dict(attrs)
        self._change_action(action, change, force=change.pop("force", False))
        return self._get(Action, action)

    def get_event(self, event: str | Event) -> Event:
        """Return an event.

        Args:
            event: The event or its id.

        Raises:
            ResourceNotFound: There is no such event.

        Source: Clustering API reference, "Shows event details".
        """
        return self._get(Event, event)

    def events(self, **query: Unpack[EventQuery]) -> Iterator[Event]:
        """Yield events.

        Args:
            query: `obj_id`, `obj_name`, `obj_type` (`CLUSTER` or `NODE`, in any case),
                `cluster_id`, `action`, `level` (CRITICAL, ERROR, WARN, INFO, DEBUG), `sort`,
                `limit` (a page), `marker`, `global_project`; other values of events, by which the
                client filters.

        Raises:
            BadRequest: There is no such action, level or sort key.
            Forbidden: `global_project` is for admins.

        Source: Clustering API reference, "List events".
        """
        filters: dict[str, Any] = dict(query)
        for key in ("obj_type", "otype"):  # the server stores it in upper case
            if isinstance(filters.get(key), str):
                filters[key] = filters[key].upper()
        return self._list(Event, filters, "Event")

    def get_build_info(self) -> BuildInfo:
        """Return the revisions of the server's API (`api`) and engine (`engine`).

        Source: Clustering API reference, "Shows build information".
        """
        return BuildInfo(self._transport.request("GET", "/build-info").map("build_info"))

    def services(self, **query: Unpack[ServiceQuery]) -> Iterator[Service]:
        """Yield the processes of the clustering service, with the last known state of each.

        Raises:
            Forbidden: This is for admins.

        Source: Clustering API reference, "List services".
        """
        chosen = select("A list of services", query, "Service")
        return chosen.of(Service(raw) for raw in self._list_unpaged("/services", "services"))
