"""The steps from the observed to the desired state of a policy: a pure function."""

from senlin_operator.kinds.policy.desired import Desired
from senlin_operator.kinds.policy.observed import Observed
from senlin_operator.kinds.policy.steps import Create, Delete, Update
from senlin_operator.kinds.shared.fields import describe, difference
from senlin_operator.model.step import Step


def plan(desired: Desired, observed: Observed | None) -> list[Step]:
    """Return the steps; None: the policy is known to be absent."""
    if observed is None:
        return [Create(desired)]
    steps: list[Step] = [Delete(id_) for id_ in observed.duplicates]
    if changes := difference(desired, observed):
        fields = {name: wanted for name, (_, wanted) in changes.items()}
        steps.append(Update(observed.id, fields, describe(changes)))
    return steps
