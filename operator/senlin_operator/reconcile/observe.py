"""The observation of a cloud object: session, fresh snapshot, observed state."""

from senlin_operator.cloud.session import CloudSession
from senlin_operator.cloud.snapshot import CloudObject, Snapshot
from senlin_operator.kube.conditions import Reason
from senlin_operator.model.outcome import Blocked, Waiting
from senlin_operator.model.scope import BaseScope, Scope
from senlin_operator.reconcile.causes import with_causes
from senlin_operator.reconcile.sessions import Sessions
from senlin_operator.telemetry import clock

AWAITING_SNAPSHOT = Waiting(Reason.OBSERVING, "The project is being polled.", publish=False)
_STALE = 120.0  # seconds from which on a snapshot is too old to act upon


async def observe(sessions: Sessions, scope: Scope) -> Blocked | Waiting | None:
    """Set the session, the snapshot and the observed state of the scope, or return why it cannot.

    Raises:
        ClientException: The project cannot be polled.
    """
    if unconnected := await connect(sessions, scope, scope.kind.resource_type):
        return unconnected
    session, snapshot = scope.session, scope.snapshot
    observed = scope.kind.observe(snapshot, scope.status.id, scope.resource.uid)
    # That an object which is known by its id has vanished does not prove that a creation whose
    # reply was lost has made no other one: only a whole list does.
    freshness = scope.memory.freshness
    absence_counts = snapshot.began >= max(freshness.absent_not_before, freshness.not_before)
    if observed is None and not absence_counts and not scope.resource.deleting:
        scope.requeue_after_poll(whole=True)
        return AWAITING_SNAPSHOT
    if observed is not None:
        published = scope.status.faults
        observed = await with_causes(observed, snapshot, session.explanations, published)
        scope.identify(observed.id)
    scope.status.faults = observed.faults if observed else []
    scope.observed = observed
    return None


async def connect(
    sessions: Sessions, scope: BaseScope, *types: type[CloudObject]
) -> Blocked | Waiting | None:
    """Set the session and the latest snapshot of the scope, or return why it cannot.

    Args:
        sessions: Has the session.
        scope: The reconcile; a snapshot must be fresh enough for its object to act upon.
        types: What the snapshot must have listed.

    Raises:
        ClientException: The project cannot be polled.
        KubeError: Kubernetes refuses to be read, or the finalizer of the Secret.
    """
    session = await sessions.session_for(scope.resource)
    if not isinstance(session, CloudSession):
        return session
    if scope.resource.has_finalizer:  # whatever it waits for now: its Secret may be a new one
        await sessions.protect_secret(scope.resource.secret_key)
    scope.session = session
    inventory, snapshot = session.inventory, session.inventory.snapshot
    listed = snapshot is not None and snapshot.objects.keys() >= {*types}
    if snapshot is None or not listed or _too_old(scope, snapshot) or inventory.refused:
        scope.requeue_after_poll()
        if inventory.error:
            raise inventory.error.with_traceback(None)  # the same error is raised for many objects
        return AWAITING_SNAPSHOT
    scope.snapshot = snapshot
    return None


def _too_old(scope: BaseScope, snapshot: Snapshot) -> bool:
    """Return whether the project has changed since, or has not been polled for long."""
    changed = snapshot.as_of(scope.subject) < scope.memory.freshness.not_before
    return changed or snapshot.polled < clock.monotonic() - _STALE
