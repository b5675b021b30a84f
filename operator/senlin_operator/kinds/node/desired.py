"""The desired state of a node, read out of its manifest and its references."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from senlin_operator.kinds.node.fields import Fields
from senlin_operator.kinds.shared import remediation
from senlin_operator.kinds.shared.fields import from_manifest
from senlin_operator.kinds.shared.in_place import Content, wanted_content
from senlin_operator.kinds.shared.remediation import Remediation
from senlin_operator.kube.objects import Key, Resource

_REFERENCES = {"SenlinProfile": "profileRef", "SenlinCluster": "clusterRef"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """An existing server (or stack) that becomes the node."""

    identity: str
    type: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    snapshot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired(Fields):
    """The plain fields, and fields with a plan of their own; references are ids by now.

    An adopted server needs no profile: Senlin makes one from the server.
    """

    adoption: Adoption | None = None
    cluster_id: str = ""  # empty: a node without a cluster
    remediation: Remediation = field(default_factory=Remediation)
    profile: Content | None = None  # None: none, or of an unmanaged profile
    repaired: bool = True  # whether this Senlin can rebuild servers


def references(resource: Resource) -> tuple[Key, ...]:
    """Return the profile and the cluster of the manifest."""
    if resource.unmanaged:
        return ()
    return tuple(key for kind in _REFERENCES if (key := _reference(resource, kind)))


def desired(resource: Resource, known: Mapping[Key, Resource]) -> Desired:
    wanted = resource.spec["resource"]
    profile, cluster = (_reference(resource, kind) for kind in _REFERENCES)
    return Desired(
        **from_manifest(Desired, resource),
        profile_id=str(known[profile].cloud_id) if profile else "",
        profile=wanted_content(known[profile]) if profile else None,
        adoption=Adoption(**wanted["adopt"]) if "adopt" in wanted else None,
        cluster_id=str(known[cluster].cloud_id) if cluster else "",
        remediation=remediation.read(wanted.get("remediation", {})),
    )


def _reference(resource: Resource, kind: str) -> Key | None:
    reference = resource.spec["resource"].get(_REFERENCES[kind])
    return Key(kind, resource.key.namespace, reference["name"]) if reference else None
