"""Wait for the server to do what it was asked for."""

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

from openstack_clustering._base import Base
from openstack_clustering.exceptions import ResourceFailure, ResourceNotFound, ResourceTimeout
from openstack_clustering.resource import Resource
from openstack_clustering.resources import Action

R = TypeVar("R", bound=Resource)
Deleted = TypeVar("Deleted", bound=Resource | None)

_ENDED_WELL = "SUCCEEDED"
_ENDED_BADLY = ("FAILED", "CANCELLED")


class Waiters(Base):
    """Polling, with an end."""

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
            res: The object; it is brought up to date in place.
            status: The status, in any case.
            failures: Statuses that mean that it will not come; None: no status does.
            interval: Seconds between two looks.
            wait: Seconds until it is given up.

        Returns:
            The same object.

        Raises:
            AttributeError: It is of a kind that has no status.
            ResourceFailure: It has one of `failures`; the message has the server's reason.
            ResourceNotFound: It is gone.
            ResourceTimeout: The time is up.
        """
        if "status" not in res:
            raise AttributeError(f"A {type(res).__name__} has no status to wait for.")
        unwanted = {failure.lower() for failure in failures or ()}
        for _ in _looks(interval, wait, lambda: _late(res, status, wait)):
            now = str(res["status"]).lower()
            if now == status.lower():
                return res
            if now in unwanted:
                raise ResourceFailure(_as_is(res))
            self._refresh(res)
        return res

    def wait_for_delete(self, res: Deleted, interval: float = 2, wait: float = 120) -> Deleted:
        """Wait until an object is gone.

        Args:
            res: The object, best as `delete_cluster` or `delete_node` returned it, as its action
                then tells of a failure. None, as they return for what was not there, is gone.
            interval: Seconds between two looks.
            wait: Seconds until it is given up.

        Returns:
            The same object.

        Raises:
            ResourceFailure: The deletion has failed; the message has the server's reason.
            ResourceTimeout: The time is up.
        """
        if res is None:
            return res
        resource = cast(Resource, res)
        was_deleting = False
        for _ in _looks(interval, wait, lambda: _late(resource, "deleted", wait)):
            action = self._deletion_of(resource)
            if action and not has_ended(action):
                continue
            if self._is_gone(resource):
                return res
            if action:
                _succeeded(action)
            # Without an action's id the status has to tell: what is not being deleted any more,
            # and still there, will not be.
            if resource.get("status") != "DELETING" and was_deleting:
                raise ResourceFailure(_as_is(resource))
            was_deleting = resource.get("status") == "DELETING"
        return res

    def wait_for_action(
        self, action: str | Action | dict[str, Any], interval: float = 1, wait: float = 120
    ) -> Action:
        """Wait until an action has ended, together with all that it depends on.

        Args:
            action: The action, its id, or what an action method returned.
            interval: Seconds between two looks.
            wait: Seconds until it is given up.

        Returns:
            The action, SUCCEEDED. That it succeeded says that its steps were done; whether the
            cluster is healthy then is said by the cluster's status.

        Raises:
            ResourceFailure: It has failed or was cancelled; the message has the server's reason.
            ResourceNotFound: There is no such action.
            ResourceTimeout: The time is up.
        """
        named = action.get("action") if isinstance(action, dict) else action
        current = self._get(Action, named)
        for _ in _looks(interval, wait, lambda: _late(current, "ended", wait)):
            if has_ended(current):
                return _succeeded(current)
            self._refresh(current)
        return current

    def _deletion_of(self, res: Resource) -> Action | None:
        """Return the action that deletes the object, if it is known."""
        if res.action_id is None:
            return None
        try:
            action = self._get(Action, res.action_id)
        except ResourceNotFound:
            return None  # old actions are purged; the object itself will tell
        if res.get("id") is None:  # it was deleted by its name, which another may have too
            res._raw = {**res._raw, "id": action.target_id}
        return action

    def _is_gone(self, res: Resource) -> bool:
        try:
            self._refresh(res)
        except ResourceNotFound:
            return True
        return str(res.get("status", "")).upper() == "DELETED"

    def _refresh(self, res: Resource) -> None:
        res._raw = self._get(type(res), res)._raw


def has_ended(action: Action) -> bool:
    """Whether nothing is done for an action any more.

    Senlin turns a parent FAILED with its first child that fails, while the others still run and
    the cluster is still locked; only then are its `depends_on` empty.
    """
    if action.status == _ENDED_WELL:
        return True
    return action.status in _ENDED_BADLY and not action.depends_on


def _succeeded(action: Action) -> Action:
    if action.status != _ENDED_WELL:
        raise ResourceFailure(
            f"Action {action.name} ({action.id}) is {action.status}: {action.status_reason}"
        )
    return action


def _looks(interval: float, wait: float, late: Callable[[], ResourceTimeout]) -> Iterator[None]:
    """Yield once now and once in each interval; raise when the time is up."""
    end = time.monotonic() + wait
    while True:
        yield
        left = end - time.monotonic()
        if left <= 0:
            raise late()
        time.sleep(min(max(interval, 0.01), left))


def _late(res: Resource, wanted: str, wait: float) -> ResourceTimeout:
    status = f"is {res['status']}" if res.get("status") else "is there"
    action = f" Its action {res.action_id} may still be running." if res.action_id else ""
    return ResourceTimeout(f"{res!r} {status} after {wait:g} s, not {wanted}.{action}")


def _as_is(res: Resource) -> str:
    return f"{res!r} is {res['status']}: {res.get('status_reason')}"
