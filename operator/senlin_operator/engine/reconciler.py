"""The main path: one attempt moves an object one step towards what it should be.

Level-triggered: an attempt looks at what is and what should be, never at what happened. So it may
be made at any time, any number of times, and after a crash at any point.
"""

import dataclasses
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from openstack_clustering import ClientException
from senlin_operator.cloud.inventory import Snapshot
from senlin_operator.cloud.session import Cloud
from senlin_operator.engine import actions, imports
from senlin_operator.engine.access import Access
from senlin_operator.engine.attempt import Attempt, View
from senlin_operator.engine.cache import Cache
from senlin_operator.engine.kind import Seen, Started, Step
from senlin_operator.engine.outcome import (
    Blocked,
    Failed,
    Gone,
    Outcome,
    Settled,
    Waiting,
    is_unclear,
    outcome_of,
)
from senlin_operator.kube.client import KubeClient
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.objects import RECONCILE_AT, Key

_STALE = 120.0  # seconds; an older look at the cloud is not worth a decision
_DETAILS = 300.0  # seconds that details are believed without a sign of change
_EMPTIED = (
    "Most of what was made in this project has vanished at once; nothing is made again before a "
    f"person has looked, and has set the annotation {RECONCILE_AT}."
)
_LOOKING = Waiting(Reason.OBSERVING, "The project is looked at.", quiet=True)
_log = logging.getLogger(__name__)


class Reconciler:
    """Makes attempts. It writes nothing but finalizers; the conclusion writes the status."""

    def __init__(self, cache: Cache, kube: KubeClient, access: Access, recorder: Recorder) -> None:
        self._cache = cache
        self._kube = kube
        self._access = access
        self._recorder = recorder

    async def attempt(self, attempt: Attempt) -> Outcome:
        """Take the next step of a living object, or of one that is being deleted."""
        try:
            if attempt.resource.deleting:
                return await self._remove(attempt)
            if attempt.resource.unmanaged:
                return await self._show(attempt)
            return await self._reconcile(attempt)
        except ClientException as error:  # Senlin cannot be looked at
            return outcome_of(error)

    async def _reconcile(self, attempt: Attempt) -> Outcome:
        cloud = await self._access.cloud_of(attempt.resource)
        if not isinstance(cloud, Cloud):
            return cloud
        ids = self._resolve(attempt)
        if isinstance(ids, Waiting):
            return ids
        snapshot = self._look(attempt, cloud)
        if isinstance(snapshot, Waiting):
            return snapshot
        view = self._observe(attempt, cloud, snapshot)
        if view.seen is None and self._suspicious(attempt, view):
            return Blocked(Reason.PROJECT_EMPTIED, _EMPTIED)
        await self._guard(attempt)
        attempt.spec = attempt.kind.spec(attempt.resource, ids)
        if waiting := actions.follow(attempt, view):
            return waiting
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
            started = await self._execute(attempt, view.cloud, steps[0])
            if not isinstance(started, Started):
                return started
            if seen is None:
                attempt.report.id = started.id
            if started.action_id:
                return self._follow(attempt, view, steps[0], started.id, started.action_id)
            # Of what was made and is deleted by others before a look, no two looks would differ.
            view.inventory.wait_for_look(attempt.resource.key)
            if started.seen is None:
                return _LOOKING
            seen = started.seen
        attempt.learn(seen)
        # A plan for what is absent has a step, so by now it has been seen.
        return await self._settle(attempt, view, cast("Seen", seen))

    async def _settle(self, attempt: Attempt, view: View, seen: Seen) -> Outcome:
        """Judge what needs no step, and have it checked when that is due."""
        kind, memory = attempt.kind, attempt.memory
        verdict: Settled = kind.verdict(attempt.spec, seen)
        interval = kind.check_interval(attempt.spec)
        if kind.check is None or interval is None:
            return verdict
        left = memory.checked_at + interval - time.monotonic()
        told = attempt.resource.settled == verdict.ready
        if left > 0 or not told:
            return dataclasses.replace(verdict, after=max(left, 0.1))
        memory.checked_at = time.monotonic()
        try:
            started = await self._send(attempt, view.cloud, kind.check(seen))
        except ClientException as error:  # a lock, mostly; the next check is soon enough
            _log.info("no check", extra={"error": str(error)})
            return dataclasses.replace(verdict, after=interval)
        memory.routine = started.action_id
        view.inventory.watch(started.action_id or "", seen.id)
        view.inventory.wait_for_look(attempt.resource.key)
        return Waiting(Reason.ACTION_RUNNING, "Senlin is checking the nodes.", quiet=True)

    async def _show(self, attempt: Attempt) -> Outcome:
        """Show a cloud object that somebody else looks after, and touch nothing."""
        cloud = await self._access.cloud_of(attempt.resource)
        if not isinstance(cloud, Cloud):
            return cloud
        snapshot = self._look(attempt, cloud)
        if isinstance(snapshot, Waiting):
            return snapshot
        found = imports.find(attempt.kind.objects(snapshot), attempt.resource, attempt.report.id)
        if not isinstance(found, str):
            return found
        attempt.report.id = found
        seen = cast("Seen", self._observe(attempt, cloud, snapshot).seen)
        attempt.spec = attempt.kind.as_seen(seen)
        attempt.learn(seen)
        if seen.moving:
            message = "Senlin is at work on behalf of others."
            return Waiting(Reason.BUSY, message, quiet=attempt.resource.settled)
        verdict: Settled = attempt.kind.verdict(attempt.spec, seen)
        return verdict

    async def _remove(self, attempt: Attempt) -> Outcome:
        """Delete the cloud object, and let go only when it is really gone."""
        resource, memory = attempt.resource, attempt.memory
        if not resource.guarded:
            return Gone()
        users = self._cache.users(resource.key)
        if users and attempt.report.id:  # what has no cloud object is of no use to anybody
            names = ", ".join(str(user) for user in users[:5])
            return Waiting(Reason.IN_USE, f"Deletion waits for its users to go: {names}.")
        if resource.spec.get("managedOptions", {}).get("onDelete") == "detach":
            return await self._release(attempt)
        cloud = await self._access.cloud_of(resource)
        if not isinstance(cloud, Cloud):
            return cloud
        snapshot = self._look(attempt, cloud)
        if isinstance(snapshot, Waiting):
            return snapshot
        view = self._observe(attempt, cloud, snapshot)
        waiting = actions.follow_removal(attempt, view)
        if view.seen is None:
            return await self._release(attempt)
        if waiting:
            return waiting
        if held := memory.held(None):
            return held
        started = await self._execute(attempt, cloud, attempt.kind.remove(view.seen), urgent=True)
        if not isinstance(started, Started):
            return started
        if started.action_id is None:
            return await self._release(attempt)
        memory.removal = started.action_id
        view.inventory.watch(started.action_id, started.id)
        view.inventory.wait_for_look(resource.key)
        return Waiting(Reason.DELETING, "Senlin is deleting it.", quiet=True)

    def _resolve(self, attempt: Attempt) -> Mapping[Key, str] | Waiting:
        """Return the cloud ids of what the object refers to, or which reference to wait for."""
        ids: dict[Key, str] = {}
        for key in attempt.kind.references(attempt.resource):
            referred = self._cache.get(key)
            if referred is None:
                return Waiting(Reason.REFERENCE_MISSING, f"{key} does not exist.")
            if referred.deleting and attempt.report.id is None:
                return Waiting(Reason.REFERENCE_MISSING, f"{key} is being deleted.")
            if referred.cloud_id is None:
                return Waiting(Reason.REFERENCE_NOT_READY, f"{key} is not Ready yet.")
            ids[key] = referred.cloud_id
        return ids

    def _look(self, attempt: Attempt, cloud: Cloud) -> Snapshot | Waiting:
        """Return the cloud as it was last seen, if that is recent enough to act upon."""
        inventory, resource = cloud.inventory, attempt.resource
        snapshot = inventory.snapshot
        oldest = max(attempt.memory.fence, time.monotonic() - _STALE)
        if snapshot is None or snapshot.began < oldest or inventory.refused:
            inventory.wait_for_look(resource.key)
            if inventory.error:
                raise inventory.error.with_traceback(None)  # it may have been raised before
            return _LOOKING
        return snapshot

    def _observe(self, attempt: Attempt, cloud: Cloud, snapshot: Snapshot) -> View:
        seen = attempt.kind.observe(snapshot, attempt.report.id, attempt.resource.uid)
        attempt.report.faults = seen.faults if seen else []
        if seen is not None:
            attempt.report.id = seen.id
        return View(cloud, snapshot, seen)

    def _suspicious(self, attempt: Attempt, view: View) -> bool:
        """Return whether it would be rash to make again what has vanished."""
        vanished = attempt.report.id is not None and not attempt.memory.insisted
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
        if not attempt.memory.stuck(moving=seen.moving):
            if not seen.moving:
                return None
            view.inventory.wait_for_look(attempt.resource.key)
            waiting = Waiting(Reason.OBSERVING, "Senlin is about to finish.", quiet=True)
            return attempt.memory.held(attempt.spec) or waiting
        if attempt.kind.check is None:
            return None
        step = attempt.kind.check(seen)
        started = await self._execute(attempt, view.cloud, step)
        if not isinstance(started, Started):
            return started
        attempt.memory.stuck(moving=False)
        return self._follow(attempt, view, step, started.id, started.action_id or "")

    async def _execute(
        self, attempt: Attempt, cloud: Cloud, step: Step, *, urgent: bool = False
    ) -> Started[Seen] | Outcome:
        """Send the step, tell of it, and hold the next try back if it is refused."""
        memory = attempt.memory
        try:
            started = await self._send(attempt, cloud, step, urgent=urgent)
        except ClientException as error:
            memory.acted(unclear=is_unclear(error))
            _log.warning("refused", extra={"step": step.verb, "error": str(error)})
            outcome = outcome_of(error)
            if isinstance(outcome, Failed | Blocked):
                memory.fail(outcome, attempt.spec)
            return outcome
        memory.acted()
        memory.taken = step
        memory.checked_at = time.monotonic()
        drift = "Drift corrected. " if attempt.resource.settled else ""
        _log.info(step.verb, extra={"step": step.summary, "action_id": started.action_id})
        self._recorder.record(
            attempt.resource, "Normal", step.verb, "Reconcile", f"{drift}{step.summary}"
        )
        return started

    async def _send(
        self, attempt: Attempt, cloud: Cloud, step: Step, *, urgent: bool = False
    ) -> Started[Seen]:
        execute, uid = attempt.kind.execute, attempt.resource.uid
        return await cloud.call(step.verb, lambda proxy: execute(proxy, step, uid), urgent=urgent)

    def _follow(
        self, attempt: Attempt, view: View, step: Step, id_: str, action_id: str
    ) -> Waiting:
        attempt.report.action = actions.begun(action_id, step.summary, datetime.now(UTC))
        view.inventory.watch(action_id, id_)
        view.inventory.wait_for_look(attempt.resource.key)
        return actions.running(attempt.report)

    async def _guard(self, attempt: Attempt) -> None:
        """Put the finalizer on, before anything is made that it has to see deleted."""
        resource = attempt.resource
        await self._access.hold(resource.secret)
        if not resource.guarded:
            answer = await self._kube.set_finalizer(resource, present=True)
            attempt.resource = self._cache.replace(resource.key.kind, answer)

    async def _release(self, attempt: Attempt) -> Gone:
        answer = await self._kube.set_finalizer(attempt.resource, present=False)
        self._cache.replace(attempt.resource.key.kind, answer)
        return Gone()


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
