"""The desired state of a policy, read out of its manifest."""

from collections.abc import Mapping
from dataclasses import dataclass

from senlin_operator.kinds.policy.fields import Fields
from senlin_operator.kinds.shared.fields import from_manifest
from senlin_operator.kube.objects import Key, Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired(Fields):
    """The plain fields."""

    repaired: bool = True  # whether this Senlin can rebuild servers


def desired(resource: Resource, known: Mapping[Key, Resource]) -> Desired:
    return Desired(**from_manifest(Desired, resource))
