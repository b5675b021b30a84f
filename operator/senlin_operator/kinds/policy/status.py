"""The status of a SenlinPolicy: readiness and `status.resource`."""

from collections.abc import Mapping
from typing import Any

from senlin_operator.kinds.policy.desired import Desired
from senlin_operator.kinds.policy.observed import Observed
from senlin_operator.kinds.shared.fields import for_status
from senlin_operator.kinds.shared.immutable import immutable_changed
from senlin_operator.model.outcome import Blocked, Settled


def readiness(desired: Desired, observed: Observed) -> Settled | Blocked:
    """Return Settled, as a policy has no health, or Blocked if its properties were changed."""
    return immutable_changed(desired.properties, observed.properties) or Settled(
        f"Policy {observed.name} is as it should be."
    )


def resource_status(observed: Observed) -> Mapping[str, Any]:
    return for_status(observed)
