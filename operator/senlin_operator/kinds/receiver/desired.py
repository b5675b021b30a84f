"""The desired state of a receiver, read out of its manifest and its reference."""

from collections.abc import Mapping
from dataclasses import dataclass

from senlin_operator.kinds.receiver.fields import Fields
from senlin_operator.kinds.shared.fields import from_manifest
from senlin_operator.kube.objects import Key, Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired(Fields):
    """The plain fields, and the cluster by its id; a message receiver has none."""

    cluster_id: str = ""
    repaired: bool = True  # whether the defects of this Senlin are repaired


def references(resource: Resource) -> tuple[Key, ...]:
    """Return the cluster of the manifest."""
    cluster = _cluster(resource)
    return (cluster,) if cluster else ()


def desired(resource: Resource, known: Mapping[Key, Resource]) -> Desired:
    cluster = _cluster(resource)
    cluster_id = str(known[cluster].cloud_id) if cluster else ""
    return Desired(**from_manifest(Desired, resource), cluster_id=cluster_id)


def _cluster(resource: Resource) -> Key | None:
    if resource.unmanaged or "clusterRef" not in resource.spec["resource"]:
        return None
    name = resource.spec["resource"]["clusterRef"]["name"]
    return Key("SenlinCluster", resource.key.namespace, name)
