"""Receivers: webhooks and message queues that start an action."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Unpack
from urllib.parse import urlsplit

from openstack_clustering import _microversion as microversion
from openstack_clustering._base import Base
from openstack_clustering.exceptions import InvalidArgument, InvalidIdentity
from openstack_clustering.resources import Receiver

if TYPE_CHECKING:
    from openstack_clustering.keywords import (
        NewReceiver,
        ReceiverChange,
        ReceiverRef,
    )
    from openstack_clustering.queries import ReceiverQuery


class Receivers(Base):
    """Operations on receivers."""

    def create_receiver(self, **attrs: Unpack[NewReceiver]) -> Receiver:
        """Create a receiver; this needs no action.

        Args:
            attrs: `name`, `type` (`webhook` or `message`); for a webhook also `cluster_id` (a
                cluster, its id or its name), `action` (such as `CLUSTER_SCALE_OUT`) and `params`
                (the action's inputs).

        Returns:
            The receiver. The URL of a webhook is `receiver.channel["alarm_url"]`; keep it secret.

        Raises:
            BadRequest: There is no such cluster, type or action.

        Source: Clustering API reference, "Create receiver".
        """
        return self._create(Receiver, attrs, "NewReceiver")

    def update_receiver(self, receiver: ReceiverRef, **attrs: Unpack[ReceiverChange]) -> Receiver:
        """Change a receiver; Senlin 16 also resets its `created_at` and keeps its URL.

        Args:
            receiver: The receiver, its id or its name.
            attrs: `name`, `action`, `params` (replaces the whole map).

        Raises:
            BadRequest: It would change nothing.
            ResourceNotFound: There is no such receiver.

        Source: Clustering API reference, "Update receiver".
        """
        return self._update(Receiver, receiver, attrs, "ReceiverChange")

    def delete_receiver(self, receiver: ReceiverRef, ignore_missing: bool = True) -> None:
        """Delete a receiver.

        Args:
            receiver: The receiver, its id or its name.
            ignore_missing: Do not raise ResourceNotFound.

        Raises:
            ResourceNotFound: There is no such receiver, and `ignore_missing` is False.

        Source: Clustering API reference, "Delete receiver".
        """
        self._delete(Receiver, receiver, ignore_missing)

    def get_receiver(self, receiver: ReceiverRef) -> Receiver:
        """Return a receiver.

        Args:
            receiver: The receiver, its id, its name or the beginning of its id.

        Raises:
            DuplicateResource: Several receivers have that name, or an id with that beginning.
            ResourceNotFound: There is no such receiver.

        Source: Clustering API reference, "Show receiver details".
        """
        return self._get(Receiver, receiver)

    def find_receiver(self, name_or_id: str, ignore_missing: bool = True) -> Receiver | None:
        """Return the receiver with that id or exactly that name; None if there is none.

        Raises:
            DuplicateResource: Several receivers have that name.
            ResourceNotFound: There is no such receiver, and `ignore_missing` is False.
        """
        return self._find(Receiver, name_or_id, ignore_missing)

    def receivers(self, **query: Unpack[ReceiverQuery]) -> Iterator[Receiver]:
        """Yield receivers.

        Args:
            query: `name`, `type`, `cluster_id` (the whole id), `action`, `user`, `sort`, `limit`
                (a page), `marker`, `global_project`; other values of receivers, by which the
                client filters.

        Raises:
            Forbidden: `global_project` is for admins.

        Source: Clustering API reference, "List receivers" (`user`: microversion 1.4).
        """
        if query.keys() & {"user", "user_id"}:
            self._require("user", microversion.RECEIVER_USER)
        return self._list(Receiver, query, "Receiver")

    def notify_receiver(self, receiver: ReceiverRef) -> None:
        """Notify a message receiver of a message in its queue.

        Args:
            receiver: The receiver, its id or its name.

        Raises:
            BadRequest: The receiver's type is not `message`.
            ResourceNotFound: There is no such receiver.

        Source: Clustering API reference, "Notify receiver".
        """
        self._transport.request("POST", self._path(Receiver, receiver, "notify"))

    def trigger_webhook(
        self, receiver: Receiver | str, params: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Start the action of a webhook, as its callers do, without a login.

        Args:
            receiver: The receiver, or its URL.
            params: Inputs of the action; they override the receiver's `params`.

        Returns:
            `{"action": id}`; see `wait_for_action`.

        Raises:
            Conflict: Another action holds the cluster's lock.
            InvalidIdentity: The URL is not valid, or the receiver has none.
            ResourceNotFound: The receiver has been deleted.

        Source: Clustering API reference, "Trigger webhook action".
        """
        channel = receiver.channel if isinstance(receiver, Receiver) else {"alarm_url": receiver}
        url = (channel or {}).get("alarm_url")
        if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https"):
            raise InvalidIdentity("The receiver has no webhook URL.")
        if params is not None and not isinstance(params, Mapping):
            raise InvalidArgument(f"`params` is a map of the action's inputs, not {params!r}.")
        reply = self._transport.request_without_token("POST", url, dict(params or {}))
        return self._started(reply)
