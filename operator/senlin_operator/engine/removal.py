"""The end of an object: what it made in the cloud goes first, then the object itself."""

import logging
from dataclasses import replace

from senlin_operator.engine import actions
from senlin_operator.engine.access import Access
from senlin_operator.engine.attempt import Attempt, View
from senlin_operator.engine.cache import Cache
from senlin_operator.engine.execution import Executor
from senlin_operator.engine.kind import Seen, Started, Step
from senlin_operator.engine.looking import LOOKING, look
from senlin_operator.engine.outcome import Gone, Outcome, Waiting
from senlin_operator.kube.client import KubeClient
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import FORCE, Resource

_NAMED = 5  # users in a message
_AGAIN = 5.0  # seconds until Senlin, which was busy, is asked again
_log = logging.getLogger(__name__)


class Removal:
    """Takes the next step towards the end."""

    def __init__(self, cache: Cache, kube: KubeClient, access: Access, executor: Executor) -> None:
        self._cache = cache
        self._kube = kube
        self._access = access
        self._executor = executor

    async def attempt(self, attempt: Attempt) -> Outcome:
        """Delete the cloud object, and let go only when it is really gone."""
        resource = attempt.resource
        if not resource.guarded:
            return Gone()
        if used := self._used(attempt):
            return await self._vacate(attempt, used)
        if _detached(resource):
            return await self._release(attempt)
        view = await look(self._access, attempt)
        if not isinstance(view, View):
            return view
        waiting = actions.follow_removal(attempt, view)
        if view.seen is None:
            return await self._tidy(attempt, view)
        if action_id := actions.dead(view, attempt.memory.removal):
            return await self._executor.cancel(attempt, view, action_id)
        forced = resource.annotations.get(FORCE) == "true"
        if waiting and (attempt.memory.forced or not forced):
            return waiting
        if kept := self._kept(attempt, view.seen):
            return await self._vacate(attempt, kept)
        if held := attempt.memory.held(None) or attempt.kind.irremovable(view.seen):
            return held
        stuck = attempt.memory.stuck(
            moving=view.seen.moving and not view.snapshot.actions_of(view.seen.id)
        )
        return await self._delete(attempt, view, view.seen, force=forced or stuck)

    def _used(self, attempt: Attempt) -> Waiting | None:
        """Return whom to wait for: a user that was made, as nothing is made of what is deleted.

        What has no cloud object is of no use to anybody.
        """
        referring = self._cache.users(attempt.resource.key)
        users = [key for key in referring if (it := self._cache.get(key)) and it.cloud_id]
        if not users or not attempt.report.id:
            return None
        names = ", ".join(str(user) for user in users[:_NAMED])
        return Waiting(Reason.IN_USE, f"Deletion waits for its users to go: {names}.")

    def _kept(self, attempt: Attempt, seen: Seen) -> Waiting | None:
        """Return whom it would take along: who is still in it, but should be elsewhere."""
        neighbours = attempt.kind.neighbours
        inside = self._cache.of(neighbours(seen)) if neighbours else ()
        living = [str(key) for key in inside if (it := self._cache.get(key)) and not it.deleting]
        if not living:
            return None
        names = ", ".join(living[:_NAMED])
        text = f"Its deletion would destroy others, and waits for them to leave: {names}."
        return Waiting(Reason.IN_USE, text)

    async def _vacate(self, attempt: Attempt, waiting: Waiting) -> Waiting:
        """Wait for others to leave, and see to it that they can."""
        vacate = attempt.kind.vacate
        view = await look(self._access, attempt) if vacate else None
        if vacate is None or not isinstance(view, View) or view.seen is None:
            return waiting
        steps = vacate(view.seen)
        if not steps or steps[0] == attempt.memory.taken:
            return waiting
        started = await self._executor.execute(attempt, view, steps[0])
        return waiting if isinstance(started, Started) else replace(waiting, after=_AGAIN)

    async def _delete(self, attempt: Attempt, view: View, seen: Seen, *, force: bool) -> Outcome:
        step = attempt.kind.remove(seen, force)
        started = await self._executor.execute(attempt, view, step, urgent=True, force=force)
        if not isinstance(started, Started):
            return started
        attempt.memory.removal, attempt.memory.forced = started.action_id, force
        if started.action_id:
            return actions.DELETING
        return LOOKING if seen.duplicates else await self._tidy(attempt, view)

    async def _tidy(self, attempt: Attempt, view: View) -> Outcome:
        """Delete what else was made for the object, one after the other, and let go."""
        leftovers: list[Step] = attempt.kind.leftovers(view.snapshot, attempt.resource.uid)
        if not leftovers:
            view.inventory.forget(attempt.report.id or "")
            return await self._release(attempt)
        if held := attempt.memory.held(None):
            return held
        started = await self._executor.execute(attempt, view, leftovers[0], urgent=True)
        return LOOKING if isinstance(started, Started) else started

    async def _release(self, attempt: Attempt) -> Gone:
        answer = await self._kube.set_finalizer(attempt.resource, present=False)
        self._cache.replace(attempt.resource.key.kind, answer)
        _log.info("is let go")
        return Gone()


def _detached(resource: Resource) -> bool:
    """Return whether the cloud object is to be left as it is."""
    return bool(resource.spec.get("managedOptions", {}).get("onDelete") == "detach")
