"""Poll until a status is reached, a deletion is done or an action has ended."""

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

from openstack_clustering._base import Base
from openstack_clustering._resource import Resource
from openstack_clustering.exceptions import ResourceFailure, ResourceNotFound, ResourceTimeout
from openstack_clustering.resources import Action

R = TypeVar("R", bound=Resource)
Deleted = TypeVar("Deleted", bound=Resource | None)

_SUCCEEDED = "SUCCEEDED"
_UNSUCCESSFUL = ("FAILED", "CANCELLED")


class Waiters(Base):
    """Operations that poll, with a time limit."""

    def wait_for_status(
        self,
        res: R,
        status: str,
        failures: list[str] | None = None,
        interval: float = 2,
        wait: float = 120,
    ) -> R:
        """Wait until an object has a status.

        Args:
            res: The object; it is updated in place.
            status: The status; upper or lower case.
            failures: Statuses that mean failure; None: no status does.
            interval: Seconds between two polls.
            wait: Seconds until ResourceTimeout.

        Returns:
            The same object.

        Raises:
            AttributeError: Objects of its kind have no status.
            ResourceFailure: Its status is one of `failures`; the message has the server's reason.
            ResourceNotFound: It was deleted.
            ResourceTimeout: It does not have the status after `wait` seconds.
        """
        if "status" not in res:
            raise AttributeError(f"A {type(res).__name__} has no status to wait for.")
        failed = {failure.lower() for failure in failures or ()}
        for _ in _poll(interval, wait, lambda: _timeout(res, status, wait)):
            current = str(res["status"]).lower()
            if current == status.lower():
                return res
            if current in failed:
                raise ResourceFailure(_with_reason(res))
            self._refresh(res)
        return res

    def wait_for_delete(self, res: Deleted, interval: float = 2, wait: float = 120) -> Deleted:
        """Wait until an object is deleted.

        Args:
            res: The object, preferably as returned by `delete_cluster` or `delete_node`: then a
                failure shows in its action. None, which they return for a missing object, counts
                as deleted.
            interval: Seconds between two polls.
            wait: Seconds until ResourceTimeout.

        Returns:
            The same object.

        Raises:
            ResourceFailure: The deletion failed; the message has the server's reason.
            ResourceTimeout: The object still exists after `wait` seconds.
        """
        if res is None:
            return res
        resource = cast(Resource, res)
        was_deleting = False
        for _ in _poll(interval, wait, lambda: _timeout(resource, "deleted", wait)):
            action = self._delete_action(resource)
            if action and not has_ended(action):
                continue
            if self._is_deleted(resource):
                return res
            if action:
                _require_success(action)
            # Without an action id, only the status is left: if the object was DELETING, no longer
            # is, and still exists, its deletion has failed.
            if resource.get("status") != "DELETING" and was_deleting:
                raise ResourceFailure(_with_reason(resource))
            was_deleting = resource.get("status") == "DELETING"
        return res

    def wait_for_action(
        self, action: str | Action | dict[str, Any], interval: float = 1, wait: float = 120
    ) -> Action:
        """Wait until an action has ended, together with all that it depends on.

        Args:
            action: The action, its id, or the dict that an operation returned.
            interval: Seconds between two polls.
            wait: Seconds until ResourceTimeout.

        Returns:
            The action, SUCCEEDED: its steps were carried out. The health of a cluster shows only
            in the cluster's status.

        Raises:
            ResourceFailure: It failed or was cancelled; the message has the server's reason.
            ResourceNotFound: There is no such action.
            ResourceTimeout: It has not ended after `wait` seconds.
        """
        value = action.get("action") if isinstance(action, dict) else action
        current = self._get(Action, value)
        for _ in _poll(interval, wait, lambda: _timeout(current, "ended", wait)):
            if has_ended(current):
                return _require_success(current)
            self._refresh(current)
        return current

    def _delete_action(self, res: Resource) -> Action | None:
        """Return the action that deletes the object, or None if it is unknown."""
        if res.action_id is None:
            return None
        try:
            action = self._get(Action, res.action_id)
        except ResourceNotFound:
            return None  # Senlin has purged it; the object itself is left to poll
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
        res._raw = self._get(type(res), res)._raw


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


def _poll(interval: float, wait: float, timeout: Callable[[], ResourceTimeout]) -> Iterator[None]:
    """Yield immediately and after each interval; raise `timeout()` after `wait` seconds."""
    end = time.monotonic() + wait
    while True:
        yield
        left = end - time.monotonic()
        if left <= 0:
            raise timeout()
        time.sleep(min(max(interval, 0.01), left))


def _timeout(res: Resource, expected: str, wait: float) -> ResourceTimeout:
    status = f"is {res['status']}" if res.get("status") else "is there"
    action = f" Its action {res.action_id} may still be running." if res.action_id else ""
    return ResourceTimeout(f"{res!r} {status} after {wait:g} s, not {expected}.{action}")


def _with_reason(res: Resource) -> str:
    return f"{res!r} is {res['status']}: {res.get('status_reason')}"
