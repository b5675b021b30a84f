"""The status of a SenlinReceiver: readiness and `status.resource`."""

from collections.abc import Mapping
from typing import Any

from senlin_operator.kinds.receiver.desired import Desired
from senlin_operator.kinds.receiver.observed import Observed
from senlin_operator.kinds.shared.fields import for_status
from senlin_operator.model.outcome import Settled


def readiness(desired: Desired, observed: Observed) -> Settled:
    """Return Settled, as a receiver has no health."""
    return Settled(f"Receiver {observed.name} is as it should be.")


def resource_status(observed: Observed) -> Mapping[str, Any]:
    cluster = {"clusterID": observed.cluster_id} if observed.cluster_id else {}
    return for_status(observed) | cluster
