"""The steps from the observed to the desired state of a receiver: a pure function."""

from senlin_operator.kinds.receiver.desired import Desired
from senlin_operator.kinds.receiver.observed import Observed
from senlin_operator.kinds.receiver.steps import Create, DeleteDuplicate, Replace, Update
from senlin_operator.kinds.shared.fields import describe, difference
from senlin_operator.model.step import Step


def plan(desired: Desired, observed: Observed | None) -> list[Step]:
    """Return the steps; None: the receiver is known to be absent."""
    if observed is None:
        return [Create(desired)]
    name = desired.name
    steps: list[Step] = [DeleteDuplicate(id_, name) for id_ in observed.duplicates]
    if observed.cluster_id != desired.cluster_id:
        steps.append(Replace(observed.id, name))
    elif changes := difference(desired, observed):
        fields = {name: wanted for name, (_, wanted) in changes.items()}
        steps.append(Update(observed.id, fields, describe(changes)))
    return steps
