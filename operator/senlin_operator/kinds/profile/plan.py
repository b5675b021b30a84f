"""The steps from the observed to the desired state of a profile: a pure function."""

from senlin_operator.kinds.profile.desired import Desired
from senlin_operator.kinds.profile.observed import Observed
from senlin_operator.kinds.profile.steps import Create, Delete, Update
from senlin_operator.kinds.shared.fields import describe, difference
from senlin_operator.model.step import Step


def plan(desired: Desired, observed: Observed | None) -> list[Step]:
    """Return the steps; None: the profile is known to be absent."""
    if observed is None:
        return [Create(desired)]
    steps: list[Step] = [Delete(id_) for id_ in observed.duplicates]
    if changes := difference(desired, observed):
        fields = {"name": desired.name, "metadata": desired.metadata}
        steps.append(Update(observed.id, fields, describe(changes)))
    return steps
