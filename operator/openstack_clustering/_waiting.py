"""Poll until a status is reached, a deletion is done or an action has ended."""

import math
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeAlias, TypeVar, cast

from openstack_clustering import _identity as identity
from openstack_clustering._arguments import seconds
from openstack_clustering._base import Base
from openstack_clustering._resource import Resource
from openstack_clustering.exceptions import (
    InvalidIdentity,
    ResourceFailure,
    ResourceNotFound,
    ResourceTimeout,
)
from openstack_clustering.resources import Action

R = TypeVar("R", bound=Resource)
Deleted = TypeVar("Deleted", bound=Resource | None)
Progress: TypeAlias = Callable[[int], object]

_SUCCEEDED = "SUCCEEDED"
_UNSUCCESSFUL = ("FAILED", "CANCELLED")
_INTERVAL = 2.0  # seconds, the default
_SHORTEST = 0.01  # seconds


class Waiters(Base):
    """Operations that poll, with a time limit."""

    def wait_for_status(
        self,
        res: R,
        status: str,
        failures: Collection[str] | None = None,
        interval: float | None = 2,
        wait: float | None = 120,
        attribute: str = "status",
        callback: Progress | None = None,
    ) -> R:
        """Wait until an object has a status; one that it has already takes no request.

        Args:
            res: The object; it is updated in place.
            status: The status; upper or lower case.
            failures: Statuses that mean failure; None: ERROR, unless that is waited for.
            interval: Seconds between two polls; None: the default.
            wait: Seconds until ResourceTimeout; None: for ever.
            attribute: The name of the value to wait for, instead of `status`.
            callback: Called after each poll that was in vain, with the object's `progress`, or 0.

        Returns:
            The same object.

        Raises:
            AttributeError: Objects of its kind have no status.
            ResourceFailure: Its status is one of `failures`; the message has the server's reason.
            ResourceNotFound: It was deleted.
            ResourceTimeout: It does not have the status after `wait` seconds.
        """
        _require_object("wait_for_status", res)
        if attribute not in res:
            raise AttributeError(f"{identity.one(type(res))} has no {attribute} to wait for.")
        wanted = str(status).lower()
        failed = _failures(failures)
        if str(res.get(attribute)).lower() == wanted:
            return res
        for _ in _poll(interval, wait, lambda: _timeout(res, attribute, status, wait)):
            self._refresh(res)
            current = str(res.get(attribute)).lower()
            if current == wanted:
                return res
            if current in failed:
                raise ResourceFailure(_with_reason(res, attribute))
            _report(callback, res)
        return res

    def wait_for_delete(
        self,
        res: Deleted,
        interval: float | None = 2,
        wait: float | None = 120,
        callback: Progress | None = None,
    ) -> Deleted:
        """Wait until an object is deleted.

        Args:
            res: The object, preferably as returned by `delete_cluster` or `delete_node`: then a
                failure shows in its action. None, which they return for a missing object, counts
                as deleted.
            interval: Seconds between two polls; None: the default.
            wait: Seconds until ResourceTimeout; None: for ever.
            callback: Called after each poll that was in vain, with the object's `progress`, or 0.

        Returns:
            The same object.

        Raises:
            ResourceFailure: The deletion failed; the message has the server's reason.
            ResourceTimeout: The object still exists after `wait` seconds.
        """
        if res is None:
            return res
        _require_object("wait_for_delete", res)
        resource = cast(Resource, res)
        has_action, was_deleting = True, False
        for _ in _poll(interval, wait, lambda: _timeout(resource, "status", "deleted", wait)):
            action = self._deletion(resource) if has_action else None
            has_action = action is not None
            if action is None or has_ended(action):
                if self._is_deleted(resource):
                    return res
                if action:
                    _require_success(action)
                # Without its action, only the status is left: if the object was DELETING, no longer
                # is, and still exists, its deletion has failed.
                is_deleting = resource.get("status") == "DELETING"
                if was_deleting and not is_deleting:
                    raise ResourceFailure(_with_reason(resource, "status"))
                was_deleting = is_deleting
            _report(callback, resource)
        return res

    def wait_for_action(
        self,
        action: str | Action | dict[str, Any],
        interval: float | None = 1,
        wait: float | None = 120,
    ) -> Action:
        """Wait until an action has ended, together with all that it depends on.

        Args:
            action: The action, its id, or the dict that an operation returned.
            interval: Seconds between two polls; None: the default of other waits.
            wait: Seconds until ResourceTimeout; None: for ever.

        Returns:
            The action, SUCCEEDED: its steps were carried out. The health of a cluster shows only
            in the cluster's status.

        Raises:
            InvalidIdentity: It is None, as in an object whose request started no action.
            ResourceFailure: It failed or was cancelled; the message has the server's reason.
            ResourceNotFound: There is no such action.
            ResourceTimeout: It has not ended after `wait` seconds.
        """
        value = action.get("action") if isinstance(action, dict) else action
        if value is None:
            raise InvalidIdentity("There is no action to wait for: the request started none.")
        current = (
            value
            if isinstance(value, Action)
            else Action({"id": identity.name_or_id(value, Action)})
        )
        for _ in _poll(interval, wait, lambda: _timeout(current, "status", "ended", wait)):
            self._refresh(current)
            if has_ended(current):
                break
        return _require_success(current)

    def _deletion(self, res: Resource) -> Action | None:
        """Return the action that deletes the object, or None if it is unknown."""
        if res.action_id is None:
            return None
        try:
            action = self._get(Action, res.action_id)
        except ResourceNotFound:
            return None  # Senlin has purged it; the object itself is left to poll
        if not str(action.action).endswith("_DELETE"):
            return None  # it has created or changed the object, before someone deleted it
        if res.get("id") is None:  # deleted by name, which another object may have too
            res._raw = {**res._raw, "id": action.target_id}
        return action

    def _is_deleted(self, res: Resource) -> bool:
        try:
            self._refresh(res)
        except ResourceNotFound:
            return True
        return str(res.get("status", "")).upper() == "DELETED"

    def _refresh(self, res: Resource) -> None:
        self._get(type(res), res)


def has_ended(action: Action) -> bool:
    """Whether an action has ended, together with all that it depends on.

    Senlin sets a parent action to FAILED when its first child fails, while other children are still
    running and the cluster is still locked. `depends_on` is empty once the last child has ended.
    """
    if action.status == _SUCCEEDED:
        return True
    return action.status in _UNSUCCESSFUL and not action.depends_on


def _require_success(action: Action) -> Action:
    if action.status != _SUCCEEDED:
        raise ResourceFailure(
            f"Action {action.name} ({action.id}) is {action.status}: {action.status_reason}"
        )
    return action


def _require_object(operation: str, res: object) -> None:
    if not isinstance(res, Resource):
        raise InvalidIdentity(f"{operation} needs an object, as operations return it, not {res!r}.")


def _failures(given: Collection[str] | None) -> set[str]:
    statuses = ["ERROR"] if given is None else [given] if isinstance(given, str) else given
    return {str(status).lower() for status in statuses}


def _report(callback: Progress | None, res: Resource) -> None:
    if callback:
        callback(res.get("progress", 0))


def _poll(
    interval: float | None, wait: float | None, timeout: Callable[[], ResourceTimeout]
) -> Iterator[None]:
    """Yield immediately, after each interval, and at the end of `wait`; then raise `timeout()`."""
    pause, limit = seconds("interval", interval), seconds("wait", wait)
    pause = max(_INTERVAL if pause is None else pause, _SHORTEST)
    end = math.inf if limit is None else time.monotonic() + limit
    while True:
        yield
        left = end - time.monotonic()
        if left <= 0:
            raise timeout()
        time.sleep(min(pause, left))


def _timeout(res: Resource, attribute: str, expected: str, wait: float | None) -> ResourceTimeout:
    current = f"is {res[attribute]}" if res.get(attribute) else "is there"
    action = f" Its action {res.action_id} may still be running." if res.action_id else ""
    return ResourceTimeout(f"{res!r} {current} after {wait:g} s, not {expected}.{action}")


def _with_reason(res: Resource, attribute: str) -> str:
    return f"{res!r} is {res.get(attribute)}: {res.get('status_reason')}"
