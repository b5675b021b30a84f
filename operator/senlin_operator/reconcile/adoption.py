"""The taking over of cloud objects that a resource did not make: one visible step."""

import logging
from dataclasses import replace

from openstack_clustering import ClientException
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import ADOPT
from senlin_operator.kube.status import timestamp
from senlin_operator.model.cache import Cache
from senlin_operator.model.outcome import Blocked, Outcome, Waiting
from senlin_operator.model.scope import Scope
from senlin_operator.model.step import Observation, StepResult
from senlin_operator.reconcile.claims import Claim, How, described, find, given_consent, whose
from senlin_operator.reconcile.details import with_facts
from senlin_operator.reconcile.execute import Executor, action_started
from senlin_operator.reconcile.observe import AWAITING_SNAPSHOT
from senlin_operator.telemetry import clock

_CONFIRM = "confirm"
_REQUEUE = 30.0  # seconds; no poll wakes a resource by an object that is not its own yet
_BUSY_REQUEUE = 5.0
# A restore may bring it back before its owner, or with the uid of an earlier one.
_ORPHANED = Waiting(
    Reason.REFERENCE_MISSING, "Its owner does not exist, so Kubernetes will delete it."
)
_log = logging.getLogger(__name__)


class Adoption:
    def __init__(self, cache: Cache, executor: Executor) -> None:
        self._cache = cache
        self._executor = executor

    def begins(self, scope: Scope) -> bool:
        """Return whether to take over, or to ask a person, before the references are there.

        Nothing needs them to see that the resource was restored. And what is allowed for a cluster
        is allowed for its inline profile, so the cluster asks first.
        """
        if scope.status.running_action:
            return False
        claim = find(self._cache, scope)
        if isinstance(claim, Claim):
            return claim.how == How.RESTORE and not scope.kind.claimed_late
        return isinstance(claim, Blocked) and claim.reason == Reason.OWNED_ELSEWHERE

    async def adopt(self, scope: Scope) -> Outcome | None:
        """Take over the cloud object that is to be; None: the plan may go on, with or without one.

        Raises:
            ClientException: Senlin does not say what is needed, or it is unusable.
        """
        self._forget_consent(scope)
        claim = find(self._cache, scope)
        if not isinstance(claim, Claim):
            return claim
        if scope.resource.controller and self._cache.controller_of(scope.resource) is None:
            return _ORPHANED
        observed: Observation | None
        observed = scope.kind.observe(scope.snapshot, claim.id, scope.resource.uid)
        if observed is None or observed.transient or scope.snapshot.actions_of(claim.id):
            what = described(scope, claim.id)
            text = f"Senlin is at work on the {what}, which is to be taken over."
            return Waiting(Reason.BUSY, text, requeue_after=_BUSY_REQUEUE)
        if pending := await self._pending(scope, claim, observed):
            return pending
        return await self._claim(scope, claim, observed)

    async def complete_marker(self, scope: Scope, observed: Observation) -> bool:
        """Have an incomplete marker completed, once; return whether a request was sent.

        Earlier versions wrote the uid alone, others may have removed it, and what Senlin would not
        change is taken over without it. It is no change that a manifest asks for, so no status and
        no event tells of it.
        """
        incomplete = _is_incomplete(scope, observed)
        if incomplete is False:
            scope.memory.marker_sent = False
        if not incomplete or scope.memory.marker_sent:
            return False
        scope.memory.marker_sent = True
        marker = scope.snapshot.markers.get(observed.id)
        what = f"owner's marker on the {described(scope, observed.id)}"
        step = scope.kind.claim(observed.id, what, marker.uid if marker else None)
        try:
            result = await self._executor.send(scope, step)
        except ClientException as error:
            _log.info("the owner's marker was not completed", extra={"error": str(error)})
            return False
        if not isinstance(result, StepResult):
            scope.memory.marker_sent = False
            return False
        scope.memory.freshness.request_sent()
        scope.memory.check_action = result.action_id
        _log.info("the owner's marker was completed")
        return True

    def _forget_consent(self, scope: Scope) -> None:
        """Forget a consent that was withdrawn; given again, it counts again."""
        adopted = scope.status.adopted
        if adopted and "takeOver" in adopted and not given_consent(self._cache, scope.resource):
            scope.status.adopted = {name: it for name, it in adopted.items() if name != "takeOver"}

    async def _pending(
        self, scope: Scope, claim: Claim, observed: Observation
    ) -> Blocked | Waiting | None:
        """Return why a person has to agree before the cloud object is taken over."""
        what = described(scope, claim.id)
        if unfit := scope.kind.unfit(scope.desired, observed):
            text = (
                f"The {what} differs from the manifest in what Senlin cannot change ({unfit}): "
                "change the manifest, or import another one."
            )
            return Blocked(Reason.ADOPTION_PENDING, text, requeue_after=_REQUEUE)
        if claim.how == How.RESTORE:
            return None
        if reason := scope.kind.unclaimable(observed):
            text = f"The {what} is taken over once it is healthy. {reason}."
            return Blocked(Reason.ADOPTION_PENDING, text, requeue_after=_REQUEUE)
        if claim.how == How.TAKE_OVER or scope.resource.annotations.get(ADOPT) == _CONFIRM:
            return None
        steps = scope.kind.plan(scope.desired, await with_facts(scope, observed))
        if not steps:
            return None
        differences = "; ".join(step.summary for step in steps)
        text = (
            f"The {what} differs from the manifest: {differences}. Change the manifest, or set the "
            f"annotation {ADOPT}: {_CONFIRM} to take it over, and change it so."
        )
        return Blocked(Reason.ADOPTION_PENDING, text, requeue_after=_REQUEUE)

    async def _claim(self, scope: Scope, claim: Claim, observed: Observation) -> Outcome | None:
        """Send the step, and record how the resource came by its cloud object."""
        scope.observed = observed
        if scope.kind.unclaimable(observed):  # of a restore; the marker is completed later
            _record(scope, claim)
            return None
        if failure := scope.memory.retry.pending(scope.desired):
            return failure
        taken_from = claim.taken_from.uid if claim.taken_from else None
        step = scope.kind.claim(claim.id, _summary(scope, claim), taken_from)
        result = await self._executor.execute(scope, step)
        if not isinstance(result, StepResult):
            return result
        scope.memory.marker_sent = True
        _record(scope, claim)
        if scope.desired is not None:
            scope.update_status(observed)
        if result.action_id:
            return action_started(scope, step, result.action_id)
        if result.observed is None:
            return replace(AWAITING_SNAPSHOT, publish=True)
        scope.observed = result.observed
        return None


def _summary(scope: Scope, claim: Claim) -> str:
    what = f"owner's marker on the {described(scope, claim.id)}"
    if claim.how == How.IMPORT or claim.taken_from is None:
        return f"{what}, which the manifest imports"
    if claim.how == How.RESTORE:
        return f"{what}, which an earlier {scope.resource.key} has made"
    return f"{what}, which was managed by {whose(scope, claim.taken_from)}"


def _record(scope: Scope, claim: Claim) -> None:
    scope.identify(claim.id)
    if (scope.status.adopted or {}).get("how") == claim.how and not claim.consent:
        return
    consent = {"takeOver": claim.consent} if claim.consent else {}
    scope.status.adopted = {"how": claim.how.value, "time": timestamp(clock.utcnow()), **consent}


def _is_incomplete(scope: Scope, observed: Observation) -> bool | None:
    """Return whether the cloud object lacks a part of its marker; None: no snapshot is recent."""
    snapshot, memory = scope.snapshot, scope.memory
    fresh = snapshot.as_of(observed.id) >= memory.freshness.not_before
    if not fresh or not snapshot.holds(observed.id):
        return None
    marker, own = snapshot.markers.get(observed.id), scope.kind.notation.noted(scope.owner.marker)
    if marker is None or marker.uid != own.uid or marker.place != own.place:
        return True
    return own.kubernetes not in ("", marker.kubernetes)
