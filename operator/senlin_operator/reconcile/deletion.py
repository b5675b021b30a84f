"""The deletion of an object: first its cloud object, then the finalizer."""

import logging
from dataclasses import replace

from senlin_operator.cloud.snapshot import Marker
from senlin_operator.kube.client import KubeClient
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.objects import FORCE
from senlin_operator.model.cache import Cache
from senlin_operator.model.outcome import Blocked, Gone, Outcome, Waiting
from senlin_operator.model.scope import Scope
from senlin_operator.model.step import Observation, StepResult
from senlin_operator.model.text import named
from senlin_operator.reconcile import actions
from senlin_operator.reconcile.claims import marker_of_others, whose
from senlin_operator.reconcile.detachment import Detachment
from senlin_operator.reconcile.execute import Executor
from senlin_operator.reconcile.finalizer import Finalizer
from senlin_operator.reconcile.observe import AWAITING_SNAPSHOT, observe
from senlin_operator.reconcile.patience import told
from senlin_operator.reconcile.sessions import Sessions
from senlin_operator.reconcile.users import in_use, users_of
from senlin_operator.telemetry import clock

_PATIENCE = 60.0  # seconds for users to be deleted as well, as when a folder of manifests is
_REQUEUE = 5.0  # seconds until a step that Senlin refused is sent again
_FORCE = f'The annotation {FORCE}: "true" deletes it all the same.'
_log = logging.getLogger(__name__)


class Deletion:
    def __init__(
        self,
        cache: Cache,
        kube: KubeClient,
        finalizer: Finalizer,
        sessions: Sessions,
        executor: Executor,
        recorder: Recorder,
    ) -> None:
        self._cache = cache
        self._finalizer = finalizer
        self._sessions = sessions
        self._executor = executor
        self._detachment = Detachment(cache, kube, finalizer, recorder)

    async def reconcile(self, scope: Scope) -> Outcome:
        """Delete the cloud object, and remove the finalizer once it no longer exists.

        Raises:
            ClientException: The project cannot be polled.
            KubeError: Kubernetes refuses a write.
        """
        if not scope.resource.has_finalizer:
            return Gone()
        if in_use := self._in_use(scope):
            return await self._vacate_unobserved(scope, in_use)
        if scope.resource.detaches:
            return await self._detachment.detach(scope)
        if unobserved := await observe(self._sessions, scope):
            return unobserved
        if scope.observed and (marker := marker_of_others(scope, scope.observed.id)):
            return await self._leave(scope, marker)
        waiting = follow(scope)
        if scope.observed is None:
            return await self._delete_leftovers(scope)
        if action_id := actions.orphaned(scope, scope.memory.delete_action):
            return await self._executor.cancel(scope, action_id)
        forced = scope.resource.deletion_forced
        if waiting and (scope.memory.delete_forced or not forced):
            return waiting
        if occupied := self._occupied(scope, scope.observed):
            return await self._vacate(scope, occupied)
        if failure := scope.memory.retry.pending(None):
            return failure
        if blocked := scope.kind.deletion.blocked(scope.observed):
            return blocked
        stuck = scope.memory.transient_too_long(
            transient=scope.observed.transient and not scope.snapshot.actions_of(scope.observed.id)
        )
        return await self._delete(scope, scope.observed, force=forced or stuck)

    def _in_use(self, scope: Scope) -> Waiting | Blocked | None:
        """Return a reason to wait while referrers with a cloud object exist.

        A person has to act if one of them stays: nobody else deletes it, or lets it refer to
        something else.

        A referrer without a cloud object is not waited for: it gets none from an object that is
        being deleted. An object without a cloud object is not in use.
        """
        referrers = self._cache.referrers(scope.resource.key)
        known = [user for key in referrers if (user := self._cache.get(key)) and user.recorded]
        if not known or not scope.status.id:
            return None
        text = f"Deletion waits while it is used by {named([str(user.key) for user in known])}."
        if all(user.deleting for user in known):
            return Waiting(Reason.IN_USE, text)
        left = _PATIENCE - clock.seconds_since(str(scope.resource.deleted_at))
        if left > 0:
            return Waiting(Reason.IN_USE, text, requeue_after=min(left, _PATIENCE))
        return Blocked(Reason.IN_USE, text)

    def _occupied(self, scope: Scope, observed: Observation) -> Waiting | None:
        """Return a reason to wait while it has members whose resources are not being deleted."""
        members = scope.kind.members
        uids = members.owner_uids(observed) if members else ()
        keys = (self._cache.owner_of(members.type_, uid) for uid in uids) if members else ()
        owners = [owner for key in keys if key and (owner := self._cache.get(key))]
        namespace = scope.resource.key.namespace
        staying = [it.key.shown_in(namespace) for it in owners if not it.deleting]
        if not staying:
            return None
        text = "Deletion would destroy its members, and waits until they have left: "
        text = f"{text}{named(staying)}."
        return Waiting(Reason.IN_USE, text)

    async def _vacate_unobserved(self, scope: Scope, waiting: Waiting | Blocked) -> Outcome:
        if await observe(self._sessions, scope):
            return waiting
        if scope.observed and (marker := marker_of_others(scope, scope.observed.id)):
            return await self._leave(scope, marker)
        if scope.kind.members is None:
            return waiting
        return await self._vacate(scope, waiting)

    async def _leave(self, scope: Scope, marker: Marker) -> Outcome:
        """Remove the finalizer, and leave a cloud object that has the marker of another.

        Such is that of a restored resource which is deleted before it has taken the object over.
        """
        why = f", as it is managed by {whose(scope, marker)}"
        return await self._detachment.detach(scope, why)

    async def _vacate(self, scope: Scope, waiting: Waiting | Blocked) -> Outcome:
        """Wait for members to leave, and change the cloud object so that they can."""
        members = scope.kind.members
        steps = members.vacate(scope.observed) if members and scope.observed else []
        if not steps or steps[0] == scope.memory.retry.last_step:
            return waiting
        result = await self._executor.execute(scope, steps[0])
        accepted = isinstance(result, StepResult)
        return waiting if accepted else replace(waiting, requeue_after=_REQUEUE)

    async def _delete(self, scope: Scope, observed: Observation, *, force: bool) -> Outcome:
        step = scope.kind.delete(observed, force=force)
        result = await self._executor.execute(scope, step, urgent=True, force=force)
        if isinstance(result, Waiting) and result.reason == Reason.IN_USE:
            return await self._still_used(scope, observed.id, result)
        if isinstance(result, Waiting) and result.publish:  # Senlin is at work on it
            return await told(scope, result, observed.id, remedy=_FORCE)
        if not isinstance(result, StepResult):
            return result
        scope.memory.delete_action, scope.memory.delete_forced = result.action_id, force
        if result.action_id:
            return actions.DELETING
        return AWAITING_SNAPSHOT if observed.duplicates else await self._delete_leftovers(scope)

    async def _still_used(self, scope: Scope, id_: str, refused: Waiting) -> Outcome:
        """Say who uses the cloud object in Senlin, or leave it there with what was detached."""
        users = await users_of(self._cache, scope, id_)
        if detached := [user.name for user in users if user.detached]:
            why = f", as it is used for what was detached: {named(detached)}"
            return await self._detachment.detach(scope, why)
        if users:
            return in_use(users)
        if _precedes_deletion(scope):
            scope.requeue_after_poll(whole=True)
            return AWAITING_SNAPSHOT
        return refused

    async def _delete_leftovers(self, scope: Scope) -> Outcome:
        """Delete further cloud objects of the owner, one a reconcile; then remove the finalizer."""
        leftovers = scope.kind.deletion.leftovers(scope.snapshot, scope.resource.uid)
        if not leftovers:
            scope.inventory.unwatch_all(scope.status.id or "")
            return await self._remove_finalizer(scope)
        if failure := scope.memory.retry.pending(None):
            return failure
        result = await self._executor.execute(scope, leftovers[0], urgent=True)
        return AWAITING_SNAPSHOT if isinstance(result, StepResult) else result

    async def _remove_finalizer(self, scope: Scope) -> Gone:
        await self._finalizer.remove(scope)
        _log.info("finalizer removed")
        return Gone()


def _precedes_deletion(scope: Scope) -> bool:
    """Return whether the lists may be from before the deletion, whose time has whole seconds."""
    age = clock.monotonic() - scope.snapshot.began
    return age > clock.seconds_since(str(scope.resource.deleted_at)) - 1.0


def follow(scope: Scope) -> Waiting | None:
    """Return a reason to wait while Senlin deletes; record the end of a deletion's action."""
    match actions.deletion(scope):
        case actions.Ended(failure=failure):
            scope.memory.delete_action = None
            if failure:
                scope.memory.retry.fail(failure)
            return None
        case waiting:
            return waiting
