"""The main path: one attempt moves an object one step towards what it should be.

Level-triggered: an attempt looks at what is and what should be, never at what happened. So it may
be made at any time, any number of times, and after a crash at any point.
"""

import dataclasses
import logging
import time
from collections.abc import Mapping
from typing import cast

from openstack_clustering import ClientException
from senlin_operator.engine import actions, execution, imports
from senlin_operator.engine.access import Access
from senlin_operator.engine.attempt import Attempt, View
from senlin_operator.engine.cache import Cache
from senlin_operator.engine.execution import Executor
from senlin_operator.engine.family import Family
from senlin_operator.engine.kind import Seen, Started, Step
from senlin_operator.engine.looking import LOOKING, look
from senlin_operator.engine.outcome import Blocked, Failed, Outcome, Settled, Waiting, outcome_of
from senlin_operator.engine.removal import Removal
from senlin_operator.kube.client import KubeClient
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.objects import RECONCILE_AT, Key, Resource

_DETAILS = 300.0  # seconds that details are believed without a sign of change
_EMPTIED = (
    "Most of what was made in this project has vanished at once; nothing is made again before a "
    f"person has looked, and has set the annotation {RECONCILE_AT}."
)
_log = logging.getLogger(__name__)


class Reconciler:
    """Makes attempts. Of the object it writes the finalizer; the conclusion writes the status."""

    def __init__(self, cache: Cache, kube: KubeClient, access: Access, recorder: Recorder) -> None:
        self._cache = cache
        self._kube = kube
        self._access = access
        self._executor = Executor(recorder)
        self._removal = Removal(cache, kube, access, self._executor)
        self._family = Family(cache, kube)

    async def attempt(self, attempt: Attempt) -> Outcome:
        """Take the next step of a living object, or of one that is being deleted."""
        try:
            if attempt.resource.deleting:
                return await self._removal.attempt(attempt)
            view = await look(self._access, attempt)
            if not isinstance(view, View):
                return view
            if attempt.resource.unmanaged:
                return self._show(attempt, view)
            return await self._reconcile(attempt, view)
        except ClientException as error:  # Senlin cannot be looked at
            return outcome_of(error)

    async def _reconcile(self, attempt: Attempt, view: View) -> Outcome:
        if view.seen is None and self._suspicious(attempt, view):
            return Blocked(Reason.PROJECT_EMPTIED, _EMPTIED)
        if taken := await self._family.keep(attempt, view):
            return taken
        known = self._resolve(attempt, view)
        if isinstance(known, Waiting):
            return known
        await self._guard(attempt)
        attempt.spec = attempt.kind.spec(attempt.resource, known)
        if waiting := actions.follow(attempt, view):
            if action_id := actions.dead(view, attempt.report.running):
                return await self._executor.cancel(attempt, view, action_id)
            return waiting
        await self._family.prune(attempt, view)
        return await self._converge(attempt, view)

    async def _converge(self, attempt: Attempt, view: View) -> Outcome:
        """Take the first step of the plan, and the next where the result is known at once."""
        kind, seen = attempt.kind, view.seen
        if seen is not None:
            if mended := await self._unstick(attempt, view, seen):
                return mended
            seen = await self._detailed(attempt, view, seen)
        while steps := kind.plan(attempt.spec, seen):
            attempt.learn(seen)
            if held := attempt.memory.held(attempt.spec) or _no_effect(attempt, steps[0]):
                return held
            started = await self._executor.execute(attempt, view, steps[0])
            if not isinstance(started, Started):
                return started
            if seen is None:
                attempt.report.id = started.id
            if started.action_id:
                return execution.follow(attempt, steps[0], started.action_id)
            if started.seen is None:
                return LOOKING
            seen = started.seen
        attempt.learn(seen)
        # A plan for what is absent has a step, so by now it has been seen.
        return await self._settle(attempt, view, cast("Seen", seen))

    async def _settle(self, attempt: Attempt, view: View, seen: Seen) -> Outcome:
        """Judge what needs no step, and have it checked when that is due."""
        kind, memory = attempt.kind, attempt.memory
        verdict: Settled | Blocked | Waiting = kind.verdict(attempt.spec, seen)
        interval = kind.check_interval(attempt.spec)
        if kind.check is None or interval is None or not isinstance(verdict, Settled):
            return verdict
        left = memory.checked_at + interval - time.monotonic()
        told = attempt.resource.settled == verdict.ready
        if left > 0 or not told:
            return dataclasses.replace(verdict, after=max(left, 0.1))
        memory.checked_at = time.monotonic()
        try:
            started = await self._executor.send(attempt, view, kind.check(seen))
        except ClientException as error:  # a lock, mostly; the next check is soon enough
            _log.info("no check", extra={"error": str(error)})
            return dataclasses.replace(verdict, after=interval)
        if not isinstance(started, Started):
            return started
        memory.routine = started.action_id
        return Waiting(Reason.ACTION_RUNNING, "Senlin is checking the nodes.", quiet=True)

    def _show(self, attempt: Attempt, view: View) -> Outcome:
        """Show a cloud object that somebody else looks after, and touch nothing."""
        kind, resource = attempt.kind, attempt.resource
        found = imports.find(kind.objects(view.snapshot), resource, attempt.report.id)
        if not isinstance(found, str):
            return found
        attempt.report.id = found
        seen = cast("Seen", kind.observe(view.snapshot, found, resource.uid))
        attempt.report.faults = seen.faults
        attempt.spec = kind.as_seen(seen)
        attempt.learn(seen)
        if seen.moving:
            message = "Senlin is at work on behalf of others."
            return Waiting(Reason.BUSY, message, quiet=resource.settled)
        verdict: Settled | Blocked | Waiting = kind.verdict(attempt.spec, seen)
        return verdict

    def _resolve(self, attempt: Attempt, view: View) -> Mapping[Key, Resource] | Waiting:
        """Return the objects around this one, or which reference to wait for."""
        known: dict[Key, Resource] = {}
        for key in attempt.kind.references(attempt.resource):
            referred = self._cache.get(key)
            if referred is None:
                return Waiting(Reason.REFERENCE_MISSING, f"{key} does not exist.")
            if referred.deleting and attempt.report.id is None:
                return Waiting(Reason.REFERENCE_MISSING, f"{key} is being deleted.")
            if referred.cloud_id is None:
                why = f": {referred.stalled}" if referred.stalled else "."
                return Waiting(Reason.REFERENCE_NOT_READY, f"{key} is not Ready yet{why}")
            known[key] = referred
        if attempt.kind.neighbours is None:
            return known
        uids = attempt.kind.neighbours(view.seen)
        beside = {*self._cache.users(attempt.resource.key), *self._cache.of(uids)}
        return known | {key: it for key in beside if (it := self._cache.get(key))}

    def _suspicious(self, attempt: Attempt, view: View) -> bool:
        """Return whether it would be rash to make again what has vanished."""
        memory = attempt.memory
        vanished = attempt.report.id not in (None, memory.discarded) and not memory.insisted
        return vanished and self._access.emptied(attempt.resource, view.snapshot)

    async def _detailed(self, attempt: Attempt, view: View, seen: Seen) -> Seen:
        """Return the observation with what only a request of its own shows, if that is needed.

        It is asked for when the lists show that it changed, after each step of ours, and when the
        object is looked at again because time has passed: some changes show in no list.
        """
        details, memory = attempt.kind.details, attempt.memory
        version = details.version(attempt.spec, seen) if details else None
        if details is None or version is None:
            return seen
        oldest = max(memory.fence, time.monotonic() - _DETAILS)
        if memory.details is None or memory.details[0] != version or memory.details[1] < oldest:
            now = time.monotonic()
            fetched = await view.cloud.call("details", lambda proxy: details.fetch(proxy, seen.id))
            memory.details = (version, now, fetched)
        return details.add(seen, memory.details[2])  # type: ignore[no-any-return]

    async def _unstick(self, attempt: Attempt, view: View, seen: Seen) -> Outcome | None:
        """Wait for a transient status to pass; one that stays needs a check to leave it."""
        if not attempt.memory.stuck(moving=seen.moving, explained=attempt.report.failed):
            if not seen.moving:
                return None
            view.inventory.wait_for_look(attempt.resource.key)
            waiting = Waiting(Reason.OBSERVING, "Senlin is about to finish.", quiet=True)
            return attempt.memory.held(attempt.spec) or waiting
        if attempt.kind.check is None:
            return None
        step = attempt.kind.check(seen)
        started = await self._executor.execute(attempt, view, step)
        if not isinstance(started, Started):
            return started
        attempt.memory.stuck(moving=False)
        return execution.follow(attempt, step, started.action_id or "")

    async def _guard(self, attempt: Attempt) -> None:
        """Put the finalizer on, before anything is made that it has to see deleted."""
        resource = attempt.resource
        await self._access.hold(resource.secret)
        if not resource.guarded:
            answer = await self._kube.set_finalizer(resource, present=True)
            attempt.resource = self._cache.replace(resource.key.kind, answer)


def _no_effect(attempt: Attempt, step: Step) -> Failed | None:
    """Return a failure if the step was carried out a moment ago, and is needed still.

    Without the pause that follows, a value that Senlin stores in another form than it was given
    would be sent again and again.
    """
    if step != attempt.memory.taken:
        return None
    text = f"Senlin reports success, but nothing has changed by it: {step.summary}."
    failure = Failed(Reason.NO_EFFECT, text)
    attempt.memory.fail(failure, attempt.spec)
    return failure
