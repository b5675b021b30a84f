"""The main path: one reconcile moves an object one step towards its desired state.

Level-triggered: a reconcile compares the observed with the desired state, and never reads events.
So it may run at any time, any number of times, and after a crash at any point.
"""

import dataclasses
import logging
from collections.abc import Mapping
from typing import Any, cast

from openstack_clustering import ClientException
from senlin_operator.kube.client import KubeClient
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.objects import RECONCILE_AT, Key, Resource
from senlin_operator.model.cache import Cache
from senlin_operator.model.kind import Checks, Readiness
from senlin_operator.model.outcome import Blocked, Failed, Outcome, Settled, Waiting, outcome_of
from senlin_operator.model.scope import Scope
from senlin_operator.model.step import Observation, Step, StepResult
from senlin_operator.reconcile import actions
from senlin_operator.reconcile.adoption import Adoption
from senlin_operator.reconcile.claims import unclaimed_members
from senlin_operator.reconcile.deletion import Deletion
from senlin_operator.reconcile.dependents import DependentsApplier
from senlin_operator.reconcile.details import with_facts
from senlin_operator.reconcile.execute import Executor, action_started
from senlin_operator.reconcile.finalizer import Finalizer
from senlin_operator.reconcile.imports import resolve_import
from senlin_operator.reconcile.observe import AWAITING_SNAPSHOT, observe
from senlin_operator.reconcile.patience import told
from senlin_operator.reconcile.references import resolve
from senlin_operator.reconcile.sessions import Sessions

_REQUEUE = 30.0  # seconds
_log = logging.getLogger(__name__)


class Reconciler:
    """Runs reconciles. It writes the finalizer of the object; the publisher writes the status."""

    def __init__(
        self,
        cache: Cache,
        kube: KubeClient,
        sessions: Sessions,
        executor: Executor,
        recorder: Recorder,
    ) -> None:
        self._cache = cache
        self._kube = kube
        self._sessions = sessions
        self._executor = executor
        self._finalizer = Finalizer(cache, kube, sessions)
        self._deletion = Deletion(cache, kube, self._finalizer, sessions, executor, recorder)
        self._dependents = DependentsApplier(cache, kube)
        self._adoption = Adoption(cache, self._executor)

    async def reconcile(self, scope: Scope) -> Outcome:
        """Take the next step for an object, whether it is being deleted or not.

        Raises:
            KubeError: Kubernetes refuses a write.
        """
        try:
            if scope.resource.deleting:
                return await self._deletion.reconcile(scope)
            if unobserved := await observe(self._sessions, scope):
                return unobserved
            if scope.resource.unmanaged:
                return _show(scope)
            return await self._reconcile(scope)
        except ClientException as error:  # the project cannot be polled
            return outcome_of(error)

    async def _reconcile(self, scope: Scope) -> Outcome:
        if scope.observed is None and self._mass_deletion_suspected(scope):
            return Blocked(Reason.PROJECT_EMPTIED, _emptied(scope))
        if name_taken := await self._dependents.apply(scope):
            return name_taken
        known = self._resolve(scope)
        if isinstance(known, Waiting | Blocked):
            if self._adoption.begins(scope):
                await self._finalizer.ensure(scope)
                return await self._adoption.adopt(scope) or known
            return known
        await self._finalizer.ensure(scope)
        await self._ensure_size(scope)
        scope.desired = scope.kind.desired(scope.resource, known)
        if waiting := follow(scope):
            if action_id := actions.orphaned(scope, scope.status.running_action):
                return await self._executor.cancel(scope, action_id)
            return await told(scope, waiting, scope.status.id)
        observed = scope.observed
        if unadopted := await self._adoption.adopt(scope):
            return unadopted
        if scope.observed is not observed and (taken := await self._dependents.apply(scope)):
            return taken
        await self._dependents.prune(scope)
        return await self._converge(scope)

    async def _converge(self, scope: Scope) -> Outcome:
        """Take the first step of the plan; repeat this while the reply shows the result."""
        observed = scope.observed
        if observed is not None:
            if unclaimed := unclaimed_members(self._cache, scope):
                return unclaimed
            if waiting := await self._recover_transient(scope, observed):
                return waiting
            observed = await with_facts(scope, observed)
            scope.observed = observed
        elif blocked := scope.kind.creation_blocked(scope.desired, scope.snapshot):
            return blocked
        while steps := scope.kind.plan(scope.desired, observed):
            step = steps[0]
            scope.update_status(observed)
            paused = scope.memory.retry.pending(scope.desired)
            if failure := paused or _ineffective(scope, step):
                return failure
            if scope.outdated:
                scope.requeue_after_poll()
                return AWAITING_SNAPSHOT
            result = await self._executor.execute(scope, step)
            if not isinstance(result, StepResult):
                return result
            if observed is None:
                scope.identify(result.id)
            if result.action_id:
                return action_started(scope, step, result.action_id)
            if result.observed is None:
                return AWAITING_SNAPSHOT
            observed = scope.observed = result.observed
            if name_taken := await self._dependents.apply(scope):
                return name_taken
        scope.update_status(observed)
        # The plan for an absent object is never empty, so here the object is observed.
        return await self._settle(scope, cast("Observation", observed))

    async def _settle(self, scope: Scope, observed: Observation) -> Outcome:
        """Return the readiness of an object whose plan is empty; send a routine check if due."""
        readiness: Readiness = scope.kind.readiness(scope.desired, observed)
        if isinstance(readiness, Settled):
            scope.memory.settled = scope.desired
            if readiness.ready and await self._adoption.complete_marker(scope, observed):
                return actions.CHECKING
        checks = scope.kind.checks
        interval = checks.interval(scope.desired) if checks else None
        if checks is None or interval is None or not isinstance(readiness, Settled):
            return readiness
        due_in = scope.memory.check_due_in(interval)
        published = scope.resource.ready == readiness.ready
        if due_in > 0 or not published:
            return dataclasses.replace(readiness, requeue_after=max(due_in, 0.1))
        return await self._check(scope, checks, observed) or dataclasses.replace(
            readiness, requeue_after=interval
        )

    async def _check(
        self, scope: Scope, checks: Checks[Any, Any], observed: Observation
    ) -> Waiting | None:
        """Send a routine check; None: Senlin refused it, usually because of a lock."""
        scope.memory.check_begins()
        try:
            result = await self._executor.send(scope, checks.step(observed))
        except ClientException as error:
            _log.info("the routine check was not sent", extra={"error": str(error)})
            return None
        if not isinstance(result, StepResult):
            return result
        scope.memory.check_action = result.action_id
        return actions.CHECKING

    def _resolve(self, scope: Scope) -> Mapping[Key, Resource] | Waiting | Blocked:
        """Return the objects that the desired state depends on, or why one is not there yet."""
        keys = scope.kind.references(scope.resource)
        known = resolve(self._cache, keys, exists=scope.status.id is not None)
        members = scope.kind.members
        if isinstance(known, Waiting | Blocked) or members is None:
            return known
        uids = members.owner_uids(scope.observed)
        owners = (self._cache.owner_of(members.type_, uid) for uid in uids)
        related = {*self._cache.referrers(scope.resource.key), *filter(None, owners)}
        return {**known, **{key: other for key in related if (other := self._cache.get(key))}}

    def _mass_deletion_suspected(self, scope: Scope) -> bool:
        """Return whether to ask a person before an object that has vanished is created again."""
        memory, id_ = scope.memory, scope.status.id
        recorded = id_ is not None or scope.resource.recorded
        replaced = id_ is not None and id_ == memory.replaced
        vanished = recorded and not replaced and not memory.retry.forced
        return vanished and self._sessions.mass_deletion_suspected(scope.resource, scope.snapshot)

    async def _recover_transient(self, scope: Scope, observed: Observation) -> Outcome | None:
        """Wait for a transient status to end; if it lasts too long, send a check, which ends it."""
        memory, checks = scope.memory, scope.kind.checks
        if not memory.transient_too_long(
            transient=observed.transient, after_failure=scope.status.action_failed
        ):
            if not observed.transient:
                return None
            scope.requeue_after_poll()
            waiting = Waiting(Reason.OBSERVING, "Senlin is about to finish.", publish=False)
            return memory.retry.pending(scope.desired) or waiting
        if checks is None:
            return None
        step = checks.step(observed)
        result = await self._executor.execute(scope, step)
        if not isinstance(result, StepResult):
            return result
        memory.transient_since = None
        return action_started(scope, step, result.action_id or "")

    async def _ensure_size(self, scope: Scope) -> None:
        """Give the spec a size if an autoscaler waits for one."""
        size = scope.kind.first_size(scope.resource)
        if size is not None:
            reply = await self._kube.set_size(scope.resource, size)
            scope.resource = self._cache.store_reply(scope.resource.key.kind, reply)


def _emptied(scope: Scope) -> str:
    """Return what has vanished, first by the likely cause: the Secret has been changed."""
    project = f"project {scope.session.project}" if scope.session.project else "a project"
    return (
        f"Secret {scope.resource.secret_key.name} leads to {project} now, where most of what the "
        "operator created with it does not exist: probably that is in another project or region. "
        "Let the Secret lead there again, and all goes on. Only if it was deleted on purpose, set "
        f"the annotation {RECONCILE_AT}: then it is created again here."
    )


def follow(scope: Scope) -> Waiting | None:
    """Return a reason to wait while an action runs; record the end of the operator's own action."""
    match actions.own(scope):
        case Waiting() as waiting:
            return waiting
        case actions.Ended(record, failure):
            scope.status.action = record
            if failure:
                scope.memory.retry.fail(failure, scope.desired)
        case None:
            pass
    return actions.routine_check(scope) or actions.foreign(scope)


def _show(scope: Scope) -> Outcome:
    """Show an unmanaged cloud object in the status, and never change it."""
    kind, resource = scope.kind, scope.resource
    objects = scope.snapshot.all(kind.resource_type)
    found = resolve_import(objects, resource, scope.status.id, shows_id=kind.shows_id)
    if not isinstance(found, str):
        return found
    scope.identify(found)
    observed = cast("Observation", kind.observe(scope.snapshot, found, resource.uid))
    scope.status.faults = observed.faults
    scope.desired = kind.desired_from(observed)
    scope.update_status(observed)
    if observed.transient:
        message = "Senlin is at work on behalf of others."
        return Waiting(Reason.BUSY, message, publish=not resource.ready)
    readiness: Readiness = kind.readiness(scope.desired, observed)
    if kind.shows_id:
        return readiness
    # No poll wakes an object by an id that its status does not have.
    return dataclasses.replace(readiness, requeue_after=_REQUEUE)


def _ineffective(scope: Scope, step: Step) -> Failed | None:
    """Return a failure if the step was carried out just before, and is planned again.

    Its pause matters for a value that Senlin stores in another form: without the pause, the value
    would be sent again and again.
    """
    if step != scope.memory.retry.last_step:
        return None
    text = f"Senlin reports success, but nothing has changed: {step.summary}."
    failure = Failed(Reason.NO_EFFECT, text)
    scope.memory.retry.fail(failure, scope.desired)
    return failure
