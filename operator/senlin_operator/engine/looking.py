"""From an object to the cloud as it is: its session, a look that is fresh enough, what it shows."""

import time

from senlin_operator.cloud.inventory import Snapshot
from senlin_operator.cloud.session import Cloud
from senlin_operator.engine.access import Access
from senlin_operator.engine.attempt import Attempt, View
from senlin_operator.engine.outcome import Blocked, Waiting
from senlin_operator.kube.conditions import Reason

LOOKING = Waiting(Reason.OBSERVING, "The project is looked at.", quiet=True)
_STALE = 120.0  # seconds; an older look at the cloud is not worth a decision


async def look(access: Access, attempt: Attempt) -> View | Blocked | Waiting:
    """Return the cloud object as it was last seen, or why that is not known.

    Raises:
        ClientException: Senlin cannot be looked at.
    """
    cloud = await access.cloud_of(attempt.resource)
    if not isinstance(cloud, Cloud):
        return cloud
    snapshot = _latest(attempt, cloud)
    if snapshot is None:
        return LOOKING
    seen = attempt.kind.observe(snapshot, attempt.report.id, attempt.resource.uid)
    if seen is None and snapshot.began < attempt.memory.doubt and not attempt.resource.deleting:
        cloud.inventory.wait_for_look(attempt.resource.key)
        return LOOKING
    attempt.report.faults = seen.faults if seen else []
    if seen is not None:
        attempt.report.id = seen.id
    return View(cloud, snapshot, seen)


def _latest(attempt: Attempt, cloud: Cloud) -> Snapshot | None:
    """Return the latest look, if it is recent enough to act upon; else ask for one."""
    inventory = cloud.inventory
    snapshot = inventory.snapshot
    oldest = max(attempt.memory.fence, time.monotonic() - _STALE)
    if snapshot is None or snapshot.began < oldest or inventory.refused:
        inventory.wait_for_look(attempt.resource.key)
        if inventory.error:
            raise inventory.error.with_traceback(None)  # it may have been raised before
        return None
    return snapshot
